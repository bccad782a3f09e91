/**
 * Tests of producers that hold back when something is wrong: closed in between, a broker that fails or hangs, a clock
 * that is set back, options that cannot work.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import {
  AccessDeniedError,
  BrokerUnavailableError,
  ClosedError,
  InvalidNameError,
  InvalidOptionError,
} from "../../src/domain/errors.ts";
import type { StreamPressure } from "../../src/domain/pressure.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { drained } from "../backpressure/troubled_broker.ts";
import { BackpressureRig } from "./backpressure_rig.ts";

Deno.test("closing the producer settles what waits, and refuses what comes", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 1, then: "wait" });
  await rig.setLag(1);
  rig.publish("a");
  rig.publish("b");
  await rig.pass(0);
  rig.producer.close();
  rig.producer.close();
  rig.publish("c");
  const ends = await rig.pass(0);
  assertEquals(ends.sort(), ["a: ClosedError", "b: ClosedError", "c: ClosedError"]);
  assertEquals(rig.clock.timerCount, 0);
});

Deno.test("closing the producer while its first measure is under way settles what waits for it", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 1, then: "reject" });
  const release = rig.troubled.hold();
  rig.publish("a");
  await drained();
  rig.producer.close();
  assertEquals(await rig.pass(0), ["a: ClosedError"]);
  release();
  assertEquals(await rig.pass(0), []);
});

Deno.test("closing the broker settles what waits", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 1, then: "wait" });
  await rig.setLag(1);
  rig.publish("a");
  await rig.pass(0);
  await rig.broker[Symbol.asyncDispose]();
  assertEquals(await rig.pass(100), ["a: ClosedError"]);
  assertEquals(rig.clock.timerCount, 0);
});

Deno.test("a producer without backpressure refuses after it was closed too", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const producer = new StreamProducer({ broker, stream: "orders" });
  producer.close();
  await assertRejects(() => producer.publish({ type: "a" }), ClosedError, 'stream "orders"');
});

Deno.test("a measure that fails neither closes the gate nor opens it", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 2, then: "wait" });
  const away = new BrokerUnavailableError("list groups", "ECONNREFUSED");
  rig.troubled.isInTrouble = (call) => call !== "append";
  rig.troubled.failure = away;
  for (const name of ["a", "b", "c"]) rig.publish(name);
  assertEquals(await rig.pass(200), ["a", "b", "c"]);
  rig.troubled.failure = null;
  rig.publish("beside");
  assertEquals(await rig.pass(0), ["beside"]);
  rig.publish("held");
  assertEquals(await rig.pass(100), []);
  rig.troubled.failure = away;
  await rig.setLag(0);
  assertEquals(await rig.pass(5_000), []);
  rig.troubled.failure = null;
  assertEquals(await rig.pass(10_000), ["held"]);
});

Deno.test("a first measure that takes longer than waitMsMax holds nobody", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 2, then: "wait", waitMsMax: 500 });
  rig.troubled.isInTrouble = (call) => call !== "append";
  const release = rig.troubled.hold();
  rig.publish("a");
  assertEquals([await rig.pass(499), await rig.pass(1)], [[], ["a"]]);
  release();
});

Deno.test("a clock that is set back does not end the measuring", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 2, then: "reject" });
  rig.publish("a");
  assertEquals(await rig.pass(0), ["a"]);
  await rig.setLag(2);
  rig.clock.jump(-1_000_000);
  rig.publish("beside");
  assertEquals(await rig.pass(0), ["beside"]);
  rig.publish("b");
  assertEquals(await rig.pass(0), ["b: BackpressureError"]);
});

Deno.test("what keeps a producer from measuring for good is told to who publishes", async () => {
  await using rig = await BackpressureRig.open({ lagMax: 2, then: "reject" });
  rig.troubled.failure = new AccessDeniedError("list groups", "NOPERM");
  rig.publish("a");
  rig.publish("b");
  assertEquals(await rig.pass(100), ["a: AccessDeniedError", "b: AccessDeniedError"]);
  rig.troubled.failure = null;
  rig.publish("c");
  assertEquals(await rig.pass(100), ["c: AccessDeniedError"]);
  rig.publish("d");
  assertEquals(await rig.pass(100), ["d"]);
});

Deno.test("a source that throws, or gives no reason, is told to who publishes", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const publishAsking = (pressureOf: () => StreamPressure) =>
    new StreamProducer({
      broker,
      stream: "orders",
      backpressure: { then: "wait", source: { pressureOf } },
    }).publish({ type: "a" });
  await assertRejects(
    () => publishAsking(() => ({ level: "saturated", reason: null })),
    InvalidOptionError,
    "saturated without a reason",
  );
  const broken = () => {
    throw new RangeError("no");
  };
  await assertRejects(() => publishAsking(broken), RangeError, "no");
});

Deno.test("StreamProducer refuses backpressure that cannot work", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const make = (backpressure: unknown) => () =>
    new StreamProducer({
      broker,
      stream: "s",
      backpressure: JSON.parse(JSON.stringify(backpressure)),
    });
  const bad = [
    { then: "wait" },
    { then: "wait", lagMax: 0 },
    { then: "wait", lagMax: 1.5 },
    { then: "block", lagMax: 1 },
    { lagMax: 1 },
    { then: "wait", lagMax: 1, when: "ok" },
    { then: "wait", lagMax: 1, waitMsMax: -1 },
    { then: "wait", lagMax: 1, intervalMs: 1 },
    { then: "wait", lagMax: 1, groups: [] },
    { then: "wait", lagMax: 1, source: {} },
  ];
  for (const backpressure of bad) {
    assertThrows(
      make(backpressure),
      InvalidOptionError,
      "backpressure",
      Deno.inspect(backpressure),
    );
  }
  assertThrows(make({ then: "wait", lagMax: 1, groups: [""] }), InvalidNameError);
  assertThrows(
    () =>
      new StreamProducer({
        broker,
        stream: "s",
        lengthMax: 10,
        backpressure: { then: "wait", lengthMax: 20 },
      }),
    InvalidOptionError,
    '"backpressure.lengthMax": it is 20, wanted none beside lengthMax',
  );
  const options = { stream: "s", backpressure: { then: "wait", lagMax: 1 } };
  assertThrows(
    () => Reflect.construct(StreamProducer, [{ ...options, broker: { append: broker.append } }]),
    InvalidOptionError,
    "a broker with groups",
  );
});
