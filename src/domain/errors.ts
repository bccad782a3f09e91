/**
 * One error class per condition that a caller can act on. Every one has a stable `code`, its data as fields, and tells
 * by `recovery` what a consumer does about it.
 *
 * @module
 */

/**
 * What a consumer does after an error:
 * `retry` the same call later, nothing was applied;
 * `unknown` whether it was applied, so send the same token again and drain the own pending list;
 * `rejoin` because the group or the stream changed under it;
 * `fatal` because trying again cannot help.
 */
export type Recovery = "retry" | "unknown" | "rejoin" | "fatal";

/** The base of every error that Tidemark throws on purpose. */
export abstract class TidemarkError extends Error {
  /** A stable name of the condition, for programs. */
  abstract readonly code: string;
  /** What a consumer does about it. */
  abstract readonly recovery: Recovery;

  /**
   * @param message What could not be done, to what, and why.
   * @param options `cause`: the error underneath.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A text that should be an entry id is not canonical or exceeds 64 bits. */
export class InvalidEntryIdError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "INVALID_ENTRY_ID";
  /** @inheritdoc */
  readonly recovery = "fatal";
  /** What was given, cut to 80 characters. */
  readonly text: string;

  /** @param text What was given. */
  constructor(text: unknown) {
    const shown = String(text).slice(0, 80);
    super(`Cannot use ${JSON.stringify(shown)} as an entry id: wanted two decimals such as "1717000000000-0"`);
    this.text = shown;
  }
}

/** A stream, group or consumer name is empty, longer than 256 bytes or holds control characters (T25). */
export class InvalidNameError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "INVALID_NAME";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param role What it should name: "stream", "group" or "consumer".
   * @param given What was given.
   * @param wanted What would do.
   */
  constructor(readonly role: string, given: string, wanted: string) {
    super(`Cannot use ${JSON.stringify(given.slice(0, 80))} as a ${role} name: ${wanted}`);
  }
}

/** An option has a value that cannot work. */
export class InvalidOptionError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "INVALID_OPTION";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param option Its name or path.
   * @param given What was given.
   * @param wanted What would do.
   */
  constructor(readonly option: string, given: unknown, wanted: string) {
    const shown = typeof given === "string" ? JSON.stringify(given.slice(0, 80)) : String(given);
    super(`Cannot use option "${option}": it is ${shown}, wanted ${wanted}`);
  }
}

/** The configuration file has faults; all of them are listed. */
export class ConfigurationError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "CONFIGURATION";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param source The file or where the settings came from.
   * @param faults One line per fault: path, value, wish.
   * @param options `cause`.
   */
  constructor(readonly source: string, readonly faults: readonly string[], options?: ErrorOptions) {
    super(`Cannot use ${source}: ${faults.length} fault${faults.length === 1 ? "" : "s"}\n  ${faults.join("\n  ")}`, options);
  }
}

/** The broker cannot be reached or refuses for now; nothing was applied. */
export class BrokerUnavailableError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "BROKER_UNAVAILABLE";
  /** @inheritdoc */
  readonly recovery = "retry";

  /**
   * @param action What was attempted.
   * @param reason The broker's short reason, such as `LOADING` or `ECONNREFUSED`. Never a URL, never a payload.
   * @param options `cause`.
   */
  constructor(action: string, readonly reason: string, options?: ErrorOptions) {
    super(`Cannot ${action}: the broker is not available (${reason})`, options);
  }
}

/** The connection broke after a call was sent: it may or may not have been applied (P5). */
export class UnknownOutcomeError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "UNKNOWN_OUTCOME";
  /** @inheritdoc */
  readonly recovery = "unknown";

  /**
   * @param action What was attempted.
   * @param reason What was seen.
   * @param options `cause`.
   */
  constructor(action: string, readonly reason: string, options?: ErrorOptions) {
    super(`Cannot tell whether to ${action} succeeded: the connection broke before the answer (${reason})`, options);
  }
}

/** The broker refuses the user, the password or the permission. */
export class AccessDeniedError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "ACCESS_DENIED";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param action What was attempted.
   * @param reason `NOAUTH`, `WRONGPASS` or `NOPERM`.
   * @param options `cause`.
   */
  constructor(action: string, readonly reason: string, options?: ErrorOptions) {
    super(`Cannot ${action}: the broker refuses access (${reason}), check user, password and permissions`, options);
  }
}

/** The broker is too old or lacks something that is needed. */
export class BrokerUnsupportedError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "BROKER_UNSUPPORTED";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /** @param message What is missing and what is wanted. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A key that should hold a stream or our own data holds something else. */
export class WrongTypeError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "WRONG_TYPE";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param key The key.
   * @param found Its type.
   * @param wanted The type that it should have.
   */
  constructor(readonly key: string, readonly found: string, readonly wanted: string) {
    super(`Cannot use key "${key}": it holds a ${found}, wanted a ${wanted}, rename or remove it`);
  }
}

/** The stream does not exist. */
export class StreamMissingError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "STREAM_MISSING";
  /** @inheritdoc */
  readonly recovery = "rejoin";

  /** @param stream Its name. */
  constructor(readonly stream: string) {
    super(`Cannot read stream "${stream}": it does not exist, create it or set createStream`);
  }
}

/** The group does not exist (any more). */
export class GroupMissingError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "GROUP_MISSING";
  /** @inheritdoc */
  readonly recovery = "rejoin";

  /**
   * @param stream The stream's name.
   * @param group The group's name.
   */
  constructor(readonly stream: string, readonly group: string, options?: ErrorOptions) {
    super(`Cannot read stream "${stream}": group "${group}" does not exist, create it`, options);
  }
}

/** A newer process uses the same consumer name; this one must not go on (T15). */
export class ConsumerFencedError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "CONSUMER_FENCED";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param consumer The shared name.
   * @param epoch The epoch of this process.
   * @param currentEpoch The epoch of the newer one; 0 when it could not be told.
   */
  constructor(readonly consumer: string, readonly epoch: number, readonly currentEpoch: number) {
    super(
      `Cannot go on as consumer "${consumer}": a newer process uses this name (epoch ${currentEpoch}, ours ${epoch}), give each process its own name`,
    );
  }
}

/** An explicit entry id is not above the last one of the stream. */
export class EntryIdNotIncreasingError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "ENTRY_ID_NOT_INCREASING";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param stream The stream's name.
   * @param id The id that was given.
   */
  constructor(readonly stream: string, readonly id: string) {
    super(`Cannot append to stream "${stream}": id ${id} is not above its last id`);
  }
}

/** The stream holds the largest possible id and takes no further entry (T17). */
export class StreamExhaustedError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "STREAM_EXHAUSTED";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /** @param stream The stream's name. */
  constructor(readonly stream: string) {
    super(`Cannot append to stream "${stream}": its last id is the largest possible one, start a new stream`);
  }
}

/** A start position lies beyond the last entry, where new entries would be skipped silently (T4). */
export class StartBeyondEndError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "START_BEYOND_END";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param stream The stream's name.
   * @param id The wanted position.
   * @param lastId The last id of the stream.
   */
  constructor(readonly stream: string, readonly id: string, readonly lastId: string) {
    super(`Cannot start a group of stream "${stream}" after ${id}: the last entry is ${lastId}, entries below ${id} would never be delivered`);
  }
}

/** Deleting would destroy entries that are not finished (T12). */
export class PendingEntriesError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "PENDING_ENTRIES";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param what What was to be deleted, such as `group "billing"`.
   * @param pendingCount How many entries are pending.
   */
  constructor(readonly what: string, readonly pendingCount: number) {
    super(`Cannot delete ${what}: ${pendingCount} entries are pending, let them finish or force it`);
  }
}

/** Trimming or deleting would lose entries that a group has not finished. */
export class UnfinishedEntriesError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "UNFINISHED_ENTRIES";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param stream The stream's name.
   * @param group The group that still needs entries.
   */
  constructor(readonly stream: string, readonly group: string) {
    super(`Cannot remove entries of stream "${stream}": group "${group}" has not finished them, wait or force it`);
  }
}

/** An event cannot be published as it is. */
export class InvalidEventError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "INVALID_EVENT";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param reason What is wrong with it.
   * @param options `cause`.
   */
  constructor(readonly reason: string, options?: ErrorOptions) {
    super(`Cannot publish event: ${reason}`, options);
  }
}

/** An entry could not be read as an event; it becomes a dead letter with this reason. */
export class UndecodableEntryError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "UNDECODABLE_ENTRY";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /**
   * @param reason What is wrong with it.
   * @param options `cause`.
   */
  constructor(readonly reason: string, options?: ErrorOptions) {
    super(`Cannot read entry as an event: ${reason}`, options);
  }
}

/** A handler ran longer than it may, or its consumer stopped: the reason of `ctx.signal`. */
export class HandlerAbortedError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "HANDLER_ABORTED";
  /** @inheritdoc */
  readonly recovery = "retry";

  /** @param reason `timeout`, `fenced` or `stopped`. */
  constructor(readonly reason: "timeout" | "fenced" | "stopped") {
    super(`The handler was told to stop: ${reason}`);
  }
}

/** Something was used after it was closed. */
export class ClosedError extends TidemarkError {
  /** @inheritdoc */
  readonly code = "CLOSED";
  /** @inheritdoc */
  readonly recovery = "fatal";

  /** @param what What was closed. */
  constructor(readonly what: string) {
    super(`Cannot use ${what}: it is closed`);
  }
}

/** What a consumer does about any thrown value; what is not ours counts as fatal to the call, not to the process. */
export function recoveryOf(error: unknown): Recovery {
  return error instanceof TidemarkError ? error.recovery : "fatal";
}
