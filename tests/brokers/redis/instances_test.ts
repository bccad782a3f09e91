/**
 * Announced processes on Redis: what other programs leave in their keys, and that nothing of the dead is left.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { AccessDeniedError, WrongTypeError } from "../../../src/domain/errors.ts";
import { listLargeAnnouncements } from "../../contracts/instance_contract.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { openBroker, redisCli, until } from "./setting.ts";

const TEXTS = "{tidemark}:instances:texts";
const LEASES = "{tidemark}:instances:leases";
const LONG_MS = 60_000;

Deno.test("announced processes leave two keys, and none when the last lease is over", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (let count = 0; count < 300; count++) await broker.announce(`dead-${count}`, "1", 1_000);
  const keys = await redisCli(server.port, "keys", "*");
  assertEquals(keys.split("\n").sort(), [LEASES, TEXTS]);
  await until(async () => await redisCli(server.port, "dbsize") === "0");
});

Deno.test("announce sweeps away the dead, and keeps the keys for the longest lease", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await broker.announce("long", "1", LONG_MS);
  for (let count = 0; count < 50; count++) await broker.announce(`dead-${count}`, "1", 1);
  await until(async () => {
    await broker.announce("short", "1", 100);
    return await redisCli(server.port, "hlen", TEXTS) === "2";
  });
  assertEquals(await redisCli(server.port, "zcard", LEASES), "2");
  for (const key of [TEXTS, LEASES]) {
    const leftMs = Number(await redisCli(server.port, "pttl", key));
    assert(leftMs > LONG_MS - 15_000 && leftMs <= LONG_MS, `${key} lasts ${leftMs} ms`);
  }
});

Deno.test("announce is one round trip", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await broker.announce("web", "1", LONG_MS);
  const calls = async () => {
    const stats = await redisCli(server.port, "info", "commandstats");
    const count = (name: string) =>
      Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    return [count("evalsha"), count("eval")];
  };
  const before = await calls();
  await broker.announce("web", "2", LONG_MS);
  assertEquals(await calls(), [(before[0] ?? 0) + 1, before[1] ?? 0]);
});

Deno.test("a foreign value under a key of the announced processes is named and left alone", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (const key of [TEXTS, LEASES]) {
    await redisCli(server.port, "flushall");
    await redisCli(server.port, "set", key, "theirs");
    const calls = [
      () => broker.announce("web", "1", LONG_MS),
      () => broker.withdraw("web"),
      () => broker.listInstances(),
    ];
    for (const call of calls) {
      const error = await assertRejects(call, WrongTypeError);
      assertEquals([error.key, error.found], [key, "string"]);
    }
    assertEquals(await redisCli(server.port, "get", key), "theirs");
    assertEquals(await redisCli(server.port, "dbsize"), "1");
  }
});

Deno.test("rubbish beside the announced processes is passed over", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await redisCli(server.port, "zadd", LEASES, "inf", "endless", "9e17", "far", "-inf", "never");
  await redisCli(server.port, "hset", TEXTS, "endless", "no time", "stray", "1 2", "never", "1 2");
  await broker.announce("web", "1", LONG_MS);
  const listed = await broker.listInstances();
  assertEquals(listed.map(({ instance }) => instance), ["web"]);
  const leftMs = Number(await redisCli(server.port, "pttl", LEASES));
  assert(leftMs > 0 && leftMs <= 86_400_000, `the rubbish lasts ${leftMs} ms`);
});

Deno.test("a user without a right to the keys of the announced processes is told so", async () => {
  await using server = await startRedisServer();
  const rights = ["on", ">secret", "+@all", "resetkeys", "~orders", "~{orders}*"];
  await redisCli(server.port, "acl", "setuser", "app", ...rights);
  await using broker = await openBroker(`redis://app:secret@127.0.0.1:${server.port}`);
  await assertRejects(() => broker.announce("web", "1", LONG_MS), AccessDeniedError, "NOPERM");
  await assertRejects(() => broker.listInstances(), AccessDeniedError, "NOPERM");
  await redisCli(server.port, "acl", "setuser", "app", "~{tidemark}:instances:*");
  await broker.announce("web", "1", LONG_MS);
  assertEquals((await broker.listInstances()).length, 1);
});

Deno.test("a server without memory to spare still takes announcements", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await redisCli(server.port, "config", "set", "maxmemory", "1");
  await broker.announce("web", "1", LONG_MS);
  assertEquals((await broker.listInstances()).map(({ text }) => text), ["1"]);
});

// The last one: see the story for its timer.
Deno.test({
  name: "announcements of the largest size come back whole, in several answers",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await startRedisServer();
    await using broker = await openBroker(server.url);
    await listLargeAnnouncements(broker);
  },
});
