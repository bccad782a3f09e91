/** Failures in a row: counted until the kind of call that failed succeeds, so that waits grow whatever else works. */

import { assertEquals } from "@std/assert";
import { initialTransition, transition } from "xstate";
import { consumerMachine } from "../../src/consumer/machine.ts";
import type { ConsumerEvent } from "../../src/consumer/machine_events.ts";
import type { Recovery } from "../../src/domain/errors.ts";

const free = { demand: 10, inFlight: 0, running: 0, settled: 0 };

/** A machine that is told events with the number of its last request. */
function machine() {
  const input = { stream: "jobs", group: "workers", consumer: "main", load: free };
  let [snapshot] = initialTransition(consumerMachine, input);
  const tell = (event: ConsumerEvent) => {
    const { request } = snapshot.context;
    [snapshot] = transition(
      consumerMachine,
      snapshot,
      "request" in event ? { ...event, request } : event,
    );
    return `${snapshot.value} ${snapshot.context.failures}`;
  };
  const request = 0;
  const load = free;
  return {
    joined: () => tell({ type: "broker.joined", request, epoch: 1, rows: ["V3"] }),
    established: () => tell({ type: "broker.established", request, position: "0-0" }),
    readNothing: () =>
      tell({ type: "broker.read", request, count: 0, span: null, ownPendingDrained: true, load }),
    claimedNothing: () =>
      tell({ type: "broker.claimed", request, count: 0, span: null, next: null, load }),
    failed: (recovery: Recovery) =>
      tell({ type: "broker.failed", request, recovery, code: "X", message: "x", load }),
    waited: () => tell({ type: "clock.elapsed", request }),
    reclaimDue: () => tell({ type: "clock.reclaimDue" }),
  };
}

function reading() {
  const it = machine();
  const story = [it.joined(), it.established(), it.readNothing(), it.claimedNothing()];
  assertEquals(story, ["validating 0", "reading 0", "reclaiming 0", "reading 0"]);
  return it;
}

Deno.test("an empty own pending list proves nothing of the read that waits for new entries", () => {
  const it = reading();
  const story = [];
  for (let round = 0; round < 3; round++) {
    story.push(it.failed("unknown"), it.waited(), it.readNothing());
  }
  story.push(it.readNothing());
  assertEquals(story, [
    ...["backingOff 1", "reading 1", "reading 1"],
    ...["backingOff 2", "reading 2", "reading 2"],
    ...["backingOff 3", "reading 3", "reading 3"],
    "reading 0",
  ]);
});

Deno.test("a claim that works proves nothing of a read that fails", () => {
  const it = reading();
  const story = [it.failed("retry"), it.reclaimDue(), it.waited(), it.claimedNothing()];
  assertEquals(story, ["backingOff 1", "backingOff 1", "reclaiming 1", "reading 1"]);
});

Deno.test("a join that works proves nothing of what must be established", () => {
  const it = machine();
  const story = [it.joined(), it.failed("retry"), it.waited(), it.joined(), it.failed("retry")];
  story.push(it.waited(), it.joined(), it.established());
  assertEquals(story, [
    ...["validating 0", "backingOff 1", "loadingCheckpoint 1"],
    ...["validating 1", "backingOff 2", "loadingCheckpoint 2"],
    ...["validating 2", "reading 0"],
  ]);
});
