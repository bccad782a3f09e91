/**
 * Kinds of runs: what a user defines, and what its code gets.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import { checkRunKind } from "../domain/run.ts";

/** What the code of a run gets. */
export interface RunContext {
  /** Its id. */
  readonly run: string;
  /** Aborted when somebody cancels it, or it was lost to another process; with a `RunAbortedError` as reason. */
  readonly signal: AbortSignal;
  /**
   * Tells an event: who follows the run gets it at once, the store soon after. Never waits, whatever the store does. Code
   * that tells thousands without an `await` gives the store no turn: beyond `bufferEventsMax` of the manager the oldest are
   * given up, and who follows is told of the gap.
   *
   * @param type What happened: 1 to 256 bytes, not beginning with `run.`.
   * @param data Anything that JSON can say, under 1 MiB of it; default `null`.
   * @returns Its id.
   * @throws {InvalidRunEventError} When it cannot be told.
   * @throws {RunEndedError} When the run has ended.
   */
  emit(type: string, data?: unknown): EntryId;
}

/** A kind of runs whose code runs in this process. */
export interface CodedRunKind<Input = unknown> {
  /** Its name, as of a run. */
  readonly kind: string;
  /** Executes one run: it completes when this returns, and fails when it throws. */
  start(ctx: RunContext, input: Input): unknown;
}

/** A kind of runs whose events come from outside. */
export interface ExternalRunKind {
  /** Its name, as of a run. */
  readonly kind: string;
  /** Always. */
  readonly external: true;
}

/** A kind of runs. */
export type RunKind = CodedRunKind | ExternalRunKind;

/**
 * Defines a kind of runs.
 *
 * @param definition Its name and its code, or `external: true`.
 * @throws {InvalidRunKindError} When the name cannot be.
 */
export function defineRun<Kind extends RunKind>(definition: Kind): Kind {
  checkRunKind(definition.kind);
  return definition;
}
