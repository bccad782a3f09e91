/**
 * The vocabulary of the consumer machine: its guards (facts) and actions (imperatives) by name. `request…` actions ask
 * for an effect and do nothing here: `effects.ts` gives them their meaning when a consumer is started.
 *
 * @module
 */

import { assign, setup } from "xstate";
import { ENTRY_ID_ZERO } from "../domain/entry_id.ts";
import type {
  ConsumerContext,
  ConsumerEvent,
  ConsumerInput,
  ReturnState,
} from "./machine_events.ts";

const asked = () => {};

const NO_FAILURE = { failures: 0, failure: null } as const;

/**
 * Failures are counted until the kind of call that failed succeeds: otherwise a broker that refuses one kind only, such as
 * blocking reads, would never be waited for longer than a moment. That the own pending list is empty proves nothing of
 * the read that waits for new entries.
 */
function provesReading(context: ConsumerContext, count: number): boolean {
  if (context.returnTo === "acking") return false; // read beside the commit that failed
  return context.returnTo !== "reading" || context.ownPendingDrained || count > 0;
}

/** Types, guards and actions; the chart is in `machine.ts`. */
export const vocabulary = setup({
  types: {
    context: {} as ConsumerContext,
    events: {} as ConsumerEvent,
    input: {} as ConsumerInput,
  },
  guards: {
    answerIsLate: ({ context, event }) => "request" in event && event.request !== context.request,
    failureIsFatal: ({ event }) => event.type === "broker.failed" && event.recovery === "fatal",
    groupIsGone: ({ event }) => event.type === "broker.failed" && event.recovery === "rejoin",
    outcomeIsUnknown: ({ event }) => event.type === "broker.failed" && event.recovery === "unknown",
    somethingCame: ({ event }) =>
      (event.type === "broker.read" || event.type === "broker.claimed") && event.count > 0,
    pageWasNotTheLast: ({ event }) => event.type === "broker.claimed" && event.next !== null,
    pauseIsWanted: ({ context }) => context.pauseWanted,
    reclaimIsDue: ({ context }) =>
      context.reclaimWanted && context.ownPendingDrained && context.load.demand > 0,
    demandIsZero: ({ context }) => context.load.demand <= 0,
    waitsForHandlers: ({ context }) => context.load.demand <= 0 && context.load.inFlight > 0,
    // Whatever is remembered of the load: that is from before the last batch was started.
    poolTakesMoreNow: ({ event }) => event.type === "pool.load" && event.load.demand > 0,
    demandIsBack: ({ context, event }) =>
      event.type === "pool.load" && event.load.demand > 0 && !context.pauseWanted,
    poolIsEmptyNow: ({ event }) => event.type === "pool.load" && event.load.inFlight === 0,
    settlementsWait: ({ context }) => context.load.settled > 0,
    settlementsWaitNow: ({ event }) => event.type === "pool.load" && event.load.settled > 0,
    nothingRunsNow: ({ event }) => event.type === "pool.load" && event.load.running === 0,
    entriesAreInFlight: ({ context }) => context.load.inFlight > 0,
    returnsTo: ({ context }, params: { state: ReturnState }) => context.returnTo === params.state,
  },
  actions: {
    numberRequest: assign({ request: ({ context }) => context.request + 1 }),
    rememberJoin: assign(({ event }) =>
      event.type === "broker.joined" ? { epoch: event.epoch, startUpRows: event.rows } : {}
    ),
    rememberStart: assign(({ event }) =>
      event.type === "broker.established"
        ? {
          position: event.position,
          ownPendingDrained: false,
          reclaimWanted: true,
          reclaimAfter: ENTRY_ID_ZERO,
          ...NO_FAILURE,
        }
        : {}
    ),
    rememberRead: assign(({ context, event }) =>
      event.type === "broker.read"
        ? {
          ownPendingDrained: event.ownPendingDrained,
          batch: event.span === null ? null : { count: event.count, ...event.span },
          load: event.load,
          ...(provesReading(context, event.count) ? NO_FAILURE : {}),
        }
        : {}
    ),
    rememberClaim: assign(({ context, event }) =>
      event.type === "broker.claimed"
        ? {
          batch: event.span === null ? null : { count: event.count, ...event.span },
          load: event.load,
          reclaimWanted: event.next !== null,
          reclaimAfter: event.next ?? ENTRY_ID_ZERO,
          ...(context.returnTo === "reclaiming" ? NO_FAILURE : {}),
        }
        : {}
    ),
    rememberCommit: assign(({ context, event }) =>
      event.type === "broker.committed"
        ? {
          position: event.position,
          committedCount: context.committedCount + event.count,
          deadLetteredCount: context.deadLetteredCount + event.deadLettered,
          fencedCount: context.fencedCount + event.fenced,
          load: event.load,
          ...(context.returnTo === "acking" ? NO_FAILURE : {}),
        }
        : {}
    ),
    rememberFailure: assign(({ context, event }) =>
      event.type === "broker.failed" || event.type === "broker.fenced" ||
        event.type === "broker.forgot" || event.type === "broker.lost"
        ? {
          failures: context.failures + 1,
          failure: { code: event.code, message: event.message },
          load: event.type === "broker.failed" ? event.load : context.load,
        }
        : {}
    ),
    rememberLoad: assign(({ event }) => "load" in event ? { load: event.load } : {}),
    wantPause: assign({ pauseWanted: true }),
    endPause: assign({ pauseWanted: false }),
    wantReclaim: assign({ reclaimWanted: true }),
    drainOwnPendingAgain: assign({ ownPendingDrained: false }),
    returnTo: assign((_, params: { state: ReturnState }) => ({ returnTo: params.state })),

    requestJoin: asked,
    requestEstablish: asked,
    requestRead: asked,
    requestReadAhead: asked,
    holdRead: asked,
    requestClaim: asked,
    startBatch: asked,
    requestCommit: asked,
    requestSave: asked,
    requestDelay: asked,
    requestDrain: asked,
    requestRelease: asked,
    handBackUnstarted: asked,
    abandonInFlight: asked,
  },
});

/**
 * What a state that makes no short call does when the broker says by the way that it knows this consumer's place no more:
 * its group is gone, or was reset. States that wait for a short call learn it by its answer.
 */
export const WHEN_FORGOTTEN: Forgotten = {
  target: "#consumer.backingOff",
  actions: ["rememberFailure", "abandonInFlight", {
    type: "returnTo",
    params: { state: "loadingCheckpoint" },
  }],
};

type Forgotten = {
  readonly target: "#consumer.backingOff";
  readonly actions: ["rememberFailure", "abandonInFlight", Return<"loadingCheckpoint">];
};

/**
 * What every working state does about a failed call: stop, join again, or wait and come back to `state`. After an
 * unknown outcome the own pending list is drained first (P2, P5).
 */
export function afterFailure<State extends ReturnState>(state: State): FailureTransitions<State> {
  const joinAgain = { type: "returnTo", params: { state: "loadingCheckpoint" } } as const;
  const comeBack = { type: "returnTo", params: { state } } as const;
  return [
    { guard: "answerIsLate" },
    { guard: "failureIsFatal", target: "#consumer.failed", actions: ["rememberFailure"] },
    {
      guard: "groupIsGone",
      target: "#consumer.backingOff",
      actions: ["rememberFailure", "abandonInFlight", joinAgain],
    },
    {
      guard: "outcomeIsUnknown",
      target: "#consumer.backingOff",
      actions: ["rememberFailure", "drainOwnPendingAgain", comeBack],
    },
    { target: "#consumer.backingOff", actions: ["rememberFailure", comeBack] },
  ];
}

type Return<State extends ReturnState> = {
  readonly type: "returnTo";
  readonly params: { readonly state: State };
};

type FailureTransitions<State extends ReturnState> = [
  { guard: "answerIsLate" },
  { guard: "failureIsFatal"; target: "#consumer.failed"; actions: ["rememberFailure"] },
  {
    guard: "groupIsGone";
    target: "#consumer.backingOff";
    actions: ["rememberFailure", "abandonInFlight", Return<"loadingCheckpoint">];
  },
  {
    guard: "outcomeIsUnknown";
    target: "#consumer.backingOff";
    actions: ["rememberFailure", "drainOwnPendingAgain", Return<State>];
  },
  { target: "#consumer.backingOff"; actions: ["rememberFailure", Return<State>] },
];
