/**
 * Faults: what goes wrong in a simulation, when, and to whom. Plain data.
 *
 * @module
 */

/** A call that a fault can strike: those of one consumer, on which the guarantees rest. */
export type StrikableMethod =
  | "join"
  | "establish"
  | "readOwnPending"
  | "readNew"
  | "claim"
  | "renew"
  | "release"
  | "recordFailure"
  | "commit"
  | "findUnreadLoss"
  | "loadCheckpoint"
  | "leave";

/**
 * When something goes wrong: at a time, in ms from the beginning; at a call of a process, before it is made; or when a
 * handler has begun its nth attempt in a process and first waits or has returned. The latter two may never come.
 */
export type FaultMoment =
  | { readonly atMs: number }
  | StruckCall
  | { readonly process: string; readonly attempt: number };

/** One call of a process: the nth one of a method, from 1, over all lives of the process and all its consumers. */
export interface StruckCall {
  /** Whose. */
  readonly process: string;
  /** Of which method. */
  readonly method: StrikableMethod;
  /** Which one. */
  readonly nth: number;
}

/** What goes wrong with one call. */
export type CallFault =
  /** It fails before it is applied; the caller knows that (`BrokerUnavailableError`). */
  | { readonly kind: "unapplied"; readonly call: StruckCall }
  /** The broker refuses it for good (`AccessDeniedError`): its consumer fails, and its supervisor has to start it again. */
  | { readonly kind: "denied"; readonly call: StruckCall }
  /** It is applied and its answer is lost; the caller gets `UnknownOutcomeError`. */
  | { readonly kind: "replyLost"; readonly call: StruckCall }
  /** It is never applied, and the caller cannot know that: `UnknownOutcomeError`. */
  | { readonly kind: "requestLost"; readonly call: StruckCall }
  /** It reaches the broker so much later, in ms. */
  | { readonly kind: "slowRequest"; readonly call: StruckCall; readonly byMs: number }
  /** It is applied at once, and its answer comes so much later, in ms. */
  | { readonly kind: "slowReply"; readonly call: StruckCall; readonly byMs: number }
  /** The caller gives up with `UnknownOutcomeError`, and only so much later, in ms, it is applied. */
  | { readonly kind: "late"; readonly call: StruckCall; readonly byMs: number }
  /** It is applied and answered, and so much later, in ms, applied once more; nobody hears the second answer. */
  | { readonly kind: "repeated"; readonly call: StruckCall; readonly byMs: number }
  /** It is applied, and after so long, in ms, the caller gives up with `UnknownOutcomeError`. */
  | { readonly kind: "silent"; readonly call: StruckCall; readonly byMs: number };

/** What goes wrong with a process. */
export type ProcessFault =
  /**
   * It is killed: nothing of it runs any more. At a call: before the call is applied, or after it and before its answer.
   * `backAfterMs`: when it is started again, in ms from then; `null` for never.
   */
  | {
    readonly kind: "crash";
    readonly process: string;
    readonly at: FaultMoment;
    readonly moment: "before" | "after";
    readonly backAfterMs: number | null;
  }
  /** It is told to stop, and started again so much later, in ms, or never. `now`: without waiting for handlers. */
  | {
    readonly kind: "stop";
    readonly process: string;
    readonly at: FaultMoment;
    readonly now: boolean;
    readonly backAfterMs: number | null;
  }
  /** It stands still for so long, in ms, as after SIGSTOP; then it goes on, and all that was due happens at once. */
  | {
    readonly kind: "freeze";
    readonly process: string;
    readonly at: FaultMoment;
    readonly forMs: number;
  }
  /** An operator pauses its consumers for so long, in ms. */
  | {
    readonly kind: "operatorPause";
    readonly process: string;
    readonly at: FaultMoment;
    readonly forMs: number;
  };

/** What goes wrong with the broker, or is done to its data by others. */
export type BrokerFault =
  /** Nobody reaches it for so long, in ms; what is under way has an unknown outcome. */
  | { readonly kind: "outage"; readonly at: FaultMoment; readonly forMs: number }
  /** The group is destroyed, with its pending list. */
  | {
    readonly kind: "groupDestroyed";
    readonly at: FaultMoment;
    readonly stream: string;
    readonly group: string;
  }
  /** The stream is cut to its newest so many entries, whether they were handled or not. */
  | {
    readonly kind: "streamTrimmed";
    readonly at: FaultMoment;
    readonly stream: string;
    readonly lengthMax: number;
  }
  /** The stream is deleted, and all its entries of the plan that were published are published anew. */
  | { readonly kind: "streamReplaced"; readonly at: FaultMoment; readonly stream: string };

/** A clock is set forward or back. Waits that have begun are not affected, as on real machines. */
export interface ClockFault {
  /** Its kind. */
  readonly kind: "clockJump";
  /** When. */
  readonly at: FaultMoment;
  /** Whose clock, `null` for the broker's. */
  readonly process: string | null;
  /** By so much, in ms; below 0: back. */
  readonly byMs: number;
}

/** Something that goes wrong. */
export type Fault = CallFault | ProcessFault | BrokerFault | ClockFault;

/** What a fault is called. */
export type FaultKind = Fault["kind"];
