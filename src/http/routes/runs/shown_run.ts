/**
 * A run as clients see it.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import { ENTRY_ID_ZERO } from "../../../domain/entry_id.ts";
import { RUN_STATUSES, type RunRecord } from "../../../domain/run.ts";

/** What a client gets of a run. */
export const runSchema = z.object({
  id: z.string().openapi({ example: "report-7" }),
  kind: z.string().openapi({ description: "What it is one of", example: "report" }),
  status: z.enum(RUN_STATUSES).openapi({
    description: "What it does; interrupted: its process died, and nobody knows how far it came",
  }),
  started_at: z.string().openapi({ format: "date-time" }),
  ended_at: z.string().nullable().openapi({ format: "date-time" }),
  reason: z.string().nullable().openapi({ description: "Why it failed or was cancelled" }),
  event_count: z.int().openapi({ description: "How many events it ever had, that of its end too" }),
  length: z.int().openapi({ description: "How many of them are kept" }),
  first_id: z.string().nullable().openapi({ description: "The oldest that is kept" }),
  last_id: z.string().openapi({ description: `The newest ever, ${ENTRY_ID_ZERO} for none` }),
  expires_in_ms: z.int().nullable().openapi({
    description: "How long until it is forgotten; null: it stays",
  }),
  owner: z.string().nullable().openapi({
    description: "The process that executes it; null: its events come from outside",
  }),
}).openapi("Run");

/** A run as clients see it. */
export type ShownRun = z.infer<typeof runSchema>;

/** The last time that a `Date` can name. */
const TIME_MS_MAX = 8_640_000_000_000_000;

/** Shows a run. */
export function shownRun(record: RunRecord): ShownRun {
  const { run, kind, status, reason, eventCount, length, firstId, lastId, owner } = record;
  const { startedAtMs, endedAtMs, expiresInMs } = record;
  return {
    id: run,
    kind,
    status,
    started_at: shownTime(startedAtMs),
    ended_at: endedAtMs === null ? null : shownTime(endedAtMs),
    reason,
    event_count: eventCount,
    length,
    first_id: firstId,
    last_id: lastId,
    expires_in_ms: expiresInMs,
    owner,
  };
}

/** A time as ISO 8601. Total: what a foreign hand has stored may be further away than a `Date` can name. */
export function shownTime(ms: number): string {
  return new Date(Math.min(ms, TIME_MS_MAX)).toISOString();
}
