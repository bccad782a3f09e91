/**
 * What the processes of the scenario `sse` are started with and tell: JSON, checked where it is read, because a process
 * may tell something else when it fails.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";

/** What a server is started with: its only argument. */
export const serverSettings = z.object({
  /** `tidemark`: runs over HTTP, the real thing. `naive`: what one would write by hand. */
  kind: z.enum(["tidemark", "naive"]),
  /** The broker. */
  url: z.string(),
  eventsPerSecond: z.number(),
  /** So many events are emitted before anything is measured. */
  warmUpEvents: z.number(),
  /** And so many after that. */
  events: z.number(),
});

/** {@linkcode serverSettings} */
export type ServerSettings = z.infer<typeof serverSettings>;

/** JSON writes `NaN`, where nothing has come, as null. */
const milliseconds = z.number().nullable().transform((ms) => ms ?? NaN);

const memory = { rssBytes: z.number(), heapBytes: z.number() };

/** The first line of a server, when nobody is connected. */
export const listening = z.object({ port: z.number(), path: z.string(), ...memory });

/** Its second line, after the last event; it begins to emit when it is sent a line. */
export const emitted = z.object({
  /** With everybody connected: the resident size in the middle of the events, the heap after the last. */
  ...memory,
  /** Of one core, while it was measured. */
  cpuShare: z.number(),
  /** How much later than planned events were emitted, in ms: 99 of 100 not more than that. */
  lateMs: z.number(),
});

/** What the clients are started with. */
export const clientSettings = z.object({
  port: z.number(),
  path: z.string(),
  clients: z.number(),
  warmUpEvents: z.number(),
  events: z.number(),
});

/** {@linkcode clientSettings} */
export type ClientSettings = z.infer<typeof clientSettings>;

/** The first line of the clients. */
export const connected = z.object({
  /** From the first connection to the last head of an answer. */
  tookMs: z.number(),
});

/** Their second line, when all have got everything, or nothing has come for a while. They are sent a line to begin. */
export const received = z.object({
  delivered: z.number(),
  lost: z.number(),
  doubled: z.number(),
  disordered: z.number(),
  /** From `emit` until the bytes were read, in ms. */
  medianMs: milliseconds,
  p99Ms: milliseconds,
  maxMs: milliseconds,
  /** Of one core, while it was measured: near 1 the clients are what is measured. */
  cpuShare: z.number(),
});

/** Tells a line. */
export function tell(line: unknown): void {
  console.log(JSON.stringify(line));
}
