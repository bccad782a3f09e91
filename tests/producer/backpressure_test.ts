/**
 * Tests of producers that hold back, on a clock that stands still: who is refused, who waits and is let go in what
 * order, and what it costs.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { StreamPressure } from "../../src/domain/pressure.ts";
import { BackpressureError } from "../../src/domain/pressure_errors.ts";
import type { ProducerBackpressure } from "../../src/producer/backpressure_options.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { drained } from "../backpressure/troubled_broker.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { BackpressureRig } from "./backpressure_rig.ts";

/** The calls of one measure. */
const MEASURE = ["listGroups", "streamInfo"];

Deno.test("a producer that rejects refuses at once, and says who is behind", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 3, then: "reject" });
  await rig.setLag(3);
  const error = await assertRejects(() => rig.producer.publish({ type: "a" }), BackpressureError);
  assertEquals(
    error.message,
    'Cannot publish to stream "orders": group "billing" of "orders": lag is 3, bound 3, publish it later',
  );
  assertEquals([error.group, error.measure, error.level, rig.clock.timerCount], [
    "billing",
    "lag",
    "saturated",
    0,
  ]);
  assertEquals((await rig.broker.streamInfo("orders"))?.length, 3);
});

Deno.test("a producer that rejects publishes again after three calm measures", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 10, then: "reject" });
  await rig.setLag(10);
  rig.publish("a");
  assertEquals(await rig.pass(100), ["a: BackpressureError"]);
  await rig.setLag(1);
  const ends: string[] = [];
  for (const name of ["b", "c", "d", "e"]) {
    rig.publish(name);
    ends.push(...await rig.pass(100));
  }
  // Each publish is answered by what the last measure said, and starts the next one.
  assertEquals(ends, ["b: BackpressureError", "c: BackpressureError", "d: BackpressureError", "e"]);
});

Deno.test("an open gate costs no round trip, and measures beside publishing, once an interval", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 1_000, then: "wait" });
  rig.publish("first");
  await rig.pass(0);
  assertEquals(rig.troubled.look(), [...MEASURE, "append"]); // only the first one waits for a measure
  for (let n = 0; n < 10; n++) rig.publish("b");
  await rig.pass(99);
  assertEquals(rig.troubled.look(), Array(10).fill("append"));
  assertEquals(rig.clock.timerCount, 0);
  await rig.pass(1);
  assertEquals(rig.troubled.look(), []); // nothing is measured while nothing is published
  const release = rig.troubled.hold();
  rig.publish("c");
  await drained();
  assertEquals(rig.troubled.look(), [...MEASURE, "append"]); // sent without waiting for the measure
  release();
  await rig.pass(0);
});

Deno.test("after a long silence what was known counts no more", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 2, then: "reject" });
  await rig.setLag(2);
  rig.publish("a");
  assertEquals(await rig.pass(0), ["a: BackpressureError"]);
  await rig.setLag(0);
  assertEquals(await rig.pass(10_000), []);
  rig.publish("b");
  assertEquals(await rig.pass(0), ["b"]);
});

Deno.test("waiting publishes are let go in order, no more than there is room for", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 10, then: "wait" });
  await rig.setLag(10);
  for (let n = 1; n <= 15; n++) rig.publish(`${n}`);
  assertEquals(await rig.pass(1_000), []);
  await rig.setLag(4);
  // Three calm measures, and then six entries fit; the next measure finds the bound reached.
  assertEquals(await rig.pass(200), []);
  assertEquals(await rig.pass(100), ["1", "2", "3", "4", "5", "6"]);
  assertEquals((await rig.broker.streamInfo("orders"))?.length, 10);
  assertEquals(await rig.pass(1_000), []);
  rig.publish("16");
  await rig.setLag(0);
  assertEquals(await rig.pass(300), ["7", "8", "9", "10", "11", "12", "13", "14", "15", "16"]);
  assertEquals(rig.clock.timerCount, 0);
});

Deno.test("a burst through an open gate stays within the bound", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 10, then: "wait" });
  for (let n = 1; n <= 100; n++) rig.publish(`${n}`);
  assertEquals((await rig.pass(0)).length, 10);
  assertEquals(await rig.pass(1_000), []);
  assertEquals((await rig.broker.streamInfo("orders"))?.length, 10);
});

Deno.test("publishMany waits before each append, and tells how much was published before", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 1_500, then: "wait", waitMsMax: 500 });
  const events = Array.from({ length: 3_000 }, () => ({ type: "a" }));
  const refused = assertRejects(() => rig.producer.publishMany(events), BackpressureError);
  await rig.pass(600);
  const error = await refused;
  // The second append began below the bound; one append may cross it.
  assertEquals([error.publishedCount, error.value], [2_000, 2_000]);
  assertEquals((await rig.broker.streamInfo("orders"))?.length, 2_000);
});

Deno.test("waiting ends with BackpressureError after waitMsMax, and with the signal's reason before", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 1, then: "wait", waitMsMax: 500 });
  await rig.setLag(1);
  const aborting = new AbortController();
  rig.publish("a");
  rig.publish("b", { signal: aborting.signal });
  assertEquals(await rig.pass(499), []);
  rig.publish("c");
  aborting.abort("enough");
  assertEquals(await rig.pass(1), ["b: enough", "a: BackpressureError"]);
  rig.publish("d", { signal: AbortSignal.abort("at once") });
  assertEquals(await rig.pass(499), ["d: at once", "c: BackpressureError"]);
  assertEquals(rig.clock.timerCount, 0);
});

Deno.test("waitMsMax 0 waits as long as it takes", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 1, then: "wait", waitMsMax: 0 });
  await rig.setLag(1);
  rig.publish("a");
  assertEquals(await rig.pass(600_000), []);
  await rig.setLag(0);
  assertEquals(await rig.pass(400), ["a"]);
});

Deno.test("a stream without groups is held by its length only", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const lagging = new StreamProducer({
    broker,
    stream: "orders",
    backpressure: { lagMax: 1, then: "reject" },
  });
  const results = await lagging.publishMany([{ type: "a" }, { type: "b" }, { type: "c" }]);
  assertEquals(results.length, 3);
  const growing = new StreamProducer({
    broker,
    stream: "orders",
    backpressure: { lengthMax: 3, then: "reject" },
  });
  await assertRejects(
    () => growing.publish({ type: "d" }),
    BackpressureError,
    ': stream "orders": length is 3, bound 3',
  );
});

Deno.test("only the named groups count, and pressured is enough when told so", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  for (const group of ["slow", "idle"]) {
    await broker.createGroup("orders", group, "beginning", { createStream: true });
  }
  const publishTo = (backpressure: ProducerBackpressure) =>
    new StreamProducer({ broker, stream: "orders", backpressure }).publish({ type: "a" });
  await publishTo({ lagMax: 2, then: "reject", groups: ["slow"] });
  await broker.deleteGroup("orders", "slow");
  await broker.createGroup("orders", "slow", "end");
  await publishTo({ lagMax: 2, then: "reject", when: "pressured", groups: ["slow", "missing"] });
  await assertRejects(
    () => publishTo({ lagMax: 4, then: "reject", when: "pressured" }),
    BackpressureError,
    '"idle" of "orders": lag is 2, bound 4',
  );
  await publishTo({ lagMax: 4, then: "reject" });
});

Deno.test("a producer can ask somebody who measures anyway", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const reason = {
    stream: "orders",
    group: "billing",
    measure: "lag",
    value: 7,
    bound: 5,
    level: "saturated",
    exact: true,
  } as const;
  let pressure: StreamPressure = { level: "ok", reason: null };
  const asked: string[] = [];
  const clock = new VirtualClock();
  const producer = new StreamProducer({
    broker,
    stream: "orders",
    backpressure: {
      then: "wait",
      intervalMs: 100,
      source: {
        pressureOf(stream) {
          asked.push(stream);
          return pressure;
        },
      },
    },
    clock,
  });
  await producer.publish({ type: "a" });
  pressure = { level: "saturated", reason };
  await clock.advance(200);
  await producer.publish({ type: "b" }); // and asks beside
  await drained();
  let isPublished = false;
  producer.publish({ type: "c" }).then(() => isPublished = true);
  await clock.advance(1_000);
  assertEquals(isPublished, false);
  pressure = { level: "ok", reason: { ...reason, level: "ok" } };
  await clock.advance(200);
  await drained();
  assertEquals([isPublished, new Set(asked), clock.timerCount], [true, new Set(["orders"]), 0]);
});
