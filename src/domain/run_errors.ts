/**
 * What can be wrong with a run.
 *
 * @module
 */

import { TidemarkError } from "./errors.ts";

/** A text that should name a run cannot. */
export class InvalidRunIdError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "INVALID_RUN_ID";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Shows what was given, cut to 80 characters.
   *
   * @param given What was given.
   */
  constructor(given: unknown) {
    super(`Cannot use ${shown(given)} as a run id: ${WANTED}`);
  }
}

/** A text that should name a kind of runs cannot, or names none that is known. */
export class InvalidRunKindError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "INVALID_RUN_KIND";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Shows what was given, cut to 80 characters.
   *
   * @param given What was given.
   * @param wanted What would do.
   */
  constructor(given: unknown, wanted: string = WANTED) {
    super(`Cannot use ${shown(given)} as a kind of runs: ${wanted}`);
  }
}

/** An event cannot be added to a run as it is. */
export class InvalidRunEventError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "INVALID_RUN_EVENT";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says what is wrong with it.
   *
   * @param reason What is wrong.
   * @param options `cause`.
   */
  constructor(readonly reason: string, options?: ErrorOptions) {
    super(`Cannot add event to a run: ${reason}`, options);
  }
}

/** There is no such run. */
export class RunMissingError extends TidemarkError {
  /** Whether it is known that there was one. */
  readonly code: "RUN_NOT_FOUND" | "RUN_EXPIRED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the run.
   *
   * @param run Its id.
   * @param options `hasExpired`: there was one, and its time is over.
   */
  constructor(readonly run: string, options: { readonly hasExpired: boolean }) {
    super(
      options.hasExpired
        ? `Cannot read run "${run}": it has expired, its events are gone`
        : `Cannot read run "${run}": it does not exist, start it`,
    );
    this.code = options.hasExpired ? "RUN_EXPIRED" : "RUN_NOT_FOUND";
  }
}

/** There is a run of this id already. */
export class RunExistsError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "RUN_EXISTS";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the run.
   *
   * @param run Its id.
   */
  constructor(readonly run: string) {
    super(`Cannot start run "${run}": there is one of this id, choose another id or delete it`);
  }
}

/** A run has ended and takes no further event. */
export class RunEndedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "RUN_ENDED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the run and how it ended.
   *
   * @param run Its id.
   * @param status How it ended.
   */
  constructor(readonly run: string, readonly status: string) {
    super(`Cannot change run "${run}": it is ${status}, wanted a running one`);
  }
}

/** A run is executed by a process, and only that adds events to it. */
export class RunOwnedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "RUN_OWNED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the run.
   *
   * @param run Its id.
   * @param owner The process.
   */
  constructor(readonly run: string, readonly owner: string) {
    super(
      `Cannot change run "${run}": process "${owner}" executes it, wanted one whose events come from outside`,
    );
  }
}

/** The reason of a run's signal: somebody wants it to end. */
export class RunAbortedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "RUN_ABORTED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says why.
   *
   * @param run Its id.
   * @param reason Why, for people.
   */
  constructor(readonly run: string, readonly reason: string) {
    super(`Run "${run}" was told to end: ${reason}`);
  }
}

const WANTED = "wanted a letter or digit, then at most 127 of A-Z, a-z, 0-9, dot, _ and -";

function shown(given: unknown): string {
  return typeof given === "string" ? JSON.stringify(given.slice(0, 80)) : `a ${typeof given}`;
}
