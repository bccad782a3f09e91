/**
 * Why a consumer does not start: what it found does not fit its checkpoint, and no policy says to go on (V6 to V8).
 *
 * @module
 */

import { TidemarkError } from "./errors.ts";

/** The checkpoint lies beyond the last entry of the stream (V6). */
export class CheckpointBeyondEndError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "CHECKPOINT_BEYOND_END";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the stream and where both end.
   *
   * @param stream The stream's name.
   * @param position The checkpoint's position.
   * @param lastId The last id of the stream.
   */
  constructor(readonly stream: string, readonly position: string, readonly lastId: string) {
    super(
      `Cannot resume stream "${stream}": the checkpoint is at ${position}, the last entry is ${lastId}, set onCheckpointLost (in config.yaml on_checkpoint_lost) to "resetToStart" or "resetToEnd"`,
    );
  }
}

/** The stream was deleted and made again since the checkpoint (V7). */
export class StreamReplacedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "STREAM_REPLACED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the stream.
   *
   * @param stream The stream's name.
   */
  constructor(readonly stream: string) {
    super(
      `Cannot resume stream "${stream}": it was deleted or replaced since the checkpoint, set onCheckpointLost (in config.yaml on_checkpoint_lost) to "resetToStart" or "resetToEnd"`,
    );
  }
}

/** Entries were trimmed before this group read them, and the policy says stop (V8). */
export class DataLossError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "DATA_LOSS";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says how much was lost.
   *
   * @param stream The stream's name.
   * @param lost How many entries, or "unknown".
   */
  constructor(readonly stream: string, readonly lost: number | "unknown") {
    super(
      `Cannot resume stream "${stream}": ${
        lost === "unknown" ? "an unknown number of" : lost
      } entries were trimmed before they were read, set onDataLoss (in config.yaml on_data_loss) to "continue"`,
    );
  }
}

/** Another consumer has changed the checkpoint between the join and the decision: join again. */
export class CheckpointChangedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "CHECKPOINT_CHANGED";
  /** Join again, then decide anew. */
  readonly recovery = "rejoin";

  /**
   * Names the group.
   *
   * @param stream The stream's name.
   * @param group The group's name.
   */
  constructor(readonly stream: string, readonly group: string) {
    super(
      `Cannot establish group "${group}" of stream "${stream}": another consumer has just changed its checkpoint, join again`,
    );
  }
}
