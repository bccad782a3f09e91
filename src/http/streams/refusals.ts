/**
 * Why requests for streams are refused, where more than one place says so. The titles are sentences, and never hold a
 * part of a stream's content.
 *
 * @module
 */

import { ProblemError } from "../problem.ts";

/**
 * A request that cannot be understood: status 400.
 *
 * @param code A stable name of the condition.
 * @param title What is wrong and what would do, in one sentence.
 */
export function badRequest(code: string, title: string): ProblemError {
  return new ProblemError({ status: 400, code, title });
}

/** There is no such stream: status 404. */
export function streamMissing(): ProblemError {
  const title = "There is no such stream, create it with PUT";
  return new ProblemError({ status: 404, code: "STREAM_NOT_FOUND", title });
}

/** The stream was deleted, and its forks still name it: status 410. */
export function streamGone(): ProblemError {
  const title = "The stream was deleted and only its forks live on";
  return new ProblemError({ status: 410, code: "STREAM_GONE", title });
}

/**
 * What was at an offset was trimmed: status 410.
 *
 * @param headers Where it goes on, if that is known.
 */
export function offsetGone(headers: Readonly<Record<string, string>> = {}): ProblemError {
  const title = "What was at that offset is no longer kept";
  return new ProblemError({ status: 410, code: "OFFSET_GONE", title, headers });
}

/** What is sent, or a fork, has another content type than the stream: status 409. */
export function contentTypeMismatch(): ProblemError {
  const title = "The stream has another content type";
  return new ProblemError({ status: 409, code: "CONTENT_TYPE_MISMATCH", title });
}

/** `Stream-Forked-From` names nothing to fork: status 404. */
export function forkSourceMissing(): ProblemError {
  const title = "Stream-Forked-From names no stream of this server";
  return new ProblemError({ status: 404, code: "FORK_SOURCE_NOT_FOUND", title });
}

/** The stream holds what another program has written: status 500. */
export function streamDamaged(): ProblemError {
  const title = "What is stored of the stream is damaged; it can only be deleted";
  return new ProblemError({ status: 500, code: "STREAM_DAMAGED", title });
}

/**
 * Something that is over soon: status 503.
 *
 * @param code A stable name of the condition.
 * @param what What is wrong.
 */
export function tryLater(code: string, what: string): ProblemError {
  return new ProblemError({ status: 503, code, title: `${what}, try again`, retryAfterS: 1 });
}
