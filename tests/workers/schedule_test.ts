/** Whose turn it is: lanes by key, rests, and entries that come back. */

import { assert, assertEquals } from "@std/assert";
import type { Delivery } from "../../src/domain/entry.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { ClockView } from "../../src/testing/clock_view.ts";
import { type Slot, slotFor } from "../../src/workers/lane.ts";
import { Schedule, type ScheduleOptions } from "../../src/workers/schedule.ts";
import { delivery } from "../support/pool_rig.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** A schedule, and the entries that became due. */
function scheduled(differs: Partial<ScheduleOptions> = {}) {
  const clock = new VirtualClock();
  const due: string[] = [];
  const schedule = new Schedule({
    order: "key",
    workersMax: 2,
    codec: "event",
    place: { stream: "orders" },
    clock,
    onDue: () => due.push("due"),
    ...differs,
  });
  const add = (...entries: readonly Delivery[]): Slot[] =>
    entries.map((entry) => {
      const slot = slotFor(entry, { lane: schedule.laneFor(entry) });
      schedule.add(slot);
      return slot;
    });
  /** Gives every turn that there is. */
  const takeAll = (): EntryId[] => {
    const ids: EntryId[] = [];
    for (let slot = schedule.next(); slot !== null; slot = schedule.next()) {
      slot.state = "running";
      ids.push(slot.delivery.id);
    }
    return ids;
  };
  return { schedule, clock, due, add, takeAll };
}

const a = (id: EntryId, differs: Partial<Delivery> = {}) => delivery(id, { key: "a", ...differs });
const b = (id: EntryId) => delivery(id, { key: "b" });

Deno.test("Schedule gives one turn per key, in id order, and all keys at once", () => {
  const { schedule, add, takeAll } = scheduled();
  const [first] = add(a("1-0"), b("2-0"), a("3-0"), a("4-0"), b("5-0"));
  assertEquals(takeAll(), ["1-0", "2-0"]);
  if (first !== undefined) schedule.endTurn(first);
  assertEquals(takeAll(), ["3-0"]);
});

Deno.test("Schedule orders entries that come in any order, also above 2^53", () => {
  const { schedule, add, takeAll } = scheduled();
  const slots = add(a("9007199254740993-0"), a("10-0"), a("9007199254740992-0"), a("9-0"));
  const seen: EntryId[] = [];
  for (let turn = 0; turn < slots.length; turn++) {
    const [id] = takeAll();
    const slot = slots.find(({ delivery }) => delivery.id === id);
    if (id === undefined || slot === undefined) break;
    seen.push(id);
    slot.state = "settled";
    schedule.endTurn(slot);
  }
  assertEquals(seen, ["9-0", "10-0", "9007199254740992-0", "9007199254740993-0"]);
});

Deno.test("Schedule keeps the order of entries without a key only where one handler runs at a time", () => {
  const single = scheduled({ workersMax: 1 });
  single.add(delivery("1-0"), delivery("2-0"));
  assertEquals(single.takeAll(), ["1-0"]);
  const several = scheduled({ workersMax: 2 });
  several.add(delivery("1-0"), delivery("2-0"), delivery("3-0"));
  assertEquals(several.takeAll(), ["1-0", "2-0", "3-0"]);
});

Deno.test("Schedule has no lanes in an unordered group", () => {
  const { schedule, add, takeAll } = scheduled({ order: "none", workersMax: 1 });
  assertEquals(schedule.laneFor(a("1-0")), null);
  add(a("2-0"), a("1-0"));
  assertEquals(takeAll(), ["2-0", "1-0"]);
});

Deno.test("Schedule takes the key that the user's own codec finds, and the entry's where it fails", () => {
  const { schedule } = scheduled({
    codec: ({ id }) => {
      if (id === "3-0") throw new Error("no");
      return { type: "placed", data: null, ...(id === "1-0" ? { key: "from codec" } : {}) };
    },
  });
  const keys = ([a("1-0"), a("2-0"), a("3-0"), delivery("4-0")] as const)
    .map((entry) => schedule.laneFor(entry)?.key);
  assertEquals(keys, ["from codec", "a", "a", undefined]);
});

Deno.test("Schedule lets a resting head hold its key and nothing else", async () => {
  const { schedule, clock, due, add, takeAll } = scheduled();
  const [head] = add(a("1-0"), a("2-0"), a("3-0"), b("4-0"));
  assertEquals(takeAll(), ["1-0", "4-0"]);
  assert(head !== undefined);
  head.dueAtMs = clock.nowMs() + 100;
  schedule.rest(head);
  assertEquals([schedule.heldCount, schedule.readyCount, takeAll()], [3, 0, []]);
  await clock.advance(99);
  assertEquals(due, []);
  await clock.advance(1);
  assertEquals([due, schedule.heldCount, takeAll()], [["due"], 0, ["1-0"]]);
});

Deno.test("Schedule lets an entry that is not due yet hold its key from the beginning", async () => {
  const { schedule, clock, add, takeAll } = scheduled();
  add(a("1-0", { dueAtMs: clock.nowMs() + 50 }), a("2-0"), a("3-0", { dueAtMs: 1 }));
  assertEquals([schedule.heldCount, takeAll()], [3, []]);
  await clock.advance(50);
  assertEquals([schedule.heldCount, takeAll()], [0, ["1-0"]]);
});

Deno.test("Schedule lets an entry rest for no longer where the clock is set back meanwhile", async () => {
  const clock = new VirtualClock();
  const view = new ClockView(clock);
  const { add, takeAll } = scheduled({ clock: view });
  add(a("1-0", { dueAtMs: view.nowMs() + 100 }), a("2-0"));
  await clock.advance(60);
  view.jump(-3_600_000);
  await clock.advance(39);
  assertEquals(takeAll(), []);
  await clock.advance(1);
  assertEquals(takeAll(), ["1-0"]);
});

Deno.test("Schedule can rest for longer than a timer can wait", async () => {
  const { clock, due, add, takeAll } = scheduled();
  const days = 86_400_000;
  add(a("1-0", { dueAtMs: clock.nowMs() + 60 * days }));
  await clock.advance(60 * days - 1);
  assertEquals([due, takeAll(), clock.timerCount], [[], [], 1]);
  await clock.advance(1);
  assertEquals([due, takeAll(), clock.timerCount], [["due"], ["1-0"], 0]);
});

Deno.test("Schedule puts an entry that comes late before a head that has not begun", async () => {
  const { schedule, clock, add, takeAll } = scheduled();
  const [resting] = add(a("5-0", { dueAtMs: clock.nowMs() + 10 }));
  add(b("6-0"));
  const late = add(a("2-0"), b("3-0"));
  assertEquals(resting?.state, "waiting");
  assertEquals([schedule.heldCount, takeAll()], [0, ["2-0", "3-0"]]);
  for (const slot of late) schedule.endTurn(slot);
  assertEquals([schedule.heldCount, takeAll()], [1, ["6-0"]]);
  await clock.advance(10);
  assertEquals(takeAll(), ["5-0"]);
});

Deno.test("Schedule marks a running head when an entry of its key comes late", () => {
  const { schedule, add, takeAll } = scheduled();
  const [head] = add(a("5-0"));
  assertEquals(takeAll(), ["5-0"]);
  add(a("2-0"));
  assertEquals([head?.mustRunAgain, takeAll()], [true, []]);
  if (head !== undefined) schedule.sendBack([head]);
  assertEquals(takeAll(), ["2-0"]);
});

Deno.test("Schedule does not run an entry without a key again because of another one", () => {
  const { schedule, add, takeAll } = scheduled({ workersMax: 1 });
  const [first, second] = add(delivery("1-0"), delivery("2-0"));
  takeAll();
  assert(first !== undefined && second !== undefined);
  first.state = "settled";
  schedule.endTurn(first);
  assertEquals(takeAll(), ["2-0"]);
  schedule.sendBack([first]);
  assertEquals([second.mustRunAgain, takeAll()], [false, []]);
  schedule.endTurn(second);
  assertEquals(takeAll(), ["1-0"]);
});

Deno.test("Schedule lets an entry that came late go before a deferred head", async () => {
  const { schedule, clock, add, takeAll } = scheduled();
  const [deferred] = add(a("5-0"));
  takeAll();
  assert(deferred !== undefined);
  deferred.state = "settled";
  const [late] = add(a("2-0"));
  assertEquals(takeAll(), []);
  deferred.dueAtMs = clock.nowMs() + 1_000;
  schedule.rest(deferred);
  assertEquals(takeAll(), ["2-0"]);
  if (late !== undefined) schedule.endTurn(late);
  assertEquals([schedule.heldCount, takeAll()], [1, []]);
  await clock.advance(1_000);
  assertEquals(takeAll(), ["5-0"]);
});

Deno.test("Schedule forgets an entry wherever it is, and goes on behind it", () => {
  const { schedule, clock, add, takeAll } = scheduled();
  const slots = add(
    a("1-0", { dueAtMs: clock.nowMs() + 10 }),
    a("2-0"),
    a("3-0"),
    a("4-0"),
  );
  const [resting, ready, waiting, last] = slots;
  if (resting !== undefined) schedule.remove(resting);
  assertEquals([clock.timerCount, schedule.heldCount, schedule.readyCount], [0, 0, 1]);
  if (waiting !== undefined) schedule.remove(waiting);
  if (ready !== undefined) schedule.remove(ready);
  assertEquals(takeAll(), ["4-0"]);
  if (last !== undefined) schedule.remove(last);
  assertEquals([schedule.readyCount, schedule.heldCount], [0, 0]);
});
