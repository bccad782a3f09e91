/**
 * Problems in the OpenAPI document, so that generated clients know them too.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";

const faultSchema = z.object({
  in: z.enum(["path", "query", "header", "cookie", "body"]),
  name: z.string(),
  wanted: z.string(),
});

/** What every refusal looks like. */
export const problemSchema = z.object({
  type: z.string().openapi({ example: "about:blank" }),
  title: z.string().openapi({ description: "What is wrong, the same for every such problem" }),
  status: z.int().openapi({ example: 404 }),
  code: z.string().openapi({ description: "What programs decide by", example: "RUN_NOT_FOUND" }),
  detail: z.string().optional().openapi({ description: "What is wrong in this very case" }),
  faults: z.array(faultSchema).optional(),
  first_id: z.string().nullable().optional().openapi({
    description: "With POSITION_TRIMMED: the oldest event that is kept, null for none",
  }),
  until_id: z.string().optional().openapi({
    description: "With POSITION_TRIMMED: the position behind the events that are gone",
  }),
}).openapi("Problem");

/** A status that says what could not be done. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 408 | 409 | 410 | 413 | 415 | 429 | 500 | 503;

/** An answer as `createRoute` takes it. */
export interface ProblemResponse {
  /** What it means. */
  readonly description: string;
  /** Its form. */
  readonly content: {
    readonly "application/problem+json": { readonly schema: typeof problemSchema };
  };
}

/** What each of them means. */
const descriptions: Readonly<Record<ProblemStatus, string>> = {
  400: "A part of the request is not valid; `faults` says which",
  401: "A token is needed",
  403: "The token, the page or the name of the host does not allow this",
  404: "There is no such thing",
  408: "The body took too long",
  409: "It was changed at the same time, or is in another state",
  410: "It has expired",
  413: "The body is too large",
  415: "The body has the wrong content type",
  429: "Too much from this address; Retry-After says when to come back",
  500: "Something went wrong in the service",
  503: "Not now; Retry-After says when to come back",
};

/**
 * The part `responses` of a route for its refusals.
 *
 * @param statuses Those that the route itself answers; 401, 403 and 500 are always added.
 */
export function problemResponses<Status extends ProblemStatus = never>(
  ...statuses: Status[]
): Record<Status | 401 | 403 | 500, ProblemResponse> {
  const content = { "application/problem+json": { schema: problemSchema } };
  const entries = [...statuses, 401 as const, 403 as const, 500 as const].map((status) => [
    status,
    { description: descriptions[status], content },
  ]);
  return Object.fromEntries(entries);
}
