/** The pool of one consumer: turns, retries, deferrals, dead letters, demand, and letting go. */

import { assertEquals } from "@std/assert";
import { readDeadLetter } from "../../src/domain/dead_letter.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import type { HandlerDefinition } from "../../src/workers/handler.ts";
import type { PoolOptions } from "../../src/workers/pool_options.ts";
import { delivery, PoolRig, words } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

const a = (id: EntryId) => delivery(id, { key: "a" });
const b = (id: EntryId) => delivery(id, { key: "b" });

/** Whose handler is another one. */
const handledBy = (handle: HandlerDefinition["handle"], differs: Partial<PoolOptions> = {}) =>
  new PoolRig({ handler: { handle }, ...differs });

/** The dead letters among settlements: why, and after how many attempts. */
function letters(settlements: readonly Settlement[]): unknown[] {
  return settlements.map((settlement) => {
    if (settlement.kind !== "deadLettered") return settlement.kind;
    const meta = readDeadLetter(settlement.letter)?.meta;
    return [settlement.id, meta?.reason, meta?.error?.message ?? null, meta?.attempts];
  });
}

// Turns

Deno.test("Pool runs the entries of a key one after the other, and keys side by side", async () => {
  const rig = new PoolRig({ workersMax: 3 });
  await rig.admit(a("1-0"), a("2-0"), b("3-0"), a("4-0"));
  assertEquals(rig.look(), ["begin 1-0", "begin 3-0"]);
  await rig.run("1-0").finish();
  await rig.run("3-0").finish();
  await rig.run("2-0").finish();
  assertEquals(rig.look(), ["finish 1-0", "begin 2-0", "finish 3-0", "finish 2-0", "begin 4-0"]);
});

Deno.test("Pool runs at most so many handlers at once", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  const ids = ["1-0", "2-0", "3-0", "4-0"] as const;
  await rig.admit(...ids.map((id) => delivery(id, { key: id })));
  assertEquals(rig.look(), ["begin 1-0", "begin 2-0"]);
  await rig.run("2-0").finish();
  assertEquals(rig.look(), ["finish 2-0", "begin 3-0"]);
  assertEquals(rig.pool.load.running, 2);
});

Deno.test("Pool keeps the order of entries without a key where one handler runs at a time", async () => {
  const rig = new PoolRig();
  await rig.admit(delivery("1-0"), delivery("2-0"));
  await rig.run("1-0").fail();
  assertEquals(rig.look(), ["begin 1-0", "fail 1-0", "failure 1 of 1-0"]);
  await rig.clock.advance(50);
  assertEquals(rig.look(), ["begin 1-0"]);
});

Deno.test("Pool lets no entry without a key wait for another one where several handlers run", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(...(["1-0", "2-0", "3-0", "4-0"] as const).map((id) => delivery(id)));
  await rig.run("2-0").finish();
  await rig.run("3-0").fail();
  await rig.run("4-0").finish();
  const begun = rig.look().filter((line) => line.startsWith("begin"));
  assertEquals(begun, ["begin 1-0", "begin 2-0", "begin 3-0", "begin 4-0"]);
});

Deno.test("Pool passes over entries that it holds", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("1-0"));
  await rig.admit(a("1-0"));
  assertEquals([rig.pool.ids(), rig.pool.load.inFlight], [["1-0"], 1]);
});

Deno.test("Pool lets timers run beside handlers that never wait, synchronous or not", async () => {
  for (const isAsync of [false, true]) {
    const ran: EntryId[] = [];
    const rig: PoolRig = handledBy(({ id }) => {
      ran.push(id);
      rig.clock.jump(15);
      return isAsync ? Promise.resolve() : undefined;
    }, { windowMax: 100 });
    const ids = Array.from({ length: 6 }, (_, index): EntryId => `${BigInt(index + 1)}-0`);
    await rig.admit(...ids.map(a));
    assertEquals(ran.length, 2);
    const seen: number[] = [];
    rig.clock.after(0, () => seen.push(ran.length));
    for (let turn = 0; turn < 3; turn++) await rig.clock.advance(0);
    assertEquals([seen, ran, rig.clock.timerCount], [[4], ids, 0]);
  }
});

// Retries and deferrals

Deno.test("Pool retries in place: a failing entry holds its key, others go on", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), a("2-0"), b("3-0"), b("4-0"));
  await rig.run("1-0").fail();
  await rig.run("3-0").finish();
  await rig.run("4-0").finish();
  assertEquals(rig.look(), [
    "begin 1-0",
    "begin 3-0",
    "fail 1-0",
    "failure 1 of 1-0",
    "finish 3-0",
    "begin 4-0",
    "finish 4-0",
    "told",
  ]);
  assertEquals(words(await rig.commit()), ["handled 3-0", "handled 4-0"]);
  await rig.clock.advance(49);
  assertEquals(rig.look(), []);
  await rig.clock.advance(1);
  assertEquals([rig.look(), rig.run("1-0").context.attempt], [["begin 1-0"], 2]);
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["finish 1-0", "begin 2-0"]);
});

Deno.test("Pool waits longer after each failure", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"));
  for (const waitMs of [50, 100, 200, 400]) {
    await rig.run("1-0").fail();
    await rig.clock.advance(waitMs - 1);
    assertEquals(rig.runs.size, 0);
    await rig.clock.advance(1);
    assertEquals(rig.runs.size, 1);
  }
});

Deno.test("Pool defers a failing entry of an unordered group, durably, and nothing waits for it", async () => {
  const rig = new PoolRig({ order: "none" });
  await rig.admit(a("1-0"), a("2-0"));
  await rig.run("1-0").fail();
  const dueAtMs = rig.clock.nowMs() + 50;
  assertEquals(rig.look(), ["begin 1-0", "fail 1-0", "begin 2-0"]);
  await rig.clock.advance(5);
  assertEquals(rig.look(), ["told"]);
  assertEquals(await rig.commit(), [{ kind: "deferred", id: "1-0", dueAtMs, failures: 1 }]);
  await rig.run("2-0").finish();
  await rig.clock.advance(45);
  assertEquals(rig.look(), ["finish 2-0", "told", "begin 1-0"]);
  assertEquals(rig.run("1-0").context.attempt, 2);
});

Deno.test("Pool keeps the key of a deferred entry until it was handled", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), a("2-0"), b("3-0"));
  rig.run("1-0").context.publish("invoices", { type: "dropped" });
  rig.run("1-0").context.defer(1_000);
  await rig.run("1-0").finish();
  await rig.run("3-0").finish();
  const dueAtMs = rig.clock.nowMs() + 1_000;
  assertEquals(await rig.commit(), [
    { kind: "deferred", id: "1-0", dueAtMs, failures: 0 },
    { kind: "handled", id: "3-0", outputs: [], work: [] },
  ]);
  rig.look();
  await rig.clock.advance(999);
  assertEquals(rig.look(), []);
  await rig.clock.advance(1);
  assertEquals([rig.look(), rig.run("1-0").context.attempt], [["begin 1-0"], 1]);
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["finish 1-0", "begin 2-0"]);
});

Deno.test("Pool goes on behind a deferred entry without a key", async () => {
  const rig = new PoolRig();
  await rig.admit(delivery("1-0"), delivery("2-0"));
  rig.run("1-0").context.defer(1_000);
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["begin 1-0", "finish 1-0", "begin 2-0"]);
});

Deno.test("Pool does not run a redelivered entry before it is due, and counts on", async () => {
  const rig = new PoolRig();
  const dueAtMs = rig.clock.nowMs() + 30;
  await rig.admit(delivery("1-0", { key: "a", dueAtMs, failures: 2, deliveries: 2 }), a("2-0"));
  assertEquals(rig.look(), []);
  await rig.clock.advance(30);
  assertEquals([rig.look(), rig.run("1-0").context.attempt], [["begin 1-0"], 3]);
});

// Dead letters

Deno.test("Pool gives an entry up after so many attempts, and goes on behind it", async () => {
  const rig = new PoolRig({ attemptsMax: 2 });
  await rig.admit(a("1-0"), a("2-0"));
  await rig.run("1-0").fail();
  await rig.clock.advance(50);
  await rig.run("1-0").fail(new Error("again"));
  assertEquals(rig.look(), [
    "begin 1-0",
    "fail 1-0",
    "failure 1 of 1-0",
    "begin 1-0",
    "fail 1-0",
    "begin 2-0",
  ]);
  assertEquals(letters(await rig.commit()), [["1-0", "its handler failed 2 times", "again", 2]]);
});

Deno.test("Pool counts the failures of earlier deliveries", async () => {
  const rig = new PoolRig({ attemptsMax: 3 });
  await rig.admit(delivery("1-0", { failures: 2 }));
  await rig.run("1-0").fail();
  assertEquals(letters(await rig.commit()), [["1-0", "its handler failed 3 times", "no", 3]]);
});

Deno.test("Pool gives up what was handed out too often, without another attempt", async () => {
  const rig = new PoolRig({ deliveriesMax: 3 });
  await rig.admit(
    delivery("1-0", { deliveries: 4, failures: 1 }),
    delivery("2-0", { deliveries: 3 }),
  );
  assertEquals(rig.look(), ["begin 2-0"]);
  const reason = "it was handed out 4 times without being finished";
  assertEquals(letters(await rig.commit()), [["1-0", reason, null, 1]]);
});

Deno.test("Pool gives up what cannot be decoded, and what its handler gives up", async () => {
  const rig = new PoolRig();
  await rig.admit({ ...a("1-0"), fields: ["key", "a", "payload", "1"] }, a("2-0"));
  rig.run("2-0").context.deadLetter("nobody wants it");
  await rig.run("2-0").finish();
  const reason = 'Cannot read entry as an event: field "event_type" is missing';
  assertEquals(letters(await rig.commit()), [
    ["1-0", reason, reason, 0],
    ["2-0", "nobody wants it", null, 1],
  ]);
});

Deno.test("Pool gives up an entry whatever was thrown", async () => {
  const rig = new PoolRig({ attemptsMax: 1, workersMax: 4 });
  const thrown = [undefined, null, Object.create(null), {
    get name() {
      throw new Error("inner");
    },
  }];
  const ids = ["1-0", "2-0", "3-0", "4-0"] as const;
  await rig.admit(...ids.map((id) => delivery(id)));
  for (const [index, id] of ids.entries()) await rig.run(id).fail(thrown[index]);
  assertEquals(words(await rig.commit()), ids.map((id) => `deadLettered ${id}`));
});

Deno.test("Pool ends an attempt at its timeout, and only that one", async () => {
  const rig = new PoolRig({ workersMax: 2, timeoutMs: 1_000, attemptsMax: 1 });
  await rig.admit(a("1-0"));
  await rig.clock.advance(500);
  await rig.admit(b("2-0"));
  const { signal } = rig.run("1-0").context;
  await rig.clock.advance(500);
  assertEquals([signal.aborted, rig.run("2-0").context.signal.aborted], [true, false]);
  const reason = "its handler failed once";
  const message = "The handler was told to stop: timeout";
  assertEquals(letters(await rig.commit()), [["1-0", reason, message, 1]]);
  assertEquals(rig.pool.load.running, 1);
});

// Demand

Deno.test("Pool demands what its window leaves, of which resting keys take nothing", async () => {
  const rig = new PoolRig({ windowMax: 4, heldMax: 6 });
  assertEquals(rig.pool.load, { demand: 4, inFlight: 0, running: 0, settled: 0 });
  await rig.admit(a("1-0"), a("2-0"), a("3-0"), b("4-0"));
  assertEquals(rig.pool.load, { demand: 0, inFlight: 4, running: 1, settled: 0 });
  await rig.run("1-0").fail();
  assertEquals(rig.pool.load, { demand: 2, inFlight: 4, running: 1, settled: 0 });
  await rig.run("4-0").finish();
  assertEquals(rig.pool.load, { demand: 2, inFlight: 4, running: 0, settled: 1 });
  await rig.commit();
  assertEquals(rig.pool.load, { demand: 3, inFlight: 3, running: 0, settled: 0 });
  await rig.admit(a("5-0"), a("6-0"));
  assertEquals(rig.pool.load, { demand: 1, inFlight: 5, running: 0, settled: 0 });
  await rig.clock.advance(50);
  assertEquals(rig.pool.load, { demand: 0, inFlight: 5, running: 1, settled: 0 });
});

Deno.test("Pool tells that it takes more once an entry rests, and nothing while it is full", async () => {
  const told: number[] = [];
  const onLoad = () => told.push(rig.pool.load.demand);
  const rig: PoolRig = new PoolRig({ windowMax: 2, workersMax: 2, onLoad });
  await rig.admit(a("1-0"), a("2-0"), b("3-0"), b("4-0"));
  await rig.run("1-0").fail();
  assertEquals([told, rig.pool.load.demand], [[], 0]);
  await rig.run("3-0").fail();
  assertEquals([told, rig.pool.load.demand], [[2], 2]);
});

Deno.test("Pool demands nothing where it holds too many bytes", async () => {
  const rig = new PoolRig({ bytesMax: 50 });
  await rig.admit(delivery("1-0"));
  assertEquals(rig.pool.load.demand, 9);
  await rig.admit(delivery("2-0"));
  assertEquals(rig.pool.load.demand, 0);
  await rig.run("1-0").finish();
  await rig.commit();
  assertEquals(rig.pool.load.demand, 9);
});

// Telling of settlements

Deno.test("Pool tells of settlements at once when nothing runs, otherwise after a moment", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), b("2-0"));
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["begin 1-0", "begin 2-0", "finish 1-0"]);
  await rig.clock.advance(5);
  assertEquals(rig.look(), ["told"]);
  await rig.run("2-0").finish();
  assertEquals(rig.look(), ["finish 2-0"]);
  await rig.commit();
  assertEquals([rig.look(), rig.clock.timerCount], [[], 0]);
});

Deno.test("Pool tells of settlements when enough have come together", async () => {
  const rig = new PoolRig({ workersMax: 3, noticeCount: 2 });
  await rig.admit(a("1-0"), b("2-0"), delivery("3-0"));
  await rig.run("1-0").finish();
  await rig.run("2-0").finish();
  assertEquals(rig.look().at(-1), "told");
});

Deno.test("Pool tells anew of settlements after those that it told of were taken over", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), b("2-0"));
  await rig.run("1-0").finish();
  await rig.clock.advance(5);
  assertEquals(rig.look().at(-1), "told");
  rig.pool.fence(["1-0"]);
  await rig.run("2-0").finish();
  assertEquals(rig.look(), ["finish 2-0", "told"]);
});

// Letting go

Deno.test("Pool lets go of what another consumer has, and tells its handler", async () => {
  const rig = new PoolRig();
  await rig.admit(a("1-0"), a("2-0"));
  const { context } = rig.run("1-0");
  rig.pool.fence(["1-0", "9-0"]);
  await settle();
  assertEquals(context.signal.reason?.reason, "fenced");
  assertEquals([rig.pool.ids(), rig.look()], [["2-0"], ["begin 1-0", "begin 2-0"]]);
  assertEquals(rig.pool.load, { demand: 9, inFlight: 1, running: 1, settled: 0 });
});

Deno.test("Pool drains: what runs ends, the rest is let go of, and nothing begins", async () => {
  const rig = new PoolRig();
  await rig.admit(
    a("1-0"),
    a("2-0"),
    b("3-0"),
    delivery("4-0", { dueAtMs: rig.clock.nowMs() + 9 }),
  );
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["begin 1-0", "finish 1-0", "begin 3-0"]);
  assertEquals(rig.pool.drain(), ["2-0", "4-0"]);
  assertEquals(rig.pool.load, { demand: 0, inFlight: 2, running: 1, settled: 1 });
  await rig.run("3-0").finish();
  assertEquals(words(await rig.commit()), ["handled 1-0", "handled 3-0"]);
  assertEquals(rig.pool.load, { demand: 0, inFlight: 0, running: 0, settled: 0 });
  assertEquals(rig.clock.timerCount, 0);
});

Deno.test("Pool hands back what no handler has begun", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), a("2-0"), b("3-0"), b("4-0"), delivery("5-0"));
  await rig.run("3-0").fail();
  await rig.run("5-0").finish();
  assertEquals(rig.pool.handBack(), ["2-0", "4-0"]);
  assertEquals(rig.pool.ids(), ["1-0", "3-0", "5-0"]);
  await rig.run("1-0").finish();
  await rig.clock.advance(50);
  await rig.run("3-0").finish();
  assertEquals(words(await rig.commit()), ["handled 1-0", "handled 3-0", "handled 5-0"]);
});

Deno.test("Pool abandons everything, and a late answer to a commit changes nothing", async () => {
  const rig = new PoolRig({ workersMax: 2 });
  await rig.admit(a("1-0"), a("2-0"), b("3-0"), b("4-0"));
  await rig.run("1-0").finish();
  const taken = rig.take();
  await rig.run("3-0").finish();
  const { context } = rig.run("2-0");
  rig.pool.abandon("stopped");
  await settle();
  const empty = { demand: 10, inFlight: 0, running: 0, settled: 0 };
  assertEquals([context.signal.reason?.reason, rig.pool.load], ["stopped", empty]);
  await rig.answer(taken);
  assertEquals([rig.pool.load, rig.clock.timerCount], [empty, 0]);
  rig.look();
  await rig.admit(a("1-0"));
  await rig.run("1-0").finish();
  assertEquals(rig.look(), ["begin 1-0", "finish 1-0", "told"]);
});
