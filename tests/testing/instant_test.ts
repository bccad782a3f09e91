/**
 * The bound of what is done at one instant of virtual time, and what is said when it is reached.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { EndlessLoopError, Instant } from "../../src/testing/instant.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";

/** One entry in one group. */
const DEEDS_MAX = 1_050;

function times(count: number, act: () => unknown): unknown[] {
  return Array.from({ length: count }, act);
}

Deno.test("Instant counts the calls of each process until time passes", () => {
  const clock = new VirtualClock();
  const instant = new Instant(clock, 1);
  const call = () => instant.called("p1", "commit")?.message ?? null;
  assertEquals(new Set(times(DEEDS_MAX, call)), new Set([null]));
  assertEquals(instant.called("p2", "join"), null);
  clock.jump(1);
  assertEquals(new Set(times(DEEDS_MAX, call)), new Set([null]));
  assertEquals(
    call(),
    'Cannot go on: process "p1" goes round without end: after 1 ms no more time passes, it made 1051 calls, and its last ' +
      'call was "commit"',
  );
});

Deno.test("Instant counts the looks at a clock, and begins anew after one too many", () => {
  const clock = new VirtualClock();
  const instant = new Instant(clock, 1);
  const look = () => instant.looked("p1")?.loop ?? null;
  assertEquals(new Set(times(DEEDS_MAX, look)), new Set([null]));
  const told =
    'process "p1" goes round without end: after 0 ms no more time passes, it looked at its clock 1051 times, and ';
  assertEquals([look(), look()], [`${told}no call was made`, null]);
  instant.called("p1", "join");
  assertEquals(times(DEEDS_MAX, look).at(-1), `${told}its last call was "join"`);
});

Deno.test("Instant counts timers, and names the process with the most calls", () => {
  const clock = new VirtualClock();
  const instant = new Instant(clock, 1);
  times(DEEDS_MAX, () => instant.timerRan());
  const told = "after 0 ms no more time passes, 1051 timers ran, and";
  const nobody = assertThrows(() => instant.timerRan(), EndlessLoopError);
  assertEquals(nobody.loop, `something goes round without end: ${told} no call was made`);
  clock.jump(1);
  times(DEEDS_MAX, () => instant.timerRan());
  for (const process of ["p1", "p2", "p2", "p3"]) instant.called(process, "claim");
  const error = assertThrows(() => instant.timerRan(), EndlessLoopError);
  assertEquals(error.loop.startsWith('process "p2" goes round without end: after 1 ms'), true);
});
