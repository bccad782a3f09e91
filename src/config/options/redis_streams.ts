/**
 * The options of the section `redis_streams`: where the events are, and how they are read.
 *
 * @module
 */

import { type Option, textOption } from "../option.ts";
import { FILE, REDIS_URL } from "./accepted_texts.ts";

/** The section `redis_streams`, by the names of the program. */
export const redisStreams = {
  redisUrl: textOption({
    path: "redis_streams.redis_url",
    text:
      "The Redis server (rediss:// for TLS); without it everything is kept in the file of sqlite_path.",
    example: "${REDIS_URL:-redis://127.0.0.1:6379}",
    secret: true,
    ...REDIS_URL,
  }),
  sqlitePath: textOption({
    path: "redis_streams.sqlite_path",
    text: "The database file that is used where there is no redis_url, or :memory: for none.",
    default: "tidemark.db",
    ...FILE,
  }),
  blockMs: {
    path: "redis_streams.block_ms",
    text:
      "How long one read waits for new entries; longer means fewer calls while nothing happens.",
    kind: "integer",
    default: 1_000,
    unit: "ms",
    min: 1,
    max: 60_000,
  },
  count: {
    path: "redis_streams.count",
    text:
      "How many entries one read takes at most; what is handled within milliseconds is read several times at once, and committed together.",
    kind: "integer",
    default: 100,
    unit: "entries",
    min: 1,
    max: 1_000,
  },
} as const satisfies Record<string, Option>;
