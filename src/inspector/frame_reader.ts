/**
 * One reader's place in a recording. It gets what it lacks, a bounded part at a time; when it has fallen behind what is
 * kept, it is told exactly how much it missed and goes on with the present, so that what it shows is never made up.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { Definition, FleetSnapshot, Frame, Header, Message } from "./format.ts";

/** What can be read: a recorder, or a copy of one that is elsewhere. Its members say what those of `Recorder` say. */
export interface Recording {
  /** What every telling begins with. */
  readonly header: Header;
  /** The number of the oldest frame that is kept. */
  readonly firstSeq: number;
  /** The number of the newest frame. */
  readonly lastSeq: number;
  /** A frame, `undefined` for one that is not kept. */
  frame(seq: number): Frame | undefined;
  /** The definition with a hash. */
  definition(hash: string): Definition | undefined;
  /** All living actors right after a frame; by default now. */
  snapshot(seq?: number): FleetSnapshot;
}

/** Where to begin. */
export interface ReaderOptions {
  /**
   * Goes on after this frame, which the reader has together with all before it. What is kept no more is told as a gap.
   * Default: begin with a snapshot.
   */
  readonly after?: number;
  /** Without `after`: so many frames before now, at least 0, or as many as are kept. Default 0. */
  readonly back?: number;
  /** So many frames are given at once, at most; 1 to 100,000. Default 400. */
  readonly framesMax?: number;
}

/** How to follow a recording. */
export interface FollowOptions extends ReaderOptions {
  /** How long after one batch the next one is looked for, in ms; 1 to 60,000. Default 50: a page shows no more. */
  readonly intervalMs?: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Time. Default: this machine's. */
  readonly clock?: Clock;
}

/**
 * With a batch each 50 ms that is 8,000 frames a second: more, no page can show. Making a frame and its JSON takes some 3 µs,
 * so that a reader who can never keep up takes 2 or 3 % of a processor, and is told a gap for the rest.
 */
const BATCH_FRAMES_MAX = 400;

/** A page that shows twenty moments a second shows them all. */
const INTERVAL_MS = 50;

/** Reads a recording. */
export class FrameReader {
  readonly #recorder: Recording;
  readonly #framesMax: number;
  readonly #toldDefinitions = new Set<string>();
  #seq: number;
  /** Whether the reader needs the whole fleet before any frame. */
  #needsSnapshot: boolean;
  #hasHeader = false;
  #missedCount = 0;

  /**
   * Begins to read.
   *
   * @param recorder What to read; also one that is closed.
   * @param options Where to begin.
   * @throws {InvalidOptionError} When a number cannot work.
   */
  constructor(recorder: Recording, options: ReaderOptions = {}) {
    const { after, back = 0, framesMax = BATCH_FRAMES_MAX } = options;
    checkWhole("after", after ?? 0, [0, Number.MAX_SAFE_INTEGER]);
    checkWhole("back", back, [0, Number.MAX_SAFE_INTEGER]);
    checkWhole("framesMax", framesMax, [1, 100_000]);
    this.#recorder = recorder;
    this.#framesMax = framesMax;
    // A number that was never given was given by another recorder, which counted on its own.
    const resumes = after !== undefined && after <= recorder.lastSeq;
    this.#needsSnapshot = !resumes;
    const begin = Math.max(
      recorder.firstSeq - 1,
      recorder.lastSeq - (after === undefined ? back : 0),
    );
    this.#seq = resumes ? after : begin;
  }

  /** The number of the last frame that was given, or that the last snapshot shows. */
  get position(): number {
    return this.#seq;
  }

  /** How many frames this reader missed so far. */
  get missedCount(): number {
    return this.#missedCount;
  }

  /** What is new since the last call, in the order of `format.ts`; empty when nothing is. Never blocks. */
  read(): Message[] {
    const recorder = this.#recorder;
    const messages: Message[] = [];
    if (!this.#hasHeader) messages.push(recorder.header);
    this.#hasHeader = true;
    if (this.#seq + 1 < recorder.firstSeq) messages.push(this.#skip());
    if (this.#needsSnapshot) {
      const snapshot = recorder.snapshot(this.#seq);
      for (const { definition } of snapshot.actors) this.#define(definition, messages);
      messages.push(snapshot);
      this.#needsSnapshot = false;
    }
    const until = Math.min(recorder.lastSeq, this.#seq + this.#framesMax);
    while (this.#seq < until) {
      const frame = recorder.frame(this.#seq + 1);
      if (frame === undefined) break;
      this.#define(definitionOf(frame), messages);
      messages.push(frame);
      this.#seq++;
    }
    return messages;
  }

  /** Goes to the present over what is lost, and over what is left of it: state shown by half of it would be wrong. */
  #skip(): Message {
    const from = this.#seq + 1;
    const until = this.#recorder.lastSeq;
    const count = until - from + 1;
    this.#missedCount += count;
    this.#seq = until;
    this.#needsSnapshot = true;
    return { type: "gap", from, until, count };
  }

  #define(hash: string | null, messages: Message[]): void {
    if (hash === null || this.#toldDefinitions.has(hash)) return;
    this.#toldDefinitions.add(hash);
    const definition = this.#recorder.definition(hash);
    if (definition !== undefined) messages.push(definition);
  }
}

/**
 * Follows a recording: yields what is new, never an empty list, at most one list each `intervalMs`. A reader that takes
 * its time holds up nobody; it gets a gap.
 *
 * @param recorder What to follow.
 * @param options Where to begin, and what ends it: then it returns, after what is new until then.
 * @throws {InvalidOptionError} When a number cannot work.
 */
export async function* follow(
  recorder: Recording,
  options: FollowOptions,
): AsyncGenerator<Message[]> {
  const { signal, intervalMs = INTERVAL_MS, clock = systemClock } = options;
  checkWhole("intervalMs", intervalMs, [1, 60_000]);
  const reader = new FrameReader(recorder, options);
  while (!signal.aborted) {
    const messages = reader.read();
    if (messages.length > 0) yield messages;
    await pause(intervalMs, { signal, clock });
  }
  // How a process ends is what its followers want to see most.
  const rest = reader.read();
  if (rest.length > 0) yield rest;
}

function pause(
  ms: number,
  { signal, clock }: { signal: AbortSignal; clock: Clock },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = clock.after(ms, resolve);
  const end = () => resolve();
  signal.addEventListener("abort", end, { once: true });
  return promise.finally(() => {
    timer.cancel();
    signal.removeEventListener("abort", end);
  });
}

/** The definition that a frame is the first to name. */
function definitionOf(frame: Frame): string | null {
  return frame.type === "transition" ? null : frame.actor.definition;
}

function checkWhole(option: string, value: number, [min, max]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new InvalidOptionError(option, value, `a whole number from ${min} to ${max}`);
}
