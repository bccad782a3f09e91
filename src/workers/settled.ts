/**
 * Settled entries: those that wait for a commit, and those whose commit was not answered yet. It also tells when there
 * is something to commit.
 *
 * @module
 */

import type { EntryFields } from "../domain/entry.ts";
import { compareEntryIds } from "../domain/entry_id.ts";
import type { Settlement } from "../domain/settlement.ts";
import type { Clock } from "../ports/clock.ts";
import type { Slot } from "./lane.ts";
import { SettledNotice } from "./settled_notice.ts";

/** Settled entries of one pool. */
export class Settled {
  readonly #notice: SettledNotice;
  #waiting: Slot[] = [];
  /** Whether they wait in id order, as they do where one handler runs at a time. */
  #isSorted = true;
  /** By identity, so that an answer that comes after everything was let go of changes nothing. */
  readonly #committing = new Set<Slot>();

  /** @param options `noticeCount`: so many are told at once; `onSettled`: whom to tell. */
  constructor(
    options: {
      readonly clock: Clock;
      readonly noticeCount: number;
      readonly onSettled: () => void;
    },
  ) {
    this.#notice = new SettledNotice(options);
  }

  /** How many there are. */
  get count(): number {
    return this.#waiting.length + this.#committing.size;
  }

  /** Adds an entry with what became of it. */
  add(slot: Slot, settlement: Settlement): void {
    slot.state = "settled";
    slot.settlement = settlement;
    const last = this.#waiting.at(-1);
    this.#isSorted &&= last === undefined || byId(last, slot) < 0;
    this.#waiting.push(slot);
  }

  /**
   * Takes entries out for a commit, in id order.
   *
   * @param bounds At most so many, and not many more bytes of outputs; at least one.
   */
  take(bounds: { readonly countMax: number; readonly bytesMax: number }): Slot[] {
    if (!this.#isSorted) this.#waiting.sort(byId);
    this.#isSorted = true;
    let count = 0;
    let bytes = 0;
    for (const slot of this.#waiting) {
      if (count >= bounds.countMax || (count > 0 && bytes >= bounds.bytesMax)) break;
      bytes += outputBytes(slot.settlement);
      count++;
    }
    const taken = this.#waiting.splice(0, count);
    for (const slot of taken) this.#committing.add(slot);
    this.#notice.reset();
    return taken;
  }

  /** The commit of these was answered. */
  answered(slots: readonly Slot[]): void {
    for (const slot of slots) this.#committing.delete(slot);
  }

  /** Takes an entry back that waits for a commit. */
  withdraw(slot: Slot): void {
    const index = this.#waiting.indexOf(slot);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Takes back what was settled after an entry of the same key and waits for a commit. */
  withdrawAfter({ lane, delivery }: Slot): Slot[] {
    if (lane === null || lane.key === null) return [];
    const isAfter = (other: Slot) =>
      other.lane === lane && compareEntryIds(other.delivery.id, delivery.id) > 0;
    const withdrawn = this.#waiting.filter(isAfter);
    if (withdrawn.length > 0) this.#waiting = this.#waiting.filter((slot) => !isAfter(slot));
    return withdrawn;
  }

  /** Forgets all. */
  clear(): void {
    this.#waiting = [];
    this.#committing.clear();
    this.#notice.reset();
  }

  /** Tells when it is time. `idle`: nothing runs or is ready. */
  tell(idle: boolean): void {
    this.#notice.settled(this.#waiting.length, idle);
  }
}

function byId(left: Slot, right: Slot): number {
  return compareEntryIds(left.delivery.id, right.delivery.id);
}

/** The size of what a settlement appends, roughly in bytes. */
function outputBytes(settlement: Settlement | null): number {
  if (settlement?.kind === "deadLettered") return partsLength(settlement.letter.fields);
  if (settlement?.kind !== "handled") return 0;
  let bytes = 0;
  for (const output of settlement.outputs) bytes += partsLength(output.fields);
  return bytes;
}

function partsLength(fields: EntryFields): number {
  let length = 0;
  for (const part of fields) length += part.length;
  return length;
}
