/**
 * What the process of a side is started with, is told, and tells: JSON, checked where it is read.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";

/** What a process is started with: its only argument. */
export const sideSettings = z.object({
  /** Which side it plays; each is a file beside this one. */
  kind: z.enum([
    "raw_redis",
    "raw_latency",
    "raw_sqlite",
    "bullmq",
    "moleculer",
    "tidemark",
    "tidemark_latency",
  ]),
  /** Whether a raw loop also saves a checkpoint for each batch. */
  checkpoint: z.boolean().default(false),
  /** Whether a raw loop hands over the data of an event, and waits for the handler. */
  parsed: z.boolean().default(false),
  /** Whether each event gives an event in another stream. */
  outputs: z.boolean().default(false),
  /** The order that a consumer of Tidemark keeps. */
  order: z.enum(["key", "none"]).default("key"),
  /** How many jobs BullMQ and @moleculer/channels have in hand at once. */
  inFlightMax: z.number().default(1),
});

/** {@linkcode sideSettings} */
export type SideSettings = z.output<typeof sideSettings>;

/** {@linkcode sideSettings}, without what keeps its default. */
export type GivenSettings = z.input<typeof sideSettings>;

/** What it is to do in one round. */
export const roundLine = z.object({
  /** The broker, with nothing in it but what this round needs. */
  url: z.string(),
  /** So many events are handled. */
  events: z.number(),
  /** So many at most are read at once. */
  count: z.number(),
  /**
   * Where the events are from: they are there already; the side publishes them before it begins; or while it handles them,
   * which is then measured with it.
   */
  filled: z.enum(["already", "before", "meanwhile"]),
  /** How many are published each second where it is measured how long they take; else 0. */
  eventsPerSecond: z.number().default(0),
});

/** {@linkcode roundLine} */
export type Round = z.output<typeof roundLine>;

/** {@linkcode roundLine}, without what keeps its default. */
export type GivenRound = z.input<typeof roundLine>;

/** JSON writes `NaN`, where nothing was measured, as null. */
const milliseconds = z.number().nullable().transform((ms) => ms ?? NaN);

/** What it found. */
export const figuresLine = z.object({
  /** How many events the handler got. */
  handled: z.number(),
  /** From the first event at the handler until the last is acknowledged. */
  seconds: z.number(),
  /** What that took of the processor in this process. */
  cpuMicros: z.number(),
  /** From publishing an event until the handler has it. */
  medianMs: milliseconds,
  p99Ms: milliseconds,
});

/** {@linkcode figuresLine} */
export type Figures = z.output<typeof figuresLine>;

/** The names in every round, of which each has its broker for itself. */
export const PLACE = { stream: "jobs", group: "workers", consumer: "main" } as const;

/** Where the events go that handlers publish. */
export const OUTPUTS = "outputs";
