/**
 * The port for a separate place to keep checkpoints, such as another Redis or another SQLite file. The commit always
 * keeps one beside the stream; a separate store mirrors it, so that it outlives the stream's server. A mirror that is
 * down never blocks, undoes or repeats an acknowledgement.
 *
 * @module
 */

import type { Checkpoint } from "../domain/checkpoint.ts";

/** A place that keeps the last checkpoint of each stream, group and consumer. */
export interface CheckpointStore extends AsyncDisposable {
  /**
   * Reads the furthest checkpoint of a group, whichever consumer saved it.
   *
   * @returns What was stored, unchecked; `null` for none. Give it to `decodeCheckpoint`.
   * @throws {BrokerUnavailableError} When the store cannot be reached.
   */
  load(stream: string, group: string): Promise<unknown>;

  /**
   * Saves a checkpoint, forward only within an incarnation: an older one is passed over. Idempotent.
   *
   * @returns `false` when it was passed over.
   * @throws {BrokerUnavailableError} or {UnknownOutcomeError}; it may be sent again.
   */
  save(checkpoint: Checkpoint): Promise<boolean>;

  /** Moves aside the value that was loaded last, so that it can be looked at (V9). Never deletes it. */
  quarantine(stream: string, group: string): Promise<void>;

  /** Closes the store. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}
