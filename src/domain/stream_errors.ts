/**
 * What can be wrong with a stream, a group, or a place in them.
 *
 * @module
 */

import { TidemarkError } from "./errors.ts";

/** The stream does not exist. */
export class StreamMissingError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "STREAM_MISSING";
  /** The consumer joins its group again. */
  readonly recovery = "rejoin";

  /**
   * Names the stream.
   *
   * @param stream Its name.
   */
  constructor(readonly stream: string) {
    super(
      `Cannot read stream "${stream}": it does not exist, create it or set createStream (in config.yaml create_stream)`,
    );
  }
}

/** The group does not exist (any more). */
export class GroupMissingError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "GROUP_MISSING";
  /** The consumer joins its group again. */
  readonly recovery = "rejoin";

  /**
   * Names stream and group.
   *
   * @param stream The stream's name.
   * @param group The group's name.
   */
  constructor(readonly stream: string, readonly group: string, options?: ErrorOptions) {
    super(`Cannot read stream "${stream}": group "${group}" does not exist, create it`, options);
  }
}

/** An operator moved the group to another position while this consumer worked for it. */
export class GroupResetError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "GROUP_RESET";
  /** The consumer joins its group again. */
  readonly recovery = "rejoin";

  /**
   * Names stream and group.
   *
   * @param stream The stream's name.
   * @param group The group's name.
   */
  constructor(readonly stream: string, readonly group: string) {
    super(
      `Cannot go on in stream "${stream}": group "${group}" was moved to another position, join it again`,
    );
  }
}

/** An explicit entry id is not above the last one of the stream. */
export class EntryIdNotIncreasingError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "ENTRY_ID_NOT_INCREASING";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the stream.
   *
   * @param stream The stream's name.
   * @param id The id that was given.
   */
  constructor(readonly stream: string, readonly id: string) {
    super(`Cannot append to stream "${stream}": id ${id} is not above its last id`);
  }
}

/** The stream holds the largest possible id and takes no further entry (T17). */
export class StreamExhaustedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "STREAM_EXHAUSTED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the stream.
   *
   * @param stream The stream's name.
   */
  constructor(readonly stream: string) {
    super(
      `Cannot append to stream "${stream}": its last id is the largest possible one, start a new stream`,
    );
  }
}

/** A start position lies beyond the last entry, where new entries would be skipped silently (T4). */
export class StartBeyondEndError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "START_BEYOND_END";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names stream and position.
   *
   * @param stream The stream's name.
   * @param id The wanted position.
   * @param lastId The last id of the stream.
   */
  constructor(readonly stream: string, readonly id: string, readonly lastId: string) {
    super(
      `Cannot start a group of stream "${stream}" after ${id}: the last entry is ${lastId}, entries below ${id} would never be delivered`,
    );
  }
}

/** Deleting or resetting would drop entries that are not finished (T12). */
export class PendingEntriesError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "PENDING_ENTRIES";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says how much would be dropped.
   *
   * @param what What was to be deleted or reset, such as `group "billing"`.
   * @param pendingCount How many entries are pending.
   * @param options `action`: what was to be done with it; default `delete`.
   */
  constructor(
    readonly what: string,
    readonly pendingCount: number,
    options: { readonly action?: "delete" | "reset" } = {},
  ) {
    super(
      `Cannot ${options.action ?? "delete"} ${what}: ${pendingCount} ${
        pendingCount === 1 ? "entry is" : "entries are"
      } pending, let them finish or force it`,
    );
  }
}

/** Trimming or deleting would lose entries that a group has not finished. */
export class UnfinishedEntriesError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "UNFINISHED_ENTRIES";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the group that would lose entries.
   *
   * @param stream The stream's name.
   * @param group The group that still needs entries.
   */
  constructor(readonly stream: string, readonly group: string) {
    super(
      `Cannot remove entries of stream "${stream}": group "${group}" has not finished them, wait or force it`,
    );
  }
}
