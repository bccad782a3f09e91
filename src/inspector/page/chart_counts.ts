/**
 * How often each transition of one actor was taken and how long it stayed in its states, up to the moment that is shown: as
 * often as its process has counted, and otherwise over what is kept, as times always are.
 *
 * @module
 */

import type { Chart } from "../chart/chart.ts";
import { isSameState } from "../fleet.ts";
import type { ActorState, Frame, StateValue } from "../format.ts";
import { leafStates } from "./active_states.ts";
import { stateText } from "./kinds.ts";

/** How long a state lasted. */
export interface Dwell {
  /** How often it was left. */
  readonly count: number;
  /** For how long it lasted in all, in ms. */
  readonly totalMs: number;
  /** The longest time, in ms. */
  readonly maxMs: number;
}

/** What a count begins with. */
export interface CountsOf {
  /** The actor. */
  readonly actor: string;
  /** Its chart. */
  readonly chart: Chart;
}

/** Counts of one actor. */
export class ChartCounts {
  /** How often each transition was taken, by its id, over what is kept. */
  readonly #seen = new Map<string, number>();
  #known: ActorState["taken"] = undefined;
  /** How long states lasted, by their ids. */
  readonly dwells = new Map<string, Dwell>();
  /** The transitions of its last step. */
  lastEdges: readonly string[] = [];
  /** The number of the last frame that was looked at. */
  untilSeq = -1;
  readonly #of: CountsOf;
  readonly #leaves = new Map<string, readonly string[]>();

  /** @param of Whose counts they are. */
  constructor(of: CountsOf) {
    this.#of = of;
  }

  /** Takes what its process has counted up to the same moment, which holds what this reader missed. */
  know(taken: ActorState["taken"]): void {
    this.#known = taken;
  }

  /** How often a transition was taken. */
  takenOf(edge: string): number {
    const known = this.#known;
    if (known === undefined) return this.#seen.get(edge) ?? 0;
    return Object.hasOwn(known, edge) ? known[edge] ?? 0 : 0;
  }

  /** Counts the frames after those that it has counted, up to one. */
  countTo(frames: readonly Frame[], untilSeq: number): void {
    for (let index = firstAfter(frames, this.untilSeq); index < frames.length; index++) {
      const frame = frames[index];
      if (frame === undefined || frame.seq > untilSeq) break;
      this.#count(frame);
    }
    this.untilSeq = Math.max(this.untilSeq, untilSeq);
  }

  #count(frame: Frame): void {
    if (frame.type !== "transition" || frame.actor !== this.#of.actor) return;
    const { dwells } = this;
    for (const edge of frame.edges) this.#seen.set(edge, (this.#seen.get(edge) ?? 0) + 1);
    this.lastEdges = frame.edges;
    if (isSameState(frame.from, frame.to)) return;
    const ms = Math.max(0, frame.atMs - frame.sinceMs);
    for (const id of this.#leavesOf(frame.from)) {
      const { count, totalMs, maxMs } = dwells.get(id) ?? { count: 0, totalMs: 0, maxMs: 0 };
      dwells.set(id, { count: count + 1, totalMs: totalMs + ms, maxMs: Math.max(maxMs, ms) });
    }
  }

  #leavesOf(state: StateValue): readonly string[] {
    const text = stateText(state);
    const known = this.#leaves.get(text);
    if (known !== undefined) return known;
    const leaves = leafStates(this.#of.chart, state);
    this.#leaves.set(text, leaves);
    return leaves;
  }
}

function firstAfter(frames: readonly Frame[], seq: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.seq ?? Infinity) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
