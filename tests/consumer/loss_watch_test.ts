/**
 * A consumer that works tells of entries that were trimmed before its group read them: exactly, once for the group, and
 * without waiting for its next start. With `onDataLoss: "stop"` it ends instead, and so does every start after it.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { type Report, StreamConsumer, type StreamConsumerOptions } from "../../mod.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { LossWatch } from "../../src/consumer/loss_watch.ts";
import { UnknownOutcomeError } from "../../src/domain/errors.ts";
import { DataLossError } from "../../src/domain/start_errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { append, GROUP, join, readNew, STREAM } from "../contracts/contract.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** Longer than between two looks. */
const LOOK_MS = 2_000;

/** A watch of a group that has read one entry of ten, of which seven are gone. */
async function robbedGroup(
  clock: VirtualClock,
  { onDataLoss }: { readonly onDataLoss: "continue" | "stop" },
) {
  const given = await openSqliteBroker({ path: ":memory:", clock });
  const looks: (() => Promise<unknown>)[] = [];
  const broker: Broker = new Proxy(given, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const look = name === "findUnreadLoss" ? looks.shift() : undefined;
        return look?.() ?? value.apply(target, args);
      };
    },
  });
  const member = await join(broker, "ann");
  await append(broker, ...Array.from({ length: 10 }, (_, index) => `${index + 1}-0`));
  await readNew(broker, member, 1);
  await broker.trim(STREAM, { lengthMax: 2 });
  const heard: unknown[] = [];
  const watch = new LossWatch({
    ...{ broker, clock, onDataLoss },
    report: (report) => heard.push(report),
    onStop: ({ code, lost }) => heard.push([code, lost]),
  });
  return { broker, member, looks, heard, watch };
}

const LOSS = {
  kind: "dataLoss",
  stream: STREAM,
  lost: 7,
  afterId: "1-0",
  beforeId: "9-0",
} as const;

Deno.test("LossWatch tells a loss once, and looks on after a look that failed", async () => {
  const clock = new VirtualClock();
  const { broker, member, looks, heard, watch } = await robbedGroup(clock, {
    onDataLoss: "continue",
  });
  await using _ = broker;
  looks.push(() => Promise.reject(new UnknownOutcomeError("look", "no")));
  watch.begin(member);
  await clock.advance(LOOK_MS);
  assertEquals([heard, looks], [[], []]);
  await clock.advance(LOOK_MS);
  assertEquals(heard, [LOSS]);
  await clock.advance(5 * LOOK_MS);
  watch.stop();
  assertEquals([heard, (await broker.listGroups(STREAM))[0]?.lostCount], [[LOSS], 7]);
});

Deno.test("LossWatch does not look before it begins, while it is suspended, and after its end", async () => {
  const clock = new VirtualClock();
  const { broker, member, heard, watch } = await robbedGroup(clock, { onDataLoss: "continue" });
  await using _ = broker;
  await clock.advance(LOOK_MS);
  watch.begin(member);
  watch.suspend();
  await clock.advance(LOOK_MS);
  watch.stop();
  watch.begin(member);
  await clock.advance(LOOK_MS);
  assertEquals(heard, []);
});

Deno.test("LossWatch tells what it has accounted for, also when the consumer joins again meanwhile", async () => {
  const clock = new VirtualClock();
  const { broker, member, looks, heard, watch } = await robbedGroup(clock, {
    onDataLoss: "continue",
  });
  await using _ = broker;
  const gate = Promise.withResolvers<void>();
  looks.push(() => gate.promise.then(() => broker.findUnreadLoss(member, { account: true })));
  watch.begin(member);
  await clock.advance(LOOK_MS);
  watch.suspend();
  gate.resolve();
  await clock.advance(0);
  assertEquals(heard, [LOSS]);
});

Deno.test("LossWatch stops the consumer where it should, and accounts for nothing", async () => {
  const clock = new VirtualClock();
  const { broker, member, heard, watch } = await robbedGroup(clock, { onDataLoss: "stop" });
  await using _ = broker;
  watch.begin(member);
  await clock.advance(LOOK_MS);
  watch.stop();
  assertEquals(heard, [LOSS, ["DATA_LOSS", 7]]);
  assertEquals((await broker.join(member)).group?.unreadLoss?.lost, 7, "the next start sees it");
});

/** A consumer of a stream of which it has read the first entry, and then five more were trimmed before it read them. */
async function robbedAtWork(
  broker: Broker,
  options: Partial<StreamConsumerOptions>,
): Promise<{ consumers: StreamConsumer[]; handled: string[]; reports: Report[] }> {
  const handled: string[] = [];
  const reports: Report[] = [];
  const consumers = ["ann", "bob"].map((consumer) =>
    new StreamConsumer({
      ...{ broker, stream: STREAM, group: GROUP, consumer, blockMs: 20, codec: "fields" },
      onReport: (report) => reports.push(report),
      ...options,
    })
  );
  await append(broker, "1-0");
  for (const consumer of consumers) {
    await consumer.subscribe((event) => void handled.push(event.id));
  }
  await eventually("the first one is handled", () => handled.length === 1);
  for (const consumer of consumers) consumer.pause();
  await eventually("nobody reads", () => consumers.every(({ state }) => state === "paused"));
  await append(broker, "2-0", "3-0", "4-0", "5-0", "6-0", "7-0", "8-0");
  await broker.trim(STREAM, { lengthMax: 2 });
  for (const consumer of consumers) consumer.resume();
  return { consumers, handled, reports };
}

testOnEachBroker(
  "T6: consumers at work tell once, and exactly, what was trimmed before they read it",
  async ({ broker }) => {
    const { consumers, handled, reports } = await robbedAtWork(broker, {});
    await eventually("what is left is handled", () => handled.length === 3);
    await eventually("the loss is told", () => reports.length > 0);
    for (const consumer of consumers) await consumer.stop();
    assertEquals(lostIn(reports), [5]);
    assertEquals((await broker.listGroups(STREAM))[0]?.lostCount, 5);
    const later: Report[] = [];
    await using next = new StreamConsumer({
      ...{ broker, stream: STREAM, group: GROUP, onReport: (report) => later.push(report) },
    });
    await next.subscribe(() => {});
    assertEquals(later, []);
  },
);

testOnEachBroker(
  "T6: a consumer at work stops at a loss where it should, and so does its next start",
  async ({ broker }) => {
    const { consumers } = await robbedAtWork(broker, { onDataLoss: "stop" });
    await eventually("they fail", () => consumers.every(({ state }) => state === "failed"));
    for (const { finished } of consumers) {
      const error = await assertRejects(() => finished, DataLossError);
      assertEquals(error.lost, 5);
    }
    const place = {
      broker,
      stream: STREAM,
      group: GROUP,
      consumer: "ann",
      codec: "fields",
    } as const;
    await using stopped = new StreamConsumer({ ...place, onDataLoss: "stop" });
    await assertRejects(() => stopped.subscribe(() => {}), DataLossError);
    const reports: Report[] = [];
    await using going = new StreamConsumer({
      ...place,
      onReport: (report) => reports.push(report),
    });
    await going.subscribe(() => {});
    assertEquals(lostIn(reports), [5]);
  },
);

/** How many are told as lost; where that was found depends on whether a read or a look came first. */
function lostIn(reports: readonly Report[]): unknown[] {
  return reports.map((report) => report.kind === "dataLoss" ? report.lost : report.kind);
}
