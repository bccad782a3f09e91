/**
 * `GET /inspector/session`: everything that is recorded of a process, as a session file.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../http/app.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import { knownOnly } from "../../http/routes/runs/run_parameters.ts";
import type { Clock } from "../../ports/clock.ts";
import { sessionLines } from "../session_file.ts";
import { instanceParameter } from "./inspector_parameters.ts";
import { type InspectorRouteContext, openSource, patiently } from "./route_context.ts";

/** Its type is wide on purpose: what Hono knows as JSON has to be one value. */
const JSON_LINES: string = "application/jsonl";

/** What is handed to the socket at once, in characters. */
const CHUNK_LENGTH = 65_536;

/** A client that takes longer for some megabytes holds them in memory for nothing. */
const DOWNLOAD_MS_MAX = 60_000;

const query = knownOnly({ instance: instanceParameter });

const route = createRoute({
  method: "get",
  operationId: "downloadSession",
  path: "/inspector/session",
  tags: ["inspector"],
  summary: "Gives everything that is recorded of a process, as a file",
  description: "JSON Lines, one message each, the header first. The inspector's page opens it.",
  request: { query },
  responses: {
    200: {
      description: "The file",
      headers: { "Content-Disposition": { schema: { type: "string" } } },
      content: { [JSON_LINES]: { schema: z.string() } },
    },
    ...problemResponses(400, 404, 429, 503),
  },
});

/** `GET /inspector/session`. */
export function downloadSession(given: InspectorRouteContext): RouteGroup {
  const { clock } = given;
  return (app) => {
    app.openapi(route, async (context) => {
      const source = await openSource(context.req.valid("query").instance, given);
      const { req: { raw: request }, env: { address, streams } } = context;
      const headers = {
        "Content-Type": JSON_LINES,
        "Content-Disposition": `attachment; filename="${fileName(source.instance, clock)}"`,
      };
      if (request.method === "HEAD") return new Response(null, { headers });
      // It holds as much as a stream does, and so it counts as one.
      const held = streams.hold({ request, address });
      try {
        const messages = await patiently(source.recording(), given);
        return new Response(bodyOf(sessionLines(messages), { held, clock }), { headers });
      } catch (error) {
        held[Symbol.dispose]();
        throw error;
      }
    });
  };
}

/** Reads the lines as they are taken. */
function bodyOf(
  lines: Iterator<string>,
  { held, clock }: {
    readonly held: Disposable & { readonly signal: AbortSignal };
    readonly clock: Clock;
  },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const end = () => {
    timer.cancel();
    held[Symbol.dispose]();
  };
  let breakOff = () => {};
  const timer = clock.after(DOWNLOAD_MS_MAX, () => breakOff());
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      breakOff = () => {
        end();
        controller.error(new Error("The download took too long or was broken off"));
      };
      held.signal.addEventListener("abort", () => breakOff(), { once: true });
    },
    pull: (controller) => {
      let text = "";
      while (text.length < CHUNK_LENGTH) {
        const line = lines.next();
        if (line.done === true) break;
        text += line.value;
      }
      if (text !== "") return controller.enqueue(encoder.encode(text));
      end();
      controller.close();
    },
    cancel: end,
  }, { highWaterMark: 0 });
}

/** A name that every system takes. */
function fileName(instance: string, clock: Clock): string {
  const name = instance.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 80);
  const time = new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, "").replaceAll(":", "");
  return `tidemark-${name}-${time}.jsonl`;
}
