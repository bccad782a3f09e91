/**
 * Tests of the backpressure monitor on a clock that stands still: when it asks, what it tells, and that no trouble of
 * the broker or of a listener becomes its own.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import {
  BrokerUnavailableError,
  ClosedError,
  InvalidNameError,
  InvalidOptionError,
  WrongTypeError,
} from "../../src/domain/errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import {
  BackpressureMonitor,
  type BackpressureMonitorOptions,
} from "../../src/orchestrator/backpressure/monitor.ts";
import { drained, TroubledBroker } from "../backpressure/troubled_broker.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const away = new BrokerUnavailableError("list groups", "ECONNREFUSED");

/** A monitor of `billing` of `orders` with lag 10 as its bound, and the story of what it told. */
class Rig implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly story: string[] = [];
  readonly troubled: TroubledBroker;
  readonly monitor: BackpressureMonitor;

  constructor(readonly broker: Broker, options: Partial<BackpressureMonitorOptions> = {}) {
    this.troubled = new TroubledBroker(broker);
    this.monitor = new BackpressureMonitor({
      broker: this.troubled.broker,
      watch: [{ stream: "orders", group: "billing" }],
      bounds: { lagMax: 10 },
      intervalMs: 1_000,
      clock: this.clock,
      random: { next: () => 0, uniqueText: () => "chance" },
      ...options,
    });
    this.monitor.subscribe(({ of, stream, group, before, level, sentence }) => {
      const whose = of === "worst" ? "worst" : `${stream} ${group}`;
      this.story.push(`${whose}: ${before} to ${level}, ${sentence.replace(/.*: /, "")}`);
    });
  }

  static async open(options: Partial<BackpressureMonitorOptions> = {}): Promise<Rig> {
    const rig = new Rig(await openSqliteBroker({ path: ":memory:" }), options);
    for (const stream of ["orders", "letters"]) {
      await rig.broker.createGroup(stream, "billing", "beginning", { createStream: true });
    }
    return rig;
  }

  async append(count: number, stream = "orders"): Promise<void> {
    await this.broker.append(stream, Array.from({ length: count }, () => ({ fields: ["n", "1"] })));
  }

  /** Lets time pass, and everything that it starts settle. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await drained();
  }

  /** What was told since the last look. */
  look(): string[] {
    return this.story.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.monitor.close();
    assertEquals(this.clock.timerCount, 0);
    await this.broker[Symbol.asyncDispose]();
  }
}

Deno.test("BackpressureMonitor tells every change once, of the group and of the worst", async () => {
  await using rig = await Rig.open();
  rig.monitor.start();
  await rig.pass(0);
  assertEquals([rig.look(), rig.monitor.level], [[], "ok"]);
  await rig.append(5);
  await rig.pass(2_000);
  assertEquals(rig.look(), [
    "orders billing: ok to pressured, lag is 5, bound 10",
    "worst: ok to pressured, lag is 5, bound 10",
  ]);
  await rig.append(6);
  await rig.pass(5_000);
  assertEquals(rig.look(), [
    "orders billing: pressured to saturated, lag is 11, bound 10",
    "worst: pressured to saturated, lag is 11, bound 10",
  ]);
  assertEquals(rig.monitor.pressureOf("orders").level, "saturated");
  assertEquals(rig.monitor.pressureOf("letters").level, "ok");
  await rig.broker.trim("orders", { lengthMax: 1 });
  await rig.pass(2_000);
  assertEquals([rig.look(), rig.monitor.level], [[], "saturated"]);
  await rig.pass(1_000);
  assertEquals(rig.look(), [
    "orders billing: saturated to ok, lag is 1, bound 10",
    "worst: saturated to ok, lag is 1, bound 10",
  ]);
});

Deno.test("BackpressureMonitor tells the worst only when the worst changes", async () => {
  const watch = ["orders", "letters"].map((stream) => ({ stream, group: "billing" }));
  await using rig = await Rig.open({ watch });
  await rig.append(10);
  await rig.append(12, "letters");
  await rig.monitor.look();
  assertEquals(rig.look(), [
    "orders billing: ok to saturated, lag is 10, bound 10",
    "letters billing: ok to saturated, lag is 12, bound 10",
    "worst: ok to saturated, lag is 10, bound 10",
  ]);
  await rig.broker.trim("orders", { lengthMax: 0 });
  for (let round = 1; round <= 3; round++) await rig.monitor.look();
  assertEquals(rig.look(), ["orders billing: saturated to ok, lag is 0, bound 10"]);
  assertEquals(rig.monitor.worst.reason?.stream, "letters");
});

Deno.test("BackpressureMonitor asks two calls a stream and round, four more for a group in the middle", async () => {
  const watch = ["billing", "audit", "billing"].map((group) => ({ stream: "orders", group }));
  await using rig = await Rig.open({ watch });
  await rig.monitor.look();
  assertEquals(rig.troubled.look(), ["listGroups", "streamInfo"]);
  await rig.append(1_000);
  const [, second] = await rig.broker.range("orders", { count: 2 });
  await rig.broker.createGroup("orders", "audit", { afterId: second?.id ?? "0-0" });
  await rig.monitor.look();
  assertEquals(rig.troubled.look(), ["listGroups", "streamInfo", ...Array(4).fill("range")]);
  assertEquals(rig.monitor.measures().map(({ group, measure }) => [group, measure?.lag]), [
    ["billing", 1_000],
    ["audit", 998],
  ]);
});

Deno.test("BackpressureMonitor has one timer, with jitter, and its rounds never overlap", async () => {
  await using rig = await Rig.open({ random: { next: () => 0.5, uniqueText: () => "chance" } });
  rig.monitor.start();
  rig.monitor.start();
  await rig.pass(0);
  assertEquals([rig.troubled.look().length, rig.clock.timerCount], [2, 1]);
  await rig.pass(1_099);
  assertEquals(rig.troubled.look(), []);
  const release = rig.troubled.hold();
  await rig.pass(1);
  await rig.pass(60_000);
  const joined = rig.monitor.look();
  assertEquals([rig.troubled.look(), rig.clock.timerCount], [["listGroups", "streamInfo"], 0]);
  release();
  await joined;
  await drained();
  assertEquals([rig.troubled.look(), rig.clock.timerCount], [[], 1]);
});

Deno.test("BackpressureMonitor asks a broker that is away less often, and keeps the levels", async () => {
  const watch = ["orders", "letters"].map((stream) => ({ stream, group: "billing" }));
  await using rig = await Rig.open({ watch });
  await rig.append(10);
  rig.monitor.start();
  await rig.pass(0);
  rig.look();
  rig.troubled.look();
  rig.troubled.failure = away;
  // After 1, 2, 4, 8, 16 and then every 30 s; never the second stream, which would fail too.
  const rounds: number[] = [];
  for (let second = 1; second <= 100; second++) {
    await rig.pass(1_000);
    if (rig.troubled.look().length > 0) rounds.push(second);
  }
  assertEquals(rounds, [1, 3, 7, 15, 31, 61, 91]);
  assertEquals([rig.look(), rig.monitor.level], [[], "saturated"]);
  const [orders, letters] = rig.monitor.measures();
  assertEquals([orders?.failure, letters?.failure, orders?.measure?.lag], [
    "Cannot list groups: the broker is not available (ECONNREFUSED)",
    null,
    10,
  ]);
  rig.troubled.failure = null;
  await rig.pass(30_000);
  rig.troubled.look();
  await rig.pass(1_000);
  assertEquals([rig.troubled.look().length, rig.monitor.measures()[0]?.failure], [4, null]);
});

Deno.test("BackpressureMonitor goes on with the other streams when one cannot be measured", async () => {
  const watch = ["orders", "letters"].map((stream) => ({ stream, group: "billing" }));
  await using rig = await Rig.open({ watch });
  await rig.append(10, "letters");
  rig.troubled.isInTrouble = (_, stream) => stream === "orders";
  rig.troubled.failure = new WrongTypeError("orders", "list", "stream");
  rig.monitor.start();
  await rig.pass(0);
  assertEquals(rig.look(), [
    "letters billing: ok to saturated, lag is 10, bound 10",
    "worst: ok to saturated, lag is 10, bound 10",
  ]);
  const [orders] = rig.monitor.measures();
  assertEquals(orders, {
    stream: "orders",
    group: "billing",
    level: "ok",
    reason: null,
    measure: null,
    measuredAtMs: null,
    failure: 'Cannot use key "orders": it holds a list, wanted a stream, rename or remove it',
  });
  rig.troubled.look();
  await rig.pass(1_000);
  assertEquals(rig.troubled.look().length, 4);
});

Deno.test("BackpressureMonitor ends by itself when its broker was closed", async () => {
  await using rig = await Rig.open();
  rig.monitor.start();
  await rig.pass(0);
  rig.troubled.failure = new ClosedError("the broker");
  await rig.pass(1_000);
  assertEquals(rig.clock.timerCount, 0);
});

Deno.test("BackpressureMonitor is harmed by no listener, and tells none that has left", async () => {
  await using rig = await Rig.open();
  const told: string[] = [];
  const leave: (() => void)[] = [];
  rig.monitor.subscribe(() => {
    throw new Error("no");
  });
  rig.monitor.subscribe(() => Promise.reject(new Error("no")));
  rig.monitor.subscribe(() => leave.forEach((each) => each()));
  leave.push(rig.monitor.subscribe(({ of }) => told.push(of)));
  rig.monitor.subscribe(({ of }) => {
    told.push(`last ${of}`);
    rig.monitor.close();
  });
  await rig.append(10);
  await rig.monitor.look();
  await drained();
  assertEquals([told, rig.look().length], [["last group"], 1]);
});

Deno.test("BackpressureMonitor.close leaves no timer, and nothing is told of a call under way", async () => {
  await using rig = await Rig.open();
  await rig.append(10);
  const release = rig.troubled.hold();
  rig.monitor.start();
  await rig.pass(0);
  rig.monitor.close();
  release();
  await drained();
  rig.monitor.start();
  await rig.monitor.look();
  assertEquals([rig.look(), rig.clock.timerCount], [[], 0]);
});

Deno.test("BackpressureMonitor counts how long the same entry has been the oldest pending one", async () => {
  await using rig = await Rig.open({ bounds: { oldestPendingMsMax: 5_000 } });
  await rig.append(2);
  const { membership } = await rig.broker.join({
    stream: "orders",
    group: "billing",
    consumer: "c",
    order: "none",
  });
  await rig.broker.establish(membership, {
    createStream: false,
    group: "keep",
    checkpoint: { position: "0-0", done: [] },
    quarantine: false,
  });
  const { signal } = new AbortController();
  const [first] = await rig.broker.readNew(membership, { count: 2, blockMs: 0, signal });
  rig.monitor.start();
  await rig.pass(5_000);
  assertEquals(
    rig.look().at(-1),
    "worst: pressured to saturated, the oldest pending entry is 5 s old, bound 5 s",
  );
  await rig.broker.commit(membership, {
    token: "t",
    settlements: [{ kind: "handled", id: first?.id ?? "0-0", outputs: [], work: [] }],
    withDone: false,
  });
  await rig.pass(3_000);
  assertEquals(rig.look(), [
    "orders billing: saturated to pressured, the oldest pending entry is 2 s old, bound 5 s",
    "worst: saturated to pressured, the oldest pending entry is 2 s old, bound 5 s",
  ]);
});

Deno.test("BackpressureMonitor refuses options that cannot work", async () => {
  await using rig = await Rig.open();
  const make = (options: Partial<BackpressureMonitorOptions>) => () => new Rig(rig.broker, options);
  assertThrows(make({ intervalMs: 5 }), InvalidOptionError);
  assertThrows(make({ intervalMs: NaN }), InvalidOptionError);
  assertThrows(make({ bounds: { lagMax: -1 } }), InvalidOptionError);
  assertThrows(make({ watch: [{ stream: "", group: "g" }] }), InvalidNameError);
  assertThrows(make({ watch: [{ stream: "s", group: "\n" }] }), InvalidNameError);
});
