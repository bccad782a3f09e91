/**
 * The clocks of the simulator.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { ClockView } from "../../src/testing/clock_view.ts";
import { settle, VirtualClock } from "../../src/testing/virtual_clock.ts";

/** Notes what runs, and when. */
function storyOn(
  clock: VirtualClock,
): { readonly story: string[]; at(ms: number, name: string): void } {
  const story: string[] = [];
  return {
    story,
    at: (ms, name) => void clock.after(ms, () => void story.push(`${clock.nowMs()} ${name}`)),
  };
}

Deno.test("VirtualClock runs timers by their times, and those of one time as they were made", async () => {
  const clock = new VirtualClock(0);
  const { story, at } = storyOn(clock);
  at(20, "c");
  at(10, "a");
  at(10, "b");
  clock.after(10, () => at(0, "from a callback"));
  await clock.advance(15);
  assertEquals(story, ["10 a", "10 b", "10 from a callback"]);
  assertEquals([clock.nowMs(), clock.timerCount, clock.nextMs], [15, 1, 20]);
  assertEquals([clock.step(), clock.step(), story.at(-1)], [true, false, "20 c"]);
});

Deno.test("VirtualClock keeps the order of any timers, also with some cancelled", () => {
  const timers = fc.array(fc.record({ ms: fc.nat(50), cancelled: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(timers, (wanted) => {
      const clock = new VirtualClock(0);
      const ran: number[] = [];
      const made = wanted.map(({ ms }, at) => clock.after(ms, () => void ran.push(at)));
      for (const [at, { cancelled }] of wanted.entries()) if (cancelled) made[at]?.cancel();
      const left = [...wanted.entries()].filter(([, { cancelled }]) => !cancelled);
      assertEquals(clock.timerCount, left.length);
      while (clock.step());
      assertEquals(ran, left.toSorted(([, a], [, b]) => a.ms - b.ms).map(([at]) => at));
    }),
    { numRuns: 200 },
  );
});

Deno.test("VirtualClock lets chained promises settle between two timers", async () => {
  const clock = new VirtualClock(0);
  const story: string[] = [];
  clock.after(1, () => {
    let chain = Promise.resolve();
    for (let link = 0; link < 100; link++) chain = chain.then(() => {});
    chain.then(() => story.push("settled"));
  });
  clock.after(1, () => void story.push("second timer"));
  await clock.advance(1);
  assertEquals(story, ["settled", "second timer"]);
});

Deno.test("VirtualClock forgets a timer that is cancelled, twice or after it ran", async () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  const one = clock.after(1, () => void ran.push("one"));
  const two = clock.after(2, () => void ran.push("two"));
  two.cancel();
  two.cancel();
  await clock.advance(5);
  one.cancel();
  assertEquals([ran, clock.timerCount], [["one"], 0]);
});

Deno.test("ClockView is set without moving waits that have begun", async () => {
  const clock = new VirtualClock(0);
  const view = new ClockView(clock, { aheadMs: 100 });
  const seen: number[] = [];
  view.after(10, () => void seen.push(view.nowMs()));
  view.jump(-1_000);
  assertEquals(view.nowMs(), -900);
  await clock.advance(10);
  assertEquals(seen, [-890]);
});

Deno.test("ClockView runs what fell due while it stood still when it goes on, in its order", async () => {
  const clock = new VirtualClock(0);
  const view = new ClockView(clock);
  const story: string[] = [];
  for (const ms of [30, 10, 20]) view.after(ms, () => void story.push(`${view.nowMs()}: ${ms}`));
  const cancelled = view.after(15, () => void story.push("cancelled"));
  view.freeze();
  await clock.advance(25);
  cancelled.cancel();
  assertEquals([story, view.nowMs(), view.isFrozen], [[], 0, true]);
  view.thaw();
  await clock.advance(0);
  assertEquals(story, ["25: 10", "25: 20"]);
  await clock.advance(5);
  assertEquals(story.at(-1), "30: 30");
});

Deno.test("ClockView runs nothing after its end", async () => {
  const clock = new VirtualClock(0);
  const view = new ClockView(clock);
  const ran: string[] = [];
  view.after(1, () => void ran.push("before"));
  view.freeze();
  await clock.advance(2);
  view.end();
  view.thaw();
  view.after(1, () => void ran.push("after"));
  await clock.advance(10);
  await settle();
  assertEquals(ran, []);
});
