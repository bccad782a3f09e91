/**
 * Cursors: the number of the present 20 seconds, counted from the protocol's epoch. A reader sends the last one along, so
 * that those who wait for the same data at the same time ask for the same URL, and later ones for another.
 *
 * @module
 */

import { badRequest } from "./refusals.ts";

const EPOCH_MS = Date.UTC(2024, 9, 9);
const INTERVAL_MS = 20_000;

/** How far a cursor is moved on when the reader already has it, at most: an hour, says the protocol (10.1). */
const AHEAD_MAX = 3_600_000 / INTERVAL_MS;

/** The largest cursor that is taken; far from where adding to it would lose digits. */
const CURSOR_MAX = 1e12;

/**
 * Reads a reader's cursor.
 *
 * @returns `null` when he has none.
 * @throws {ProblemError} When it is not a decimal.
 */
export function readCursor(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d{1,13}$/.test(text) || Number(text) > CURSOR_MAX) {
    throw badRequest("INVALID_CURSOR", "The cursor is none that this server has given");
  }
  return Number(text);
}

/**
 * The cursor of a response, always above the reader's own.
 *
 * @param given The reader's, `null` for none.
 * @param options `nowMs`: the time. `random`: a number from 0 to below 1.
 */
export function nextCursor(
  given: number | null,
  options: { readonly nowMs: number; readonly random: () => number },
): string {
  const present = Math.floor((options.nowMs - EPOCH_MS) / INTERVAL_MS);
  if (given === null || given < present) return String(present);
  return String(given + 1 + Math.floor(options.random() * AHEAD_MAX));
}
