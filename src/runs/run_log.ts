/**
 * The newest events of one run in the memory of this process: those that were just emitted and wait to be stored, and a
 * few that were stored already. Whoever follows the run reads from here, and from the store what is older.
 *
 * What waits is bounded: beyond that the oldest are dropped, and one entry of type `run.gap` stands for all of them, at the
 * id of the last one. It is stored in their place, so that whoever comes later is told exactly what is missing.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../domain/entry_id.ts";
import { type EntryFields, fieldsByteLength } from "../domain/entry.ts";
import type { RunEndStatus, RunEvent } from "../domain/run.ts";
import { decodeRunEvent, encodeRunGap } from "../domain/run_event.ts";

/** How a run ended for who follows it; `deleted`: it is gone, deleted or expired. */
export interface LogEnd {
  /** How. */
  readonly status: RunEndStatus | "deleted";
  /** Why, `null` for nothing to say. */
  readonly reason: string | null;
}

/** How much may wait to be stored. */
export interface LogBounds {
  /** Events. */
  readonly eventsMax: number;
  /** Bytes of their names and values. */
  readonly bytesMax: number;
}

/** An event to be stored. */
export interface WaitingEntry {
  /** Its id. */
  readonly id: EntryId;
  /** Names and values in turn. */
  readonly fields: EntryFields;
}

interface LogEntry {
  readonly event: RunEvent;
  readonly fields: EntryFields;
  readonly bytes: number;
  /** For what stands for dropped events: the first of them, and how many. */
  readonly dropped?: { readonly firstId: EntryId; readonly count: number };
}

/** Stored events that stay, so that who reads along need not ask the store. */
const RECENT_EVENTS_MAX = 1_000;
const RECENT_BYTES_MAX = 1_048_576;

/** One delivery from memory; who is slow holds it until he has it all, also when it is forgotten here. */
const SLICE_EVENTS_MAX = 256;
const SLICE_BYTES_MAX = 262_144;

/** The newest events of one run. */
export class RunLog {
  readonly #bounds: LogBounds;
  readonly #followers = new Set<() => void>();
  #entries: LogEntry[] = [];
  /** Everything above it is in memory, everything up to it is not. */
  #afterId: EntryId;
  #lastId: EntryId;
  #end: LogEnd | null = null;
  /** So many at the beginning are stored. */
  #storedCount = 0;
  #storedBytes = 0;
  /** So many behind them are being stored just now. */
  #takenCount = 0;
  #waitingBytes = 0;
  #droppedCount = 0;

  /** An empty one. @param afterId Events up to it are not in memory. */
  constructor(afterId: EntryId, bounds: LogBounds) {
    this.#afterId = afterId;
    this.#lastId = afterId;
    this.#bounds = bounds;
  }

  /** Everything above it is in memory. */
  get afterId(): EntryId {
    return this.#afterId;
  }

  /** The newest event. */
  get lastId(): EntryId {
    return this.#lastId;
  }

  /** How the run ended, `null` while it runs. */
  get end(): LogEnd | null {
    return this.#end;
  }

  /** How many events wait to be stored. */
  get waitingCount(): number {
    return this.#entries.length - this.#storedCount;
  }

  /** How many events were dropped and will not be stored. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** How many follow. */
  get followerCount(): number {
    return this.#followers.size;
  }

  /** Calls back whenever there is something new; must not throw. @returns Ends that. */
  follow(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Takes a new event that is to be stored, and tells who follows. */
  push(id: EntryId, fields: EntryFields): RunEvent {
    const event = decodeRunEvent({ id, fields });
    const bytes = fieldsByteLength(fields);
    this.#entries.push({ event, fields, bytes });
    this.#lastId = id;
    this.#waitingBytes += bytes;
    this.#dropOldest();
    this.#tell();
    return event;
  }

  /** Takes events that were read from the store, and tells who follows. */
  pushStored(entries: readonly WaitingEntry[]): void {
    for (const { id, fields } of entries) {
      if (compareEntryIds(id, this.#lastId) <= 0) continue;
      const event = decodeRunEvent({ id, fields });
      const bytes = fieldsByteLength(fields);
      this.#entries.push({ event, fields: [], bytes });
      this.#lastId = id;
      this.#storedCount++;
      this.#storedBytes += bytes;
    }
    this.#forgetOldest();
    this.#tell();
  }

  /** Begins anew behind a position: what is before it must be asked of the store. */
  restart(afterId: EntryId): void {
    this.#entries = [];
    this.#storedCount = 0;
    this.#storedBytes = 0;
    this.#afterId = afterId;
    this.#lastId = afterId;
  }

  /** The run has ended; the first end counts. */
  close(end: LogEnd): void {
    this.#end ??= end;
    this.#tell();
  }

  /**
   * The next events above an id, some of them.
   *
   * @returns Empty at the end; `null` where the store must be asked.
   */
  after(id: EntryId): RunEvent[] | null {
    // Whoever is at the end, or one event before it, and that is nearly everybody, is not searched for.
    if (id === this.#lastId) return [];
    const newest = this.#entries.at(-1);
    if (newest !== undefined && this.#entries.at(-2)?.event.id === id) return [newest.event];
    if (compareEntryIds(id, this.#afterId) < 0) return null;
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && compareEntryIds(entry.event.id, id) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#slice(low);
  }

  /** What is to be stored next. It is not dropped until it was {@linkcode landed}; the same again until then. */
  take({ eventsMax, bytesMax }: LogBounds): WaitingEntry[] {
    if (this.#takenCount === 0) {
      let bytes = 0;
      for (let at = this.#storedCount; at < this.#entries.length; at++) {
        bytes += this.#entries[at]?.bytes ?? 0;
        if (this.#takenCount === eventsMax || (this.#takenCount > 0 && bytes > bytesMax)) break;
        this.#takenCount++;
      }
    }
    return this.#entries.slice(this.#storedCount, this.#storedCount + this.#takenCount)
      .map(({ event: { id }, fields }) => ({ id, fields }));
  }

  /** What was taken is stored. */
  landed(): void {
    for (const end = this.#storedCount + this.#takenCount; this.#storedCount < end;) {
      const entry = this.#entries[this.#storedCount];
      if (entry === undefined) break;
      this.#entries[this.#storedCount++] = { ...entry, fields: [] };
      this.#storedBytes += entry.bytes;
      this.#waitingBytes -= entry.bytes;
    }
    this.#takenCount = 0;
    this.#forgetOldest();
  }

  /** The events from a place on: one at least where there is one, no more than one delivery. */
  #slice(from: number): RunEvent[] {
    const events: RunEvent[] = [];
    let bytesLeft = SLICE_BYTES_MAX;
    for (const { event, bytes } of this.#entries.slice(from, from + SLICE_EVENTS_MAX)) {
      bytesLeft -= bytes;
      if (bytesLeft < 0 && events.length > 0) break;
      events.push(event);
    }
    return events;
  }

  /** Drops the oldest that wait, but those that are being stored, and the newest one. */
  #dropOldest(): void {
    const { eventsMax, bytesMax } = this.#bounds;
    const at = this.#storedCount + this.#takenCount;
    while (
      (this.waitingCount > eventsMax || this.#waitingBytes > bytesMax) &&
      this.#entries.length - at > 2
    ) {
      const [first, second] = this.#entries.slice(at, at + 2);
      if (first === undefined || second === undefined) return;
      const count = (first.dropped?.count ?? 1) + 1;
      const gap = gapEntry(first.dropped?.firstId ?? first.event.id, second.event.id, count);
      this.#entries.splice(at, 2, gap);
      this.#waitingBytes += gap.bytes - first.bytes - second.bytes;
      this.#droppedCount += first.dropped === undefined ? 2 : 1;
    }
  }

  #forgetOldest(): void {
    let count = 0;
    let bytes = this.#storedBytes;
    while (
      this.#storedCount - count > RECENT_EVENTS_MAX ||
      (bytes > RECENT_BYTES_MAX && count < this.#storedCount)
    ) {
      const entry = this.#entries[count++];
      bytes -= entry?.bytes ?? 0;
      this.#afterId = entry?.event.id ?? this.#afterId;
    }
    if (count === 0) return;
    this.#entries.splice(0, count);
    this.#storedCount -= count;
    this.#storedBytes = bytes;
  }

  #tell(): void {
    for (const follower of [...this.#followers]) follower();
  }
}

function gapEntry(firstId: EntryId, lastId: EntryId, count: number): LogEntry {
  const fields = encodeRunGap({ firstId, lastId, count });
  const event = decodeRunEvent({ id: lastId, fields });
  return { event, fields, bytes: fieldsByteLength(fields), dropped: { firstId, count } };
}
