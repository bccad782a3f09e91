/**
 * What a client is told when something cannot be done: problem details as in RFC 9457, with a stable `code`.
 *
 * Only fixed sentences and what the client itself has sent get out: an error's own text may hold the words of a broker,
 * an address or a path of this machine (S17). So the text of one of our errors is shown only where this table says
 * `"message"`, and everything that is not in the table is the same 500.
 *
 * @module
 */

import { TidemarkError } from "../domain/errors.ts";
import { printable } from "../domain/printable.ts";

/** A problem as it is sent, but for `type`, which is `about:blank`: `code` says what it is. */
export interface Problem {
  /** The status of the answer, 400 to 599. */
  readonly status: number;
  /** A stable name of the condition, such as `RUN_NOT_FOUND`. */
  readonly code: string;
  /** One sentence for people; the same for every problem with this code. */
  readonly title: string;
  /** One sentence about this very case. */
  readonly detail?: string;
  /** What is wrong with which part of the request. */
  readonly faults?: readonly RequestFault[];
  /** Further members with what a program needs to go on, in snake_case; nothing that the client may not read. */
  readonly members?: Readonly<Record<string, string | null>>;
  /** After so many seconds it may go better: the header Retry-After. */
  readonly retryAfterS?: number;
  /** Further headers, such as Allow. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One part of a request that does not fit. */
export interface RequestFault {
  /** Where it stands. */
  readonly in: "path" | "query" | "header" | "cookie" | "body";
  /** Its name; for a body the path in it, such as `data.total`, empty for all of it. */
  readonly name: string;
  /** What was wanted, or what is wrong. */
  readonly wanted: string;
}

/** Thrown by a route to answer with a problem. */
export class ProblemError extends TidemarkError {
  /** The problem's code. */
  readonly code: string;
  /** The client decides. */
  readonly recovery = "fatal";

  /**
   * Carries the problem.
   *
   * @param problem What the client is told.
   * @param options `cause`: for the log, never sent.
   */
  constructor(readonly problem: Problem, options?: ErrorOptions) {
    super(`Cannot answer the request: ${problem.detail ?? problem.title}`, options);
    this.code = problem.code;
  }
}

/** How errors with one code are told. */
interface ProblemRule {
  readonly status: number;
  readonly title: string;
  /** `"message"`: the error's own text is safe, it names only what the client has sent. */
  readonly detail?: "message";
  readonly retryAfterS?: number;
}

/** A broker that is away is seldom back within less, and clients that all try each second would not help it. */
const BROKER_RETRY_S = 2;

const invalid: ProblemRule = {
  status: 400,
  title: "A part of the request is not valid",
  detail: "message",
};
const soon = { status: 503, retryAfterS: BROKER_RETRY_S };

/** Our errors by their code. A code that is missing here is told as {@linkcode INTERNAL}. */
const PROBLEM_RULES: Readonly<Record<string, ProblemRule>> = {
  INVALID_ENTRY_ID: invalid,
  INVALID_NAME: invalid,
  INVALID_OPTION: invalid,
  INVALID_EVENT: invalid,
  INVALID_RUN_ID: invalid,
  INVALID_RUN_KIND: invalid,
  INVALID_RUN_EVENT: invalid,
  RUN_NOT_FOUND: { status: 404, title: "There is no such run", detail: "message" },
  RUN_EXPIRED: { status: 410, title: "The run's events have expired", detail: "message" },
  RUN_EXISTS: { status: 409, title: "There is a run of this id already", detail: "message" },
  RUN_ENDED: { status: 409, title: "The run has ended", detail: "message" },
  // Its message names the process.
  RUN_OWNED: {
    status: 409,
    title: "A process of the service executes this run, only that changes it",
  },
  RUN_ABORTED: { status: 409, title: "The run was told to end" },
  STREAM_MISSING: { status: 404, title: "There is no such stream" },
  GROUP_MISSING: { status: 404, title: "There is no such group" },
  JOURNAL_MISSING: { status: 404, title: "There is no such record" },
  JOURNAL_DAMAGED: {
    status: 500,
    title: "What is stored of it is damaged; it can only be deleted",
  },
  JOURNAL_CHANGED: { status: 409, title: "Somebody else has changed it at the same time" },
  COMMANDS_OFF: { status: 403, title: "The inspector takes no commands", detail: "message" },
  INSTANCE_UNREACHABLE: { ...soon, title: "The process does not answer" },
  REQUEST_UNANSWERED: {
    ...soon,
    title: "The process has not said what became of it: it may or may not have been done",
  },
  REQUEST_FAILED: { status: 500, title: "The process failed at it; its log says why" },
  BACKPRESSURE: { ...soon, title: "Those who handle the events are too far behind" },
  BROKER_UNAVAILABLE: { ...soon, title: "The broker is not available" },
  UNKNOWN_OUTCOME: {
    ...soon,
    title: "The connection to the broker broke before its answer: it may or may not have been done",
  },
  CLOSED: { ...soon, title: "This service is ending" },
};

/** What everything else is told as. */
const INTERNAL: Problem = {
  status: 500,
  code: "INTERNAL",
  title: "Something went wrong in this service; its log says what",
};

/** A line of a terminal or two. */
const DETAIL_LENGTH_MAX = 300;

/** So many faults tell enough. */
const FAULTS_MAX = 10;

/**
 * What a client is told of an error.
 *
 * @param error Anything that was thrown.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (!(error instanceof TidemarkError)) return INTERNAL;
  const rule = Object.hasOwn(PROBLEM_RULES, error.code) ? PROBLEM_RULES[error.code] : undefined;
  if (rule === undefined) return INTERNAL;
  const { detail, ...rest } = rule;
  return { ...rest, code: error.code, ...(detail === undefined ? {} : { detail: error.message }) };
}

/**
 * A problem as an answer.
 *
 * @param problem What to tell.
 */
export function problemResponse(problem: Problem): Response {
  const { status, code, title, detail, faults, members, retryAfterS, headers } = problem;
  const told = {
    ...members,
    type: "about:blank",
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail: printable(detail, DETAIL_LENGTH_MAX) }),
    ...(faults === undefined ? {} : { faults: faults.slice(0, FAULTS_MAX).map(shownFault) }),
  };
  return new Response(JSON.stringify(told), {
    status,
    headers: {
      ...headers,
      "Content-Type": "application/problem+json",
      ...(retryAfterS === undefined ? {} : { "Retry-After": String(Math.ceil(retryAfterS)) }),
    },
  });
}

function shownFault({ in: place, name, wanted }: RequestFault): RequestFault {
  return { in: place, name: printable(name, 80), wanted: printable(wanted, DETAIL_LENGTH_MAX) };
}
