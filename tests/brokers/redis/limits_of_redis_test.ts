/**
 * Rules that keep us out of traps of Redis which no single call shows: where keys lie, which reads are never used, and
 * what a full server looks like.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { consumerKeys, idempotencyKey } from "../../../src/brokers/redis/keys.ts";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import { BrokerUnavailableError } from "../../../src/domain/errors.ts";
import { deadLetterStream } from "../../../src/domain/names.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { openBroker, redisCli } from "./setting.ts";

/** What decides a key's slot in Redis Cluster: what stands in its first braces, or all of it. */
function hashTag(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key;
}

Deno.test("T23: all keys of a stream lie in its slot", () => {
  for (const stream of ["orders", "{eu}orders", "a:b", "{orders}:out"]) {
    const keys = [
      ...consumerKeys(stream, "billing {x}"),
      idempotencyKey(stream, "{y}"),
      deadLetterStream(stream),
    ];
    assertEquals(new Set(keys.map(hashTag)), new Set([hashTag(stream)]), keys.join(" "));
  }
});

Deno.test("T11: nothing reads with NOACK, which forgets what it hands out", async () => {
  const offenders: string[] = [];
  let files = 0;
  async function search(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await search(path);
      else if (name.endsWith(".ts")) {
        files++;
        if (/['"]NOACK['"]/i.test(await Deno.readTextFile(path))) offenders.push(path);
      }
    }
  }
  await search("src/brokers/redis");
  assert(files > 10);
  assertEquals(offenders, []);
});

Deno.test("I17: a server that takes no more clients is to be tried again", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await redisCli(server.port, "config", "set", "maxclients", "1");
  await assertRejects(
    () => openRedisBroker({ url: server.url, connectTimeoutMs: 300 }),
    BrokerUnavailableError,
  );
  assertEquals(await broker.range("orders", { count: 1 }), []);
});
