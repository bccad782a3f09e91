/**
 * What goes in as an entry comes out unchanged: text, bytes, odd names, many fields, many entries.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import type { Entry, EntryFields } from "../../../src/domain/entry.ts";
import type { EntryId } from "../../../src/domain/entry_id.ts";
import { BrokerUnsupportedError, InvalidNameError } from "../../../src/domain/errors.ts";
import {
  EntryIdNotIncreasingError,
  StreamExhaustedError,
} from "../../../src/domain/stream_errors.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import {
  appendKeys,
  commitOf,
  idsOf,
  joinGroup,
  noSignal,
  openBroker,
  readNow,
  redisCli,
} from "./setting.ts";

const FIELDS: EntryFields = [
  "payload",
  new Uint8Array([0xff, 0xfe, 0x00, 0x80]),
  "a\uFFFDb",
  "really that character: \uFFFD",
  "\uFEFFbom",
  "",
  "__proto__",
  "1",
  "__proto__",
  "2",
  new Uint8Array([0xc3, 0x28]),
  "😀\r\n$5\r\n",
];

Deno.test("I14: bytes that are no text stay bytes on every way out", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (const order of ["none", "key"] as const) {
    const stream = `orders by ${order}`;
    const membership = await joinGroup(broker, "a", { stream, order });
    const entries: Entry[] = [
      { id: "1-0", fields: FIELDS },
      { id: "2-0", fields: ["a", "1"] },
      { id: "3-0", fields: ["a", new Uint8Array([0xfe])] },
    ];
    await broker.append(stream, entries);
    assertEquals(await broker.range(stream, { count: 10 }), entries);
    const delivery = { deliveries: 1, failures: 0, dueAtMs: 0 };
    const deliveries = entries.map((entry) => ({ ...entry, ...delivery }));
    const read = { count: 10, blockMs: 100, signal: noSignal };
    assertEquals(await broker.readNew(membership, read), deliveries);
    const own = { afterId: "0-0" as const, count: 10, countDelivery: false };
    assertEquals((await broker.readOwnPending(membership, own)).entries, deliveries);
    const claim = { idleMsMin: 0, afterId: "0-0" as const, count: 10 };
    assertEquals(
      (await broker.claim(membership, claim)).entries,
      deliveries.map((entry) => ({ ...entry, deliveries: 2 })),
    );
  }
});

Deno.test("bytes of an output and of a dead letter stay bytes", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  await appendKeys(broker, [null, null]);
  await readNow(broker, membership);
  const output = { stream: "{orders}:out", fields: FIELDS };
  await broker.commit(membership, {
    token: "t",
    settlements: [
      { kind: "handled", id: "1-0", outputs: [output, output], work: [] },
      { kind: "deadLettered", id: "2-0", reason: "odd", letter: output },
    ],
    withDone: false,
  });
  const written = await broker.range("{orders}:out", { count: 10 });
  assertEquals(written.map(({ fields }) => fields), [FIELDS, FIELDS, FIELDS]);
});

Deno.test("a key of bytes, an empty key and a key of 10 kB keep their order", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const keys = [
    new Uint8Array([0xff, 0x00, 0x3a]),
    "",
    "k".repeat(10_000),
    "1:a:",
    "k".repeat(64),
  ];
  const a = await joinGroup(broker, "a", { order: "key" });
  const b = await joinGroup(broker, "b", { order: "key" });
  for (const key of keys) await broker.append("orders", [{ fields: ["payload", "1", "key", key] }]);
  const first = idsOf(await readNow(broker, a));
  for (const key of keys) await broker.append("orders", [{ fields: ["payload", "1", "key", key] }]);
  assertEquals(await readNow(broker, b), []);
  await broker.commit(a, commitOf("t", first));
  assertEquals((await readNow(broker, b)).length, keys.length);
});

Deno.test("T22: a commit takes 1,000 entries with outputs", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (const order of ["none", "key"] as const) {
    const stream = `{orders}:${order}`;
    const membership = await joinGroup(broker, "a", { stream, order });
    await appendKeys(broker, Array.from({ length: 1_000 }, (_, n) => `key ${n % 300}`), { stream });
    const ids = idsOf(await readNow(broker, membership, 1_000));
    const result = await broker.commit(membership, {
      token: "t",
      settlements: ids.map((id) => ({
        kind: "handled",
        id,
        outputs: [{ stream: "{orders}:out", fields: ["source_id", id] }],
        work: [],
      })),
      withDone: true,
    });
    assertEquals(result.verdicts, ids.map(() => "committed"));
    assertEquals(result.checkpoint.position, "1000-0");
    const [last] = await broker.range("{orders}:out", { count: 1, reverse: true });
    assertEquals(last?.fields, ["source_id", "1000-0"]);
  }
  assertEquals((await broker.streamInfo("{orders}:out"))?.length, 2_000);
});

Deno.test("an entry of 20,000 fields is read, appended alone, and refused in a commit", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const fields = Array.from({ length: 40_000 }, (_, n) => String(n));
  const membership = await joinGroup(broker, "a", { order: "key" });
  await broker.append("orders", [{ id: "1-0", fields }]);
  assertEquals((await readNow(broker, membership))[0]?.fields, fields);
  const letter = { stream: "{orders}:dead-letters", fields };
  const settlements = [{ kind: "deadLettered", id: "1-0", reason: "odd", letter } as const];
  const commit = () => broker.commit(membership, { token: "t", settlements, withDone: false });
  await assertRejects(commit, Error, "names and values in turn");
});

const APPENDS: {
  fact: string;
  call: (broker: Broker) => Promise<unknown>;
  error: new (...args: never[]) => Error;
}[] = [
  {
    fact: "an id that is not above the last one",
    call: (broker) => broker.append("orders", [{ id: "5-0", fields: ["a", "1"] }]),
    error: EntryIdNotIncreasingError,
  },
  {
    fact: "a batch whose last id is not above its first one",
    call: (broker) =>
      broker.append("orders", [
        { id: "7-0", fields: ["a", "1"], idempotencyKey: "new" },
        { id: "6-0", fields: ["a", "1"] },
      ]),
    error: EntryIdNotIncreasingError,
  },
  {
    fact: "a batch that goes on after the largest id",
    call: (broker) =>
      broker.append("orders", [
        { id: "18446744073709551615-18446744073709551615", fields: ["a", "1"] },
        { fields: ["a", "1"] },
      ]),
    error: StreamExhaustedError,
  },
];

for (const { fact, call, error } of APPENDS) {
  Deno.test(`append refuses ${fact} and changes nothing`, async () => {
    await using server = await startRedisServer();
    await using broker = await openBroker(server.url);
    await broker.append("orders", [{ id: "4-0", fields: ["a", "1"] }, {
      id: "5-0",
      fields: ["a", "1"],
    }]);
    await broker.deleteEntries("orders", ["4-0"]);
    const before = await redisCli(server.port, "xinfo", "stream", "orders");
    await assertRejects(() => call(broker), error);
    assertEquals(await redisCli(server.port, "xinfo", "stream", "orders"), before);
    const [result] = await broker.append("orders", [{
      id: "6-0",
      fields: ["a", "1"],
      idempotencyKey: "new",
    }]);
    assertEquals(result, { id: "6-0", duplicate: false });
  });
}

Deno.test("append with lengthMax trims whole nodes, never what a group has not finished", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const fill = (count: number) =>
    broker.append("orders", Array.from({ length: count }, () => ({ fields: ["a", "1"] })), {
      lengthMax: 100,
    });
  await fill(1_000);
  const withoutGroup = (await broker.streamInfo("orders"))?.length ?? 0;
  assertEquals(withoutGroup >= 100 && withoutGroup < 200, true);
  const membership = await joinGroup(broker, "a");
  const read = await readNow(broker, membership, 50);
  await fill(500);
  assertEquals((await broker.range("orders", { count: 1 }))[0]?.id, read[0]?.id);
  await broker.commit(membership, commitOf("t", idsOf(read)));
  for (let rest: EntryId[] = ["0-0"]; rest.length > 0;) {
    rest = idsOf(await readNow(broker, membership, 1_000));
    if (rest.length > 0) await broker.commit(membership, commitOf(rest[0] ?? "", rest));
  }
  await fill(1);
  const finished = (await broker.streamInfo("orders"))?.length ?? 0;
  assertEquals(finished >= 100 && finished < 201, true);
});

Deno.test("work in tables, the name of the holder of released entries and empty names are refused", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  const settlement = { kind: "handled", id: "1-0", outputs: [], work: [() => {}] } as const;
  const request = { token: "t", settlements: [settlement], withDone: false };
  await assertRejects(() => broker.commit(membership, request), BrokerUnsupportedError);
  await assertRejects(() => joinGroup(broker, "tidemark:released"), InvalidNameError);
  await assertRejects(() => broker.createStream("a\nb"), InvalidNameError);
});
