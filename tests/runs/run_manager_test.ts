/**
 * The run manager on every broker: a run's life, cancelling it from elsewhere, and processes that die.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BrokerUnavailableError,
  ClosedError,
  InvalidOptionError,
} from "../../src/domain/errors.ts";
import { runEventNumber } from "../../src/domain/run.ts";
import {
  InvalidRunEventError,
  InvalidRunIdError,
  InvalidRunKindError,
  RunAbortedError,
  RunEndedError,
  RunExistsError,
  RunMissingError,
  RunOwnedError,
} from "../../src/domain/run_errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { defineRun, type RunContext } from "../../src/runs/run_definition.ts";
import { RunManager } from "../../src/runs/run_manager.ts";
import type { RunManagerOptions } from "../../src/runs/run_manager_options.ts";
import type { RunItem } from "../../src/ports/run_service.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { StoryLog } from "../support/story_log.ts";
import { BrokenLine } from "./broken_line.ts";

/** Tells numbers from 1. */
const count = defineRun({
  kind: "count",
  start(ctx, upTo: number) {
    for (let n = 1; n <= upTo; n++) ctx.emit("counted", n);
  },
});

/** Goes on until it is told to end. */
const wait = defineRun({
  kind: "wait",
  async start(ctx) {
    ctx.emit("waiting");
    await new Promise((_, reject) => {
      ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
    });
  },
});

const fail = defineRun({
  kind: "fail",
  start() {
    throw new Error("no room at redis://me:secret@host/");
  },
});

const outside = defineRun({ kind: "outside", external: true });

const KINDS = [count, wait, fail, outside];

function manager(broker: Broker, options: Partial<RunManagerOptions> = {}): RunManager {
  return new RunManager({ broker, kinds: KINDS, leaseMs: 60_000, ...options });
}

/** What a follower was told, as short texts. */
function said(item: RunItem): string {
  if (item.kind === "event") return `${runEventNumber(item.event.id)} ${item.event.type}`;
  if (item.kind === "gap") return `gap ${item.gap.count}`;
  return `${item.status} ${item.reason}`;
}

async function follow(runs: RunManager, run: string, afterId: "0-0" = "0-0") {
  const told: string[] = [];
  const subscription = await runs.subscribe(run, {
    afterId,
    listener: (item) => void told.push(said(item)),
  });
  return { told, subscription };
}

async function storedStatus(runs: RunManager, run: string): Promise<string> {
  try {
    return (await runs.store.get(run)).status;
  } catch (error) {
    return error instanceof RunMissingError ? error.code : String(error);
  }
}

testOnEachBroker(
  "RunManager: runs complete, fail, and are told live and afterwards",
  async ({ broker }) => {
    await using runs = manager(broker, { ttlMs: 60_000 });
    await using others = manager(broker);
    const run = await runs.start("count", 3);
    const live = await follow(runs, run);
    await live.subscription.closed;
    const all = ["1 counted", "2 counted", "3 counted", "completed null"];
    assertEquals(live.told, all);
    assertEquals((await runs.get(run)).status, "completed");
    await eventually("it is stored", async () => await storedStatus(runs, run) === "completed");
    for (const reader of [runs, others]) {
      const late = await follow(reader, run);
      assertEquals(await late.subscription.closed, null);
      assertEquals(late.told, all);
    }
    const { eventCount, length, expiresInMs, owner } = await others.get(run);
    assertEquals([eventCount, length, owner], [4, 4, runs.owner]);
    assert(expiresInMs !== null && expiresInMs <= 60_000);

    const failed = await runs.start("fail", null, { run: "mine" });
    const follower = await follow(others, failed);
    await follower.subscription.closed;
    assertEquals([failed, follower.told], ["mine", ["failed no room at redis://***@host/"]]);
    await assertRejects(() => runs.start("count", 1, { run: "mine" }), RunExistsError);
    await assertRejects(
      () => runs.start("none", 1),
      InvalidRunKindError,
      "count, wait, fail, outside",
    );
    await assertRejects(() => runs.start("count", 1, { run: "a:b" }), InvalidRunIdError);
    await assertRejects(() => follow(runs, "never"), RunMissingError);
    assertEquals([runs.subscriptionCount, others.subscriptionCount], [0, 0]);
  },
);

testOnEachBroker(
  "RunManager.cancel ends runs of this process and of another, within its watch",
  async ({ broker, reopen }) => {
    const second = await reopen();
    {
      await using runs = manager(broker);
      await using others = manager(second);
      const here = await runs.start("wait", null);
      const away = await runs.start("wait", null);
      await eventually("it is stored", async () => await storedStatus(others, away) === "running");
      const follower = await follow(others, away);
      await assertRejects(() => others.store.add(away, { type: "mine" }), RunOwnedError);
      assertEquals([await runs.cancel(here, "enough"), await others.cancel(away, "too much")], [
        true,
        true,
      ]);
      await follower.subscription.closed;
      assertEquals(follower.told, ["1 waiting", "cancelled too much"]);
      await eventually(
        "both are stored",
        async () =>
          await storedStatus(runs, here) === "cancelled" &&
          await storedStatus(runs, away) === "cancelled",
      );
      assertEquals((await runs.store.get(here)).reason, "enough");
      assertEquals([await runs.cancel(here), await others.cancel(away)], [false, false]);
      await assertRejects(() => others.cancel("never"), RunMissingError);

      const external = await runs.start("outside", null);
      await others.store.add(external, { type: "said" });
      const third = await follow(runs, external);
      await others.store.add(external, { type: "again" });
      assertEquals(await others.cancel(external, "closed"), true);
      await third.subscription.closed;
      assertEquals(third.told, ["1 said", "2 again", "cancelled closed"]);

      const deleted = await runs.start("wait", null);
      await eventually(
        "it is stored",
        async () => await storedStatus(others, deleted) === "running",
      );
      const fourth = await follow(runs, deleted);
      await others.store.delete(deleted);
      await fourth.subscription.closed;
      assertEquals(fourth.told.at(-1), "deleted null");
    }
    if (second !== broker) {
      await second[Symbol.asyncDispose]();
    }
  },
);

testOnEachBroker(
  "RunManager: of two, one marks the runs of a dead process interrupted, once",
  async ({ broker }) => {
    const line = new BrokenLine(broker);
    const log = new StoryLog();
    const dead = manager(line.broker, { leaseMs: 150 });
    const run = await dead.start("wait", null);
    await eventually("its event is stored", async () => {
      const { eventCount } = await dead.store.get(run).catch(() => ({ eventCount: 0 }));
      return eventCount === 1;
    });
    await using one = manager(broker, { leaseMs: 150, log });
    await using two = manager(broker, { leaseMs: 150, log });
    const mine = await one.start("wait", null);
    const follower = await follow(two, run);
    line.state = "dead";
    await follower.subscription.closed;
    const reason = "the process that executed it is gone";
    assertEquals(follower.told, ["1 waiting", `interrupted ${reason}`]);
    const marks = () => log.having("a run was interrupted, its process is gone");
    await eventually("it is said", () => marks().length > 0); // its own answer may come after the news
    const marked = marks();
    assertEquals(marked.map(({ fields }) => fields), [{ run, owner: dead.owner }]);
    const { events } = await one.store.getEvents(run, { limit: 10 });
    assertEquals(events.map(({ type }) => type), ["waiting", "run.interrupted"]);
    assertEquals((await one.get(mine)).status, "running", "who lives keeps his runs");
    assert((await one.store.get(run)).expiresInMs !== null);
  },
);

testOnEachBroker(
  "RunManager: a process that was taken for dead stops its run",
  async ({ broker }) => {
    let context: RunContext | null = null;
    const keep = defineRun({
      kind: "keep",
      start(ctx) {
        context = ctx;
        return new Promise(() => {});
      },
    });
    await using runs = manager(broker, { kinds: [keep] });
    const run = await runs.start("keep", null);
    await eventually("it is stored", async () => await storedStatus(runs, run) === "running");
    const follower = await follow(runs, run);
    const journal = { space: "runs", name: run };
    const { state = "" } = await broker.loadJournal(journal) ?? {};
    const ended = { ...JSON.parse(state), status: "interrupted", reason: "gone" };
    await broker.changeJournal(journal, { state: JSON.stringify(ended) });
    await follower.subscription.closed;
    assertEquals(follower.told, ["interrupted gone"]);
    const ctx: RunContext | null = Object(context);
    assertEquals(ctx?.signal.aborted, true);
    assert(ctx?.signal.reason instanceof RunAbortedError);
    assertThrows(() => ctx?.emit("more"), RunEndedError);
    assertEquals((await runs.store.getEvents(run, { limit: 5 })).events, []);
  },
);

testOnEachBroker(
  "RunManager.stop cancels or awaits its runs, stores them, and takes no more",
  async ({ broker }) => {
    const runs = manager(broker, { cancelMs: 20 });
    const deaf = defineRun({ kind: "deaf", start: () => new Promise(() => {}) });
    const slow = manager(broker, { kinds: [deaf, wait, count], cancelMs: 20 });
    const ids = [
      await slow.start("deaf", null),
      await slow.start("wait", null),
      await slow.start("count", 2),
    ];
    const follower = await follow(slow, ids[0] ?? "");
    await slow.stop({ graceMs: 20 });
    await slow.stop();
    assertEquals(await Promise.all(ids.map((run) => storedStatus(runs, run))), [
      "cancelled",
      "cancelled",
      "completed",
    ]);
    assertEquals(follower.told, ["cancelled its process stops"]);
    await assertRejects(() => slow.start("count", 1), ClosedError);
    await assertRejects(() => follow(slow, ids[0] ?? ""), ClosedError);
    await runs.stop();
    assertEquals((await broker.listJournals("run-owners", { limit: 5 })).journals, []);
  },
);

testOnEachBroker(
  "RunManager.stop ends deaf code within its own cancelMs, also of runs that were cancelled before",
  async ({ broker }) => {
    const deaf = defineRun({ kind: "deaf", start: () => new Promise(() => {}) });
    const runs = manager(broker, { kinds: [deaf], cancelMs: 60_000 });
    const ids = [await runs.start("deaf", null), await runs.start("deaf", null)];
    await runs.cancel(ids[0] ?? "", "enough of it");
    const beganMs = performance.now();
    await runs.stop({ cancelMs: 20 });
    assert(performance.now() - beganMs < 10_000);
    const ends = await Promise.all(ids.map((run) => runs.store.get(run)));
    assertEquals(ends.map(({ status, reason }) => [status, reason]), [
      ["cancelled", "enough of it"],
      ["cancelled", "its process stops"],
    ]);
  },
);

testOnEachBroker(
  "RunManager.start with a given id needs the store, and without one does not",
  async ({ broker }) => {
    const line = new BrokenLine(broker);
    line.state = "down";
    let elapsedMs = 0;
    const clock = {
      nowMs: () => 1_000_000 + elapsedMs,
      after(delayMs: number, callback: () => void) {
        elapsedMs += delayMs;
        const timer = setTimeout(callback, Math.min(delayMs, 2));
        return { cancel: () => clearTimeout(timer) };
      },
    };
    await using runs = manager(line.broker, { clock });
    await assertRejects(() => runs.start("count", 1, { run: "mine" }), BrokerUnavailableError);
    const run = await runs.start("count", 2);
    const follower = await follow(runs, run);
    await follower.subscription.closed;
    assertEquals(follower.told, ["1 counted", "2 counted", "completed null"]);
    assertEquals((await runs.get(run)).status, "completed");
    line.state = "up";
    await eventually("it is stored", async () => await storedStatus(runs, run) === "completed");
    const { events } = await runs.store.getEvents(run, { limit: 10 });
    assertEquals(events.map(({ type }) => type), ["counted", "counted", "run.completed"]);
  },
);

testOnEachBroker(
  "RunManager: a run that ends with more events than one change takes is stored whole, its end last",
  async ({ broker }) => {
    await using runs = manager(broker);
    const run = await runs.start("count", 1_200);
    await eventually("it is stored", async () => await storedStatus(runs, run) === "completed");
    const { eventCount, lastId } = await runs.store.get(run);
    const { events } = await runs.store.getEvents(run, { startId: lastId, limit: 10 });
    assertEquals([eventCount, events.map(({ type }) => type)], [1_201, ["run.completed"]]);
  },
);

Deno.test("RunManager refuses options that cannot work", () => {
  const broker: unknown = {};
  const make = (options: unknown) => () =>
    Reflect.construct(RunManager, [{ broker, kinds: [], ...Object(options) }]);
  for (const options of [{ leaseMs: 5 }, { ttlMs: -1 }, { lengthMax: 0 }, { bufferEventsMax: 1 }]) {
    assertThrows(make(options), InvalidOptionError);
  }
  assertThrows(make({ kinds: [count, count] }), InvalidRunKindError, "defined twice");
  assertThrows(() => defineRun({ kind: "a b", external: true }), InvalidRunKindError);
});

testOnEachBroker(
  "ctx.emit refuses what cannot be told, and the run goes on or fails by it",
  async ({ broker }) => {
    const told: unknown[] = [];
    const careless = defineRun({
      kind: "careless",
      start(ctx) {
        assertThrows(() => ctx.emit("run.completed"), InvalidRunEventError);
        told.push(ctx.emit("fine", { at: new Date(0) }));
        ctx.emit("bad", 1n);
      },
    });
    await using runs = manager(broker, { kinds: [careless] });
    const run = await runs.start("careless", null);
    const items: RunItem[] = [];
    const subscription = await runs.subscribe(run, {
      afterId: "0-0",
      listener: (item) => void items.push(item),
    });
    await subscription.closed;
    const [first, end] = items;
    assert(first?.kind === "event" && end?.kind === "end");
    assertEquals([first.event.id, first.event.data], [told[0], { at: "1970-01-01T00:00:00.000Z" }]);
    assertEquals(end.status, "failed");
    assert(end.reason?.includes("bigint"));
  },
);
