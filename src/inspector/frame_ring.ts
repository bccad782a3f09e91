/**
 * The last frames, bounded twice: in number, because a reader must be able to go over all of them, and in bytes, because
 * texts differ. The oldest ones go first.
 *
 * @module
 */

/** What a ring keeps. */
export interface Sized {
  /** What it takes, in bytes, as its maker estimates. */
  readonly bytes: number;
}

/** The bounds of a ring. */
export interface RingOptions {
  /** So many frames are kept at most; at least 1. */
  readonly framesMax: number;
  /** So many bytes are kept at most, but always the newest frame. */
  readonly bytesMax: number;
}

/** A ring of frames, numbered from 1. */
export class FrameRing<Kept extends Sized> {
  readonly #slots: (Kept | undefined)[];
  readonly #framesMax: number;
  readonly #bytesMax: number;
  #firstSeq = 1;
  #lastSeq = 0;
  #bytes = 0;

  /** @param options The bounds. */
  constructor({ framesMax, bytesMax }: RingOptions) {
    this.#slots = new Array<Kept | undefined>(framesMax).fill(undefined);
    this.#framesMax = framesMax;
    this.#bytesMax = bytesMax;
  }

  /** The number of the oldest frame that is kept; one more than {@linkcode FrameRing.lastSeq} when none is. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** The number of the newest frame, 0 before the first one. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** What all kept frames take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a frame. @returns One that it took the place of, `undefined` for none. */
  push(frame: Kept): Kept | undefined {
    const isFull = this.#lastSeq - this.#firstSeq + 1 === this.#framesMax;
    const dropped = isFull ? this.#dropOldest() : undefined;
    this.#lastSeq++;
    this.#slots[this.#lastSeq % this.#framesMax] = frame;
    this.#bytes += frame.bytes;
    while (this.#bytes > this.#bytesMax && this.#firstSeq < this.#lastSeq) this.#dropOldest();
    return dropped;
  }

  /** A frame, `undefined` for one that is kept no more or not yet. */
  get(seq: number): Kept | undefined {
    return seq < this.#firstSeq || seq > this.#lastSeq
      ? undefined
      : this.#slots[seq % this.#framesMax];
  }

  #dropOldest(): Kept | undefined {
    const index = this.#firstSeq % this.#framesMax;
    const oldest = this.#slots[index];
    this.#bytes -= oldest?.bytes ?? 0;
    this.#slots[index] = undefined;
    this.#firstSeq++;
    return oldest;
  }
}
