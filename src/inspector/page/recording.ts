/**
 * What the page has been told, bounded: frames, the fleet at any of them, and where something is missing. It takes one
 * batch after the other, also of several lives of a process, and stays a {@linkcode Timeline} all the while.
 *
 * @module
 */

import type { Chart } from "../chart/chart.ts";
import { advanceIn, type Fleet, fleetOf } from "../fleet.ts";
import { type ActorState, type Frame, type Header, isFrame, type Message } from "../format.ts";
import type { Moment, Timeline } from "../timeline.ts";
import { Lanes } from "./lanes.ts";

/** Where frames are missing, or where a process began anew. */
export interface Break {
  /** Its kind. */
  readonly type: "gap" | "restart";
  /** It lies right after this frame. */
  readonly seq: number;
  /** When the page was told of it, in ms since 1970. */
  readonly atMs: number;
  /** How many frames are missing, 0 where it is not known. */
  readonly count: number;
}

/** A line of the log. */
export type LogEntry = Frame | Break;

/** Some 300 bytes each: a page that is open for days stays small. */
const FRAMES_MAX = 50_000;

/** So many more come before the oldest are dropped: dropping goes over all that stay. */
const SLACK = 5_000;

/** A jump to any moment goes over so many frames at most. */
const MOMENT_EACH = 500;

/** Everything that the page knows of one process. */
export class Recording implements Timeline {
  /** The charts of machines by their hash. */
  readonly definitions = new Map<string, Chart>();
  /** States of consumers over time. */
  readonly lanes = new Lanes();
  /** Goes up whenever anything was added. */
  version = 0;
  /** Goes up whenever old frames were dropped, so that whoever counted them counts anew. */
  trims = 0;
  /** The process that told it. */
  header: Header | null = null;
  readonly #framesMax: number;
  #frames: Frame[] = [];
  #moments: Moment[] = [];
  #breaks: Break[] = [];
  #fleet: Map<string, ActorState> | null = null;
  #lastSeq = 0;
  #lastMs = 0;
  /** What is added to the numbers of this life, so that they go on from those of the life before. */
  #base = 0;

  /** @param options `framesMax`: so many frames are kept. Default 50,000. */
  constructor({ framesMax = FRAMES_MAX }: { readonly framesMax?: number } = {}) {
    this.#framesMax = framesMax;
  }

  /** {@linkcode Timeline.frames} */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** {@linkcode Timeline.moments} */
  get moments(): readonly Moment[] {
    return this.#moments;
  }

  /** Where something is missing, in order. */
  get breaks(): readonly Break[] {
    return this.#breaks;
  }

  /** The fleet as it was told last; `null` before the first word. */
  get fleet(): Fleet | null {
    return this.#fleet;
  }

  /** The number of the last frame. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** When the last thing happened, in ms since 1970; 0 before. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** When the first thing that is kept happened, in ms since 1970; 0 before. */
  get firstMs(): number {
    return this.#frames[0]?.atMs ?? this.#lastMs;
  }

  /** What to resume after: the number that the process itself gave its last frame, `null` before the first word. */
  get resumeId(): string | null {
    if (this.header === null || this.#fleet === null) return null;
    return `${this.header.startedAtMs}.${this.#lastSeq - this.#base}`;
  }

  /** @param messages What is new, in order. @returns The lines that the log gets. */
  take(messages: readonly Message[]): LogEntry[] {
    const lines: LogEntry[] = [];
    for (const message of messages) {
      if (isFrame(message)) lines.push(this.#takeFrame(message));
      else if (message.type === "definition") this.definitions.set(message.hash, message.chart);
      else if (message.type === "gap") {
        const until = message.until + this.#base;
        lines.push(this.#interrupt({ type: "gap", count: message.count, until }));
      } else if (message.type === "header") {
        if (this.#isAnew(message)) {
          lines.push(this.#interrupt({ type: "restart", count: 0, until: this.#lastSeq }));
          this.#base = this.#lastSeq + 1;
        }
        this.header = message;
      } else {
        const seq = message.seq + this.#base;
        // A number that went on without a word: told as the gap that it is.
        if (this.#fleet !== null && seq > this.#lastSeq) {
          lines.push(this.#interrupt({ type: "gap", count: seq - this.#lastSeq, until: seq }));
        }
        this.#fleet = new Map(fleetOf(message.actors));
        this.#lastSeq = seq;
        this.#lastMs = Math.max(this.#lastMs, message.atMs);
        this.#moments.push({ seq, index: this.#frames.length, fleet: new Map(this.#fleet) });
        this.lanes.setAll(message.actors, message.atMs);
      }
    }
    if (messages.length > 0) this.version++;
    if (this.#frames.length > this.#framesMax + SLACK) this.#trim();
    return lines;
  }

  #isAnew(header: Header): boolean {
    const before = this.header;
    return before !== null &&
      (before.instance !== header.instance || before.startedAtMs !== header.startedAtMs);
  }

  #takeFrame(told: Frame): Frame {
    const frame = this.#base === 0 ? told : { ...told, seq: told.seq + this.#base };
    this.#frames.push(frame);
    this.#lastSeq = frame.seq;
    this.#lastMs = frame.atMs;
    if (this.#fleet === null) return frame;
    advanceIn(this.#fleet, frame);
    this.lanes.take(frame, this.#fleet);
    if (this.#frames.length - (this.#moments.at(-1)?.index ?? 0) >= MOMENT_EACH) {
      const fleet = new Map(this.#fleet);
      this.#moments.push({ seq: frame.seq, index: this.#frames.length, fleet });
    }
    return frame;
  }

  #interrupt(
    { type, count, until }: Pick<Break, "type" | "count"> & { readonly until: number },
  ): Break {
    const found = { type, count, seq: this.#lastSeq, atMs: this.#lastMs };
    this.#breaks.push(found);
    this.#fleet = null;
    this.#lastSeq = until;
    this.lanes.interrupt(this.#lastMs);
    return found;
  }

  /** Drops what is oldest, up to a moment whose fleet is kept. */
  #trim(): void {
    const surplus = this.#frames.length - this.#framesMax;
    const at = this.#moments.findIndex(({ index }) => index >= surplus);
    const first = this.#moments[at];
    if (first === undefined) return;
    const { index: cut, seq } = first;
    this.#frames = this.#frames.slice(cut);
    this.#moments = this.#moments.slice(at)
      .map((moment) => ({ ...moment, index: moment.index - cut }));
    this.#breaks = this.#breaks.filter((each) => each.seq >= seq);
    this.lanes.forget(this.firstMs);
    this.trims++;
  }
}

/** Whether a line of the log is about missing frames. */
export function isBreak(entry: LogEntry): entry is Break {
  return entry.type === "gap" || entry.type === "restart";
}

/**
 * The number of the last frame that had happened at a time.
 *
 * @param atMs In ms since 1970.
 * @returns `null` when nothing had.
 */
export function seqAt({ frames }: Timeline, atMs: number): number | null {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return frames[low - 1]?.seq ?? null;
}
