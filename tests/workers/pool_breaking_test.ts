/** Workers that start up and that break: the pool does without them, and no entry is lost or doubled by it. */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { delivery, PoolRig, words } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

const a = (id: EntryId) => delivery(id, { key: "a" });
const b = (id: EntryId) => delivery(id, { key: "b" });
const c = (id: EntryId) => delivery(id, { key: "c" });

Deno.test("Pool waits for a worker that starts up, and hires one at a time meanwhile", async () => {
  const rig = new PoolRig({ canBreak: true, workersMin: 1, workersMax: 3 });
  rig.workers.areUp = false;
  await rig.admit(a("1-0"), b("2-0"), c("3-0"));
  await rig.admit(delivery("4-0"));
  assertEquals(rig.look(), ["begin 1-0"]);
  assertEquals(rig.pool.view().workers, { total: 2, free: 0, broken: 0 });
  assertEquals(rig.host.look(), ["worker-1 hired", "worker-2 hired", "worker-2 restarting"]);
  rig.workers.at(1).repair();
  await settle();
  assertEquals([rig.look(), rig.host.look().slice(0, 2)], [["begin 2-0"], [
    "worker-2 idle",
    "worker-3 hired",
  ]]);
  assertEquals(rig.pool.load.demand, 6, "who starts up is as good as there");
});

Deno.test("Pool fails the attempt of a worker that breaks, and tries the entry again on another one", async () => {
  const lines: unknown[] = [];
  const log = { log: (...line: unknown[]) => void lines.push(line) };
  const rig = new PoolRig({ canBreak: true, workersMax: 2, log });
  await rig.admit(a("1-0"), a("2-0"));
  const [first] = rig.pool.view().running;
  rig.workers.all.find(({ entryId }) => entryId === "1-0")?.break("out of memory");
  await settle();
  assertEquals(rig.look(), ["begin 1-0", "failure 1 of 1-0"]);
  await rig.clock.advance(50);
  assertEquals([rig.look(), rig.run("1-0").context.attempt], [["begin 1-0"], 2]);
  const [second] = rig.pool.view().running;
  assertEquals([first?.worker, second?.worker], ["worker-2", "worker-1"]);
  const place = { stream: "orders", group: "billing", consumer: "main" };
  assertEquals(lines, [[
    "warn",
    "worker broke, it is being replaced",
    { ...place, worker: "worker-2", reason: "out of memory" },
  ]]);
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["finish 1-0", "begin 2-0"]);
});

Deno.test("Pool gives an entry up that breaks one worker after the other", async () => {
  const rig = new PoolRig({ canBreak: true, attemptsMax: 3 });
  await rig.admit(a("1-0"), a("2-0"));
  for (const waitMs of [50, 100, 0]) {
    rig.workers.at(0).break();
    rig.workers.at(0).repair();
    await rig.clock.advance(waitMs);
  }
  assertEquals(rig.look(), [
    "begin 1-0",
    "failure 1 of 1-0",
    "begin 1-0",
    "failure 2 of 1-0",
    "begin 1-0",
    "begin 2-0",
  ]);
  assertEquals(words(await rig.commit()), ["deadLettered 1-0"]);
});

Deno.test("Pool demands less while workers are broken, and tells when they are back", async () => {
  const demands: number[] = [];
  const rig: PoolRig = new PoolRig({
    canBreak: true,
    workersMin: 1,
    workersMax: 2,
    onLoad: () => demands.push(rig.pool.load.demand),
  });
  await rig.admit(a("1-0"), b("2-0"));
  for (const worker of rig.workers.all) worker.break();
  await rig.run("1-0").finish().catch(() => {});
  assertEquals(demands, [3, 0]);
  assertEquals(rig.pool.view().workers, { total: 2, free: 0, broken: 2 });
  await rig.clock.advance(50);
  assertEquals(rig.pool.load.demand, 0);
  for (const worker of rig.workers.all) worker.repair();
  await settle();
  assertEquals([demands.slice(-2), rig.pool.load], [[3, 8], {
    demand: 8,
    inFlight: 2,
    running: 2,
    settled: 0,
  }]);
});

Deno.test("Pool does without a broken worker, hires another one, and sends home who is too many", async () => {
  const rig = new PoolRig({ canBreak: true, workersMin: 1, workersMax: 2 });
  rig.workers.at(0).break("no module");
  await rig.admit(a("1-0"));
  assertEquals(rig.pool.view().workers, { total: 2, free: 0, broken: 1 });
  assertEquals(rig.look(), ["begin 1-0"]);
  await rig.clock.advance(10_000);
  assertEquals([rig.host.ids, rig.workers.at(0).isDisposed], [["worker-2"], true]);
  assertEquals(rig.pool.load.demand, 9);
  rig.workers.at(0).repair();
  rig.workers.at(0).break();
  assertEquals(rig.pool.view().workers, { total: 1, free: 0, broken: 0 });
});

Deno.test("Pool keeps its head whatever a worker tells, and in whatever order", async () => {
  const rig = new PoolRig({ canBreak: true });
  const worker = rig.workers.at(0);
  worker.repair();
  assertEquals(rig.pool.view().workers, { total: 1, free: 1, broken: 0 });
  worker.break();
  worker.break("again");
  assertEquals(rig.pool.view().workers, { total: 1, free: 0, broken: 1 });
  worker.repair();
  worker.repair();
  assertEquals(rig.pool.view().workers, { total: 1, free: 1, broken: 0 });
  await rig.admit(a("1-0"));
  worker.break();
  worker.repair(); // before the pool was told what became of the attempt
  assertEquals(rig.pool.view().workers, { total: 1, free: 0, broken: 0 });
  await settle();
  assertEquals(rig.pool.view().workers, { total: 1, free: 1, broken: 0 });
  assertEquals(rig.host.look(), [
    "worker-1 hired",
    "worker-1 restarting",
    "worker-1 restarting",
    "worker-1 idle",
    "worker-1 restarting",
    "worker-1 idle",
  ]);
});

Deno.test("Pool shows a worker that has no thread after its attempt as restarting", async () => {
  const rig = new PoolRig({ canBreak: true });
  await rig.admit(a("1-0"));
  rig.workers.at(0).loseQuietly();
  await rig.run("1-0").finish();
  assertEquals(rig.host.look().slice(-1), ["worker-1 restarting"]);
  assertEquals(rig.pool.view().workers, { total: 1, free: 0, broken: 0 });
  rig.workers.at(0).repair();
  await rig.admit(a("2-0"));
  assertEquals(rig.look().slice(-1), ["begin 2-0"]);
});

Deno.test("Pool hires another worker while the thread of one does not let go of its handler", async () => {
  const rig = new PoolRig({ canBreak: true, workersMin: 1, workersMax: 2 });
  await rig.admit(a("1-0"), a("2-0"));
  rig.workers.at(0).loseQuietly();
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["begin 1-0", "finish 1-0", "begin 2-0"]);
  assertEquals(rig.pool.view().workers, { total: 2, free: 0, broken: 0 });
  await rig.run("2-0").finish();
  await rig.clock.advance(10_000);
  assertEquals(rig.host.ids, ["worker-1"], "who is stopping may be of use yet");
  rig.workers.at(0).repair();
  assertEquals(rig.pool.view().workers, { total: 1, free: 1, broken: 0 });
});

Deno.test("Pool does without a worker that breaks before its handler has returned", async () => {
  const rig: PoolRig = new PoolRig({
    canBreak: true,
    workersMax: 2,
    attemptsMax: 1,
    handler: {
      handle: ({ id }) => id === "1-0" ? rig.workers.at(1).break() : new Promise(() => {}),
    },
  });
  await rig.admit(a("1-0"));
  assertEquals(rig.pool.view().workers, { total: 2, free: 1, broken: 1 });
  await rig.admit(b("2-0"));
  assertEquals(rig.pool.view().workers, { total: 2, free: 0, broken: 1 });
  assertEquals(words(await rig.commit()), ["deadLettered 1-0"]);
});
