/** The pool and the commit: what it gives out, and what it does with each verdict. */

import { assertEquals } from "@std/assert";
import type { Delivery } from "../../src/domain/entry.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { delivery, PoolRig, words } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

const a = (id: EntryId) => delivery(id, { key: "a" });
const b = (id: EntryId) => delivery(id, { key: "b" });
const idle = { demand: 10, inFlight: 0, running: 0, settled: 0 };

/** A pool in which these entries were handled one after the other. */
async function handled(rig: PoolRig, ...entries: Delivery[]): Promise<PoolRig> {
  await rig.admit(...entries);
  for (const { id } of entries) await rig.run(id).finish();
  rig.look();
  return rig;
}

Deno.test("Pool gives settlements out in id order, within the bounds, at least one", async () => {
  const rig = new PoolRig({ workersMax: 3 });
  await rig.admit(delivery("10-0"), delivery("9-0"), delivery("11-0"));
  for (const id of ["11-0", "10-0", "9-0"] as const) {
    rig.run(id).context.publish("invoices", { type: "sent", data: "x".repeat(100) });
    await rig.run(id).finish();
  }
  const take = (countMax: number, bytesMax: number) =>
    rig.pool.takeSettled({ countMax, bytesMax }).map((slot) => slot.delivery.id);
  assertEquals(take(10, 0), ["9-0"]);
  assertEquals(take(1, 1_000), ["10-0"]);
  assertEquals([take(10, 1_000), take(10, 1_000)], [["11-0"], []]);
  assertEquals(rig.pool.load.settled, 3);
});

Deno.test("Pool commits of an entry what its last attempt has published, and nothing of those that failed", async () => {
  const rig = new PoolRig();
  await rig.admit(delivery("1-7"));
  rig.run("1-7").context.publish("invoices", { type: "sent", data: "first" });
  await rig.run("1-7").fail();
  await rig.clock.advance(50);
  rig.run("1-7").context.publish("invoices", { type: "sent", data: "second" });
  await rig.run("1-7").finish();
  const fields = ["event_type", "sent", "payload", '"second"', "source_id", "1-7"];
  const outputs = [{ stream: "invoices", fields }];
  assertEquals(await rig.commit(), [{ kind: "handled", id: "1-7", outputs, work: [] }]);
});

Deno.test("Pool forgets what was committed, done before, or is another consumer's", async () => {
  const rig = await handled(new PoolRig(), a("1-0"), a("2-0"), a("3-0"));
  await rig.commit("committed", "done", "fenced");
  assertEquals([rig.pool.load, rig.pool.ids()], [idle, []]);
});

Deno.test("Pool takes a verdict that is missing for fenced", async () => {
  const rig = await handled(new PoolRig(), a("1-0"), a("2-0"));
  await rig.commit("committed");
  assertEquals(rig.pool.load, idle);
});

Deno.test("Pool sends back what was computed behind a failed entry, while a later one runs", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("2-0"), a("3-0"), a("4-0"), a("5-0"));
  await rig.run("1-0").finish();
  await rig.run("2-0").finish();
  const taken = rig.take();
  await rig.run("3-0").finish();
  rig.look();
  await rig.answer(taken, ["failed", "held"], new Map([["1-0", new Error("no table")]]));
  assertEquals(rig.look(), ["failure 1 of 1-0"]);
  assertEquals(rig.pool.load, { demand: 5, inFlight: 5, running: 1, settled: 0 });
  await rig.clock.advance(50);
  assertEquals(rig.look(), []); // 4-0 still runs
  await rig.run("4-0").finish();
  for (const id of ["1-0", "2-0", "3-0", "4-0", "5-0"] as const) await rig.run(id).finish();
  const all = ["1-0", "2-0", "3-0", "4-0", "5-0"];
  assertEquals(rig.look(), [
    "finish 4-0",
    ...all.flatMap((id) => [`begin ${id}`, `finish ${id}`]),
    "told",
  ]);
  assertEquals(words(await rig.commit()), all.map((id) => `handled ${id}`));
  assertEquals(rig.pool.load, idle);
});

Deno.test("Pool tells anew after what it told of was sent back", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("2-0"));
  await rig.run("1-0").finish();
  const taken = rig.take();
  await rig.run("2-0").finish();
  assertEquals(rig.look().at(-1), "told");
  await rig.answer(taken, ["failed"]);
  await rig.clock.advance(50);
  await rig.run("1-0").finish();
  await rig.run("2-0").finish();
  assertEquals(rig.look(), [
    "failure 1 of 1-0",
    "begin 1-0",
    "finish 1-0",
    "begin 2-0",
    "finish 2-0",
    "told",
  ]);
});

Deno.test("Pool sends back the entries of one key only", async () => {
  const rig = await handled(new PoolRig(), a("1-0"), b("2-0"), a("3-0"), b("4-0"));
  await rig.commit("failed", "committed", "held", "committed");
  assertEquals(rig.pool.ids(), ["1-0", "3-0"]);
});

Deno.test("Pool gives an entry up whose work in the transaction failed too often", async () => {
  const rig = await handled(new PoolRig({ attemptsMax: 2 }), a("1-0"), a("2-0"));
  await rig.commit("failed", "held");
  await rig.clock.advance(50);
  await rig.run("1-0").finish();
  await rig.run("2-0").finish();
  await rig.commit("failed", "held");
  await rig.run("2-0").finish();
  assertEquals(words(await rig.commit()), ["deadLettered 1-0", "handled 2-0"]);
  assertEquals(rig.pool.load, idle);
});

Deno.test("Pool retries failed work of an unordered group in place", async () => {
  const rig = await handled(new PoolRig({ order: "none" }), a("1-0"), a("2-0"));
  await rig.commit("failed", "committed");
  assertEquals(rig.look(), ["failure 1 of 1-0"]);
  await rig.clock.advance(50);
  await rig.run("1-0").finish();
  assertEquals(words(await rig.commit()), ["handled 1-0"]);
});

Deno.test("Pool tries an entry again at once when its missing predecessor has come", async () => {
  const rig = await handled(new PoolRig(), a("5-0"), a("6-0"));
  await rig.commit("held", "held");
  assertEquals([rig.look(), rig.pool.load.demand], [[], 10]);
  await rig.admit(a("2-0"));
  for (const id of ["2-0", "5-0", "6-0"] as const) await rig.run(id).finish();
  assertEquals(words(await rig.commit()), ["handled 2-0", "handled 5-0", "handled 6-0"]);
});

Deno.test("Pool tries an entry again at once when its missing predecessor turns out to be lost", async () => {
  const rig = await handled(new PoolRig(), a("5-0"));
  await rig.commit("held");
  rig.pool.admitLost(["2-0"]);
  await settle();
  await rig.run("5-0").finish();
  assertEquals(words(await rig.commit()), ["lost 2-0", "handled 5-0"]);
});

Deno.test("Pool rests on after a failure and after what comes later, whatever a commit has held before", async () => {
  const rig = await handled(new PoolRig(), a("5-0"), b("6-0"));
  await rig.commit("held", "held");
  await rig.admit(a("7-0"), a("8-0"), b("9-0"));
  await rig.clock.advance(99);
  assertEquals(rig.look(), []);
  await rig.clock.advance(1);
  await rig.run("5-0").fail();
  rig.look();
  await rig.admit(a("2-0"));
  for (const id of ["6-0", "2-0", "9-0"] as const) await rig.run(id).finish();
  assertEquals(rig.look().filter((line) => line.includes("5-0")), [], "its retry is not due");
  await rig.clock.advance(50);
  await rig.run("5-0").finish();
});

Deno.test("Pool says that an entry was held by what is not here, and waits twice as long each time", async () => {
  const rig = await handled(new PoolRig(), a("5-0"));
  const slots = rig.take();
  assertEquals(rig.pool.resolve(slots, ["held"], new Map()), true);
  for (const waitMs of [100, 200, 400]) {
    rig.look();
    await rig.clock.advance(waitMs - 1);
    assertEquals(rig.look(), [], `${waitMs} ms are not over`);
    await rig.clock.advance(1);
    await rig.run("5-0").finish();
    assertEquals(rig.pool.resolve(rig.take(), ["held"], new Map()), true);
  }
  await rig.clock.advance(800);
  await rig.run("5-0").finish();
  assertEquals(rig.pool.resolve(rig.take(), ["committed"], new Map()), false);
});

Deno.test("Pool runs again what was computed before an earlier entry of its key came", async () => {
  const rig = await handled(new PoolRig(), a("5-0"), a("6-0"));
  await rig.admit(a("7-0"));
  rig.look();
  await rig.admit(a("2-0"));
  assertEquals([rig.look(), rig.pool.load.settled], [[], 0]);
  await rig.run("7-0").finish();
  for (const id of ["2-0", "5-0", "6-0", "7-0"] as const) await rig.run(id).finish();
  const again = ["2-0", "5-0", "6-0", "7-0"].flatMap((id) => [`begin ${id}`, `finish ${id}`]);
  assertEquals(rig.look(), ["finish 7-0", ...again, "told"]);
});

Deno.test("Pool rests a deferred entry once that is committed, and runs it again if it was held", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("2-0"));
  await rig.run("1-0").finish();
  rig.run("2-0").context.defer(1_000);
  await rig.run("2-0").finish();
  rig.look();
  await rig.commit("failed", "held");
  await rig.clock.advance(50);
  await rig.run("1-0").finish();
  assertEquals(rig.run("2-0").context.attempt, 1);
  rig.run("2-0").context.defer(1_000);
  await rig.run("2-0").finish();
  assertEquals(words(await rig.commit()), ["handled 1-0", "deferred 2-0"]);
  assertEquals(rig.pool.load, { demand: 10, inFlight: 1, running: 0, settled: 0 });
  rig.look();
  await rig.clock.advance(1_000);
  assertEquals(rig.look(), ["begin 2-0"]);
});

Deno.test("Pool lets a deferred entry wait behind a failed one", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("2-0"));
  await rig.run("1-0").finish();
  rig.run("2-0").context.defer(10);
  await rig.run("2-0").finish();
  rig.look();
  await rig.commit("failed", "committed");
  await rig.clock.advance(100);
  assertEquals(rig.look(), ["failure 1 of 1-0", "begin 1-0"]);
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["finish 1-0", "begin 2-0"]);
});

Deno.test("Pool settles lost entries as lost, also when they are held", async () => {
  const rig = new PoolRig();
  rig.pool.admitLost(["1-0", "2-0", "1-0"]);
  assertEquals([rig.look(), rig.pool.load.settled], [["told"], 2]);
  assertEquals(words(await rig.commit("committed", "held")), ["lost 1-0", "lost 2-0"]);
  assertEquals([rig.look(), rig.pool.load.settled], [[], 0]);
  await rig.clock.advance(100);
  assertEquals(rig.look(), ["told"]);
  assertEquals(words(await rig.commit()), ["lost 2-0"]);
  assertEquals(rig.pool.load, idle);
});

Deno.test("Pool takes no notice of verdicts on what it has let go of", async () => {
  const rig = await handled(new PoolRig(), a("1-0"), a("2-0"));
  const taken = rig.take();
  rig.pool.fence(["1-0"]);
  assertEquals(rig.pool.load, { demand: 8, inFlight: 1, running: 0, settled: 2 });
  await rig.admit(a("1-0"));
  await rig.answer(taken, ["failed", "committed"]);
  assertEquals([rig.pool.ids(), rig.pool.load.settled], [["1-0"], 0]);
  assertEquals(rig.run("1-0").context.attempt, 1);
  await rig.run("1-0").finish();
  await rig.clock.advance(1_000);
  assertEquals([words(await rig.commit()), rig.runs.size], [["handled 1-0"], 0]);
  assertEquals(rig.pool.load, idle);
});

Deno.test("Pool takes more where handlers are quick, and no more once they are slow", async () => {
  const rig = new PoolRig({ windowMax: 2, quickWindowMax: 6 });
  const finish = async (count: number, durationMs: number) => {
    for (let n = 1; n <= count; n++) {
      await rig.admit(delivery(`${BigInt(n)}-0`));
      await rig.clock.advance(durationMs);
      await rig.run(`${BigInt(n)}-0`).finish();
      await rig.commit();
    }
  };
  await finish(1, 0);
  assertEquals(rig.pool.load.demand, 2);
  await finish(40, 0);
  assertEquals(rig.pool.load.demand, 6);
  await finish(1, 100);
  assertEquals(rig.pool.load.demand, 2);
});
