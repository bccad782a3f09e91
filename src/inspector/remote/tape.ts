/**
 * A copy of the last frames of a recorder that is elsewhere: those who follow it here read from it as from the recorder
 * itself. It never makes up what it missed: where frames are missing it keeps still until a snapshot comes, and its
 * readers are told an exact gap.
 *
 * @module
 */

import type { ActorState, Definition, FleetSnapshot, Frame, Header, Message } from "../format.ts";
import { advanceIn, fleetOf, parentsFirst, retreatIn } from "../fleet.ts";
import type { Recording } from "../frame_reader.ts";
import { FrameRing } from "../frame_ring.ts";

/** As many as a recorder keeps. */
const BOUNDS = { framesMax: 10_000, bytesMax: 16_777_216 };

/** As many as a recorder knows. */
const DEFINITIONS_MAX = 200;

interface KeptFrame {
  readonly frame: Frame;
  readonly bytes: number;
}

/** A copy of a recording. */
export class Tape implements Recording {
  readonly #definitions = new Map<string, Definition>();
  #header: Header;
  #ring = new FrameRing<KeptFrame>(BOUNDS);
  /** The number before the first one of the ring. */
  #base = 0;
  #fleet = new Map<string, ActorState>();
  #atMs = 0;
  #needsSnapshot = true;

  /** An empty one. @param header What it begins with until the recorder's own is known. */
  constructor(header: Header) {
    this.#header = header;
  }

  get header(): Header {
    return this.#header;
  }

  get firstSeq(): number {
    return this.#base + this.#ring.firstSeq;
  }

  get lastSeq(): number {
    return this.#base + this.#ring.lastSeq;
  }

  /** Whether it waits for a snapshot, because it knows nothing yet, or because frames are missing. */
  get needsSnapshot(): boolean {
    return this.#needsSnapshot;
  }

  frame(seq: number): Frame | undefined {
    return this.#ring.get(seq - this.#base)?.frame;
  }

  definition(hash: string): Definition | undefined {
    return this.#definitions.get(hash);
  }

  snapshot(seq: number = this.lastSeq): FleetSnapshot {
    const fleet = new Map(this.#fleet);
    let atMs = this.#atMs;
    for (let last = this.lastSeq; last > seq && last >= this.firstSeq; last--) {
      const frame = this.frame(last);
      if (frame === undefined) break;
      retreatIn(fleet, frame);
      atMs = frame.atMs;
    }
    return { type: "snapshot", seq, atMs, actors: parentsFirst(fleet) };
  }

  /** Something is missing: only a snapshot helps. */
  tear(): void {
    this.#needsSnapshot = true;
  }

  /**
   * Takes what was told.
   *
   * @param bytes What a message takes, in bytes, as an estimate.
   */
  take(messages: readonly Message[], bytes: number): void {
    for (const message of messages) this.#takeOne(message, bytes);
  }

  #takeOne(message: Message, bytes: number): void {
    switch (message.type) {
      case "header":
        return this.#takeHeader(message);
      case "definition":
        if (this.#definitions.size < DEFINITIONS_MAX) {
          this.#definitions.set(message.hash, message);
        }
        return;
      case "snapshot":
        return this.#takeSnapshot(message);
      case "gap":
        return; // a snapshot follows, and says the same
      default:
        return this.#takeFrame(message, bytes);
    }
  }

  /** A recorder that began at another time counts anew. */
  #takeHeader(header: Header): void {
    if (header.startedAtMs !== this.#header.startedAtMs) this.#restart(0);
    this.#header = { ...header, instance: this.#header.instance };
  }

  #takeSnapshot(snapshot: FleetSnapshot): void {
    const isKnown = !this.#needsSnapshot && snapshot.seq <= this.lastSeq;
    if (isKnown) return;
    // Where it was torn and nothing has happened since, what is kept can stay.
    if (snapshot.seq !== this.lastSeq) this.#restart(snapshot.seq);
    this.#fleet = new Map(fleetOf(snapshot.actors));
    this.#atMs = snapshot.atMs;
    this.#needsSnapshot = false;
  }

  #takeFrame(frame: Frame, bytes: number): void {
    if (this.#needsSnapshot) return;
    // Below what is kept: either this is late, or what is kept was never told by the recorder.
    if (frame.seq > this.lastSeq + 1 || frame.seq < this.firstSeq) return this.tear();
    if (frame.seq <= this.lastSeq) return;
    this.#ring.push({ frame, bytes });
    advanceIn(this.#fleet, frame);
    this.#atMs = frame.atMs;
  }

  #restart(seq: number): void {
    this.#ring = new FrameRing<KeptFrame>(BOUNDS);
    this.#base = seq;
    this.#fleet = new Map();
    this.#needsSnapshot = true;
  }
}
