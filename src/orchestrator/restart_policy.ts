/**
 * When a consumer that failed is started again: at most so often within a window, with growing waits; and never where a
 * new start would only fail in the same way.
 *
 * @module
 */

import { backoffMs, type BackoffOptions, checkBackoff } from "../domain/backoff.ts";
import {
  BrokerUnsupportedError,
  ClosedError,
  ConsumerFencedError,
  FileMissingError,
  InvalidEntryIdError,
  InvalidNameError,
  InvalidOptionError,
  PermissionMissingError,
  TidemarkError,
  WrongTypeError,
} from "../domain/errors.ts";
import {
  CheckpointBeyondEndError,
  DataLossError,
  StreamReplacedError,
} from "../domain/start_errors.ts";
import { StartBeyondEndError, StreamExhaustedError } from "../domain/stream_errors.ts";
import type { Random } from "../ports/random.ts";
import { messageOf } from "../workers/attempt.ts";
import { HandlerModuleError } from "../workers/handler_module.ts";

/** How consumers that failed are started again. */
export interface SupervisionOptions {
  /** A consumer that fails more often than this within the window is given up; 0 to 1,000. Default 5. */
  readonly restartsMax: number;
  /** The window, in ms; 1,000 to 3,600,000. Default 60,000. */
  readonly windowMs: number;
  /** The longest wait before the first restart, in ms. Default 200. */
  readonly initialMs: number;
  /** The longest wait before any restart, in ms. Default 10,000. */
  readonly maxMs: number;
  /** When a consumer is given up: `continue` with the others, or `end` the program. Default `continue`. */
  readonly onFailure: "continue" | "end";
}

/** The defaults, those of `config.yaml`. */
export const SUPERVISION: SupervisionOptions = {
  restartsMax: 5,
  windowMs: 60_000,
  initialMs: 200,
  maxMs: 10_000,
  onFailure: "continue",
};

/**
 * Fills in the defaults and checks every value.
 *
 * @throws {InvalidOptionError} At the first value that cannot work.
 */
export function resolveSupervision(given: Partial<SupervisionOptions>): SupervisionOptions {
  const {
    restartsMax = SUPERVISION.restartsMax,
    windowMs = SUPERVISION.windowMs,
    initialMs = SUPERVISION.initialMs,
    maxMs = SUPERVISION.maxMs,
    onFailure = SUPERVISION.onFailure,
  } = given;
  checkRange("supervision.restartsMax", restartsMax, [0, 1_000]);
  checkRange("supervision.windowMs", windowMs, [1_000, 3_600_000]);
  checkBackoff("supervision", { initialMs, maxMs, multiplier: 2 });
  if (onFailure !== "continue" && onFailure !== "end") {
    throw new InvalidOptionError("supervision.onFailure", onFailure, '"continue" or "end"');
  }
  return { restartsMax, windowMs, initialMs, maxMs, onFailure };
}

/** Why a consumer ended. Plain data: it is kept by a machine and shown to people. */
export interface Failure {
  /** The error's stable code, or its class for one that is not Tidemark's. */
  readonly code: string;
  /** The error's message. */
  readonly message: string;
  /** `later`: a new start may work; `never`: it cannot; `renamed`: only under another name. */
  readonly restart: "later" | "never" | "renamed";
}

/** Conditions that a new start meets again: somebody has to decide or to mend something first. */
const LASTING = [
  BrokerUnsupportedError,
  CheckpointBeyondEndError,
  ClosedError,
  DataLossError,
  FileMissingError,
  HandlerModuleError,
  InvalidEntryIdError,
  InvalidNameError,
  InvalidOptionError,
  PermissionMissingError,
  StartBeyondEndError,
  StreamExhaustedError,
  StreamReplacedError,
  WrongTypeError,
];

/** Says of an error whether a new start may help. Whatever was thrown, it does not throw. */
export function failureOf(error: unknown): Failure {
  const code = error instanceof TidemarkError ? error.code : nameOf(error);
  const message = messageOf(error);
  if (error instanceof ConsumerFencedError) return { code, message, restart: "renamed" };
  const isLasting = LASTING.some((kind) => error instanceof kind);
  return { code, message, restart: isLasting ? "never" : "later" };
}

/** The failures that still count: those within the window before the last one. */
export function recentFailures(
  timesMs: readonly number[],
  now: { readonly atMs: number; readonly windowMs: number },
): readonly number[] {
  return [...timesMs.filter((timeMs) => now.atMs - timeMs < now.windowMs), now.atMs];
}

/** The wait before a restart, in ms. */
export function restartDelayMs(
  failures: number,
  options: SupervisionOptions & { readonly random: Random },
): number {
  const growth: BackoffOptions = { ...options, multiplier: 2 };
  return backoffMs(failures, { ...growth, random: options.random.next() });
}

function checkRange(name: string, value: number, [min, max]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new InvalidOptionError(name, value, `a whole number from ${min} to ${max}`);
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : "UNKNOWN";
  } catch {
    return "UNKNOWN"; // some errors cannot even be looked at
  }
}
