/**
 * What a supervisor hears and what it remembers.
 *
 * @module
 */

import type { HostEvent } from "./hosting.ts";
import type { Failure } from "./restart_policy.ts";

/** The states of a supervisor. */
export type SupervisorState =
  | "starting"
  | "running"
  | "restarting"
  | "givenUp"
  | "halting"
  | "halted"
  | "draining"
  | "stopping"
  | "stopped"
  | "failed";

/** What the machine remembers. */
export interface SupervisorContext {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The consumer's present name. */
  readonly consumer: string;
  /** Number of the last request; an answer with another number is late and ignored. */
  readonly request: number;
  /** How often the consumer was started. */
  readonly starts: number;
  /** When it failed, in ms since 1970; only failures that still count. */
  readonly failedAtMs: readonly number[];
  /** Why it ended last, `null` while it works. */
  readonly failure: Failure | null;
  /** When it is started again, in ms since 1970; `null` when it is not about to be. */
  readonly restartAtMs: number | null;
  /** So many failures within the window are one too many. */
  readonly restartsMax: number;
  /** The window, in ms. */
  readonly windowMs: number;
  /** Whether a consumer whose name was taken goes on under another one. */
  readonly mayRename: boolean;
}

/** What the machine hears. */
export type SupervisorEvent =
  | HostEvent
  | { type: "consumer.reading"; request: number }
  | {
    type: "consumer.ended";
    request: number;
    failure: Failure | null;
    atMs: number;
    /** A name that nobody has. */
    freeName: string;
  }
  | { type: "clock.waiting"; request: number; untilMs: number }
  | { type: "clock.elapsed"; request: number }
  | { type: "operator.restart" }
  | { type: "operator.halt" }
  | { type: "operator.drain" }
  | { type: "operator.stop" };

/** What a machine is started with. */
export type SupervisorInput = Pick<
  SupervisorContext,
  "stream" | "group" | "consumer" | "restartsMax" | "windowMs" | "mayRename"
>;
