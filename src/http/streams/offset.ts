/**
 * Offsets: where a reader stands in a stream, as the id of the last entry that he has seen. Sixteen decimals, `_`, sixteen
 * decimals, so that the order of the texts is the order of the positions; the beginning is all zeros. Sixteen are enough:
 * the first number is the time of the append in ms, the second counts within it.
 *
 * @module
 */

import { type EntryId, entryIdParts } from "../../domain/entry_id.ts";
import { badRequest, streamDamaged } from "./refusals.ts";

const DIGITS = 16;

const FORM = /^(\d{16})_(\d{16})$/;

/** Where to read from: behind an entry, at the beginning, or at the tail. */
export type ReadPosition = { readonly afterId: EntryId } | "beginning" | "tail";

/**
 * The offset behind an entry.
 *
 * @throws {ProblemError} For an id of more than sixteen digits, which only somebody else can have written.
 */
export function offsetOf(id: EntryId): string {
  const { ms, seq } = entryIdParts(id);
  const parts = [ms, seq].map((part) => String(part).padStart(DIGITS, "0"));
  if (parts.some((part) => part.length > DIGITS)) throw streamDamaged();
  return parts.join("_");
}

/**
 * Reads an offset, or one of the two words that stand for one.
 *
 * @throws {ProblemError} When it is none.
 */
export function readOffset(text: string): ReadPosition {
  if (text === "-1") return "beginning";
  if (text === "now") return "tail";
  const [, ms, seq] = FORM.exec(text) ?? [];
  if (ms === undefined || seq === undefined) {
    throw badRequest("INVALID_OFFSET", "The offset is none that this server has given");
  }
  return { afterId: `${BigInt(ms)}-${BigInt(seq)}` };
}
