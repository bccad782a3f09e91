/**
 * What the consumer is told when the server is in trouble (REDIS_FACTS section 5), and that a refused call has changed
 * nothing.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  BrokerUnavailableError,
  TidemarkError,
  WrongTypeError,
} from "../../../src/domain/errors.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import {
  appendKeys,
  commitOf,
  handled,
  idsOf,
  joinGroup,
  noSignal,
  openBroker,
  readNow,
  redisCli,
  until,
} from "./setting.ts";

/** Class, reason and recovery of what a call throws. */
async function troubleOf(call: () => Promise<unknown>): Promise<unknown[]> {
  try {
    await call();
  } catch (error) {
    assert(error instanceof TidemarkError, `it is ${error}`);
    const hasReason = error instanceof BrokerUnavailableError || error instanceof AccessDeniedError;
    return [error.name, hasReason ? error.reason : null, error.recovery];
  }
  return [];
}

/** All keys with their content. */
async function everything(port: number): Promise<string> {
  const keys = (await redisCli(port, "keys", "*")).split("\n").sort();
  const dumps = keys.map(async (key) => [key, await redisCli(port, "dump", key)]);
  return JSON.stringify(await Promise.all(dumps));
}

Deno.test("a commit that runs out of memory is to be retried and has no effect", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  await appendKeys(broker, [null]);
  await readNow(broker, membership);
  await redisCli(server.port, "config", "set", "maxmemory", "1");
  const before = await everything(server.port);
  const output = { stream: "{orders}:out", fields: ["payload", "1"] };
  const request = { ...commitOf("t", []), settlements: [handled("1-0", [output])] };
  const trouble = ["BrokerUnavailableError", "OOM", "retry"];
  assertEquals(await troubleOf(() => broker.commit(membership, request)), trouble);
  assertEquals(await troubleOf(() => broker.append("orders", [{ fields: ["a", "1"] }])), trouble);
  assertEquals(await everything(server.port), before);
  // Leases must go on, or all entries would be claimed when the memory comes back.
  assertEquals((await broker.renew(membership, ["1-0"])).fenced, []);
  await redisCli(server.port, "config", "set", "maxmemory", "0");
  assertEquals((await broker.commit(membership, request)).verdicts, ["committed"]);
});

Deno.test("a server that became a replica, cannot save or lacks replicas is to be retried", async () => {
  await using server = await startRedisServer({ config: ["--enable-protected-configs", "yes"] });
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  const commit = () => broker.commit(membership, commitOf("t", ["1-0"]));

  await redisCli(server.port, "config", "set", "min-replicas-to-write", "1");
  assertEquals(await troubleOf(commit), ["BrokerUnavailableError", "NOREPLICAS", "retry"]);
  await redisCli(server.port, "config", "set", "min-replicas-to-write", "0");

  await redisCli(server.port, "replicaof", "127.0.0.1", "1");
  assertEquals(await troubleOf(commit), ["BrokerUnavailableError", "READONLY", "retry"]);
  await redisCli(server.port, "replicaof", "no", "one");
  await until(() => commit().then(() => true, () => false));

  await Deno.mkdir(`${server.dir}/gone`);
  await redisCli(server.port, "config", "set", "dir", `${server.dir}/gone`);
  await Deno.remove(`${server.dir}/gone`);
  await redisCli(server.port, "config", "set", "save", "3600 1");
  await redisCli(server.port, "bgsave");
  await until(async () => (await troubleOf(commit))[1] === "MISCONF");
  assertEquals((await troubleOf(() => readNow(broker, membership)))[1], "MISCONF");
});

Deno.test("a busy server is to be retried", async () => {
  await using server = await startRedisServer({ config: ["--busy-reply-threshold", "50"] });
  await using broker = await openBroker(server.url);
  await broker.createStream("orders");
  const loop = redisCli(server.port, "eval", "while true do end", "0");
  await until(async () => (await troubleOf(() => broker.streamInfo("orders")))[1] === "BUSY");
  await redisCli(server.port, "script", "kill");
  await loop;
  await until(async () => (await troubleOf(() => broker.streamInfo("orders"))).length === 0);
});

Deno.test("scripts that the server forgot are sent again", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  await appendKeys(broker, [null, null]);
  for (const { id } of await readNow(broker, membership)) {
    await redisCli(server.port, "script", "flush");
    assertEquals((await broker.commit(membership, commitOf(id, [id]))).verdicts, ["committed"]);
  }
});

Deno.test("a blocked read on a server that was demoted is to be retried", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  const read = { count: 1, blockMs: 5_000, signal: noSignal };
  const trouble = troubleOf(() => broker.readNew(membership, read));
  await until(async () =>
    (await redisCli(server.port, "client", "list")).includes("cmd=xreadgroup")
  );
  await redisCli(server.port, "replicaof", "127.0.0.1", "1");
  assertEquals(await trouble, ["BrokerUnavailableError", "UNBLOCKED", "retry"]);
});

Deno.test("a connection to a server that was demoted is made anew: it may lead to another one then", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const connections = async () =>
    (await redisCli(server.port, "client", "list")).split("\n")
      .filter((line) => !line.includes("cmd=client")).map((line) => line.split(" ")[0]);
  const before = await connections();
  await redisCli(server.port, "replicaof", "127.0.0.1", "1");
  const trouble = await troubleOf(() => broker.createStream("orders"));
  assertEquals(trouble, ["BrokerUnavailableError", "READONLY", "retry"]);
  await until(async () => {
    const now = await connections();
    return now.length > 0 && now.every((each) => !before.includes(each));
  });
});

Deno.test("a paused server does not count as dead", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  await redisCli(server.port, "client", "pause", "700", "write");
  assertEquals(await broker.readNew(membership, { count: 1, blockMs: 50, signal: noSignal }), []);
  await redisCli(server.port, "client", "pause", "700", "all");
  assertEquals((await broker.streamInfo("orders"))?.length, 0);
});

Deno.test("a key of the wrong type is named, and the call has no effect", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const prefix = "{orders}:tidemark:group:billing";
  const keys: [string, string][] = [
    ["{orders}:out", "stream"],
    ["{orders}:out:tidemark:tagged:incarnation", "string"],
    [`${prefix}:done`, "zset"],
    [`${prefix}:retries`, "hash"],
    [`${prefix}:keys`, "zset"],
    [`${prefix}:keyof`, "hash"],
    [`${prefix}:waiting`, "zset"],
    [`${prefix}:free`, "zset"],
    [`${prefix}:wake`, "stream"],
  ];
  for (const [key, wanted] of keys) {
    await redisCli(server.port, "flushall");
    const membership = await joinGroup(broker, "a", { order: "key" });
    await appendKeys(broker, ["k", null]);
    assertEquals(idsOf(await readNow(broker, membership)), ["1-0", "2-0"]);
    await redisCli(server.port, "del", key);
    await redisCli(server.port, "rpush", key, "x");
    const before = await everything(server.port);
    const output = { stream: "{orders}:out", fields: ["payload", "1"] };
    const request = { ...commitOf("t", []), settlements: [handled("1-0", [output])] };
    const error = await assertRejects(() => broker.commit(membership, request), WrongTypeError);
    assertEquals([error.key, error.found, error.wanted], [key, "list", wanted]);
    assertEquals(await everything(server.port), before);
  }
});

Deno.test("every stream call names a key that holds no stream", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await redisCli(server.port, "set", "orders", "x");
  const calls: ((broker: Broker) => Promise<unknown>)[] = [
    (broker) => broker.createStream("orders"),
    (broker) => broker.append("orders", [{ fields: ["a", "1"] }]),
    (broker) => broker.append("orders", [{ fields: ["a", "1"] }, { fields: ["a", "1"] }]),
    (broker) => broker.range("orders", { count: 1 }),
    (broker) => broker.trim("orders", { lengthMax: 1 }),
    (broker) => broker.deleteEntries("orders", ["1-0"]),
    (broker) => broker.streamInfo("orders"),
    (broker) => broker.deleteStream("orders"),
    (broker) => broker.listGroups("orders"),
    (broker) => broker.createGroup("orders", "billing", "end"),
    (broker) => joinGroup(broker, "a"),
  ];
  for (const call of calls) {
    const error = await assertRejects(() => call(broker), WrongTypeError);
    assertEquals([error.key, error.found, error.wanted], ["orders", "string", "stream"]);
  }
  assertEquals(await redisCli(server.port, "keys", "*"), "orders");
});

Deno.test("a commit with an output that is refused appends none of its outputs", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  await appendKeys(broker, [null]);
  await readNow(broker, membership);
  await broker.append("{orders}:full", [{
    id: "18446744073709551615-18446744073709551615",
    fields: ["a", "1"],
  }]);
  const outputs = ["{orders}:out", "{orders}:full"].map((stream) => ({
    stream,
    fields: ["a", "1"],
  }));
  const request = { ...commitOf("t", []), settlements: [handled("1-0", outputs)] };
  const [name] = await troubleOf(() => broker.commit(membership, request));
  assertEquals(name, "StreamExhaustedError");
  assertEquals(await broker.range("{orders}:out", { count: 10 }), []);
  assertEquals((await broker.listPending("orders", "billing", { count: 10 })).length, 1);
  assertEquals((await broker.commit(membership, commitOf("t", ["1-0"]))).kind, "committed");
});
