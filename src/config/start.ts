/**
 * Where a new group begins, as it is written in a configuration: a word, an entry id or a time.
 *
 * @module
 */

import { type EntryId, isEntryId } from "../domain/entry_id.ts";

/** Where a new group begins: first entry, end, after an id, or the first entry of a time in ms since 1970. */
export type Start =
  | "beginning"
  | "end"
  | { readonly afterId: EntryId }
  | { readonly fromTimeMs: number };

/** A day, or a second of it with its time zone: `Date.parse` alone takes nearly anything, and guesses the zone. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Reads a start; `undefined` when it is none. */
export function parseStart(text: string): Start | undefined {
  if (text === "beginning" || text === "end") return text;
  if (isEntryId(text)) return { afterId: text };
  if (!TIME.test(text)) return undefined;
  const fromTimeMs = Date.parse(text);
  if (!(fromTimeMs >= 0) || !isDay(text.slice(0, 10))) return undefined;
  return { fromTimeMs };
}

/** `Date.parse` takes the 30th of February for a day in March. */
function isDay(text: string): boolean {
  return new Date(Date.parse(text)).toJSON()?.startsWith(text) ?? false;
}
