/**
 * What the process of the scenarios `start-resume` and `start-recovery` is started with and tells.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";

/** What it is started with: its only argument. */
export const workerSettings = z.object({
  url: z.string(),
  stream: z.string(),
  consumer: z.string(),
  leaseMs: z.number(),
  /** At most so many entries a read. */
  count: z.number(),
  /** What its handler does: never end, so that its entries are pending; wait so long, in ms. */
  handler: z.union([z.literal("hold"), z.number()]),
});

/** {@linkcode workerSettings} */
export type WorkerSettings = z.infer<typeof workerSettings>;

/** A line: it has joined its group, its handler has begun for the first time, or a commit was answered. */
export const workerLine = z.object({
  what: z.enum(["joined", "handling", "committed"]),
  /** In ms since 1970. */
  atMs: z.number(),
});

/** {@linkcode workerLine} */
export type WorkerLine = z.infer<typeof workerLine>;
