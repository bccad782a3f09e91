/**
 * Following runs: slow followers, positions from outside, and how a subscription ends.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type EntryId } from "../../src/domain/entry_id.ts";
import { InvalidEntryIdError } from "../../src/domain/errors.ts";
import { runEventNumber } from "../../src/domain/run.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { defineRun, type RunContext } from "../../src/runs/run_definition.ts";
import { RunManager } from "../../src/runs/run_manager.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { BrokenLine } from "./broken_line.ts";
import { Follower } from "./follower.ts";

const outside = defineRun({ kind: "outside", external: true });

async function told(runs: RunManager, run: string, afterId: EntryId): Promise<string[]> {
  const items: string[] = [];
  using subscription = await runs.subscribe(run, {
    afterId,
    listener(item) {
      if (item.kind === "event") items.push(String(runEventNumber(item.event.id)));
      else if (item.kind === "gap") items.push(`gap ${item.gap.count}`);
      else items.push(item.status);
    },
  });
  await subscription.closed;
  return items;
}

async function externalRun(runs: RunManager, count: number): Promise<EntryId[]> {
  await runs.start("outside", null, { run: "r" });
  const events = Array.from({ length: count }, (_, index) => ({ type: "told", data: index + 1 }));
  return await runs.store.add("r", events);
}

testOnEachBroker(
  "subscribe: a position from outside is taken for what it can be (S8)",
  async ({ broker }) => {
    await using runs = new RunManager({ broker, kinds: [outside], lengthMax: 4 });
    const ids = await externalRun(runs, 9);
    await runs.store.end("r");
    const at = (number: number) => ids[number - 1] ?? "0-0";
    assertEquals(await told(runs, "r", "0-0"), ["gap 6", "7", "8", "9", "completed"]);
    assertEquals(await told(runs, "r", at(4)), ["gap 2", "7", "8", "9", "completed"]);
    assertEquals(await told(runs, "r", at(6)), ["7", "8", "9", "completed"]);
    assertEquals(await told(runs, "r", at(9)), ["completed"]);
    assertEquals(await told(runs, "r", "99999999999999-0"), ["completed"]);
    // A time: how many events lie behind it in what was trimmed, nobody can know.
    assertEquals(await told(runs, "r", "5-0"), ["gap null", "7", "8", "9", "completed"]);
    const positions = ["$", ">", "+", "-", "(5-0", "5-*", " 5-0", "5-0\0", "5", "1-1,2-2", ""];
    for (const position of positions) {
      const options = { afterId: position, listener: () => {} };
      const call = async () => await Reflect.apply(runs.subscribe, runs, ["r", options]);
      await assertRejects(call, InvalidEntryIdError);
    }
  },
);

testOnEachBroker(
  "subscribe: a future position is the end of a run that goes on",
  async ({ broker }) => {
    await using runs = new RunManager({ broker, kinds: [outside] });
    await externalRun(runs, 3);
    const following = told(runs, "r", "99999999999999-0");
    await eventually("he follows", () => runs.subscriptionCount === 1);
    await runs.store.add("r", { type: "told" });
    await runs.store.end("r");
    assertEquals(await following, ["4", "completed"]);
  },
);

testOnEachBroker(
  "subscribe: events of another process are told once, while it writes and trims",
  async ({ broker, reopen }) => {
    const second = await reopen();
    {
      await using runs = new RunManager({ broker, kinds: [outside], lengthMax: 50 });
      await using others = new RunManager({ broker: second, kinds: [] });
      await externalRun(runs, 5);
      const followers = Array.from({ length: 10 }, () => new Follower());
      const following = followers.map((follower) => follower.follow(others, "r"));
      for (let from = 6; from <= 1_000; from += 5) {
        const numbers = [0, 1, 2, 3, 4].map((step) => ({ type: "told", data: from + step }));
        await runs.store.add("r", numbers);
      }
      await runs.store.end("r");
      for (const subscription of await Promise.all(following)) await subscription.closed;
      for (const follower of followers) follower.assertAll(1_000);
    }
    if (second !== broker) await second[Symbol.asyncDispose]();
  },
);

/** A run of this process that a test lets tell events. */
async function openRun(broker: Broker, options: { readonly lengthMax?: number } = {}) {
  const begun = Promise.withResolvers<RunContext>();
  const ending = Promise.withResolvers<void>();
  const kind = defineRun({
    kind: "open",
    start(ctx) {
      begun.resolve(ctx);
      return ending.promise;
    },
  });
  const runs = new RunManager({ broker, kinds: [kind], ...options });
  const run = await runs.start("open", null);
  return { runs, run, ctx: await begun.promise, end: ending.resolve };
}

Deno.test("subscribe: a slow follower holds nobody up, and falls back on the store", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { runs, run, ctx, end } = await openRun(broker);
  await using _runs = runs;
  const slow = new Follower();
  const fast = new Follower();
  const held = Promise.withResolvers<void>();
  let isHeld = true;
  const subscription = await slow.follow(runs, run, {
    afterItem: () => isHeld ? held.promise : undefined,
  });
  using _fast = await fast.follow(runs, run);
  for (let number = 1; number <= 4_000; number++) ctx.emit("told", number);
  assertEquals([fast.eventCount, slow.eventCount], [4_000, 1]);
  await eventually("all is stored", async () => (await runs.store.get(run)).eventCount === 4_000);
  isHeld = false;
  held.resolve();
  end();
  await subscription.closed;
  slow.assertAll(4_000);
  assertEquals(slow.missingCount, 0);
});

Deno.test("subscribe: history is waited for while the store is away", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const line = new BrokenLine(broker);
  await using runs = new RunManager({ broker: line.broker, kinds: [outside] });
  await externalRun(runs, 20);
  using _first = await runs.subscribe("r", { afterId: "0-0", listener: () => {} });
  line.state = "down";
  const following = told(runs, "r", "0-0");
  await eventually("it was tried", () => line.faultCount > 2);
  line.state = "up";
  await runs.store.end("r");
  assertEquals((await following).length, 21);
});

Deno.test("subscribe: a listener that throws ends its own subscription, and nothing else", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { runs, run, ctx, end } = await openRun(broker);
  await using _runs = runs;
  const other = new Follower();
  using _other = await other.follow(runs, run);
  const thrown = new RangeError("test");
  const throws = await runs.subscribe(run, {
    afterId: "0-0",
    listener: () => {
      throw thrown;
    },
  });
  const rejects = await runs.subscribe(run, {
    afterId: "0-0",
    listener: () => Promise.reject(thrown),
  });
  ctx.emit("told", 1);
  ctx.emit("told", 2);
  assertEquals([await throws.closed, await rejects.closed], [thrown, thrown]);
  assertEquals([other.eventCount, runs.subscriptionCount], [2, 1]);
  end();
});

Deno.test("subscribe: who closes is told nothing more, and a listener may emit and close", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { runs, run, ctx, end } = await openRun(broker);
  await using _runs = runs;
  const seen: unknown[] = [];
  const leaving = new AbortController();
  const subscription = await runs.subscribe(run, {
    afterId: "0-0",
    signal: leaving.signal,
    listener(item) {
      if (item.kind !== "event") return;
      seen.push(item.event.type);
      if (item.event.type === "question") ctx.emit("answer");
      if (item.event.type === "answer") leaving.abort();
    },
  });
  ctx.emit("question");
  ctx.emit("unheard");
  assertEquals([seen, await subscription.closed], [["question", "answer"], null]);
  assertEquals(runEventNumber(subscription.position), 2);
  subscription.close();
  const aborted = await runs.subscribe(run, {
    afterId: "0-0",
    signal: AbortSignal.abort(),
    listener: (item) => void seen.push(item),
  });
  assertEquals([await aborted.closed, seen.length, runs.subscriptionCount], [null, 2, 0]);
  end();
});

Deno.test("subscribe: an expired or deleted run ends who follows it", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using runs = new RunManager({ broker, kinds: [outside] });
  await externalRun(runs, 2);
  const following = [told(runs, "r", "0-0"), told(runs, "r", "0-0")];
  await eventually("they follow", () => runs.subscriptionCount === 2);
  await runs.store.setExpire("r", 10);
  assertEquals(await Promise.all(following), [["1", "2", "deleted"], ["1", "2", "deleted"]]);
});

testOnEachBroker(
  "runs outlive an outage that all processes see, however short their leases",
  async ({ broker }) => {
    const lines = [new BrokenLine(broker), new BrokenLine(broker)];
    const kinds = [defineRun({
      kind: "wait",
      start: (ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)),
    })];
    const managers = lines.map((line) =>
      new RunManager({ broker: line.broker, kinds, leaseMs: 100 })
    );
    const runs = await Promise.all(managers.map((manager) => manager.start("wait", null)));
    const owners = async () =>
      (await broker.listJournals("run-owners", { limit: 9 })).journals.length;
    const statuses = async () =>
      (await broker.listJournals("runs", { limit: 9 })).journals.map(({ state }) =>
        JSON.parse(state).status
      );
    await eventually(
      "all is stored",
      async () => await owners() === 2 && (await statuses()).length === 2,
    );
    for (const line of lines) {
      line.state = "down";
    }
    await eventually("the leases have run out", async () => await owners() === 0);
    for (const line of lines) line.state = "up";
    await eventually("they are back", async () => await owners() === 2);
    const beginMs = Date.now();
    await eventually("another lease is over", () => Date.now() - beginMs > 250);
    assertEquals(await statuses(), ["running", "running"]);
    assert(runs[0] !== runs[1]);
    for (const manager of managers) await manager.stop();
    assertEquals(await statuses(), ["cancelled", "cancelled"]);
  },
);
