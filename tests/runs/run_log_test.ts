/**
 * The memory of a run: what waits, what was dropped, and what who follows can read.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import { nextRunEventId, runEventNumber } from "../../src/domain/run.ts";
import { decodeRunEvent, encodeRunEvent } from "../../src/domain/run_event.ts";
import { RunLog, type WaitingEntry } from "../../src/runs/run_log.ts";

const WIDE = { eventsMax: 1_000_000, bytesMax: 1_000_000_000 };

function push(log: RunLog, size = 0): EntryId {
  const id = nextRunEventId(log.lastId, 1_000);
  log.push(id, encodeRunEvent({ type: "told", data: "x".repeat(size) }));
  return id;
}

function numbers(list: readonly { readonly id: EntryId }[] | null): number[] | null {
  return list === null ? null : list.map(({ id }) => runEventNumber(id));
}

/** How many events a list of entries stands for, when each follows the one before. */
function stoodFor(stored: readonly WaitingEntry[]): number {
  let last = 0;
  for (const entry of stored) {
    const { id, type, data } = decodeRunEvent(entry);
    const number = runEventNumber(id);
    if (type === "run.gap") {
      const { first_id, last_id, count } = Object(data);
      assertEquals([runEventNumber(first_id), last_id, count], [last + 1, id, number - last]);
    } else {
      assertEquals(number, last + 1);
    }
    last = number;
  }
  return last;
}

Deno.test("RunLog: what is taken is the same until it has landed, and then the next", () => {
  const log = new RunLog(ENTRY_ID_ZERO, WIDE);
  for (let n = 0; n < 5; n++) push(log);
  const bounds = { eventsMax: 2, bytesMax: 1_000_000 };
  const first = log.take(bounds);
  push(log);
  assertEquals([numbers(first), log.take(bounds)], [[1, 2], first]);
  log.landed();
  assertEquals([numbers(log.take(bounds)), log.waitingCount], [[3, 4], 4]);
  assertEquals(numbers(log.after("1000-3")), [4, 5, 6], "it stays for who reads along");
});

Deno.test("RunLog: whoever reads along gets what is above his position, wherever that is", () => {
  const log = new RunLog(ENTRY_ID_ZERO, WIDE);
  const ids: EntryId[] = [ENTRY_ID_ZERO];
  for (let length = 0; length <= 4; length++) {
    const all = Array.from({ length }, (_, at) => at + 1);
    for (const [position, id] of ids.entries()) {
      assertEquals(numbers(log.after(id)), all.slice(position), `${position} of ${length}`);
    }
    ids.push(push(log));
  }
});

Deno.test("RunLog: one delivery ends by bytes, too, but not before one event", () => {
  const log = new RunLog(ENTRY_ID_ZERO, WIDE);
  for (const size of [300_000, 100_000, 100_000, 100_000, 10]) push(log, size);
  const deliveries: unknown[] = [];
  for (let at: EntryId = ENTRY_ID_ZERO;;) {
    const delivery = log.after(at) ?? [];
    const last = delivery.at(-1);
    if (last === undefined) break;
    deliveries.push(numbers(delivery));
    at = last.id;
  }
  assertEquals(deliveries, [[1], [2, 3], [4, 5]]);
});

Deno.test("RunLog: a batch ends by bytes, but not before one event", () => {
  const log = new RunLog(ENTRY_ID_ZERO, WIDE);
  for (const size of [5_000, 10, 10, 5_000]) push(log, size);
  const sizes: unknown[] = [];
  while (log.waitingCount > 0) {
    sizes.push(log.take({ eventsMax: 10, bytesMax: 1_000 }).length);
    log.landed();
  }
  assertEquals(sizes, [1, 2, 1]);
});

Deno.test("RunLog: what cannot wait is dropped from the oldest on, never what is being stored", () => {
  const log = new RunLog(ENTRY_ID_ZERO, { eventsMax: 4, bytesMax: 1_000_000 });
  push(log);
  push(log);
  const taken = log.take({ eventsMax: 2, bytesMax: 1_000_000 });
  for (let n = 0; n < 10; n++) push(log);
  assertEquals([numbers(taken), numbers(log.after("0-0"))], [[1, 2], [1, 2, 11, 12]]);
  assertEquals(log.droppedCount, 9);
  const [gap] = log.after("1000-2") ?? [];
  const data = { first_id: "1000-3", last_id: "1000-11", count: 9 };
  assertEquals(gap, { id: "1000-11", type: "run.gap", data, atMs: 1_000 });
  log.landed();
  push(log, 900_000);
  push(log, 900_000);
  const rest = log.take({ eventsMax: 10, bytesMax: 100_000_000 });
  assertEquals(stoodFor([...taken, ...rest]), 14);
});

Deno.test("RunLog: whatever happens, everything is stored or counted as missing, in order", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.nat({ max: 3_000 }).map((size) => ({ push: size })) },
    { weight: 2, arbitrary: fc.constant("take" as const) },
    { weight: 2, arbitrary: fc.constant("land" as const) },
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 2, max: 9 }),
      (steps, eventsMax) => {
        const log = new RunLog(ENTRY_ID_ZERO, { eventsMax, bytesMax: 8_000 });
        const bounds = { eventsMax: 3, bytesMax: 4_000 };
        const stored: WaitingEntry[] = [];
        let taken: WaitingEntry[] = [];
        let pushed = 0;
        const land = () => {
          stored.push(...taken);
          if (taken.length > 0) log.landed();
          taken = [];
        };
        for (const each of steps) {
          if (each === "take") taken = log.take(bounds);
          else if (each === "land") land();
          else {
            push(log, each.push);
            pushed++;
            assert(log.waitingCount <= Math.max(eventsMax, taken.length + 2));
          }
        }
        land();
        while (log.waitingCount > 0) {
          taken = log.take(bounds);
          land();
        }
        assertEquals(stoodFor(stored), pushed);
      },
    ),
  );
});

Deno.test("RunLog: stored events are forgotten in time, and who is behind must ask the store", () => {
  const log = new RunLog(ENTRY_ID_ZERO, WIDE);
  for (let n = 0; n < 3_000; n++) push(log);
  while (log.waitingCount > 0) {
    log.take({ eventsMax: 500, bytesMax: 1_000_000 });
    log.landed();
  }
  assertEquals([log.afterId, log.after("1000-1999")], ["1000-2000", null]);
  assertEquals(numbers(log.after("1000-2998")), [2_999, 3_000]);
  assertEquals([log.after(log.lastId), log.after("9999-0")], [[], []]);
});

Deno.test("RunLog: of stored events each counts once, and a restart forgets", () => {
  const log = new RunLog("1000-5", WIDE);
  const entry = (id: EntryId) => ({ id, fields: encodeRunEvent({ type: "told" }) });
  let calls = 0;
  const unfollow = log.follow(() => calls++);
  log.pushStored([entry("1000-5"), entry("1000-6"), entry("1000-7")]);
  log.pushStored([entry("1000-7"), entry("1000-8")]);
  assertEquals([numbers(log.after("1000-5")), log.after("1000-4")], [[6, 7, 8], null]);
  log.restart("1000-20");
  log.pushStored([entry("1000-21")]);
  assertEquals([numbers(log.after("1000-20")), log.after("1000-8"), calls], [[21], null, 3]);
  unfollow();
  log.close({ status: "failed", reason: "a" });
  log.close({ status: "completed", reason: null });
  assertEquals([log.end, calls, log.followerCount], [{ status: "failed", reason: "a" }, 3, 0]);
});
