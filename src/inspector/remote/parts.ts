/**
 * Long texts as entries of a journal, and together again: an entry is bounded, and a fleet of thousands of actors is
 * longer. What is incomplete, because a part was trimmed or is rubbish, is left out as a whole.
 *
 * @module
 */

import { type EntryFields, fieldValue } from "../../domain/entry.ts";

/** What an entry of a telling or a recording holds. `beat`: nothing, but that the process lives; `end`: that it ended. */
export const PART_KINDS = ["messages", "status", "beat", "end"] as const;

/** One of them. */
export type PartKind = typeof PART_KINDS[number];

/** A text that is whole. */
export interface WholeText {
  /** What it is. */
  readonly kind: PartKind;
  /** The text. */
  readonly text: string;
}

/** In UTF-16 units; at three bytes each it is far below the bound of an entry, and eight fit into one call. */
const PART_LENGTH = 262_144;

/** A fleet of ten thousand actors needs forty. */
const PARTS_MAX = 64;

/** Cuts a text into the fields of entries. @returns Nothing for one that is longer than anybody would put together. */
export function entriesOf({ kind, text }: WholeText): EntryFields[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length || from === 0;) {
    const until = Math.min(text.length, from + PART_LENGTH);
    const last = text.charCodeAt(until - 1);
    const splitsPair = until < text.length && last >= 0xd800 && last < 0xdc00;
    const end = splitsPair ? until - 1 : until;
    pieces.push(text.slice(from, end));
    from = Math.max(end, 1);
  }
  if (pieces.length > PARTS_MAX) return [];
  return pieces.map((piece, at) => ["kind", kind, "part", `${at}/${pieces.length}`, "text", piece]);
}

/** Puts texts together. */
export class PartJoiner {
  #kind: PartKind | null = null;
  #count = 0;
  #pieces: string[] = [];

  /** Takes the next entry. @returns The text that is whole now, `null` for none. Never throws. */
  take(fields: EntryFields): WholeText | null {
    const kind = PART_KINDS.find((each) => each === fieldValue(fields, "kind"));
    const text = fieldValue(fields, "text");
    const place = placeOf(fieldValue(fields, "part"));
    if (kind === undefined || typeof text !== "string" || place === null) return this.reset();
    if (text.length > PART_LENGTH) return this.reset();
    if (place.at === 0) {
      this.reset();
      [this.#kind, this.#count] = [kind, place.count];
    }
    const fits = this.#kind === kind && this.#count === place.count &&
      this.#pieces.length === place.at;
    if (!fits) return this.reset();
    this.#pieces.push(text);
    if (this.#pieces.length < this.#count) return null;
    const whole = { kind, text: this.#pieces.join("") };
    this.reset();
    return whole;
  }

  /** Forgets what is not whole. */
  reset(): null {
    [this.#kind, this.#count, this.#pieces] = [null, 0, []];
    return null;
  }
}

function placeOf(part: unknown): { readonly at: number; readonly count: number } | null {
  const found = typeof part === "string" ? /^(\d{1,3})\/(\d{1,3})$/.exec(part) : null;
  if (found === null) return null;
  const [at, count] = [Number(found[1]), Number(found[2])];
  return count >= 1 && count <= PARTS_MAX && at < count ? { at, count } : null;
}
