/**
 * The gates of a worker: it is told which named point to stop at, says so when it has come there, and waits until it is
 * killed or let go. Everything else in the process goes on meanwhile, but for a commit on SQLite, which is one call
 * from beginning to end: there the whole thread waits.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Point } from "./points.ts";

/** How often a waiting thread looks whether it is let go, in ms. */
const LOOK_EVERY_MS = 2;

/** After this the campaign is taken for gone, in ms: far longer than any victim is left waiting. */
const WAIT_MS_MAX = 30_000;

/** What gates need. */
export interface GatesOptions {
  /** The point to stop at from the beginning, `null` for none. */
  readonly aim: Point | null;
  /** A file that lets a waiting thread go when it appears; `null` where no thread waits. */
  readonly gateFile: string | null;
  /** Told that the point has been reached, and with which entries. */
  readonly onReached: (point: Point, ids: readonly EntryId[]) => void;
}

/** The gates of one worker. At most one is shut, and each only once. */
export class Gates {
  readonly #options: GatesOptions;
  #aim: Point | null;
  #letGo: () => void = () => {};

  /** @param options What is shut, and who is told. */
  constructor(options: GatesOptions) {
    this.#options = options;
    this.#aim = options.aim;
  }

  /** Shuts the gate of a point, and opens all others. */
  shut(point: Point): void {
    this.open();
    this.#aim = point;
  }

  /** Opens all gates; who waits at one goes on. */
  open(): void {
    this.#aim = null;
    this.#letGo();
    this.#removeFile();
  }

  /** Whether a gate is shut. */
  isShut(point: Point): boolean {
    return this.#aim === point;
  }

  /**
   * Goes through a gate. Where it is shut, says so and waits.
   *
   * @param ids The entries that it is about.
   */
  async pass(point: Point, ids: readonly EntryId[] = []): Promise<void> {
    if (!this.#reach(point, ids)) return;
    const opened = Promise.withResolvers<void>();
    this.#letGo = opened.resolve;
    await opened.promise;
  }

  /** Goes through a gate without giving up the thread. Where it is shut, says so and waits for the file. */
  passAtOnce(point: Point, ids: readonly EntryId[]): void {
    if (!this.#reach(point, ids)) return;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += LOOK_EVERY_MS) {
      if (this.#removeFile()) return;
      Atomics.wait(cell, 0, 0, LOOK_EVERY_MS);
    }
  }

  #reach(point: Point, ids: readonly EntryId[]): boolean {
    if (this.#aim !== point) return false;
    this.#aim = null;
    this.#options.onReached(point, ids);
    return true;
  }

  #removeFile(): boolean {
    const { gateFile } = this.#options;
    if (gateFile === null) return false;
    try {
      Deno.removeSync(gateFile);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}
