/**
 * What the main isolate and a thread say to each other, over a port of their own. Attempts are numbered, and every
 * message is checked where it arrives: the user's code runs in the thread, and whatever it sends must not pass for ours.
 *
 * @module
 */

import type { Delivery, EntryFields } from "../../domain/entry.ts";
import type { Output } from "../../domain/settlement.ts";
import type { LogFields, LogLevelName } from "../../ports/log.ts";
import type { AttemptPlace } from "../handler.ts";
import type { ErrorData } from "./error_data.ts";

/** Why an attempt must stop, as `HandlerAbortedError` says it. */
export type StopReason = "timeout" | "fenced" | "stopped";

/** Run an attempt. */
export interface RunRequest {
  readonly kind: "run";
  /** Its number. */
  readonly request: number;
  readonly delivery: Delivery;
  /** How many attempts failed before. */
  readonly failures: number;
  readonly place: AttemptPlace;
  /** How long code of the user may go without a pause, in ms, until it is stopped by force; 0 for no bound. */
  readonly unbrokenMsMax: number;
}

/** What the main isolate says. */
export type ToThread =
  | RunRequest
  /** Tell the attempt to stop. */
  | { readonly kind: "stop"; readonly request: number; readonly reason: StopReason }
  /** End yourself, as soon as the attempt under way has ended. */
  | { readonly kind: "close" };

/** What became of an attempt, as `AttemptResult` without what cannot leave a thread. */
export type ResultData =
  | { readonly kind: "handled"; readonly outputs: readonly Output[] }
  | { readonly kind: "deferred"; readonly delayMs: number }
  | {
    readonly kind: "givenUp";
    readonly reason: string;
    readonly error: ErrorData | null;
    readonly tried: boolean;
  }
  | { readonly kind: "failed"; readonly error: ErrorData | null };

/** What a thread says. */
export type FromThread =
  /** Its modules are loaded. `timeoutMs` is the handler's own, `null` for none. */
  | { readonly kind: "ready"; readonly timeoutMs: number | null }
  /** A module cannot be used. */
  | { readonly kind: "refused"; readonly role: "handler" | "codec"; readonly reason: string }
  /** It knows that the attempt must stop: so it is not blocked. */
  | { readonly kind: "heard"; readonly request: number }
  /** The attempt is over, and none of its code runs any more. `forced`: it had to be cut off. */
  | {
    readonly kind: "over";
    readonly request: number;
    readonly result: ResultData;
    readonly forced: boolean;
  }
  /** A line for the log. */
  | {
    readonly kind: "log";
    readonly level: LogLevelName;
    readonly message: string;
    readonly fields: LogFields;
  }
  /** It is of no use any more. */
  | { readonly kind: "broken"; readonly reason: string };

/** Reads what a thread has sent; `null` for what none of ours would send. Total. */
export function readFromThread(message: unknown): FromThread | null {
  if (!isRecord(message)) return null;
  const { kind, request, reason } = message;
  switch (kind) {
    case "ready": {
      const { timeoutMs } = message;
      return timeoutMs === null || isDuration(timeoutMs) ? { kind, timeoutMs } : null;
    }
    case "refused": {
      const { role } = message;
      if (role !== "handler" && role !== "codec" || typeof reason !== "string") return null;
      return { kind, role, reason };
    }
    case "heard":
      return typeof request === "number" ? { kind, request } : null;
    case "over": {
      const { forced } = message;
      const result = readResult(message.result);
      if (typeof request !== "number" || typeof forced !== "boolean" || result === null) {
        return null;
      }
      return { kind, request, result, forced };
    }
    case "log": {
      const { level, message: text, fields } = message;
      if (!isLevel(level) || typeof text !== "string" || !isLogFields(fields)) return null;
      return { kind, level, message: text, fields };
    }
    case "broken":
      return typeof reason === "string" ? { kind, reason } : null;
    default:
      return null;
  }
}

function readResult(result: unknown): ResultData | null {
  if (!isRecord(result)) return null;
  const { kind, outputs, delayMs, reason, tried } = result;
  const error = readError(result.error);
  switch (kind) {
    case "handled":
      return Array.isArray(outputs) && outputs.every(isOutput) ? { kind, outputs } : null;
    case "deferred":
      return isDuration(delayMs) ? { kind, delayMs } : null;
    case "givenUp":
      if (typeof reason !== "string" || typeof tried !== "boolean" || error === undefined) {
        return null;
      }
      return { kind, reason, error, tried };
    case "failed":
      return error === undefined ? null : { kind, error };
    default:
      return null;
  }
}

function readError(error: unknown): ErrorData | null | undefined {
  if (error === null) return null;
  if (!isRecord(error)) return undefined;
  const { name, message, code } = error;
  if (typeof name !== "string" || typeof message !== "string") return undefined;
  return code === null || typeof code === "string" ? { name, message, code } : undefined;
}

function isOutput(output: unknown): output is Output {
  return isRecord(output) && typeof output.stream === "string" && isFields(output.fields);
}

function isFields(fields: unknown): fields is EntryFields {
  return Array.isArray(fields) && fields.length % 2 === 0 &&
    fields.every((part) => typeof part === "string" || part instanceof Uint8Array);
}

function isLevel(level: unknown): level is LogLevelName {
  return level === "debug" || level === "info" || level === "warn" || level === "error";
}

function isLogFields(fields: unknown): fields is LogFields {
  return isRecord(fields) &&
    Object.values(fields).every((value) =>
      value === null || typeof value === "string" || typeof value === "number" ||
      typeof value === "boolean"
    );
}

function isDuration(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
