/**
 * The watermark's rule, against brute force.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import { advanceWatermark } from "../../src/domain/watermark.ts";

const anyId = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 1 }))
  .map(([ms, seq]): EntryId => `${BigInt(ms)}-${BigInt(seq)}`);

Deno.test("advanceWatermark finds what brute force finds, and never falls", () => {
  fc.assert(
    fc.property(anyId, fc.array(anyId), fc.option(anyId), (position, finished, firstPending) => {
      const result = advanceWatermark({ position, finished, firstPending });
      const all = Array.from(
        { length: 26 },
        (_, index): EntryId => `${BigInt(index >> 1)}-${BigInt(index & 1)}`,
      );
      const isAllowed = (id: EntryId) =>
        firstPending === null || compareEntryIds(id, firstPending) < 0;
      const highest = all.filter((id) =>
        id === position ||
        (finished.includes(id) && isAllowed(id) && compareEntryIds(id, position) > 0)
      ).at(-1);
      assertEquals(result.position, highest);
      const above = all.filter((id) =>
        finished.includes(id) && compareEntryIds(id, result.position) > 0
      );
      assertEquals(result.done, above);
      assert(compareEntryIds(result.position, position) >= 0);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("advanceWatermark finishes every entry, in whatever order they finish", () => {
  const ids = Array.from({ length: 12 }, (_, index): EntryId => `${BigInt(index + 1)}-0`);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(ids, { minLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      (order, size) => {
        const pending = new Set(ids);
        let state: { position: EntryId; done: EntryId[] } = { position: "0-0", done: [] };
        for (let from = 0; from < order.length; from += size) {
          const batch = order.slice(from, from + size);
          for (const id of batch) pending.delete(id);
          const firstPending = ids.find((id) => pending.has(id)) ?? null;
          state = advanceWatermark({
            position: state.position,
            finished: [...state.done, ...batch],
            firstPending,
          });
          const finished = ids.filter((id) => !pending.has(id));
          const covered = finished.filter((id) => compareEntryIds(id, state.position) <= 0);
          assertEquals(
            [...covered, ...state.done],
            finished,
            "each finished entry is in one of the two",
          );
          assert(ids.every((id) => !pending.has(id) || compareEntryIds(id, state.position) > 0));
        }
        assertEquals(state, { position: "12-0", done: [] });
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("T1: with 3 pending of 5, the watermark is 2", () => {
  const finished: EntryId[] = ["1-0", "2-0", "4-0", "5-0"];
  const result = advanceWatermark({ position: "0-0", finished, firstPending: "3-0" });
  assertEquals(result, { position: "2-0", done: ["4-0", "5-0"] });
});
