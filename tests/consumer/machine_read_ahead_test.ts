/** The consumer machine beside a commit: what is read then, started, held back, and committed next. */

import { assertEquals } from "@std/assert";
import { transition } from "xstate";
import { consumerMachine } from "../../src/consumer/machine.ts";
import type { ConsumerEvent } from "../../src/consumer/machine_events.ts";
import {
  allSettled,
  batch,
  busy,
  commit,
  committed,
  elapsed,
  established,
  failedWith,
  full,
  joined,
  nothingToClaim,
  ownDrained,
  saved,
  settled,
  start,
  stateOf,
  story,
} from "../support/consumer_story.ts";

/** All that comes before the first commit. */
const before = [joined, established, ownDrained, nothingToClaim, batch, allSettled];

/** A commit is answered while more is settled. */
const committedBusy = (request: number): ConsumerEvent => ({
  ...commit,
  request,
  count: 5,
  fenced: 0,
  load: settled,
});

Deno.test("consumerMachine starts what is read beside a commit, and commits what was settled meanwhile at once", () => {
  const savedBusy = (request: number): ConsumerEvent => ({
    type: "store.saved",
    request,
    load: settled,
  });
  assertEquals(story([...before, batch, batch, committedBusy, savedBusy]).slice(-4), [
    "acking startBatch requestReadAhead",
    "acking startBatch requestReadAhead",
    "checkpointing holdRead requestSave",
    "acking requestCommit requestReadAhead",
  ]);
});

Deno.test("consumerMachine starts nothing that is read beside a commit after an operator paused it", () => {
  const pause = (): ConsumerEvent => ({ type: "operator.pause" });
  assertEquals(story([...before, pause, batch, committed, saved]).slice(-3), [
    "acking",
    "checkpointing holdRead requestSave",
    "paused handBackUnstarted",
  ]);
});

Deno.test("consumerMachine reads on beside its handlers when the pool takes more, whatever it took before", () => {
  const takesMore = (): ConsumerEvent => ({ type: "pool.load", load: busy });
  const takesNothing = (): ConsumerEvent => ({ type: "pool.load", load: full });
  const handling = before.slice(0, -1);
  assertEquals(story([...handling, takesMore, takesNothing, takesMore]).slice(-4), [
    "processing holdRead startBatch requestRead",
    "processing holdRead requestRead",
    "processing",
    "processing holdRead requestRead",
  ]);
});

Deno.test("consumerMachine looks for the entries of dead consumers however much there is to commit", () => {
  const due = (): ConsumerEvent => ({ type: "clock.reclaimDue" });
  assertEquals(story([...before, due, committedBusy, saved]).slice(-1), [
    "reclaiming requestClaim",
  ]);
});

Deno.test("consumerMachine waits longer after each failed commit, whatever it reads beside them", () => {
  const failing = [failedWith("retry"), elapsed, batch];
  let [snapshot] = start();
  for (const event of [...before, ...failing, ...failing, failedWith("retry")]) {
    [snapshot] = transition(consumerMachine, snapshot, event(snapshot.context.request));
  }
  assertEquals([stateOf(snapshot), snapshot.context.failures], ["backingOff", 3]);
});
