/**
 * The observer: looks at moments while the campaign runs, and notes each one that must never be. An entry counts as
 * finished when its output or dead letter is there, whatever the pending list says, so that a protocol that
 * acknowledges too early is caught in the act.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import {
  type BrokerData,
  type Cursor,
  FROM_THE_BEGINNING,
  type Moment,
  type SourceEntry,
} from "./moment.ts";

/** What was seen. */
export interface Observed {
  /** How many moments were looked at. */
  readonly samples: number;
  /** How often the checkpoint was seen further than before. */
  readonly moves: number;
  /** The largest done-set. */
  readonly doneMax: number;
  /** The most pending entries. */
  readonly pendingMax: number;
  /** The longest time in which the checkpoint stood still although entries were unfinished, in ms, and what it waited for. */
  readonly standstill: { readonly ms: number; readonly behind: string };
  /** The checkpoint moved backwards: from where to where. */
  readonly backwards: readonly string[];
  /** The checkpoint was at or above an entry that was not finished: which one, and how. */
  readonly tooHigh: readonly string[];
  /** The done-set held an entry that was not finished. */
  readonly doneTooEarly: readonly string[];
}

/** Looks at moments in the order in which they were. */
export class Observer {
  readonly #finished = new Set<EntryId>();
  readonly #tooHigh = new Map<EntryId, string>();
  readonly #doneTooEarly = new Set<EntryId>();
  readonly #backwards: string[] = [];
  /** In id order. */
  readonly #unpassed: SourceEntry[] = [];
  #position: EntryId | null = null;
  #standstill = { ms: 0, behind: "nothing" };
  #movedAtMs = 0;
  #samples = 0;
  #moves = 0;
  #doneMax = 0;
  #pendingMax = 0;

  /**
   * Looks at the next moment. Its lists must begin where those of the last one ended.
   *
   * @param nowMs When it was.
   */
  look(moment: Moment, nowMs: number): void {
    this.#samples++;
    this.#doneMax = Math.max(this.#doneMax, moment.done.length);
    this.#pendingMax = Math.max(this.#pendingMax, moment.pending.length);
    for (const { sourceId } of moment.outputs) this.#finished.add(sourceId);
    for (const id of moment.letters) this.#finished.add(id);
    this.#unpassed.push(...moment.entries);
    for (const id of moment.done) if (!this.#finished.has(id)) this.#doneTooEarly.add(id);
    const { position } = moment;
    const before = this.#position;
    if (position === null) return;
    this.#lookAtMove(position);
    this.#lookAtStandstill(moment, { isMove: position !== before, nowMs });
    this.#lookBelow(position, moment);
  }

  /** How often the checkpoint was seen further than before. */
  get moves(): number {
    return this.#moves;
  }

  /** Of how many entries an output or a dead letter was seen. */
  get finishedCount(): number {
    return this.#finished.size;
  }

  /** Whether an output or a dead letter of an entry was seen. */
  isFinished(id: EntryId): boolean {
    return this.#finished.has(id);
  }

  /** What was seen so far. */
  get observed(): Observed {
    return {
      samples: this.#samples,
      moves: this.#moves,
      doneMax: this.#doneMax,
      pendingMax: this.#pendingMax,
      standstill: this.#standstill,
      backwards: this.#backwards,
      tooHigh: [...this.#tooHigh].map(([id, why]) => `${id} ${why}`),
      doneTooEarly: [...this.#doneTooEarly],
    };
  }

  #lookAtMove(position: EntryId): void {
    const before = this.#position;
    this.#position = position;
    if (before === null) return;
    const order = compareEntryIds(position, before);
    if (order > 0) this.#moves++;
    if (order < 0) this.#backwards.push(`${before} to ${position}`);
  }

  #lookAtStandstill(
    { position, lastId, pending }: Moment,
    { isMove, nowMs }: { readonly isMove: boolean; readonly nowMs: number },
  ): void {
    if (isMove || position === lastId) this.#movedAtMs = nowMs;
    const ms = nowMs - this.#movedAtMs;
    if (ms <= this.#standstill.ms) return;
    const first = pending[0];
    const payload = this.#unpassed.find(({ id }) => id === first?.id)?.payload;
    const behind = first === undefined
      ? "nothing pending"
      : `${first.id} of ${first.consumer}, handed out ${first.deliveries} times, ${payload}`;
    this.#standstill = { ms, behind };
  }

  #lookBelow(position: EntryId, { pending, lastDelivered }: Moment): void {
    for (const { id, consumer } of pending) {
      if (compareEntryIds(id, position) > 0) break;
      this.#tooHigh.set(id, `pending for ${consumer}, checkpoint ${position}`);
    }
    const passed = this.#unpassed.findIndex(({ id }) => compareEntryIds(id, position) > 0);
    const end = passed < 0 ? this.#unpassed.length : passed;
    for (const { id } of this.#unpassed.splice(0, end)) {
      if (lastDelivered !== null && compareEntryIds(id, lastDelivered) > 0) {
        this.#tooHigh.set(id, `not handed out yet, checkpoint ${position}`);
      } else if (!this.#finished.has(id)) {
        this.#tooHigh.set(id, `without output, checkpoint ${position}`);
      }
    }
  }
}

/** Between two looks, in ms: several per lease and per commit of a busy worker, without keeping the broker busy. */
const LOOK_EVERY_MS = 25;

/** Looks at the broker again and again. */
export class Watch {
  readonly #observer = new Observer();
  readonly #data: BrokerData;
  readonly #running: Promise<void>;
  #looking: Promise<unknown> = Promise.resolve();
  #cursor: Cursor = FROM_THE_BEGINNING;
  #latest: Moment | null = null;
  #ended = false;

  /** @param data The broker's data; begins at once. */
  constructor(data: BrokerData) {
    this.#data = data;
    this.#running = this.#run();
    this.#running.catch(() => {}); // told by end()
  }

  /** The last moment, `null` before the first. Its lists hold what came since the one before. */
  get latest(): Moment | null {
    return this.#latest;
  }

  /** Whether an output or a dead letter of an entry was seen. */
  isFinished(id: EntryId): boolean {
    return this.#observer.isFinished(id);
  }

  /** Looks now. */
  async look(): Promise<Moment> {
    const look = this.#looking.then(async () => {
      const moment = await this.#data.read(this.#cursor);
      this.#cursor = moment.next;
      this.#observer.look(moment, performance.now());
      this.#latest = moment;
      return moment;
    });
    this.#looking = look.catch(() => {}); // told to whoever asked
    return await look;
  }

  /** How many entries were seen finished. */
  get finishedCount(): number {
    return this.#observer.finishedCount;
  }

  /** Waits until the checkpoint has moved, or for so long. */
  async untilMoved(withinMs: number): Promise<void> {
    const from = this.#observer.moves;
    const endMs = Date.now() + withinMs;
    while (this.#observer.moves === from && Date.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Ends it. @returns what was seen. @throws what reading threw. */
  async end(): Promise<Observed> {
    this.#ended = true;
    await this.#running;
    return this.#observer.observed;
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      await this.look();
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
