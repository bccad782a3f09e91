/**
 * The lines that a filter lets through, kept up to date as frames come and go.
 *
 * @module
 */

import { isBreak, type LogEntry, type Recording } from "./recording.ts";

/** A bounded list of lines. */
export class LogLines {
  #lines: LogEntry[] = [];
  #matches: (entry: LogEntry) => boolean = () => true;
  #trims = 0;

  /** The lines, oldest first. */
  get lines(): readonly LogEntry[] {
    return this.#lines;
  }

  /** Shows other lines from now on. */
  filter(recording: Recording, matches: (entry: LogEntry) => boolean): void {
    this.#matches = matches;
    this.#trims = recording.trims;
    this.#lines = entriesOf(recording).filter(matches);
  }

  /** Takes what is new. */
  take(recording: Recording, entries: readonly LogEntry[]): void {
    for (const entry of entries) if (this.#matches(entry)) this.#lines.push(entry);
    if (this.#trims === recording.trims) return;
    this.#trims = recording.trims;
    const first = recording.frames[0]?.seq ?? 0;
    const kept = this.#lines.findIndex((entry) => entry.seq >= first);
    this.#lines = kept < 0 ? [] : this.#lines.slice(kept);
  }

  /** Where the last line up to a moment is, -1 for none. */
  indexAt(seq: number): number {
    let low = 0;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle]?.seq ?? Infinity) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Frames and breaks in the order in which they were told. */
function entriesOf({ frames, breaks }: Recording): LogEntry[] {
  if (breaks.length === 0) return [...frames];
  return [...frames, ...breaks].sort((one, other) =>
    one.seq - other.seq || Number(isBreak(one)) - Number(isBreak(other))
  );
}
