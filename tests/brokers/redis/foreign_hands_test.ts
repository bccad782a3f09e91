/**
 * What other programs do to our keys: delete, replace, trim, write rubbish. The consumer must notice.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { RedisConnection } from "../../../src/brokers/redis/connection.ts";
import { reading } from "../../../src/brokers/redis/reading.ts";
import { parseRedisUrl } from "../../../src/brokers/redis/url.ts";
import { decodeCheckpoint } from "../../../src/domain/checkpoint.ts";
import { systemClock } from "../../../src/ports/clock.ts";
import { systemRandom } from "../../../src/ports/random.ts";
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
} from "./setting.ts";

const CHECKPOINT = "{orders}:tidemark:group:billing:checkpoint";
const BILLING = { stream: "orders", group: "billing" };

/** A connection before whose every look at bytes somebody deletes an entry. */
class LateConnection extends RedisConnection {
  deletes: () => Promise<unknown> = () => Promise.resolve();

  override async callBytes(...args: Parameters<RedisConnection["callBytes"]>): Promise<unknown> {
    await this.deletes();
    return await super.callBytes(...args);
  }
}

Deno.test("T7: an entry that vanishes while it is claimed is named once, when it is finished", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const [dead, heir] = [await joinGroup(broker, "dead"), await joinGroup(broker, "heir")];
  await broker.append("orders", [{ id: "1-0", fields: ["payload", new Uint8Array([0xfe])] }]);
  await readNow(broker, dead);
  const timeouts = { connectTimeoutMs: 1_000, callTimeoutMs: 1_000 };
  const settings = { address: parseRedisUrl(server.url), tls: {}, ...timeouts, clock: systemClock };
  const commands = new LateConnection(settings);
  commands.deletes = () => broker.deleteEntries("orders", ["1-0"]);
  await commands.whenReady({ withinMs: 1_000, patient: true });
  const { claim } = reading({ commands, settings, random: systemRandom }, () => {
    throw new Error("Nobody waits");
  });
  const named: unknown[] = [];
  for (const _ of [1, 2, 3]) {
    named.push((await claim(heir, { idleMsMin: 0, afterId: "0-0", count: 9 })).lost);
  }
  await commands.close();
  assertEquals(named, [[], ["1-0"], []]);
});

Deno.test("a stream that was deleted and made again has another incarnation", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const incarnations = new Set<string>();
  const remake: (() => Promise<unknown>)[] = [
    () => broker.createStream("orders"),
    () => broker.append("orders", [{ fields: ["a", "1"] }]),
    () => broker.append("orders", [{ fields: ["a", "1"], idempotencyKey: "x" }]),
    () => joinGroup(broker, "a"),
    () => broker.createGroup("orders", "other", "end", { createStream: true }),
    async () => {
      const membership = await joinGroup(broker, "a", { stream: "source" });
      await broker.append("source", [{ fields: ["a", "1"] }]);
      const ids = idsOf(await readNow(broker, membership));
      const settlements = ids.map((id) => handled(id, [{ stream: "orders", fields: ["a", "1"] }]));
      await broker.commit(membership, { token: crypto.randomUUID(), settlements, withDone: false });
    },
    // A foreign producer makes it while a consumer starts.
    async () => {
      await broker.join({ ...BILLING, consumer: "a", order: "none" });
      await redisCli(server.port, "xadd", "orders", "*", "a", "1");
    },
  ];
  for (const make of remake) {
    await make();
    incarnations.add((await broker.streamInfo("orders"))?.incarnation ?? "missing");
    await redisCli(server.port, "del", "orders");
  }
  assertEquals(incarnations.size, remake.length);
  assert(!incarnations.has("missing"));
});

Deno.test("an idempotency key of a former life of the stream does not count", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const entries = [{ fields: ["a", "1"], idempotencyKey: "x" }];
  for (
    const remove of [
      () => redisCli(server.port, "del", "orders"),
      () => broker.deleteStream("orders"),
    ]
  ) {
    assertEquals((await broker.append("orders", entries))[0]?.duplicate, false);
    assertEquals((await broker.append("orders", entries))[0]?.duplicate, true);
    await remove();
  }
});

Deno.test("the streams orders and {orders} share no keys", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const plain = await joinGroup(broker, "a", { stream: "orders" });
  await joinGroup(broker, "a", { stream: "{orders}" });
  await appendKeys(broker, [null, null]);
  await readNow(broker, plain);
  await broker.commit(plain, commitOf("t", ["1-0", "2-0"]));
  const { checkpoint } = await broker.join({
    stream: "{orders}",
    group: "billing",
    consumer: "b",
    order: "none",
  });
  const decoded = decodeCheckpoint(checkpoint, { stream: "{orders}", group: "billing" });
  assertEquals(decoded.kind === "valid" && decoded.checkpoint.position, "0-0");
  assertEquals(await broker.deleteStream("{orders}"), true);
  assertNotEquals(await broker.loadCheckpoint("orders", "billing"), null);
});

Deno.test("deleteStream leaves nothing of the stream but expiring idempotency keys", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a", { order: "key" });
  await broker.append("orders", [{ fields: ["key", "k"], idempotencyKey: "x" }, {
    fields: ["a", "1"],
  }]);
  const ids = idsOf(await readNow(broker, membership));
  const [, second = "0-0"] = ids;
  await broker.commit(membership, commitOf("t", [second]));
  await broker.createGroup("orders", "other", "end");
  await broker.deleteStream("orders");
  assertEquals(await redisCli(server.port, "keys", "*"), "{orders}:tidemark:idempotency:x");
});

Deno.test("a rubbish checkpoint is shown as it is, quarantined and replaced", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const rubbish: string[][] = [
    ["position", "5"],
    ["position", "99999999999999999999-0"],
    ["schema", "two"],
    ["schema", "9"],
    ["savedAtMs", "-1"],
    ["incarnation", ""],
    ["epoch", "x"],
  ];
  for (const [field = "", value = ""] of rubbish) {
    await redisCli(server.port, "flushall");
    await joinGroup(broker, "a");
    await redisCli(server.port, "hset", CHECKPOINT, field, value, "e:a", "not a number");
    const { membership, checkpoint } = await broker.join({
      ...BILLING,
      consumer: "a",
      order: "none",
    });
    assertEquals(decodeCheckpoint(checkpoint, BILLING).kind, "unusable", `${field}=${value}`);
    await broker.establish(membership, {
      createStream: false,
      group: "keep",
      checkpoint: { position: "0-0", done: [] },
      quarantine: true,
    });
    const stored = decodeCheckpoint(await broker.loadCheckpoint("orders", "billing"), BILLING);
    assertEquals(stored.kind, "valid", `${field}=${value}`);
    const kept = await redisCli(
      server.port,
      "lrange",
      CHECKPOINT.replace(/[^:]*$/, "quarantined"),
      "0",
      "-1",
    );
    assertEquals(JSON.parse(kept)[field], value);
  }
});

Deno.test("a rubbish done-set makes the checkpoint unusable", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await joinGroup(broker, "a");
  await redisCli(server.port, "zadd", "{orders}:tidemark:group:billing:done", "0", "rubbish");
  const stored = await broker.loadCheckpoint("orders", "billing");
  assertEquals(decodeCheckpoint(stored, BILLING).kind, "unusable");
});

Deno.test("renew and release keep an entry pending whose data was trimmed under its handler", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (const trim of [["xtrim", "orders", "maxlen", "1"], ["xdel", "orders", "2-0"]]) {
    await redisCli(server.port, "flushall");
    const membership = await joinGroup(broker, "a");
    await appendKeys(broker, [null, null, null]);
    await readNow(broker, membership);
    await redisCli(server.port, ...trim);
    assertEquals((await broker.renew(membership, ["2-0", "3-0"])).fenced, []);
    assertEquals(await broker.release(membership, ["2-0"]), 0);
    assertEquals((await broker.commit(membership, commitOf("t", ["2-0"]))).verdicts, ["committed"]);
  }
});

Deno.test("handed-back entries whose data is gone are counted as lost by readNew", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a", { order: "key" });
  await appendKeys(broker, ["k", "k", "k"]);
  await readNow(broker, membership);
  await broker.release(membership, "all");
  await redisCli(server.port, "xdel", "orders", "1-0", "2-0");
  assertEquals(idsOf(await readNow(broker, membership)), ["3-0"]);
  const [group] = await broker.listGroups("orders");
  assertEquals([group?.lostCount, group?.pendingCount], [2, 1]);
  assertEquals(
    (await broker.commit(membership, commitOf("t", ["3-0"]))).checkpoint.position,
    "3-0",
  );
});

Deno.test("a waiting ordered reader gets an entry that a foreign program adds", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a", { order: "key" });
  const waiting = broker.readNew(membership, { count: 1, blockMs: 5_000, signal: noSignal });
  await redisCli(server.port, "xadd", "orders", "1-0", "key", "k");
  assertEquals(idsOf(await waiting), ["1-0"]);
});

Deno.test("an entry whose predecessor a foreign program acknowledged is set free by the next renewal", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const a = await joinGroup(broker, "a", { order: "key" });
  const b = await joinGroup(broker, "b", { order: "key" });
  await appendKeys(broker, ["k", "k", "k"]);
  assertEquals(idsOf(await readNow(broker, a, 1)), ["1-0"]);
  assertEquals(idsOf(await readNow(broker, b)), []);
  await redisCli(server.port, "xack", "orders", "billing", "1-0");
  assertEquals(idsOf(await readNow(broker, b)), []);
  await broker.renew(b, []);
  assertEquals(idsOf(await readNow(broker, b)), ["2-0", "3-0"]);
});
