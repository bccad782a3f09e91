/**
 * Tests of publishing: what arrives, how often, and what is told when nobody knows.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { decodeEntry } from "../../src/domain/codec.ts";
import {
  BrokerUnavailableError,
  InvalidNameError,
  InvalidOptionError,
  UnknownOutcomeError,
} from "../../src/domain/errors.ts";
import { InvalidEventError } from "../../src/domain/event_errors.ts";
import type { NewEvent } from "../../src/domain/event.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { APPEND_BYTES_MAX, appendGroups } from "../../src/producer/append_groups.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { type Fate, flakyStore } from "./flaky_store.ts";

/** A clock on which every wait is over at once. */
function quickClock(waitsMs: number[] = []): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      waitsMs.push(delayMs);
      nowMs += delayMs;
      queueMicrotask(callback);
      return { cancel: () => {} };
    },
  };
}

/** A producer behind a bad line, with no chance in it. */
function producerOf(broker: Broker, fates: readonly Fate[], options: { deadlineMs?: number } = {}) {
  const sizes: number[] = [];
  const waitsMs: number[] = [];
  const producer = new StreamProducer({
    broker: flakyStore(broker, fates, sizes),
    stream: "orders",
    clock: quickClock(waitsMs),
    random: { next: () => 0.5, uniqueText: () => "x" },
    ...options,
  });
  return { producer, sizes, waitsMs };
}

async function typesIn(broker: Broker): Promise<string[]> {
  const entries = await broker.range("orders", { count: 10_000 });
  return entries.map((entry) => decodeEntry(entry, "orders", "event").type);
}

Deno.test("publish appends an event that reads back the same", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const producer = new StreamProducer({ broker, stream: "orders" });
  const event: NewEvent = { type: "t", data: { n: 1 }, key: "k", headers: { h: "v" } };
  const { id, duplicate } = await producer.publish(event);
  const [entry] = await broker.range("orders", { count: 1 });
  assert(entry !== undefined);
  const read = decodeEntry(entry, "orders", "event");
  assertEquals([read.id, duplicate], [id, false]);
  const { type, data, key, headers } = read;
  assertEquals<unknown>({ type, data, key, headers: { ...headers } }, event);
});

Deno.test("publish with an idempotency key appends once", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const producer = new StreamProducer({ broker, stream: "orders" });
  const first = await producer.publish({ type: "a", idempotencyKey: "k" });
  const second = await producer.publish({ type: "b", idempotencyKey: "k" });
  assertEquals([first.duplicate, second], [false, { id: first.id, duplicate: true }]);
  assertEquals(await typesIn(broker), ["a"]);
});

Deno.test("publish with a key goes on after lost answers, and the event is there once", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { producer, waitsMs } = producerOf(broker, ["unavailable", "lost", "answerLost"]);
  const { duplicate } = await producer.publish({ type: "a", idempotencyKey: "k" });
  assertEquals(duplicate, true); // by its own third try
  assertEquals(await typesIn(broker), ["a"]);
  assertEquals(waitsMs, [25, 50, 100]);
});

Deno.test("publish without a key goes on while nothing was applied, and tells when nobody knows", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { producer, sizes } = producerOf(broker, ["unavailable", "answerLost"]);
  await assertRejects(() => producer.publish({ type: "a" }), UnknownOutcomeError);
  assertEquals(sizes.length, 2);
  assertEquals(await typesIn(broker), ["a"]);
});

Deno.test("publish gives up at the deadline and tells what is known", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const away = producerOf(broker, Array(100).fill("unavailable"), { deadlineMs: 1_000 });
  await assertRejects(() => away.producer.publish({ type: "a" }), BrokerUnavailableError);
  assertEquals(away.waitsMs.reduce((sum, ms) => sum + ms, 0) <= 1_000, true);

  const fates: Fate[] = ["answerLost", ...Array<Fate>(100).fill("unavailable")];
  const unknown = producerOf(broker, fates, { deadlineMs: 1_000 });
  await assertRejects(
    () => unknown.producer.publish({ type: "b", idempotencyKey: "k" }),
    UnknownOutcomeError,
  );

  const once = producerOf(broker, ["unavailable"], { deadlineMs: 0 });
  await assertRejects(() => once.producer.publish({ type: "c" }), BrokerUnavailableError);
  assertEquals(once.sizes.length, 1);
});

Deno.test("publish gives up at the deadline although the clock is set back meanwhile", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  let nowMs = 0;
  const clock = { ...quickClock(), nowMs: () => nowMs -= 60_000 };
  const sizes: number[] = [];
  const store = flakyStore(broker, Array(1_000).fill("unavailable"), sizes);
  const producer = new StreamProducer({
    broker: store,
    stream: "orders",
    clock,
    deadlineMs: 1_000,
  });
  await assertRejects(() => producer.publish({ type: "a" }), BrokerUnavailableError);
  assertEquals(sizes.length < 100, true, `${sizes.length} tries`);
});

Deno.test("publish tries no longer than the broker remembers the key of an answer that was lost", async () => {
  const clock = quickClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  const fates: Fate[] = ["answerLost", ...Array<Fate>(20).fill("unavailable")];
  const store = flakyStore(broker, fates, []);
  const producer = new StreamProducer({
    broker: store,
    stream: "orders",
    clock,
    idempotencyWindowMs: 1_000,
  });
  const event = { type: "a", idempotencyKey: "k" };
  await assertRejects(() => producer.publish(event), UnknownOutcomeError);
  assertEquals([await typesIn(broker), clock.nowMs() <= 500], [["a"], true]);
});

Deno.test("publish stops waiting when its signal is aborted", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const controller = new AbortController();
  const clock: Clock = {
    nowMs: () => 0,
    after: () => {
      queueMicrotask(() => controller.abort(new Error("enough")));
      return { cancel: () => {} };
    },
  };
  const producer = new StreamProducer({
    broker: flakyStore(broker, ["unavailable"]),
    stream: "orders",
    clock,
  });
  const { signal } = controller;
  await assertRejects(() => producer.publish({ type: "a" }, { signal }), Error, "enough");
  await assertRejects(() => producer.publish({ type: "a" }, { signal }), Error, "enough");
  assertEquals(await typesIn(broker), []);
});

Deno.test("publishMany keeps the order over several appends", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { producer, sizes } = producerOf(broker, []);
  const types = Array.from({ length: 2_345 }, (_, index) => `t${index}`);
  const results = await producer.publishMany(types.map((type) => ({ type })));
  assertEquals(sizes, [1_000, 1_000, 345]);
  assertEquals(results.length, 2_345);
  assertEquals(await typesIn(broker), types);
  assertEquals(await producer.publishMany([]), []);
});

Deno.test("publishMany refuses the whole list for one bad event, and names it", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const producer = new StreamProducer({ broker, stream: "orders" });
  const error = await assertRejects(
    () => producer.publishMany([{ type: "a" }, { type: "b", data: 1n }]),
    InvalidEventError,
  );
  assertStringIncludes(error.reason, "bigint");
  assertStringIncludes(error.reason, "(number 2 of 2)");
  assertEquals(await typesIn(broker), []);
});

Deno.test("publishMany tries an append again only if all its events have keys", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const keyed = producerOf(broker, ["answerLost"]).producer;
  await keyed.publishMany([{ type: "a", idempotencyKey: "1" }, { type: "b", idempotencyKey: "2" }]);
  assertEquals(await typesIn(broker), ["a", "b"]);
  const mixed = producerOf(broker, ["answerLost"]).producer;
  await assertRejects(
    () => mixed.publishMany([{ type: "c", idempotencyKey: "3" }, { type: "d" }]),
    UnknownOutcomeError,
  );
  assertEquals(await typesIn(broker), ["a", "b", "c", "d"]);
});

Deno.test("appendGroups bounds bytes, and lets a large entry go alone", () => {
  const entry = (bytes: number) => ({ fields: ["", "x".repeat(bytes)] });
  const half = APPEND_BYTES_MAX / 2;
  const sizes = (...bytes: number[]) =>
    [...appendGroups(bytes.map(entry))].map((group) => group.length);
  assertEquals(sizes(), []);
  assertEquals(sizes(half, half, 1), [2, 1]);
  assertEquals(sizes(1, half * 3, 1), [1, 1, 1]);
});

Deno.test("a schema refuses data with its issues, and its output is published", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const schema: StandardSchemaV1<{ n: number }, { n: number; seen: boolean }> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate(value) {
        const n = typeof value === "object" && value !== null && "n" in value ? value.n : 0;
        if (n === 13) throw new Error("bad luck");
        return typeof n === "number" && n > 0
          ? Promise.resolve({ value: { n, seen: true } })
          : { issues: [{ message: "wanted\nabove 0", path: ["n"] }, { message: "no" }] };
      },
    },
  };
  const producer = new StreamProducer({ broker, stream: "orders", schema });
  await producer.publish({ type: "a", data: { n: 1 } });
  const [entry] = await broker.range("orders", { count: 1 });
  assertEquals(entry?.fields.slice(2, 4), ["payload", '{"n":1,"seen":true}']);
  const error = await assertRejects(
    () => producer.publish({ type: "a", data: { n: 0 } }),
    InvalidEventError,
  );
  assertEquals(error.reason, "its data does not fit the schema: n: wanted\\nabove 0; no");
  await assertRejects(
    () => producer.publish({ type: "a", data: { n: 13 } }),
    InvalidEventError,
    "its schema threw",
  );
});

Deno.test("StreamProducer refuses options that cannot work", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  assertThrows(() => new StreamProducer({ broker, stream: "" }), InvalidNameError);
  for (
    const bad of [
      { lengthMax: 0 },
      { idempotencyWindowMs: NaN },
      { deadlineMs: -1 },
      { backoff: { initialMs: 0, maxMs: 1, multiplier: 1 } },
    ]
  ) {
    assertThrows(() => new StreamProducer({ broker, stream: "s", ...bad }), InvalidOptionError);
  }
});
