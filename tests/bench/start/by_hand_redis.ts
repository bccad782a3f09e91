/**
 * What one would write by hand for Redis: a group, a read that blocks, a handler, an acknowledgement.
 *
 * @module
 */

import { Redis } from "ioredis";

const [url = "", stream = ""] = Deno.args;
const redis = new Redis(url);
await redis.xgroup("CREATE", stream, "start", "0", "MKSTREAM");
const read: unknown = await redis.xreadgroup(
  ...["GROUP", "start", "main", "COUNT", 100, "BLOCK", 1_000, "STREAMS", stream, ">"] as const,
);
// [[stream, [[id, fields], …]]]
const entries: [id: string, fields: string[]][] = Array.isArray(read) ? read[0][1] : [];
for (const [id] of entries) {
  console.log("handled");
  await redis.xack(stream, "start", id);
}
redis.disconnect();
