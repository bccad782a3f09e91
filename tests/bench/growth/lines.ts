/**
 * What the processes of the scenarios of growth are started with and tell: JSON, checked where it is read, because a
 * process may tell something else when it fails.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";

/** What a process with consumers is started with: its only argument. */
export const consumeSettings = z.object({
  /** The broker. */
  url: z.string(),
  /** Its consumers, on one connection of the process. */
  members: z.array(z.object({ stream: z.string(), group: z.string(), consumer: z.string() })),
  /** Whether they keep the order of keys. */
  order: z.enum(["key", "none"]),
  leaseMs: z.number(),
  /** Whether it handles nothing before it is told to go. */
  isHeld: z.boolean(),
  /** How long it waits for events before it is held, in ms; then it tells what that took. */
  idleMs: z.number(),
  /** It has done its work after so many; `null`: when it is told to go for the second time. */
  events: z.number().nullable(),
  /** It takes a sample whenever so many more are committed; 0: none. */
  sampleEvents: z.number(),
});

/** {@linkcode consumeSettings} */
export type ConsumeSettings = z.infer<typeof consumeSettings>;

/** A consumer of a process. */
export type Member = ConsumeSettings["members"][number];

/** JSON writes `NaN`, where nothing was measured, as null. */
const milliseconds = z.number().nullable().transform((ms) => ms ?? NaN);

/** Of the process; the heap is without garbage. */
const memory = { rssBytes: z.number(), heapBytes: z.number() };

/** The first line: all its consumers have joined. */
export const readyLine = z.object({
  /** From the first `subscribe` until the last has read for the first time, or has paused. */
  startMs: z.number(),
  /** When it began to join, in ms since 1970. */
  startedAtMs: z.number(),
  ...memory,
});

/** The second line, after it has waited: how busy it was, of one core. */
export const idleLine = z.object({ cores: z.number(), ...memory });

const sample = z.object({
  /** Events committed so far. */
  events: z.number(),
  /** Since it was told to go, or since it began to join where it is not held. */
  atMs: z.number(),
  ...memory,
});

/** What a process held when it had committed so many. */
export type Sample = z.infer<typeof sample>;

/** The last line: what was committed, and when. */
export const doneLine = z.object({
  /** Events committed by this process. */
  events: z.number(),
  /** When the first and the last were, in ms since 1970; `NaN` for none. */
  firstAtMs: milliseconds,
  lastAtMs: milliseconds,
  /** From the first call of `commit` to its answer; one commits up to 100 events. */
  commitMedianMs: milliseconds,
  commitP99Ms: milliseconds,
  samples: z.array(sample),
  ...memory,
});

/** {@linkcode doneLine} */
export type Done = z.infer<typeof doneLine>;

/** What a process that publishes is started with. */
export const publishSettings = z.object({
  url: z.string(),
  stream: z.string(),
  events: z.number(),
  payloadBytes: z.number(),
  /** It stops when a group of the stream is so many behind, and trims what all have finished. */
  lagMax: z.number(),
});

/** {@linkcode publishSettings} */
export type PublishSettings = z.infer<typeof publishSettings>;

/** The only line of a process that publishes, after the last event. */
export const publishedLine = z.object({ events: z.number(), ...memory });

/** Tells a line. */
export function tell(line: unknown): void {
  console.log(JSON.stringify(line));
}
