/**
 * The life of a consumer, as a chart. Its guarantee: an entry is acknowledged only by a commit that also carries its
 * outputs and the checkpoint, and after any answer that did not come, the own pending list is read to its end before
 * anything new. Entering a state asks for an effect; the answer is an event with the number of the request. So the
 * chart runs without a server, and a late answer changes nothing.
 *
 * @module
 */

import { ENTRY_ID_ZERO } from "../domain/entry_id.ts";
import { afterFailure, vocabulary, WHEN_FORGOTTEN } from "./machine_vocabulary.ts";

/** The chart. `effects.ts` provides the `request…` actions. */
export const consumerMachine = vocabulary.createMachine({
  id: "consumer",
  description: "One named member of a group, from its checkpoint to its end.",
  context: ({ input }) => ({
    ...input,
    request: 0,
    failures: 0,
    returnTo: "loadingCheckpoint",
    failure: null,
    epoch: 0,
    startUpRows: [],
    position: null,
    ownPendingDrained: false,
    reclaimWanted: true,
    reclaimAfter: ENTRY_ID_ZERO,
    pauseWanted: false,
    batch: null,
    committedCount: 0,
    deadLetteredCount: 0,
    fencedCount: 0,
  }),
  options: { maxIterations: 100 },
  initial: "loadingCheckpoint",
  on: {
    "pool.settled": { actions: "rememberLoad" },
    "pool.load": { actions: "rememberLoad" },
    "clock.reclaimDue": { actions: "wantReclaim" },
    "operator.reclaim": { actions: "wantReclaim" },
    "operator.pause": { actions: "wantPause" },
    "operator.resume": { actions: "endPause" },
    "operator.drain": { target: ".draining" },
    "operator.stop": { target: ".draining.releasing" },
    "broker.fenced": { target: ".failed", actions: "rememberFailure" },
    "broker.lost": { target: ".failed", actions: "rememberFailure" },
  },
  states: {
    loadingCheckpoint: {
      description: "Takes its name, loads the checkpoint and the facts of stream and group.",
      entry: ["numberRequest", "requestJoin"],
      on: {
        "broker.joined": [
          { guard: "answerIsLate" },
          { target: "validating", actions: "rememberJoin" },
        ],
        "broker.failed": afterFailure("loadingCheckpoint"),
      },
    },
    validating: {
      description: "Decides by the start-up table where to go on, or that it must not.",
      entry: ["numberRequest", "requestEstablish"],
      on: {
        "broker.established": [
          { guard: "answerIsLate" },
          { target: "reading", actions: "rememberStart" },
        ],
        "broker.failed": afterFailure("loadingCheckpoint"),
      },
    },
    reading: {
      description:
        "Waits for entries: its own pending ones first, then new ones, within the demand.",
      entry: ["numberRequest", "requestRead"],
      exit: "holdRead",
      always: [
        { guard: "pauseIsWanted", target: "paused" },
        { guard: "settlementsWait", target: "acking" },
        { guard: "reclaimIsDue", target: "reclaiming" },
        { guard: "waitsForHandlers", target: "processing" },
        { guard: "demandIsZero", target: "paused" },
      ],
      on: {
        "broker.read": [
          { guard: "answerIsLate" },
          { guard: "somethingCame", target: "processing", actions: ["rememberRead", "startBatch"] },
          { target: "reading", reenter: true, actions: "rememberRead" },
        ],
        "broker.forgot": WHEN_FORGOTTEN,
        "broker.failed": afterFailure("reading"),
      },
    },
    processing: {
      description: "Handlers run; what is left of the demand is read meanwhile.",
      entry: ["numberRequest", "requestRead"],
      exit: "holdRead",
      always: [
        { guard: "pauseIsWanted", target: "paused" },
        { guard: "settlementsWait", target: "acking" },
        { guard: "reclaimIsDue", target: "reclaiming" },
      ],
      on: {
        "broker.read": [
          { guard: "answerIsLate" },
          {
            guard: "somethingCame",
            target: "processing",
            reenter: true,
            actions: ["rememberRead", "startBatch"],
          },
          { target: "processing", reenter: true, actions: "rememberRead" },
        ],
        "pool.load": [
          { guard: "poolIsEmptyNow", target: "reading", actions: "rememberLoad" },
          {
            guard: "poolTakesMoreNow",
            target: "processing",
            reenter: true,
            actions: "rememberLoad",
          },
          { actions: "rememberLoad" },
        ],
        "broker.forgot": WHEN_FORGOTTEN,
        "broker.failed": afterFailure("reading"),
      },
    },
    acking: {
      description:
        "One atomic commit: outputs, acknowledgement and checkpoint, or none of them. Handlers go on.",
      entry: ["numberRequest", "requestCommit", "requestReadAhead"],
      exit: "holdRead",
      on: {
        "broker.committed": [
          { guard: "answerIsLate" },
          { target: "checkpointing", actions: "rememberCommit" },
        ],
        "broker.read": [
          { guard: "answerIsLate" },
          { guard: "pauseIsWanted" },
          {
            guard: "somethingCame",
            actions: ["rememberRead", "startBatch", "requestReadAhead"],
          },
          { actions: ["rememberRead", "requestReadAhead"] },
        ],
        "broker.failed": afterFailure("acking"),
      },
    },
    checkpointing: {
      description:
        "Gives the committed checkpoint to the separate store, if there is one; never waits for it.",
      entry: ["numberRequest", "requestSave"],
      on: {
        "store.saved": [
          { guard: "answerIsLate" },
          { guard: "pauseIsWanted", target: "paused", actions: "rememberLoad" },
          { guard: "reclaimIsDue", target: "reclaiming", actions: "rememberLoad" },
          { guard: "settlementsWait", target: "acking", actions: "rememberLoad" },
          { guard: "entriesAreInFlight", target: "processing", actions: "rememberLoad" },
          { target: "reading", actions: "rememberLoad" },
        ],
      },
    },
    reclaiming: {
      description: "Takes over the entries of consumers that renewed nothing for a lease.",
      entry: ["numberRequest", "requestClaim"],
      on: {
        "broker.claimed": [
          { guard: "answerIsLate" },
          {
            guard: "somethingCame",
            target: "processing",
            actions: ["rememberClaim", "startBatch"],
          },
          {
            guard: "pageWasNotTheLast",
            target: "reclaiming",
            reenter: true,
            actions: "rememberClaim",
          },
          { guard: "entriesAreInFlight", target: "processing", actions: "rememberClaim" },
          { target: "reading", actions: "rememberClaim" },
        ],
        "broker.failed": afterFailure("reclaiming"),
      },
    },
    backingOff: {
      description: "Waits after a failed call, longer each time, then goes back to it.",
      entry: ["numberRequest", "requestDelay"],
      on: {
        "clock.elapsed": [
          { guard: "answerIsLate" },
          { guard: { type: "returnsTo", params: { state: "acking" } }, target: "acking" },
          { guard: { type: "returnsTo", params: { state: "reading" } }, target: "reading" },
          { guard: { type: "returnsTo", params: { state: "reclaiming" } }, target: "reclaiming" },
          { target: "loadingCheckpoint" },
        ],
      },
    },
    paused: {
      description: "Reads nothing: an operator asked for silence, or the pool takes nothing.",
      entry: "handBackUnstarted",
      always: { guard: "settlementsWait", target: "acking" },
      on: {
        "broker.forgot": WHEN_FORGOTTEN,
        "operator.pause": { actions: ["wantPause", "handBackUnstarted"] },
        "operator.resume": { target: "reading", actions: "endPause" },
        "pool.load": [
          { guard: "demandIsBack", target: "reading", actions: "rememberLoad" },
          { actions: "rememberLoad" },
        ],
      },
    },
    draining: {
      description: "Reads no more; finishes what runs, commits it, and hands back the rest.",
      initial: "finishing",
      on: {
        "operator.drain": {},
        "clock.graceOver": { target: ".releasing" },
      },
      states: {
        finishing: {
          description: "Waits for the handlers that run, until the grace is over.",
          entry: "requestDrain",
          on: {
            "broker.forgot": { target: "releasing", actions: "rememberFailure" },
            "pool.settled": { target: "committing", actions: "rememberLoad" },
            "pool.load": [
              { guard: "settlementsWaitNow", target: "committing", actions: "rememberLoad" },
              { guard: "nothingRunsNow", target: "releasing", actions: "rememberLoad" },
              { actions: "rememberLoad" },
            ],
          },
        },
        committing: {
          description: "Commits what was finished.",
          entry: ["numberRequest", "requestCommit"],
          on: {
            "broker.committed": [
              { guard: "answerIsLate" },
              { target: "finishing", actions: ["rememberCommit", "requestSave"] },
            ],
            "broker.failed": [
              { guard: "answerIsLate" },
              { guard: "failureIsFatal", target: "releasing", actions: "rememberFailure" },
              { guard: "groupIsGone", target: "releasing", actions: "rememberFailure" },
              { target: "retrying", actions: "rememberFailure" },
            ],
          },
        },
        retrying: {
          description: "Waits before it tries the same commit again.",
          entry: ["numberRequest", "requestDelay"],
          on: {
            "clock.elapsed": [{ guard: "answerIsLate" }, { target: "committing" }],
          },
        },
        releasing: {
          description: "Stops what still runs and hands every unfinished entry back.",
          entry: ["numberRequest", "requestRelease"],
          on: {
            "operator.stop": {},
            "clock.graceOver": {},
            "broker.released": [{ guard: "answerIsLate" }, { target: "released" }],
            "broker.failed": [
              { guard: "answerIsLate" },
              { target: "released", actions: "rememberFailure" },
            ],
          },
        },
        released: { type: "final", description: "Nothing is held any more." },
      },
      onDone: { target: "stopped" },
    },
    stopped: { type: "final", description: "Ended as it was asked to." },
    failed: {
      type: "final",
      description: "Ended because going on cannot help; the failure says why.",
      entry: "abandonInFlight",
    },
  },
});
