/**
 * What Redis itself counts cannot be believed everywhere (T14): nothing is told as lost where only the server has
 * forgotten how much was read, and what was lost before that is not forgotten with it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import type { Membership, Order } from "../../../src/ports/consumer_store.ts";
import { append, GROUP, join, readNew, STREAM } from "../../contracts/contract.ts";
import { eventually } from "../../support/eventually.ts";
import { type RedisServer, startRedisServer } from "../../support/redis_server.ts";

function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}-0`);
}

async function lostIn(broker: Broker, member: Membership): Promise<number> {
  return (await broker.findUnreadLoss(member, { account: true }))?.lost ?? 0;
}

/** Restarts a server, and waits until the broker has reached it. */
async function restart(server: RedisServer, broker: Broker): Promise<void> {
  await server.restart();
  await eventually(
    "the broker is connected again",
    () => broker.streamInfo(STREAM).then(() => true, () => false),
  );
}

/** A group that has lost two entries and was told of them, and has read four more since. */
async function worked(broker: Broker, order: Order): Promise<Membership> {
  await append(broker, ...ids(1, 6));
  const ann = await join(broker, "ann", { order });
  await readNew(broker, ann, 2);
  await broker.trim(STREAM, { lengthMax: 2 });
  assertEquals(await lostIn(broker, ann), 2);
  await append(broker, "7-0", "8-0");
  await readNew(broker, ann);
  return ann;
}

for (const order of ["key", "none"] as const) {
  Deno.test(`T14: a restart of the server from its append-only file is no loss, order ${order}`, async () => {
    await using server = await startRedisServer({ appendonly: true });
    await using broker = await openRedisBroker({ url: server.url });
    const ann = await worked(broker, order);
    await restart(server, broker);
    assertEquals((await broker.join({ ...ann, consumer: "bob" })).group?.unreadLoss, null);
    await append(broker, "9-0");
    await readNew(broker, ann);
    assertEquals(await lostIn(broker, ann), 0);
    // From here on it counts again.
    await append(broker, "10-0", "11-0", "12-0");
    await broker.trim(STREAM, { lengthMax: 1 });
    await readNew(broker, ann);
    assertEquals([await lostIn(broker, ann), await lostIn(broker, ann)], [2, 0]);
  });
}

Deno.test("T14: what was lost before a restart of the server is found after it, where scripts read", async () => {
  await using server = await startRedisServer({ appendonly: true });
  await using broker = await openRedisBroker({ url: server.url });
  const ann = await worked(broker, "key");
  await append(broker, "9-0", "10-0", "11-0");
  await broker.trim(STREAM, { lengthMax: 1 });
  await readNew(broker, ann);
  await restart(server, broker);
  assertEquals([await lostIn(broker, ann), await lostIn(broker, ann)], [2, 0]);
});

Deno.test("T6: a group that lags for long is told what its full reads jump over", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await append(broker, ...ids(1, 10));
  const ann = await join(broker, "ann", { order: "key" });
  await readNew(broker, ann, 2);
  await broker.trim(STREAM, { lengthMax: 5 });
  await readNew(broker, ann, 2);
  assertEquals(await broker.findUnreadLoss(ann, { account: true }), {
    ...{ lost: 3, afterId: "0-0", beforeId: "7-0" },
  });
  await broker.trim(STREAM, { lengthMax: 1 });
  await readNew(broker, ann, 1);
  assertEquals([await lostIn(broker, ann), await lostIn(broker, ann)], [2, 0]);
});

for (const order of ["key", "none"] as const) {
  Deno.test(`T3: a group that somebody sets to another id by hand has lost nothing, order ${order}`, async () => {
    await using server = await startRedisServer();
    await using broker = await openRedisBroker({ url: server.url });
    const redis = new Redis(server.url);
    await append(broker, ...ids(1, 9));
    const ann = await join(broker, "ann", { order });
    await readNew(broker, ann, 8);
    for (const id of ["0-0", "7-0"]) {
      await redis.xgroup("SETID", STREAM, GROUP, id);
      await readNew(broker, ann, 1);
      assertEquals(await lostIn(broker, ann), 0, id);
      await readNew(broker, ann);
      assertEquals(await lostIn(broker, ann), 0, id);
    }
    await append(broker, "10-0", "11-0");
    await broker.trim(STREAM, { lengthMax: 1 });
    assertEquals(await lostIn(broker, ann), 1, "it counts on");
    redis.disconnect();
  });
}

Deno.test("entries that another program has read for a group are no loss, also when they are gone", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  const redis = new Redis(server.url);
  await append(broker, ...ids(1, 12));
  const ann = await join(broker, "ann", { order: "key" });
  await readNew(broker, ann, 2);
  await redis.xreadgroup("GROUP", GROUP, "ghost", "COUNT", 4, "STREAMS", STREAM, ">");
  await redis.xdel(STREAM, ...ids(3, 6));
  await readNew(broker, ann, 2);
  assertEquals(await lostIn(broker, ann), 0);
  await broker.trim(STREAM, { lengthMax: 1 });
  await readNew(broker, ann);
  assertEquals([await lostIn(broker, ann), await lostIn(broker, ann)], [3, 0]);
  redis.disconnect();
});

Deno.test("T14: a server that may not be asked who it is, is not believed when it counts", async () => {
  await using server = await startRedisServer();
  const admin = new Redis(server.url);
  const rights = ["+@read", "+@write", "+@connection", "+@scripting", "+time", "-@dangerous"];
  await admin.call("ACL", "SETUSER", "app", "on", ">pass", "~*", "-@all", ...rights);
  await using broker = await openRedisBroker({ url: server.url.replace("//", "//app:pass@") });
  for (const [order, lost] of [["none", null], ["key", 2]] as const) {
    await broker.deleteStream(STREAM);
    await append(broker, ...ids(1, 4));
    const ann = await join(broker, "ann", { order });
    await readNew(broker, ann, 1);
    await broker.trim(STREAM, { lengthMax: 1 });
    assertEquals((await broker.findUnreadLoss(ann, { account: true }))?.lost ?? null, lost);
  }
  admin.disconnect();
});
