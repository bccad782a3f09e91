/**
 * Errors as data, so that they can leave a thread: name, message and code, of whatever was thrown. What a handler throws
 * can be anything, also something whose every property throws, and is never the reason that a message cannot be sent.
 *
 * @module
 */

import { messageOf } from "../attempt.ts";

/** What is told about something that was thrown. */
export interface ErrorData {
  /** The name of its class. */
  readonly name: string;
  /** What it says. */
  readonly message: string;
  /** Its stable name, for programs; `null` when it has none. */
  readonly code: string | null;
}

/** Longer texts are cut where they are shown anyway; this bounds what is sent. */
const TEXT_LENGTH_MAX = 10_000;

/** An error that was thrown in a thread, as it is known outside of it. */
class ForeignError extends Error {
  readonly code: string | undefined;

  constructor({ name, message, code }: ErrorData) {
    super(message);
    this.name = name;
    this.code = code ?? undefined;
  }
}

/** Anything thrown as data; `null` for nothing, which is what `throw undefined` says. Total. */
export function dataOfError(error: unknown): ErrorData | null {
  if (error === null || error === undefined) return null;
  return {
    name: textOf(error, "name") ?? "NotAnError",
    message: messageOf(error).slice(0, TEXT_LENGTH_MAX),
    code: textOf(error, "code"),
  };
}

/** The error that data is about. */
export function errorOfData(data: ErrorData | null): unknown {
  return data === null ? null : new ForeignError(data);
}

function textOf(error: unknown, property: "name" | "code"): string | null {
  try {
    if (!(error instanceof Error)) return null;
    const text: unknown = Reflect.get(error, property);
    return typeof text === "string" ? text.slice(0, TEXT_LENGTH_MAX) : null;
  } catch {
    return null;
  }
}
