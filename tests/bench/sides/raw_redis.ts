/**
 * The raw loop with ioredis: the version that Tidemark uses itself, or with the configuration `rivals/ioredis_6.jsonc` the
 * other one.
 *
 * @module
 */

import { Redis } from "ioredis";
import { OUTPUTS, PLACE, type SideSettings } from "./lines.ts";
import { type Entry, idsOf, payloadOf, rawLoop } from "./raw_loop.ts";
import type { Side } from "./side.ts";

const { stream, group, consumer } = PLACE;

/** {@linkcode Side} */
export function rawRedis(settings: SideSettings): Side {
  return async (round) => {
    const redis = new Redis(round.url);
    const read = () =>
      redis.xreadgroup(
        ...["GROUP", group, consumer, "COUNT", round.count] as const,
        ...["BLOCK", 1_000, "STREAMS", stream, ">"] as const,
      );
    const acknowledge = ending(redis, settings);
    try {
      await redis.xgroup("CREATE", stream, group, "0");
      return await rawLoop(round, { read, acknowledge, parsed: settings.parsed });
    } finally {
      redis.disconnect();
    }
  };
}

/** How a batch ends. Whatever comes beside XACK goes in one pipeline with it, which is quick and not atomic. */
function ending(
  redis: Redis,
  { checkpoint, outputs }: SideSettings,
): (entries: readonly Entry[]) => Promise<unknown> {
  if (checkpoint) {
    return (entries) => {
      const ids = idsOf(entries);
      return redis.pipeline().xack(stream, group, ...ids).set("checkpoint", ids.at(-1) ?? "")
        .exec();
    };
  }
  if (outputs) {
    return (entries) => {
      const pipeline = redis.pipeline();
      for (const [, fields] of entries) {
        pipeline.xadd(OUTPUTS, "*", "event_type", "job.done", "payload", payloadOf(fields));
      }
      return pipeline.xack(stream, group, ...idsOf(entries)).exec();
    };
  }
  return (entries) => redis.xack(stream, group, ...idsOf(entries));
}
