/**
 * The frames of an event stream as WHATWG HTML section 9.2.5 defines them. Whatever the data holds, a parser reads it
 * back: no line of it can pass for a field (S13).
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";

/** A frame, encoded once and sent to any number of clients. */
export interface SseFrame {
  /** The frame in UTF-8, with the empty line that ends it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a frame says. Every part may be left out. */
export interface SseFrameParts {
  /** The id that a client resumes by; one line, no NUL. */
  readonly id?: string;
  /** The kind of event, what `addEventListener` is told; one line, not empty. Default `message`. */
  readonly event?: string;
  /** The data. Its line ends, CR and CRLF too, all arrive as LF; NUL arrives. */
  readonly data?: string;
  /** Leaves out the space behind `data:`, as the examples of some protocols do. Default no. */
  readonly isCompact?: boolean;
  /** After how long a client connects again, in ms, 0 to 86,400,000. */
  readonly retryMs?: number;
  /** A remark that clients pass over. */
  readonly comment?: string;
}

/** A day: a client that waits longer is gone. */
const RETRY_MS_MAX = 86_400_000;

/** What a parser takes for the end of a line. */
const LINE_END = /\r\n|\r|\n/;

const encoder = new TextEncoder();

/**
 * Makes a frame.
 *
 * @param parts What it says.
 * @throws {InvalidOptionError} For an id or event that is more than a line or holds NUL, an empty event, or a wrong
 * `retryMs`.
 */
export function sseFrame(
  { id, event, data, isCompact = false, retryMs, comment }: SseFrameParts,
): SseFrame {
  const lines: string[] = [];
  if (comment !== undefined) {
    for (const line of comment.split(LINE_END)) {
      lines.push(`: ${line}`);
    }
  }
  if (retryMs !== undefined) {
    if (!Number.isInteger(retryMs) || retryMs < 0 || retryMs > RETRY_MS_MAX) {
      throw new InvalidOptionError("retryMs", retryMs, `a whole number from 0 to ${RETRY_MS_MAX}`);
    }
    lines.push(`retry: ${retryMs}`);
  }
  if (event !== undefined) {
    if (event === "") throw new InvalidOptionError("event", event, "a word");
    lines.push(`event: ${oneLine("event", event)}`);
  }
  if (id !== undefined) lines.push(`id: ${oneLine("id", id)}`);
  for (const line of data?.split(LINE_END) ?? []) {
    // A parser takes one space away: a line that begins with one needs another.
    lines.push(isCompact && !line.startsWith(" ") ? `data:${line}` : `data: ${line}`);
  }
  return { bytes: encoder.encode(`${lines.join("\n")}\n\n`) };
}

function oneLine(part: string, text: string): string {
  if (/[\r\n\0]/.test(text)) throw new InvalidOptionError(part, text, "one line without NUL");
  return text;
}
