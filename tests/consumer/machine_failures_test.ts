/**
 * What the consumer machine does about calls that fail, pages that are not the last, and an operator's silence: the turns
 * that no shortest path takes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ConsumerEvent } from "../../src/consumer/machine_events.ts";
import type { Load } from "../../src/workers/load.ts";
import {
  allSettled,
  batch,
  busy,
  elapsed,
  established,
  failedWith,
  free,
  joined,
  nothingToClaim,
  ownDrained,
  story,
} from "../support/consumer_story.ts";

const reading = [joined, established, ownDrained, nothingToClaim];

Deno.test("consumerMachine waits after every call that failed in passing, then makes the same one again", () => {
  const failed = failedWith("retry");
  const idle = (request: number): ConsumerEvent => ({
    type: "broker.failed",
    request,
    recovery: "retry",
    code: "X",
    message: "x",
    load: free,
  });
  const turns = [[], [joined], [joined, established], [joined, established, ownDrained], [
    ...reading,
    batch,
    allSettled,
  ]].map((before) => story([...before, before.length > 4 ? failed : idle, elapsed]).slice(-2));
  assertEquals(turns, [
    ["backingOff requestDelay", "loadingCheckpoint requestJoin"],
    ["backingOff requestDelay", "loadingCheckpoint requestJoin"],
    ["backingOff holdRead requestDelay", "reading requestRead"],
    ["backingOff requestDelay", "reclaiming requestClaim"],
    ["backingOff holdRead requestDelay", "acking requestCommit requestReadAhead"],
  ]);
});

Deno.test("consumerMachine takes over the entries of dead consumers to the last page, whatever a page brings", () => {
  const page = (next: "9-0" | "19-0" | null) => (request: number): ConsumerEvent => ({
    type: "broker.claimed",
    request,
    count: 2,
    span: { firstId: "1-0", lastId: "5-0" },
    next,
    load: busy,
  });
  const before = [joined, established, ownDrained];
  assertEquals(story([...before, page("9-0"), page("19-0"), page(null)]).slice(-3), [
    "reclaiming startBatch requestRead holdRead requestClaim",
    "reclaiming startBatch requestRead holdRead requestClaim",
    "processing startBatch requestRead",
  ]);
});

Deno.test("consumerMachine reads again as soon as a pool that could take nothing can, at the first word of it", () => {
  const none = { ...free, demand: 0 }; // as while all workers are broken
  const takesNothing = (request: number): ConsumerEvent => ({
    ...{ type: "broker.read", request, count: 0, span: null, ownPendingDrained: true },
    load: none,
  });
  const told = (load: Load) => (): ConsumerEvent => ({ type: "pool.load", load });
  assertEquals(story([joined, established, takesNothing, told(none), told(free)]).slice(-2), [
    "paused",
    "reclaiming requestRead holdRead requestClaim",
  ]);
});

Deno.test("consumerMachine that an operator paused reads nothing, however much the pool can take", () => {
  const pause = (): ConsumerEvent => ({ type: "operator.pause" });
  const resume = (): ConsumerEvent => ({ type: "operator.resume" });
  const canTake = (): ConsumerEvent => ({ type: "pool.load", load: free });
  assertEquals(story([...reading, pause, canTake, canTake, resume]).slice(-4), [
    "paused holdRead handBackUnstarted",
    "paused",
    "paused",
    "reading requestRead",
  ]);
});
