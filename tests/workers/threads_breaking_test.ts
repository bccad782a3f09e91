/** A thread that breaks, blocks or disobeys costs the attempt that it runs, and is replaced. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { HandlerAbortedError } from "../../src/domain/event_errors.ts";
import { type Clock, systemClock } from "../../src/ports/clock.ts";
import { EntriesInThreads } from "../../src/workers/threads/entries_in_threads.ts";
import { START_MS_MAX } from "../../src/workers/threads/thread_keeper.ts";
import { eventually } from "../support/eventually.ts";
import { hastyClock, order, ThreadRig } from "../support/thread_rig.ts";

/** Twenty times faster: a handler gets 62 ms to stop. */
const HASTY = 20;

/** How long an attempt may take, in ms. */
const TIMEOUT_MS = 60_000;

/** A hasty clock for which the first attempt, and no other, takes too long after 20 ms. */
function impatientOnce(): Clock {
  const clock = hastyClock(HASTY);
  let attempts = 0;
  return {
    nowMs: clock.nowMs,
    after(delayMs, callback) {
      if (delayMs !== TIMEOUT_MS) return clock.after(delayMs, callback);
      return systemClock.after(attempts++ === 0 ? 20 : TIMEOUT_MS, callback);
    },
  };
}

for (
  const [act, reason] of [
    ["close", "it was closed from inside, with exit code 0"],
    ["exit", "it was closed from inside, with exit code 7"],
    ["throwLater", "an error that nobody caught: Error: later"],
    ["rejectLater", "a promise that was rejected and nobody waited for: Error: nobody waits"],
  ] as const
) {
  Deno.test(`ThreadWorker fails the attempt and replaces its thread after "${act}"`, async () => {
    await using rig = new ThreadRig();
    const result = await rig.run(order(act));
    assert(result.kind === "failed" && result.error instanceof Error);
    assertEquals(result.error.message, `The thread that ran it ended: ${reason}`);
    assertEquals(rig.worker.isFree, false);
    assertEquals((await rig.run(order("nothing"))).kind, "handled");
    assertEquals(rig.story, ["free", `broken: ${reason}`, "free"]);
  });
}

for (const act of ["fillMemory", "fillMemoryLater", "fillMemoryByTimer"]) {
  Deno.test(`ThreadWorker survives a thread that runs out of memory by "${act}"`, async () => {
    await using rig = new ThreadRig({ heapMbMax: 40 });
    const result = await rig.run(order(act));
    assert(result.kind === "failed" && result.error instanceof Error);
    assertEquals(result.error.message, "The thread that ran it ended: it ran out of memory");
    assertEquals((await rig.run(order("nothing"))).kind, "handled");
    assertEquals(rig.story, ["free", "broken: it ran out of memory", "free"]);
  });
}

Deno.test("ThreadWorker replaces a thread that breaks while it runs nothing", async () => {
  const handler = `data:text/javascript,
    setTimeout(() => { throw new Error("idle") }, 20); export default () => {}`;
  await using rig = new ThreadRig({ modules: { handler, codec: "event" } });
  await eventually("it broke twice", () => rig.story.length >= 4);
  const broken = "broken: an error that nobody caught: Error: idle";
  assertEquals(rig.story.slice(0, 4), ["free", broken, "free", broken]);
});

Deno.test("ThreadWorker waits longer from thread to thread that cannot be started", async () => {
  const waits: number[] = [];
  const handler = "data:text/javascript,export default 5";
  await using rig = new ThreadRig({
    modules: { handler, codec: "event" },
    clock: {
      nowMs: () => systemClock.nowMs(),
      after(delayMs, callback) {
        if (delayMs === START_MS_MAX) return systemClock.after(delayMs, callback);
        waits.push(delayMs);
        return systemClock.after(0, callback);
      },
    },
  });
  await eventually("it broke five times", () => rig.story.length >= 5);
  assertEquals(waits.slice(0, 5), [10, 20, 40, 80, 160]);
  assertEquals(
    rig.story[0],
    `broken: Cannot use handler "${handler}": ` +
      "it has no fitting default export, wanted a function or defineHandler({…})",
  );
});

Deno.test("ThreadWorker cuts off a handler that never pauses, and replaces its thread", async () => {
  const acts = ["spin", "regexp", "sleep"];
  await Promise.all(acts.map(async (act) => {
    await using rig = new ThreadRig({ timeoutMs: 50 });
    await rig.free();
    const result = await rig.run(order(act));
    assertEquals(rig.story, ["free"], "the result does not wait for the thread");
    assert(result.kind === "failed");
    assertInstanceOf(result.error, HandlerAbortedError);
    await rig.free();
    const broken = "broken: its handler kept it busy and was cut off";
    assertEquals(rig.story, ["free", broken, "free"]);
  }));
});

Deno.test("ThreadWorker replaces a thread whose handler goes on after it was told to stop", async () => {
  await using rig = new ThreadRig({ clock: impatientOnce(), timeoutMs: TIMEOUT_MS });
  assertEquals((await rig.run(order("ignore"))).kind, "failed");
  assertEquals((await rig.run(order("nothing"))).kind, "handled");
  const broken = "broken: its handler went on after it was told to stop";
  assertEquals(rig.story, ["free", broken, "free"]);
});

Deno.test("ThreadWorker leaves behind what cannot be cut off, and gives up the entry when it comes again", async () => {
  await using rig = new ThreadRig({ clock: impatientOnce(), timeoutMs: TIMEOUT_MS });
  assertEquals((await rig.run(order("spinLater", { with: 300 }))).kind, "failed");
  assertEquals((await rig.run(order("nothing", { id: "6-0" }))).kind, "handled");
  assertEquals(await rig.run(order("nothing")), {
    kind: "givenUp",
    reason: "its handler blocks a thread that cannot be ended",
    error: null,
    tried: false,
  });
  assertEquals((await rig.run(order("nothing"))).kind, "handled", "somebody may have replayed it");
  const broken =
    "broken: its handler keeps it busy and cannot be cut off, it goes on until this process ends";
  assertEquals(rig.story, ["free", broken, "free"]);
});

Deno.test("ThreadWorker runs no attempt beside an earlier one on the same entry", async () => {
  const entries = new EntriesInThreads();
  await using one = new ThreadRig({ entries });
  await using other = new ThreadRig({ entries });
  await one.free();
  await other.free();
  const slow = Promise.resolve(one.worker.run(order("slowly", { with: 100 }), 0));
  one.worker.abort(new HandlerAbortedError("timeout"));
  await slow;
  const stopped = Promise.resolve(other.worker.run(order("nothing"), 1));
  other.worker.abort(new HandlerAbortedError("fenced"));
  assertEquals((await stopped).kind, "failed");
  assertEquals([one.worker.isFree, other.worker.isFree], [false, true], "it had not begun");
  assertEquals((await other.worker.run(order("nothing"), 1)).kind, "handled");
  assertEquals(one.worker.isFree, true, "the earlier one is over");
  assertEquals([one.story, other.story], [["free", "free"], ["free"]]);
});

Deno.test("ThreadWorker is disposed of while it starts, runs, or waits", async () => {
  const starting = new ThreadRig();
  await starting[Symbol.asyncDispose]();
  assertEquals(starting.story, []);

  for (const act of ["waitUntilTold", "ignore"]) {
    const rig = new ThreadRig();
    await rig.free();
    const running = Promise.resolve(rig.worker.run(order(act), 0));
    const ending = rig[Symbol.asyncDispose]();
    const result = await running;
    assert(result.kind === "failed" && result.error instanceof HandlerAbortedError);
    assertEquals(result.error.reason, "stopped");
    await Promise.all([ending, rig[Symbol.asyncDispose]()]);
    assertEquals(rig.worker.isFree, false);
    assertEquals(rig.story, ["free"]);
  }

  const waiting = new ThreadRig({ modules: { handler: "data:,", codec: "event" } });
  await eventually("it broke", () => waiting.story.length > 0);
  await waiting[Symbol.asyncDispose]();
  assertEquals(waiting.story.length, 1);
});

Deno.test("EntriesInThreads forgets the oldest of too many entries that block", () => {
  const entries = new EntriesInThreads();
  const id = (index: number): EntryId => `${index}-0` as EntryId;
  for (let index = 0; index < 1_001; index++) entries.blocks(id(index));
  assertEquals([0, 1, 1_000, 1_000].map((index) => entries.takeBlocking(id(index))), [
    false,
    true,
    true,
    false,
  ]);
});
