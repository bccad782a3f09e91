/**
 * `Recorder`: the last moments of every actor of a process. Its guarantees: it can never harm a machine, whatever a
 * context holds; it is bounded in frames and bytes; it costs nothing to systems that it is not attached to; and every
 * actor that it saw start is seen to end, also one that failed by throwing.
 *
 * @module
 */

import type { InspectionEvent } from "xstate";
import { InvalidOptionError } from "../domain/errors.ts";
import type { ActorObserver, ActorPlace } from "../ports/actor_observer.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import { ActorWatch } from "./actor_watch.ts";
import { memberOf } from "./capture.ts";
import { Definitions } from "./definitions.ts";
import type { Definition, Frame, Header } from "./format.ts";
import { type FleetSnapshot, FORMAT, FORMAT_VERSION } from "./format.ts";
import { fleetOf, parentsFirst, retreatIn } from "./fleet.ts";
import { FrameRing } from "./frame_ring.ts";
import { type MachineView, TIDEMARK_VIEWS } from "./machine_views.ts";
import { frameOf, type RawFrame } from "./raw_frame.ts";
import { tap } from "./tap.ts";

/** How to record. */
export interface RecorderOptions {
  /** The process, as readers know it: ids of actors begin with it. */
  readonly instance: string;
  /** So many frames are kept at most; 1 to 1,000,000. Default 10,000. */
  readonly framesMax?: number;
  /** So many bytes are kept at most, by estimate; at least 1,000. Default 16 MiB. */
  readonly bytesMax?: number;
  /** So many living actors are followed at most; 1 to 1,000,000. Default 10,000. */
  readonly actorsMax?: number;
  /** What may be seen of each machine, by its id. Default: what is listed for Tidemark's own. */
  readonly views?: Readonly<Record<string, MachineView>>;
  /** Time. Default: this machine's. */
  readonly clock?: Clock;
}

/** A few minutes of a quiet service, a second or so of a busy one; going back over all takes some 20 ms. */
const FRAMES_MAX = 10_000;

/** An ordinary frame takes 300 bytes: the number is what bounds them, this is for those that are not ordinary. */
const BYTES_MAX = 16 * 1_024 * 1_024;

/** A service has some tens for each consumer. Roots that are dropped without being stopped are never seen to end. */
const ACTORS_MAX = 10_000;

/** So many frames that were made are kept for other readers: those who follow live are within some batches of each other. */
const MADE_MAX = 2_000;

/** Records what actors do. */
export class Recorder implements ActorObserver, Disposable {
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #ring: FrameRing<RawFrame>;
  readonly #definitions = new Definitions();
  readonly #watch: ActorWatch;
  /** Frames that were made of late. */
  readonly #made: (Frame | undefined)[] = new Array<Frame | undefined>(MADE_MAX).fill(undefined);
  readonly #taps = new Map<unknown, { count: number; readonly end: () => void }>();
  #isOpen = true;
  #faultCount = 0;

  /**
   * Makes a recorder; nothing is recorded before it is attached.
   *
   * @throws {InvalidOptionError} When a bound cannot work.
   */
  constructor(options: RecorderOptions) {
    const { framesMax = FRAMES_MAX, bytesMax = BYTES_MAX, actorsMax = ACTORS_MAX } = options;
    checkBound("framesMax", framesMax, [1, 1_000_000]);
    checkBound("bytesMax", bytesMax, [1_000, Number.MAX_SAFE_INTEGER]);
    checkBound("actorsMax", actorsMax, [1, 1_000_000]);
    this.#instance = options.instance;
    this.#clock = options.clock ?? systemClock;
    this.#startedAtMs = this.#clock.nowMs();
    this.#ring = new FrameRing({ framesMax, bytesMax });
    this.#watch = new ActorWatch({
      instance: options.instance,
      ring: this.#ring,
      definitions: this.#definitions,
      actorsMax,
      views: options.views ?? TIDEMARK_VIEWS,
      clock: this.#clock,
    });
  }

  /** What every telling begins with. */
  get header(): Header {
    return {
      type: "header",
      format: FORMAT,
      version: FORMAT_VERSION,
      instance: this.#instance,
      startedAtMs: this.#startedAtMs,
    };
  }

  /** The number of the oldest frame that is kept. */
  get firstSeq(): number {
    return this.#ring.firstSeq;
  }

  /** The number of the newest frame, 0 before the first one. */
  get lastSeq(): number {
    return this.#ring.lastSeq;
  }

  /** What the kept frames take, in bytes, by estimate. */
  get bytes(): number {
    return this.#ring.bytes;
  }

  /** How many events of machines could not be recorded, because reading them failed. */
  get faultCount(): number {
    return this.#faultCount;
  }

  /** How many actors were not followed, because as many as are allowed lived already. */
  get overlookedCount(): number {
    return this.#watch.overlookedCount;
  }

  /**
   * Records a system of actors from now on, also one that runs: its living actors are recorded as `joined`. Attaching
   * twice to the same system is counted.
   *
   * @param root Any actor of it; a root, for the actors that live already to be seen at once. One that has yet to start is
   * recorded when it does.
   * @param place What it and its children work for, where their contexts do not say so.
   * @returns Detaches: nothing is left on the system, and its actors end as `unwatched`. Idempotent.
   */
  attach(root: unknown, place: ActorPlace | null = null): () => void {
    const system = memberOf(root, "system");
    if (place !== null) this.#watch.placeAt(root, place);
    const known = this.#taps.get(system);
    if (known === undefined) {
      this.#watch.join(root);
      this.#taps.set(system, { count: 1, end: tap(system, this.#hear) });
    } else known.count++;
    let isAttached = true;
    return () => {
      if (isAttached) this.#detach(system);
      isAttached = false;
    };
  }

  /**
   * What may be given to XState as `inspect`, for whoever cannot attach. It takes the same events and never throws, but
   * stays for as long as the system lives: {@linkcode Recorder.attach} costs less, and nothing after it is detached.
   */
  readonly observe = (event: unknown): void => {
    try {
      if (isInspectionEvent(event)) this.#hear(event);
    } catch {
      this.#faultCount++;
    }
  };

  /** As {@linkcode Recorder.observe}, for events that are known to be XState's: asking each of them costs more. */
  readonly #hear = (event: InspectionEvent): void => {
    if (!this.#isOpen) return;
    try {
      this.#watch.hear(event);
    } catch {
      this.#faultCount++; // told by a number: a log line for each could be millions
    }
  };

  /**
   * A frame as readers get it, `undefined` for one that is kept no more or not yet. Readers that are at about the same place
   * get the same one: it is made once, and whoever writes it as JSON can know it again.
   */
  frame(seq: number): Frame | undefined {
    const raw = this.#ring.get(seq);
    if (raw === undefined) return undefined;
    const known = this.#made[seq % MADE_MAX];
    if (known?.seq === seq) return known;
    const made = frameOf(raw, seq);
    this.#made[seq % MADE_MAX] = made;
    return made;
  }

  /** The definition with a hash. */
  definition(hash: string): Definition | undefined {
    return this.#definitions.get(hash);
  }

  /**
   * All living actors at a moment. The further back, the longer it takes: some 2 µs a frame.
   *
   * @param seq Right after this frame; those that are kept and the one before them. Default: now.
   */
  snapshot(seq: number = this.lastSeq): FleetSnapshot {
    const now = Array.from(this.#watch.living(), (watched) => watched.toState());
    const fleet = new Map(fleetOf(now));
    let atMs = this.#clock.nowMs();
    for (let last = this.lastSeq; last > seq && last >= this.firstSeq; last--) {
      const frame = this.frame(last);
      if (frame === undefined) break;
      retreatIn(fleet, frame);
      atMs = frame.atMs;
    }
    return { type: "snapshot", seq, atMs, actors: parentsFirst(fleet) };
  }

  /** Detaches from everything and records nothing more. What was recorded can still be read. Idempotent. */
  close(): void {
    for (const { end } of this.#taps.values()) end();
    this.#taps.clear();
    this.#watch.leave(null);
    this.#isOpen = false;
  }

  /** {@linkcode Recorder.close} */
  [Symbol.dispose](): void {
    this.close();
  }

  #detach(system: unknown): void {
    const known = this.#taps.get(system);
    if (known === undefined || --known.count > 0) return;
    known.end();
    this.#taps.delete(system);
    this.#watch.leave(system);
  }
}

function isInspectionEvent(event: unknown): event is InspectionEvent {
  return typeof event === "object" && event !== null && "type" in event && "actorRef" in event;
}

function checkBound(option: string, value: number, [min, max]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new InvalidOptionError(option, value, `a whole number from ${min} to ${max}`);
}
