/**
 * Entry ids as an order: whatever ids there are, sorting, stepping and spelling agree with exact numbers, and no other
 * text passes for one.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  compareEntryIds,
  type EntryId,
  entryIdOfSortable,
  isEntryId,
  nextEntryId,
  previousEntryId,
  sortableEntryId,
} from "../../src/domain/entry_id.ts";
import { InvalidEntryIdError } from "../../src/domain/errors.ts";
import { nextRunEventId, runEventNumber, runGap } from "../../src/domain/run.ts";
import { assignIds } from "../../src/brokers/sqlite/journals_ids.ts";
import { EntryIdNotIncreasingError, StreamExhaustedError } from "../../src/domain/stream_errors.ts";
import { CASES } from "../support/cases.ts";
import { anyEntryId, numberOfId } from "../support/entry_ids.ts";
import { damagedText } from "../support/hostile.ts";

Deno.test("compareEntryIds sorts any list as exact numbers do, and so does the sortable spelling", () => {
  fc.assert(
    fc.property(fc.array(anyEntryId, { maxLength: 12 }), (ids) => {
      const exact = ids.toSorted((a, b) => numberOfId(a) < numberOfId(b) ? -1 : 1);
      assertEquals(ids.toSorted(compareEntryIds), exact);
      assertEquals(ids.map(sortableEntryId).sort().map(entryIdOfSortable), exact);
    }),
    CASES,
  );
});

Deno.test("nextEntryId and previousEntryId undo each other, with no id between", () => {
  fc.assert(
    fc.property(anyEntryId, anyEntryId, (id, other) => {
      const next = nextEntryId(id);
      if (next === null) return assert(compareEntryIds(other, id) <= 0);
      assertEquals(previousEntryId(next), id);
      const isBetween = compareEntryIds(other, id) > 0 && compareEntryIds(other, next) < 0;
      assert(!isBetween);
    }),
    CASES,
  );
});

Deno.test("isEntryId takes a damaged id only where it is the one spelling of another id", () => {
  const damaged = anyEntryId.chain(damagedText);
  fc.assert(
    fc.property(damaged, (text) => {
      const [, ms, seq] = /^(\d+)-(\d+)$/.exec(text) ?? [];
      const isOne = ms !== undefined && seq !== undefined &&
        text === `${BigInt(ms)}-${BigInt(seq)}` &&
        BigInt(ms) < 2n ** 64n && BigInt(seq) < 2n ** 64n;
      assertEquals(isEntryId(text), isOne, text);
    }),
    CASES,
  );
});

Deno.test("entryIdOfSortable takes a damaged spelling only where it is the one of another id", () => {
  const damaged = anyEntryId.chain((id) => damagedText(sortableEntryId(id)));
  fc.assert(
    fc.property(damaged, (text) => {
      try {
        assertEquals(sortableEntryId(entryIdOfSortable(text)), text);
      } catch (error) {
        if (!(error instanceof InvalidEntryIdError)) throw error;
      }
    }),
    CASES,
  );
});

Deno.test("entryIdOfSortable refuses a wrong letter before the second half", () => {
  for (const text of ["a1b0", "a1z0", "a1`0", "a1A0", "a1 0"]) {
    assertThrows(() => entryIdOfSortable(text), InvalidEntryIdError);
  }
});

/** Wall clocks stand, jump and go back. */
const clockSteps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -50_000, max: 50_000 })), {
  maxLength: 30,
});

Deno.test("assignIds gives a journal rising ids, whatever the clock and the ids that it is told", () => {
  const wishes = fc.array(fc.option(anyEntryId, { nil: undefined, freq: 4 }), { maxLength: 8 });
  fc.assert(
    fc.property(
      anyEntryId,
      fc.integer({ min: -5, max: 2 ** 50 }),
      wishes,
      (lastId, nowMs, given) => {
        const entries = given.map((id) => ({
          fields: ["a", "b"],
          ...id === undefined ? {} : { id },
        }));
        try {
          const ids = assignIds(entries, { journal: "runs/a", lastId, nowMs });
          for (const [index, id] of ids.entries()) {
            assert(isEntryId(id) && compareEntryIds(id, ids[index - 1] ?? lastId) > 0);
            assertEquals(given[index] ?? id, id);
          }
          assertEquals(ids.length, given.length);
        } catch (error) {
          const isRising = given.every((id, index) =>
            id === undefined ||
            given.slice(0, index).every((before) =>
                before === undefined || compareEntryIds(id, before) > 0
              ) && compareEntryIds(id, lastId) > 0
          );
          const isKnown = error instanceof StreamExhaustedError ||
            error instanceof EntryIdNotIncreasingError;
          assert(isKnown, String(error));
          // Where every wish rises and none of them is after an id of the clock, only the end of all ids can refuse.
          if (isRising && given.every((id) => id !== undefined)) {
            assert(error instanceof StreamExhaustedError);
          }
        }
      },
    ),
    CASES,
  );
});

Deno.test("nextRunEventId numbers a run's events without a hole, and runGap counts any piece of it", () => {
  fc.assert(
    fc.property(clockSteps, fc.nat(), fc.nat(), (steps, one, two) => {
      let nowMs = 1_700_000_000_000;
      const ids: EntryId[] = ["0-0"];
      for (const step of steps) ids.push(nextRunEventId(ids.at(-1) ?? "0-0", nowMs += step));
      assertEquals(ids.map(runEventNumber), ids.map((_, index) => index));
      assertEquals(ids.toSorted(compareEntryIds), ids);
      const [from, to] = [one % ids.length, two % ids.length];
      const gap = runGap(ids[from] ?? "0-0", ids[to] ?? "0-0");
      assertEquals(gap?.count ?? 0, Math.max(0, to - from));
    }),
    CASES,
  );
});
