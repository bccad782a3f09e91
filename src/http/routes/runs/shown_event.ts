/**
 * Events of a run as clients see them, the same in a page and in a live stream.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import type { RunEvent, RunGap } from "../../../domain/run.ts";
import { shownTime } from "./shown_run.ts";

/** How a run can end for who follows it. */
const RUN_END_WORDS = ["completed", "failed", "cancelled", "interrupted", "deleted"] as const;

/** What a client gets of an event. */
export const runEventSchema = z.object({
  id: z.string().openapi({
    description: "Where it stands: a time, and its number in the run, from 1",
    example: "1717000000000-57",
  }),
  type: z.string().openapi({
    description: "What happened; types that begin with run. tell of the run itself",
    example: "step.done",
  }),
  data: z.unknown().openapi({ description: "What is told about it, any JSON" }),
  at: z.string().openapi({ format: "date-time" }),
}).openapi("RunEvent");

/** What a client gets of events that are not there any more, or never were. */
export const runGapSchema = z.object({
  after_id: z.string().openapi({ description: "The last position before them" }),
  until_id: z.string().openapi({ description: "The position behind them: go on after this one" }),
  count: z.int().nullable().openapi({
    description: "How many; null where after_id is no id of the run",
  }),
}).openapi("RunGap");

/** What a follower gets at the end of a run. */
export const runEndSchema = z.object({
  status: z.enum(RUN_END_WORDS).openapi({ description: "How it ended; deleted: it is gone" }),
  reason: z.string().nullable().openapi({ description: "Why it failed or was cancelled" }),
  last_id: z.string().openapi({ description: "The position behind which nothing comes any more" }),
}).openapi("RunEndTold");

/** Shows an event. */
export function shownEvent({ id, type, data, atMs }: RunEvent): z.infer<typeof runEventSchema> {
  return { id, type, data, at: shownTime(atMs) };
}

/** Shows a gap. */
export function shownGap({ afterId, untilId, count }: RunGap): z.infer<typeof runGapSchema> {
  return { after_id: afterId, until_id: untilId, count };
}
