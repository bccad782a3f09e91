/**
 * What a pool must hold, recounted naively: every entry with what is known of it, and the rules of lanes as sentences
 * over the whole list. Slow and plain where the pool is quick.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import type { Verdict } from "../../src/domain/settlement.ts";
import type { Load } from "../../src/workers/load.ts";

/** How a handler can end. */
export type Ending = "finish" | "fail" | "defer" | "deadLetter";

/** An entry as the model knows it. */
interface Known {
  readonly id: EntryId;
  readonly key: string | null;
  state: "idle" | "running" | "settled" | "committing";
  failures: number;
  dueAtMs: number;
  /** It is due then because it was held, `null` for otherwise. */
  heldUntilMs: number | null;
  /** It settled by being deferred until then; `null` for otherwise. */
  deferredUntilMs: number | null;
  /** It runs, but what it depends on changed: this run does not count. */
  isStale: boolean;
  /** Deferred without a key: it holds nobody, and nobody holds it. */
  isAlone: boolean;
}

/** The bounds that the model shares with the pool. */
export interface ModelOptions {
  readonly workersMax: number;
  readonly windowMax: number;
  readonly heldMax: number;
  readonly attemptsMax: number;
  /** The wait after so many failures, in ms. */
  readonly retryMs: (failures: number) => number;
  /** The wait of an entry that is held, in ms. */
  readonly heldMs: number;
}

/** The naive recount. */
export class PoolModel {
  readonly #options: ModelOptions;
  readonly #entries = new Map<EntryId, Known>();
  /** What a commit carries that was not answered, also what was let go of meanwhile. */
  #committing: readonly Known[] = [];
  nowMs = 0;
  /** How many workers are broken. */
  brokenCount = 0;

  /** @param options Its bounds. */
  constructor(options: ModelOptions) {
    this.#options = options;
  }

  /** Every id, ascending. */
  ids(): EntryId[] {
    return [...this.#entries.keys()].sort(compareEntryIds);
  }

  /** The ids in a state, ascending. */
  idsIn(state: Known["state"]): EntryId[] {
    return this.ids().filter((id) => this.#entries.get(id)?.state === state);
  }

  /** What the pool must say of itself. */
  load(): Load {
    const { windowMax, heldMax, workersMax } = this.#options;
    const window = Math.ceil(windowMax * (workersMax - this.brokenCount) / workersMax);
    const all = [...this.#entries.values()];
    const held = all.filter((entry) => this.#isHeld(entry)).length;
    const settled = this.idsIn("settled").length + this.#committing.length;
    const open = Math.max(0, all.length - held - settled);
    const free = Math.min(window - open, heldMax - all.length, windowMax - settled);
    return {
      demand: Math.max(0, free),
      inFlight: all.length,
      running: this.idsIn("running").length,
      settled,
    };
  }

  /** How many entries are not due yet. */
  get restingCount(): number {
    return [...this.#entries.values()].filter((entry) => this.#rests(entry)).length;
  }

  /** Entries that could run now, if hands were free. */
  runnable(): EntryId[] {
    return this.idsIn("idle").filter((id) => {
      const entry = this.#entries.get(id);
      return entry !== undefined && this.#turnOf(entry) === entry && entry.dueAtMs <= this.nowMs;
    });
  }

  /** What `handBack` must let go of. */
  unbegun(): EntryId[] {
    return this.idsIn("idle").filter((id) => {
      const entry = this.#entries.get(id);
      return entry !== undefined && entry.failures === 0 && !this.#rests(entry);
    });
  }

  admit(id: EntryId, key: string | null): void {
    if (this.#entries.has(id)) return;
    this.#startAgainAfter(id, key);
    for (const entry of key === null ? [] : this.#lane(key)) {
      if (compareEntryIds(entry.id, id) < 0) continue;
      if (entry.dueAtMs === entry.heldUntilMs) entry.dueAtMs = 0;
    }
    this.#entries.set(id, {
      id,
      key,
      state: "idle",
      failures: 0,
      dueAtMs: 0,
      heldUntilMs: null,
      deferredUntilMs: null,
      isStale: false,
      isAlone: this.#hasNoLane(key),
    });
  }

  /** @returns Why it may not begin, `null` when it may. */
  begin(id: EntryId): string | null {
    const entry = this.#entries.get(id);
    if (entry === undefined) return `${id} is not held`;
    if (entry.state !== "idle") return `${id} is ${entry.state}`;
    if (this.#turnOf(entry) !== entry) return `it is the turn of ${this.#turnOf(entry)?.id}`;
    if (entry.dueAtMs > this.nowMs) return `${id} is not due`;
    entry.state = "running";
    return null;
  }

  end(id: EntryId, how: Ending, deferMs: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    if (entry.isStale) {
      entry.isStale = false;
      entry.state = "idle";
    } else if (how === "fail" && this.#mayTryAgain(entry)) {
      entry.state = "idle";
    } else {
      entry.state = "settled";
      entry.deferredUntilMs = how === "defer" ? this.nowMs + deferMs : null;
      if (how === "defer" && entry.key === null) entry.isAlone = true;
    }
  }

  take(ids: readonly EntryId[]): void {
    this.#committing = ids.flatMap((id) => this.#entries.get(id) ?? []);
    for (const entry of this.#committing) entry.state = "committing";
  }

  answer(verdicts: readonly Verdict[]): void {
    const committing = this.#committing;
    this.#committing = [];
    const back: Known[] = [];
    const failedKeys = new Set<string | null>();
    for (const [index, entry] of committing.entries()) {
      const { id } = entry;
      if (this.#entries.get(id) !== entry) continue;
      const verdict = verdicts[index];
      const { deferredUntilMs } = entry;
      if (verdict === "failed") {
        if (!this.#hasNoLane(entry.key)) failedKeys.add(entry.key);
        if (this.#mayTryAgain(entry)) back.push(entry);
        else entry.state = "settled";
        entry.deferredUntilMs = null;
      } else if (verdict === "held") {
        if (!failedKeys.has(entry.key)) {
          entry.dueAtMs = this.nowMs + this.#options.heldMs;
          entry.heldUntilMs = entry.dueAtMs;
        }
        back.push(entry);
      } else if (verdict === "committed" && deferredUntilMs !== null) {
        entry.state = "idle";
        entry.dueAtMs = deferredUntilMs;
        entry.deferredUntilMs = null;
      } else {
        this.#entries.delete(id);
      }
    }
    for (const entry of back) {
      entry.state = "idle";
      entry.deferredUntilMs = null;
      entry.isAlone = this.#hasNoLane(entry.key);
      this.#startAgainAfter(entry.id, entry.key);
    }
  }

  letGo(ids: readonly EntryId[]): void {
    for (const id of ids) this.#entries.delete(id);
  }

  abandon(): void {
    this.#entries.clear();
    this.#committing = [];
  }

  /** What comes after an entry of the same key was computed without it. */
  #startAgainAfter(id: EntryId, key: string | null): void {
    if (key === null) return;
    for (const entry of this.#lane(key)) {
      if (compareEntryIds(entry.id, id) <= 0) continue;
      if (entry.state === "running") entry.isStale = true;
      if (entry.state !== "settled") continue;
      entry.state = "idle";
      entry.deferredUntilMs = null;
    }
  }

  #mayTryAgain(entry: Known): boolean {
    entry.failures++;
    if (entry.failures >= this.#options.attemptsMax) return false;
    entry.dueAtMs = this.nowMs + this.#options.retryMs(entry.failures);
    return true;
  }

  #hasNoLane(key: string | null): boolean {
    return key === null && this.#options.workersMax > 1;
  }

  /** Everything with the same key, ascending; also everything without one, but for what is alone. */
  #lane(key: string | null): Known[] {
    return [...this.#entries.values()].filter((entry) => entry.key === key && !entry.isAlone)
      .sort((left, right) => compareEntryIds(left.id, right.id));
  }

  /** Whose turn it is in the lane of an entry: what runs, what is being deferred, or the first that is idle. */
  #turnOf(entry: Known): Known | undefined {
    if (entry.isAlone) return entry;
    const lane = this.#lane(entry.key);
    return lane.find(({ state }) => state === "running") ??
      lane.find(({ state, deferredUntilMs }) =>
        deferredUntilMs !== null && (state === "settled" || state === "committing")
      ) ?? lane.find(({ state }) => state === "idle");
  }

  #rests(entry: Known): boolean {
    return entry.state === "idle" && entry.dueAtMs > this.nowMs && this.#turnOf(entry) === entry;
  }

  #isHeld(entry: Known): boolean {
    const turn = entry.state === "idle" ? this.#turnOf(entry) : undefined;
    return turn !== undefined && this.#rests(turn);
  }
}
