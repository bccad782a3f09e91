/**
 * Happenings: what was seen in a simulation, in the order in which it was. Plain data: two simulations of one plan have
 * the same happenings, on every machine.
 *
 * @module
 */

import type { Delivery } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { Settlement, Verdict } from "../domain/settlement.ts";
import type { EstablishPlan } from "../ports/consumer_store.ts";
import type { LogFields, LogLevelName } from "../ports/log.ts";
import type { FaultKind, StrikableMethod } from "./fault.ts";

/** A consumer, as its calls name it. */
export interface MemberPlace {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The name that it has now. */
  readonly consumer: string;
}

/** An entry that was handed out. */
export type HandedOut = Pick<Delivery, "id" | "deliveries" | "failures">;

/** A settlement of a commit, without the texts. */
export interface SettlementSeen {
  /** The entry. */
  readonly id: EntryId;
  /** What became of it. */
  readonly kind: Settlement["kind"];
  /** How many outputs it has; 1 for a dead letter. */
  readonly outputs: number;
}

/** What a call asked for. */
export type Asked =
  | { readonly method: "join" | "loadCheckpoint" | "leave" }
  | { readonly method: "establish"; readonly plan: EstablishPlan }
  | { readonly method: "readOwnPending"; readonly afterId: EntryId; readonly count: number }
  | { readonly method: "readNew"; readonly count: number; readonly blockMs: number }
  | { readonly method: "claim"; readonly afterId: EntryId; readonly count: number }
  | { readonly method: "renew"; readonly ids: readonly EntryId[] }
  | { readonly method: "release"; readonly ids: readonly EntryId[] | "all" }
  | { readonly method: "findUnreadLoss"; readonly account: boolean }
  | { readonly method: "recordFailure"; readonly id: EntryId; readonly failures: number }
  | {
    readonly method: "commit";
    readonly token: string | null;
    readonly settlements: readonly SettlementSeen[];
  };

/** What the broker made of a call. */
export type Applied =
  | { readonly method: "join"; readonly epoch: number }
  | { readonly method: "loadCheckpoint" | "leave" | "recordFailure" }
  /** How many lost entries were accounted for. */
  | { readonly method: "establish"; readonly accounted: number }
  /** How many lost entries it found. */
  | { readonly method: "findUnreadLoss"; readonly lost: number }
  | {
    readonly method: "readOwnPending" | "readNew" | "claim";
    readonly entries: readonly HandedOut[];
    readonly lost: readonly EntryId[];
  }
  | { readonly method: "renew"; readonly fenced: readonly EntryId[] }
  | { readonly method: "release"; readonly count: number }
  | {
    readonly method: "commit";
    readonly result: "committed" | "already";
    readonly token: string | null;
    /** What was asked for, so that what was applied stands at one place. */
    readonly settlements: readonly SettlementSeen[];
    /** One per settlement, in order. */
    readonly verdicts: readonly Verdict[];
    /** The group's checkpoint after it. */
    readonly position: EntryId;
  }
  /** It threw; nothing was applied. */
  | { readonly method: StrikableMethod; readonly thrown: string };

/** A call of a consumer: `call` is the same number in all happenings of one call. */
interface OfCall extends MemberPlace {
  /** Which call; from 1. */
  readonly call: number;
  /** The epoch under which it was made, 0 where the call has none. */
  readonly epoch: number;
}

/** How an attempt ended. */
export type AttemptEnd = "returned" | "threw" | "deferred" | "refused";

/** An attempt of a handler. */
interface OfAttempt extends MemberPlace {
  /** The entry. */
  readonly id: EntryId;
  /** The entry's number in the plan. */
  readonly number: number;
  /** Which attempt the handler was told it is; from 1. */
  readonly attempt: number;
  /** How often the entry was handed out; from 1. */
  readonly deliveries: number;
}

/** Something that a process promised by returning a promise. */
export type Promised = "start" | "stop" | "finished";

/** What was seen, without time and place. */
export type Sight =
  /** An entry was published. `incarnation` counts the lives of its stream, from 1. */
  | {
    readonly kind: "published";
    readonly stream: string;
    readonly incarnation: number;
    readonly id: EntryId;
    readonly number: number;
    readonly key: string | null;
  }
  /** A process starts; `life` counts from 1. `repair`: nobody asked for it, but it was of no use as it was. */
  | { readonly kind: "processStarted"; readonly life: number; readonly repair: boolean }
  /** A process was killed. */
  | { readonly kind: "processCrashed"; readonly life: number }
  /** A process was told to stop. */
  | { readonly kind: "stopAsked"; readonly life: number; readonly now: boolean }
  /** A process has ended by itself or as it was told to. */
  | { readonly kind: "processEnded"; readonly life: number }
  /** A promise was handed out by the library. */
  | { readonly kind: "promised"; readonly promise: Promised; readonly life: number }
  /** A promise settled; `thrown` is the code of what it rejected with, `null` when it resolved. */
  | {
    readonly kind: "promiseSettled";
    readonly promise: Promised;
    readonly life: number;
    readonly thrown: string | null;
  }
  /** A fault struck: `fault` is its index in the plan. */
  | { readonly kind: "faultStruck"; readonly fault: number; readonly name: FaultKind }
  /** A fault that lasts is over. */
  | { readonly kind: "faultOver"; readonly fault: number; readonly name: FaultKind }
  /** A handler began. */
  | ({ readonly kind: "handlerBegan" } & OfAttempt)
  /** A handler ended. One of a process that was killed never does. */
  | ({ readonly kind: "handlerEnded"; readonly end: AttemptEnd } & OfAttempt)
  /** A consumer made a call. */
  | ({ readonly kind: "callSent"; readonly asked: Asked } & OfCall)
  /** The broker applied it, or refused it. */
  | ({ readonly kind: "callApplied"; readonly applied: Applied } & OfCall)
  /** The caller got its answer; `thrown` is the code of the error, `null` for none. */
  | ({
    readonly kind: "callAnswered";
    readonly method: StrikableMethod;
    readonly thrown: string | null;
  } & OfCall)
  /** A process wrote a line to its log. */
  | {
    readonly kind: "logged";
    readonly level: LogLevelName;
    readonly message: string;
    readonly fields: LogFields;
  }
  /** The last fault is over, and all entries are published. */
  | { readonly kind: "faultsOver" }
  /** Everything is finished. */
  | { readonly kind: "finished" };

/** What was seen. */
export type Happening = Sight & {
  /** When, in ms of virtual time from the beginning. */
  readonly atMs: number;
  /** In which process, `null` for none. */
  readonly process: string | null;
};
