/** The pool and its workers: hiring, sending home, what is shown, and the end. */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { delivery, PoolRig } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

const a = (id: EntryId) => delivery(id, { key: "a" });
const b = (id: EntryId) => delivery(id, { key: "b" });
const c = (id: EntryId) => delivery(id, { key: "c" });

// Growing and shrinking

Deno.test("Pool hires a worker when an entry is ready and none is free, up to workersMax", async () => {
  const rig = new PoolRig({ workersMin: 1, workersMax: 3 });
  assertEquals(rig.host.ids, ["worker-1"]);
  await rig.admit(a("1-0"), a("2-0"));
  assertEquals([rig.look(), rig.host.ids], [["begin 1-0"], ["worker-1"]]);
  await rig.admit(b("3-0"));
  assertEquals([rig.look(), rig.host.ids], [["begin 3-0"], ["worker-1", "worker-2"]]);
  await rig.admit(c("4-0"), delivery("5-0"), delivery("6-0"));
  assertEquals(rig.look(), ["begin 4-0"]);
  assertEquals(rig.pool.view().workers, { total: 3, free: 0, broken: 0 });
});

Deno.test("Pool hires nobody for handlers that do not wait", async () => {
  const rig = new PoolRig({ workersMin: 1, workersMax: 3, handler: { handle: () => {} } });
  await rig.admit(a("1-0"), b("2-0"), c("3-0"), delivery("4-0"));
  assertEquals(rig.pool.view().workers, { total: 1, free: 1, broken: 0 });
  assertEquals([rig.pool.load.settled, rig.clock.timerCount], [4, 0]);
});

Deno.test("Pool sends home who was of no use for 5 to 10 s, and leaves no timer behind", async () => {
  const rig = new PoolRig({ workersMin: 2, workersMax: 4 });
  await rig.admit(a("1-0"), b("2-0"), c("3-0"), delivery("4-0"));
  assertEquals(rig.host.ids.length, 4);
  const kept = rig.pool.view().running.filter(({ id }) => id === "3-0" || id === "4-0");
  for (const id of ["1-0", "2-0", "3-0"] as const) await rig.run(id).finish();
  await rig.clock.advance(9_999);
  assertEquals(rig.host.ids.length, 4);
  await rig.clock.advance(1);
  assertEquals(rig.pool.view().workers, { total: 2, free: 1, broken: 0 });
  assertEquals(rig.host.ids, kept.map(({ worker }) => worker).sort(), "who waited longest goes");
  assertEquals(rig.pool.view().running.map(({ id }) => id), ["4-0"]);
  await rig.commit();
  await rig.run("4-0").finish();
  assertEquals([rig.clock.timerCount, rig.host.ids.length], [0, 2]);
});

Deno.test("Pool keeps the workers that are of use now and then, or were until a moment ago", async () => {
  const rig = new PoolRig({ workersMin: 1, workersMax: 2, windowMax: 1_000, heldMax: 1_000 });
  const runBoth = async (turn: bigint, ms: number) => {
    await rig.admit(a(`${turn}-1`), b(`${turn}-2`));
    await rig.clock.advance(ms);
    await rig.run(`${turn}-1`).finish();
    await rig.run(`${turn}-2`).finish();
  };
  for (let turn = 1n; turn < 10n; turn++) {
    await runBoth(turn, 10);
    await rig.clock.advance(3_990);
    assertEquals(rig.host.ids, ["worker-1", "worker-2"]);
  }
  await rig.clock.advance(10_000);
  assertEquals(rig.host.ids.length, 1);
  await runBoth(10n, 9_999);
  await rig.clock.advance(5_000);
  assertEquals(rig.host.ids.length, 2);
  await rig.clock.advance(5_000);
  assertEquals([rig.host.ids.length, rig.clock.timerCount], [1, 0]);
});

Deno.test("Pool gives a new worker a name that no living one has", async () => {
  const rig = new PoolRig({ workersMin: 1, workersMax: 3 });
  await rig.admit(a("1-0"), b("2-0"), c("3-0"));
  await rig.run("1-0").finish();
  await rig.run("2-0").finish();
  await rig.clock.advance(10_000);
  const [last] = rig.host.ids;
  assertEquals([rig.host.ids.length, last], [1, "worker-3"]);
  await rig.admit(a("4-0"), b("5-0"));
  assertEquals(rig.host.ids, ["worker-3", "worker-1", "worker-2"]);
});

// What is shown of a worker

Deno.test("Pool tells nobody of work that is over when its turn is", async () => {
  for (const handle of [() => {}, () => Promise.resolve(), async () => await settle()]) {
    const rig = new PoolRig({ handler: { handle } });
    await rig.admit(a("1-0"), a("2-0"), b("3-0"));
    for (let turn = 0; turn < 5; turn++) await settle();
    await rig.clock.advance(1_000);
    assertEquals([rig.pool.load.settled, rig.host.look()], [3, ["worker-1 hired"]]);
  }
});

Deno.test("Pool shows who is busy with what, who goes on, and who is idle", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("2-0"), a("3-0"));
  assertEquals(rig.host.look(), ["worker-1 hired"]);
  await rig.clock.advance(0);
  assertEquals(rig.host.look(), ["worker-1 busy 1-0"]);
  await rig.run("1-0").finish();
  await rig.run("2-0").finish();
  const sinceMs = rig.clock.nowMs();
  await rig.clock.advance(99);
  assertEquals(rig.host.look(), []);
  await rig.clock.advance(1);
  assertEquals(rig.host.look(), ["worker-1 busy 3-0"]);
  const shown = { name: "worker-1", lossCount: 0, lossReason: null };
  assertEquals(rig.host.contextOf("worker-1"), {
    ...shown,
    entryId: "3-0",
    sinceMs,
    attemptCount: 2,
  });
  await rig.run("3-0").finish();
  assertEquals(rig.host.look(), ["worker-1 idle"]);
  assertEquals(rig.host.contextOf("worker-1"), {
    ...shown,
    entryId: null,
    sinceMs: sinceMs + 100,
    attemptCount: 3,
  });
  await rig.commit();
  assertEquals(rig.clock.timerCount, 0);
});

Deno.test("Pool shows within a tenth of a second that a worker is idle while others are busy", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), b("2-0"));
  await rig.clock.advance(0);
  rig.host.look();
  await rig.run("1-0").finish();
  await rig.clock.advance(99);
  assertEquals(rig.host.look(), []);
  await rig.clock.advance(1);
  const [busy] = rig.pool.view().running;
  const idle = rig.host.ids.find((id) => id !== busy?.worker);
  assertEquals(rig.host.look(), [`${idle} idle`]);
});

Deno.test("Pool shows another attempt on the same entry as new work", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), b("2-0"));
  await rig.clock.advance(0);
  const [first] = rig.pool.view().running;
  await rig.run("1-0").fail();
  await rig.clock.advance(50);
  const sinceMs = rig.clock.nowMs();
  assertEquals(rig.run("1-0").context.attempt, 2);
  rig.host.look();
  await rig.clock.advance(50);
  const again = rig.pool.view().running.find(({ id }) => id === "1-0");
  assertEquals([again?.worker, rig.host.look()], [first?.worker, [`${first?.worker} busy 1-0`]]);
  assertEquals(rig.host.contextOf(first?.worker ?? ""), {
    name: first?.worker,
    entryId: "1-0",
    sinceMs,
    attemptCount: 1,
    lossCount: 0,
    lossReason: null,
  });
});

Deno.test("Pool goes on showing when the clock is set back", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("2-0"));
  await rig.clock.advance(0);
  await rig.run("1-0").finish();
  await rig.run("2-0").finish();
  rig.clock.jump(-3_600_000);
  rig.host.look();
  await rig.admit(a("3-0"));
  await rig.clock.advance(0);
  assertEquals(rig.host.look(), ["worker-1 busy 3-0"]);
});

Deno.test("Pool tells an actor ten times a second at most, however many entries there are", async () => {
  const rig = new PoolRig({ windowMax: 1_000, heldMax: 1_000 });
  const ids = Array.from({ length: 500 }, (_, index): EntryId => `${BigInt(index + 1)}-0`);
  await rig.admit(...ids.map(a));
  for (const id of ids) {
    await rig.clock.advance(2);
    await rig.run(id).finish();
  }
  const told = rig.host.look().length;
  assertEquals([told >= 10, told <= 13], [true, true], `told ${told} times in a second`);
});

// For people

Deno.test("Pool shows what runs, the longest first, and what rests, with the keys that it holds", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  const beganMs = rig.clock.nowMs();
  await rig.admit(a("1-0"), a("2-0"), b("3-0"));
  await rig.clock.advance(10);
  await rig.run("3-0").fail();
  await rig.admit(
    delivery("4-0"),
    delivery("5-0", { key: "d", failures: 3, dueAtMs: beganMs + 40 }),
  );
  assertEquals(rig.pool.view(), {
    running: [
      { id: "1-0", key: "a", sinceMs: beganMs, attempt: 1, worker: "worker-2" },
      { id: "4-0", key: null, sinceMs: beganMs + 10, attempt: 1, worker: "worker-1" },
    ],
    resting: [
      { id: "5-0", key: "d", dueAtMs: beganMs + 40, failures: 3 },
      { id: "3-0", key: "b", dueAtMs: beganMs + 60, failures: 1 },
    ],
    workers: { total: 2, free: 0, broken: 0 },
  });
});

Deno.test("Pool shows twenty entries of a kind at most", async () => {
  const rig = new PoolRig({ workersMax: 25, windowMax: 100 });
  const ids = Array.from({ length: 50 }, (_, index): EntryId => `${BigInt(index + 1)}-0`);
  const dueAtMs = rig.clock.nowMs() + 5;
  const resting = ids.slice(25).map((id) => delivery(id, { dueAtMs }));
  await rig.admit(...ids.slice(0, 25).map((id) => delivery(id)), ...resting);
  const view = rig.pool.view();
  assertEquals(view.running.map(({ id }) => id), ids.slice(0, 20));
  assertEquals(view.resting.map(({ id }) => id), ids.slice(25, 45));
  assertEquals(JSON.parse(JSON.stringify(view)), view);
});

// The end

Deno.test("Pool ends with all of its workers: handlers are told, nothing is left, and nothing comes back", async () => {
  for (const canBreak of [false, true]) {
    const rig = new PoolRig({ canBreak, workersMin: 2, workersMax: 3 });
    await rig.admit(a("1-0"), a("2-0"), b("3-0"), c("4-0"));
    await rig.clock.advance(0);
    const { context } = rig.run("1-0");
    await rig.pool[Symbol.asyncDispose]();
    await settle();
    assertEquals(context.signal.reason?.reason, "stopped");
    assertEquals([rig.host.ids, rig.workers.living, rig.clock.timerCount], [[], [], 0]);
    for (const worker of rig.workers.all) {
      worker.break();
      worker.repair();
    }
    await rig.admit(a("5-0"));
    await rig.pool[Symbol.asyncDispose]();
    await rig.clock.advance(20_000);
    assertEquals(rig.pool.view(), {
      running: [],
      resting: [],
      workers: { total: 0, free: 0, broken: 0 },
    });
    assertEquals([rig.pool.load.demand, rig.host.ids, rig.clock.timerCount], [0, [], 0]);
    const stories = ["worker-1", "worker-2", "worker-3"].map((name) =>
      rig.host.story.filter((line) => line.startsWith(name)).map((line) => line.slice(9))
    );
    const [first] = stories;
    assertEquals(first?.at(0), "hired");
    assertEquals(stories.map((lines) => lines.at(-1)), ["stopped", "stopped", "stopped"]);
  }
});

Deno.test("Pool ends when nothing is left of its workers, and cancels its timers at once", async () => {
  const rig = new PoolRig({ canBreak: true, workersMin: 1, workersMax: 2 });
  await rig.admit(a("1-0"), b("2-0"));
  await rig.clock.advance(0);
  await rig.run("1-0").finish();
  await rig.commit();
  const last = Promise.withResolvers<void>();
  rig.workers.at(0).lastsUntil = last.promise;
  let isOver = false;
  const ended = rig.pool[Symbol.asyncDispose]().then(() => isOver = true);
  assertEquals(rig.clock.timerCount, 0);
  await settle();
  assertEquals([isOver, rig.host.ids, rig.workers.living], [false, [], []]);
  last.resolve();
  await ended;
});

Deno.test("Pool ends well where a handler ends it, whatever that returns then", async () => {
  for (const returned of [undefined, Promise.resolve(), new Promise<void>(() => {})]) {
    const rig: PoolRig = new PoolRig({
      handler: {
        handle() {
          rig.pool[Symbol.asyncDispose]();
          return returned;
        },
      },
    });
    await rig.admit(a("1-0"), a("2-0"));
    const empty = { demand: 0, inFlight: 0, running: 0, settled: 0 };
    assertEquals([rig.host.ids, rig.pool.load, rig.clock.timerCount], [[], empty, 0]);
  }
});
