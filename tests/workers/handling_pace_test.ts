/** How long handlers took lately, which says how far a pool may read ahead. */

import { assert, assertEquals } from "@std/assert";
import { HandlingPace } from "../../src/workers/handling_pace.ts";

/** A pace after these durations, in ms. */
function paceOf(durations: readonly number[]): HandlingPace {
  const pace = new HandlingPace();
  for (const ms of durations) pace.add(ms);
  return pace;
}

Deno.test("HandlingPace takes a handler for slow until it knows more", () => {
  assertEquals([paceOf([]).countFor(1), paceOf([]).countFor(8)], [1, 8]);
});

Deno.test("HandlingPace tells how many entries fit into five milliseconds, for so many workers", () => {
  const pace = paceOf(Array.from({ length: 200 }, () => 0.5));
  assertEquals([pace.countFor(1), pace.countFor(4)], [9, 39]);
});

Deno.test("HandlingPace feels one slow entry at once, and some fifty quick ones make up for it", () => {
  const quick = Array.from({ length: 100 }, () => 0);
  assert(paceOf(quick).countFor(1) > 1_000);
  assertEquals(paceOf([...quick, 1_000]).countFor(1), 0);
  assertEquals(paceOf([...quick, 1_000, ...quick.slice(0, 20)]).countFor(1), 0);
  assert(paceOf([...quick, 1_000, ...quick.slice(0, 60)]).countFor(1) > 100);
});

Deno.test("HandlingPace is not misled by a clock that jumps back", () => {
  assertEquals(paceOf([-3_600_000, -3_600_000, 100]).countFor(1), 0);
});
