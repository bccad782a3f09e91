/**
 * Tests that operators lose nothing by mistake: deleting and trimming look at what groups still need.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import {
  InvalidEntryIdError,
  InvalidNameError,
  InvalidOptionError,
} from "../../src/domain/errors.ts";
import {
  PendingEntriesError,
  StreamMissingError,
  UnfinishedEntriesError,
} from "../../src/domain/stream_errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership } from "../../src/ports/consumer_store.ts";
import type { StartPosition } from "../../src/ports/group_store.ts";
import { ConsumerGroupManager } from "../../src/producer/consumer_group_manager.ts";
import { StreamManager } from "../../src/producer/stream_manager.ts";
import { faultyBroker } from "../support/faulty_broker.ts";

/** A stream with the ids 1-0 to count-0. */
async function fill(broker: Broker, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, index) => {
    const id: EntryId = `${BigInt(index + 1)}-0`;
    return { id, fields: ["n", String(index + 1)] };
  });
  for (let from = 0; from < count; from += 1_000) {
    await broker.append("orders", entries.slice(from, from + 1_000));
  }
}

/** Reads entries as a consumer that has finished none of them yet. */
async function read(broker: Broker, count: number): Promise<Membership> {
  const { membership } = await broker.join({
    stream: "orders",
    group: "billing",
    consumer: "c1",
    order: "none",
  });
  await broker.establish(membership, {
    createStream: false,
    group: "keep",
    checkpoint: { position: "0-0", done: [] },
    quarantine: false,
  });
  const { signal } = new AbortController();
  await broker.readNew(membership, { count, blockMs: 0, signal });
  return membership;
}

async function finish(broker: Broker, membership: Membership, ids: EntryId[]): Promise<void> {
  await broker.commit(membership, {
    token: crypto.randomUUID(),
    settlements: ids.map((id) => ({ kind: "handled", id, outputs: [], work: [] })),
    withDone: false,
  });
}

async function firstLeft(broker: Broker): Promise<string | undefined> {
  const [entry] = await broker.range("orders", { count: 1 });
  return entry?.id;
}

Deno.test("StreamManager makes, lists, shows and deletes streams", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const streams = new StreamManager(broker);
  assertEquals([await streams.create("b"), await streams.create("b")], [true, false]);
  await streams.create("a");
  assertEquals(await streams.list(), ["a", "b"]);
  assertEquals([await streams.length("a"), (await streams.info("a"))?.lastId], [0, "0-0"]);
  assertEquals(await streams.info("none"), null);
  await assertRejects(() => streams.length("none"), StreamMissingError);
  assertEquals([await streams.delete("a"), await streams.delete("a")], [true, false]);
  for (
    const call of [
      () => streams.create(""),
      () => streams.delete(" a"),
      () => streams.info("a\n"),
      () => streams.trim("", { lengthMax: 1 }),
    ]
  ) {
    await assertRejects(call, InvalidNameError);
  }
});

Deno.test("StreamManager.delete refuses while a group has unread or pending entries", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const streams = new StreamManager(broker);
  await fill(broker, 2);
  await broker.createGroup("orders", "billing", "beginning");
  await assertRejects(() => streams.delete("orders"), UnfinishedEntriesError);
  const membership = await read(broker, 10);
  await assertRejects(() => streams.delete("orders"), UnfinishedEntriesError);
  await finish(broker, membership, ["1-0", "2-0"]);
  assertEquals(await streams.delete("orders"), true);

  await fill(broker, 2);
  await broker.createGroup("orders", "billing", "beginning");
  assertEquals(await streams.delete("orders", { force: true }), true);
});

Deno.test("StreamManager.delete refuses where an entry comes while it looks", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await fill(broker, 1);
  await broker.createGroup("orders", "billing", "end");
  let isFirst = true;
  const slow = faultyBroker(broker, async ({ method }) => {
    if (method !== "deleteStream" || !isFirst) return;
    isFirst = false;
    await broker.append("orders", [{ fields: ["n", "2"] }]);
  });
  const streams = new StreamManager(slow);
  await assertRejects(() => streams.delete("orders"), UnfinishedEntriesError);
  assertEquals((await broker.streamInfo("orders"))?.length, 2);
  assertEquals(await streams.delete("orders", { force: true }), true);
  assertEquals(await streams.delete("orders"), false);
});

Deno.test("StreamManager.trim keeps the wanted length from either end", async () => {
  for (
    const [lengthMax, first] of [[249, "2-0"], [10, "241-0"], [1, "250-0"], [0, undefined]] as const
  ) {
    await using broker = await openSqliteBroker({ path: ":memory:" });
    await fill(broker, 250);
    const removed = await new StreamManager(broker).trim("orders", { lengthMax });
    assertEquals([removed, await firstLeft(broker)], [250 - lengthMax, first]);
  }
});

Deno.test("StreamManager.trim keeps the wanted length beside another trim", async () => {
  for (const [count, lengthMax] of [[1_000, 600], [1_000, 400]] as const) {
    await using broker = await openSqliteBroker({ path: ":memory:" });
    await fill(broker, count);
    let isFirst = true;
    const slow = faultyBroker(broker, {
      before() {},
      async after({ method }) {
        if (method !== "streamInfo" || !isFirst) return;
        isFirst = false;
        await new StreamManager(broker).trim("orders", { lengthMax });
      },
    });
    assertEquals(await new StreamManager(slow).trim("orders", { lengthMax }), 0);
    assertEquals((await broker.streamInfo("orders"))?.length, lengthMax);
  }
});

Deno.test("StreamManager.trim removes nothing that need not go", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const streams = new StreamManager(broker);
  assertEquals(await streams.trim("none", { lengthMax: 0 }), 0);
  await fill(broker, 3);
  assertEquals(await streams.trim("orders", { lengthMax: 3 }), 0);
  assertEquals(await streams.trim("orders", { beforeId: "1-0" }), 0);
  assertEquals(await streams.trim("orders", { beforeId: "3-0" }), 2);
  await assertRejects(() => streams.trim("orders", { lengthMax: -1 }), InvalidOptionError);
  await assertRejects(() => streams.trim("orders", { lengthMax: 1.5 }), InvalidOptionError);
});

Deno.test("StreamManager.trim never removes what a group needs, unless forced", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const streams = new StreamManager(broker);
  await fill(broker, 6);
  await broker.createGroup("orders", "billing", "beginning");
  const membership = await read(broker, 4);
  await finish(broker, membership, ["1-0", "2-0", "4-0"]);
  // 3-0 is pending, 5-0 and 6-0 are unread.
  assertEquals(await streams.trim("orders", { beforeId: "3-0" }), 2);
  for (const bound of [{ beforeId: "4-0" }, { lengthMax: 3 }, { lengthMax: 0 }] as const) {
    await assertRejects(() => streams.trim("orders", bound), UnfinishedEntriesError, "billing");
  }
  await finish(broker, membership, ["3-0"]);
  assertEquals(await streams.trim("orders", { lengthMax: 2 }), 2);
  await assertRejects(() => streams.trim("orders", { lengthMax: 1 }), UnfinishedEntriesError);
  assertEquals(await streams.trim("orders", { lengthMax: 1 }, { force: true }), 1);
});

Deno.test("ConsumerGroupManager makes groups at every kind of start", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const groups = new ConsumerGroupManager(broker);
  await fill(broker, 5);
  const starts = ["beginning", "end", { afterId: "2-0" }, { fromTimeMs: 4 }] as const;
  for (const [index, start] of starts.entries()) {
    assertEquals(await groups.create("orders", `g${index}`, start), true);
  }
  assertEquals(await groups.create("orders", "g0", "end"), false);
  assertEquals((await groups.list("orders")).map((group) => group.lag), [5, 0, 3, 2]);
  assertEquals((await groups.info("orders", "g2"))?.lastDeliveredId, "2-0");
  assertEquals(await groups.info("orders", "none"), null);
  assertEquals(await groups.list("none"), []);
});

Deno.test("ConsumerGroupManager refuses what cannot work", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const groups = new ConsumerGroupManager(broker);
  await assertRejects(() => groups.create("none", "g", "end"), StreamMissingError);
  assertEquals(await groups.create("none", "g", "end", { createStream: true }), true);
  await assertRejects(() => groups.create("none", "", "end"), InvalidNameError);
  await assertRejects(
    () => groups.create("none", "h", { fromTimeMs: NaN }),
    InvalidOptionError,
  );
  await assertRejects(() => groups.create("none", "h", JSON.parse('"now"')), InvalidOptionError);
  await assertRejects(
    () => groups.create("none", "h", { afterId: JSON.parse('"01-0"') }),
    InvalidEntryIdError,
  );
  await assertRejects(() => groups.pending("none", "g", { count: 0 }), InvalidOptionError);
});

Deno.test("ConsumerGroupManager deletes neither groups nor consumers with pending entries", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const groups = new ConsumerGroupManager(broker);
  await fill(broker, 2);
  await groups.create("orders", "billing", "beginning");
  const membership = await read(broker, 1);
  assertEquals(
    (await groups.consumers("orders", "billing")).map(({ consumer, pendingCount }) =>
      `${consumer} ${pendingCount}`
    ),
    ["c1 1"],
  );
  assertEquals(
    (await groups.pending("orders", "billing")).map(({ id, consumer }) => `${id} ${consumer}`),
    ["1-0 c1"],
  );
  await assertRejects(() => groups.delete("orders", "billing"), PendingEntriesError);
  await assertRejects(() => groups.deleteConsumer("orders", "billing", "c1"), PendingEntriesError);
  await finish(broker, membership, ["1-0"]);
  assertEquals(await groups.deleteConsumer("orders", "billing", "c1"), true);
  assertEquals(await groups.delete("orders", "billing"), true);
  assertEquals(await groups.delete("orders", "billing"), false);
});

Deno.test("ConsumerGroupManager deletes a group with pending entries when forced", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const groups = new ConsumerGroupManager(broker);
  await fill(broker, 1);
  await groups.create("orders", "billing", "beginning");
  await read(broker, 1);
  assertEquals(await groups.delete("orders", "billing", { force: true }), true);
});

Deno.test("ConsumerGroupManager resets a group, and refuses what cannot be", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const groups = new ConsumerGroupManager(broker);
  await fill(broker, 3);
  await groups.create("orders", "billing", "beginning");
  await read(broker, 2);
  await assertRejects(() => groups.reset("orders", "billing", "end"), PendingEntriesError);
  assertEquals(await groups.reset("orders", "billing", { afterId: "1-0" }, { force: true }), {
    position: "1-0",
    droppedCount: 2,
    fencedCount: 1,
  });
  assertEquals((await groups.info("orders", "billing"))?.lag, 2);
  const start: StartPosition = { fromTimeMs: -1 };
  await assertRejects(() => groups.reset("orders", "billing", start), InvalidOptionError);
  await assertRejects(() => groups.reset("orders", " ", "end"), InvalidNameError);
});
