/**
 * Reading what Redis answers, whose type nobody vouches for: each function returns what was wanted or throws.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";
import { BrokerUnsupportedError } from "../../domain/errors.ts";

function unexpected(wanted: string, given: unknown): BrokerUnsupportedError {
  return new BrokerUnsupportedError(
    `Cannot read the broker's answer: it holds a ${typeof given}, wanted ${wanted}`,
  );
}

/** A list. */
export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw unexpected("a list", reply);
}

/** A text. */
export function textOf(reply: unknown): string {
  if (typeof reply === "string") return reply;
  throw unexpected("a text", reply);
}

/** A whole number, also one in decimal text. */
export function countOf(reply: unknown): number {
  const count = typeof reply === "string" && reply !== "" ? Number(reply) : reply;
  if (typeof count === "number" && Number.isFinite(count)) return count;
  throw unexpected("a number", reply);
}

/** An entry id. Redis prints ids canonically (`addReplyStreamID`), so the text is not parsed again. */
export function idOf(reply: unknown): EntryId {
  return textOf(reply) as EntryId;
}

/** The same, where nil stands for none. */
export function orNull<T>(reply: unknown, read: (reply: unknown) => T): T | null {
  return reply === null || reply === undefined ? null : read(reply);
}
