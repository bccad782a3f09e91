/**
 * The routes of streams in the OpenAPI document: what a client may send and what comes back. It only describes; what is
 * checked is checked where it is used, by the protocol's own rules.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import type { HttpApp } from "../app.ts";
import { problemResponses, type ProblemStatus } from "../problem_schema.ts";
import type { StreamsLimits } from "./limits.ts";

/** Adds them to the document. @param options `basePath`: of every stream. `limits`: what a body may be. */
export function describeStreamRoutes(
  { openAPIRegistry }: HttpApp,
  { basePath, limits }: { readonly basePath: string; readonly limits: StreamsLimits },
): void {
  const shared = { path: `${basePath}{name}`, tags: ["streams"] };
  const about = { description: "See the Durable Streams protocol" };
  const body = bytes(`At most ${limits.bodyBytesMax} bytes of any content type`);
  openAPIRegistry.registerPath({
    ...shared,
    ...about,
    method: "get",
    operationId: "readStream",
    summary: "Reads a stream from an offset, at once or live",
    request: { params: names, query: reading, headers: z.object({ "If-None-Match": text() }) },
    responses: {
      200: {
        ...bytes("What lies behind the offset; with `live=sse` events `data` and `control`"),
        headers: z.object({ ...position, "Stream-Up-To-Date": flag(), ETag: text() }),
      },
      204: { description: "A long-poll has seen nothing new", headers: z.object(position) },
      304: { description: "What the client has is still all of it" },
      ...refusals(400, 404, 410, 429, 503),
    },
  });
  openAPIRegistry.registerPath({
    ...shared,
    ...about,
    method: "head",
    operationId: "describeStream",
    summary: "Tells what a stream is and where it ends",
    request: { params: names },
    responses: {
      200: { description: "It is there", headers: z.object({ ...position, ...lifetime }) },
      ...refusals(400, 404, 410, 503),
    },
  });
  openAPIRegistry.registerPath({
    ...shared,
    ...about,
    method: "put",
    operationId: "createStream",
    summary: "Makes a stream, which may be a fork of another one",
    request: { params: names, headers: z.object({ ...lifetime, ...closing, ...forking }), body },
    responses: {
      200: { description: "It was there, as wanted", headers: z.object(position) },
      201: { description: "It was made", headers: z.object({ ...position, Location: text() }) },
      ...refusals(400, 404, 408, 409, 410, 413, 415, 503),
    },
  });
  openAPIRegistry.registerPath({
    ...shared,
    ...about,
    method: "post",
    operationId: "appendToStream",
    summary: "Appends to a stream, closes it, or both at once",
    request: { params: names, headers: z.object({ ...writing, ...closing }), body },
    responses: {
      200: { description: "A producer's append has landed", headers: z.object(position) },
      204: {
        description: "It was appended or closed, or had landed before",
        headers: z.object(position),
      },
      ...refusals(400, 404, 408, 409, 410, 413, 415, 429, 503),
    },
  });
  openAPIRegistry.registerPath({
    ...shared,
    ...about,
    method: "delete",
    operationId: "deleteStream",
    summary: "Deletes a stream",
    request: { params: names },
    responses: { 204: { description: "It is gone" }, ...refusals(400, 404, 410, 503) },
  });
}

const names = z.object({
  name: z.string().openapi({
    description: "1 to 256 of A-Z a-z 0-9 . _ ~ @ : + = - and slashes, which are not encoded",
    example: "chat/7",
  }),
});

const reading = z.object({
  offset: text("`Stream-Next-Offset` of an answer, `-1` for the beginning, `now` for the end"),
  live: z.enum(["long-poll", "sse"]).optional().openapi({
    description: "To wait for what is appended; needs an offset",
  }),
  cursor: text("`Stream-Cursor` of the answer before"),
});

const position = {
  "Stream-Next-Offset": text("Where to read on"),
  "Stream-Closed": flag("Nothing will follow"),
};

const lifetime = {
  "Stream-TTL": text("Seconds without a read or a write after which it is gone"),
  "Stream-Expires-At": text("When it is gone, such as 2030-01-31T12:00:00Z"),
};

const closing = { "Stream-Closed": flag("Nothing can be appended any more") };

const forking = {
  "Stream-Forked-From": text("The path of the stream to begin with"),
  "Stream-Fork-Offset": text("Up to where; the end where it is not given"),
  "Stream-Fork-Sub-Offset": text("How many bytes or messages behind it"),
};

const writing = {
  "Stream-Seq": text("Higher than that of every append before, as text"),
  "Producer-Id": text("Who appends; with the next two, what is sent twice lands once"),
  "Producer-Epoch": text("Which of the producer's lives, from 0"),
  "Producer-Seq": text("The number of the request in it, from 0"),
};

function text(description?: string) {
  return z.string().optional().openapi(description === undefined ? {} : { description });
}

function flag(description?: string) {
  return z.literal("true").optional().openapi(description === undefined ? {} : { description });
}

function bytes(description: string) {
  return { description, content: { "application/json": { schema: {} }, "*/*": { schema: {} } } };
}

function refusals(...statuses: ProblemStatus[]) {
  const responses = problemResponses(...statuses);
  const wrong = {
    ...responses[400],
    description: "A part of the request is not valid; `title` says which",
  };
  return { ...responses, 400: wrong };
}
