/**
 * What a Redis holds for the service, by plain commands.
 *
 * @module
 */

import { Redis } from "ioredis";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import { groupPrefix } from "../../src/brokers/redis/keys.ts";
import { fieldOf, idOf } from "../chaos/moment.ts";
import { numberOf, type View } from "./view.ts";

/** A server that stands still must not hold up whoever looks at it. */
const LOOK_MS_MAX = 1_500;

/** Opens a view. @param url `redis://127.0.0.1:PORT`, of the server itself. */
export function openRedisView(url: string): View {
  const redis = new Redis(url, {
    commandTimeout: LOOK_MS_MAX,
    connectTimeout: LOOK_MS_MAX,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 100,
  });
  redis.on("error", () => {}); // told by the call that fails
  return {
    async outputs({ outputs }, after, count) {
      const entries = await redis.xrange(outputs, `(${after}`, "+", "COUNT", count);
      return entries.map(([id, fields]) => ({
        id: idOf(id),
        number: numberOf(fieldOf(fields, "payload")),
      }));
    },
    async group({ stream, group }) {
      const prefix = groupPrefix(stream, group);
      const [pending, checkpoint, doneSet, info] = await Promise.all([
        redis.xpending(stream, group).catch(nothing),
        redis.hgetall(`${prefix}:checkpoint`),
        redis.zcard(`${prefix}:done`),
        redis.xinfo("STREAM", stream).catch(nothing),
      ]);
      const tokens = Object.entries(checkpoint).filter(([name]) => name.startsWith("t:"));
      return {
        pending: Array.isArray(pending) ? Number(pending[0]) : 0,
        position: checkpoint.position === undefined ? null : idOf(checkpoint.position),
        lastId: Array.isArray(info)
          ? idOf(info[info.indexOf("last-generated-id") + 1])
          : ENTRY_ID_ZERO,
        doneSet,
        tokens: new Map(tokens.map(([name, value]) => [name.slice(2), value])),
      };
    },
    async broker() {
      const [clients, records, memory] = await Promise.all([
        redis.client("LIST"),
        redis.dbsize(),
        redis.info("memory"),
      ]);
      const connections = String(clients).trim().split("\n").length - 1;
      return { connections, records, bytes: Number(/used_memory:(\d+)/.exec(memory)?.[1] ?? 0) };
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise<void>((resolve) => redis.once("end", () => resolve()));
      if (redis.status === "end") return;
      redis.disconnect();
      await ended;
    },
  };
}

/** A stream or group that is not there yet, or was flushed, has nothing. */
function nothing(error: unknown): null {
  if (error instanceof Error && /NOGROUP|no such key/.test(error.message)) return null;
  throw error;
}
