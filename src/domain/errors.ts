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
   * Names the error after its class.
   *
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
  /** A stable name of the condition. */
  readonly code = "INVALID_ENTRY_ID";
  /** Trying again cannot help. */
  readonly recovery = "fatal";
  /** What was given, cut to 80 characters. */
  readonly text: string;

  /**
   * Shows what was given.
   *
   * @param text What was given.
   */
  constructor(text: unknown) {
    const shown = typeof text === "string" ? text.slice(0, 80) : `a ${typeof text}`;
    super(
      `Cannot use ${
        JSON.stringify(shown)
      } as an entry id: wanted two decimals such as "1717000000000-0"`,
    );
    this.text = shown;
  }
}

/** A stream, group, consumer or instance name is empty, longer than 256 bytes or holds control characters (T25). */
export class InvalidNameError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "INVALID_NAME";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Shows the name, cut to 80 characters.
   *
   * @param role What it should name: "stream", "group", "consumer" or "instance".
   * @param given What was given.
   * @param wanted What would do.
   */
  constructor(readonly role: string, given: string, wanted: string) {
    super(`Cannot use ${JSON.stringify(given.slice(0, 80))} as a ${role} name: ${wanted}`);
  }
}

/** An option has a value that cannot work. */
export class InvalidOptionError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "INVALID_OPTION";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Shows the value, a text cut to 80 characters.
   *
   * @param option Its name or path.
   * @param given What was given.
   * @param wanted What would do.
   */
  constructor(readonly option: string, given: unknown, wanted: string) {
    const shown = typeof given === "string" ? JSON.stringify(given.slice(0, 80)) : String(given);
    super(`Cannot use option "${option}": it is ${shown}, wanted ${wanted}`);
  }
}

/** The broker cannot be reached or refuses for now; nothing was applied. */
export class BrokerUnavailableError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "BROKER_UNAVAILABLE";
  /** Nothing was applied, the same call may be made again. */
  readonly recovery = "retry";

  /**
   * Says what was attempted.
   *
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
  /** A stable name of the condition. */
  readonly code = "UNKNOWN_OUTCOME";
  /** The same call is sent again under the same token. */
  readonly recovery = "unknown";

  /**
   * Says what was attempted.
   *
   * @param action What was attempted.
   * @param reason What was seen.
   * @param options `cause`.
   */
  constructor(action: string, readonly reason: string, options?: ErrorOptions) {
    super(
      `Cannot tell whether to ${action} succeeded: the connection broke before the answer (${reason})`,
      options,
    );
  }
}

/** The broker refuses the user, the password or what they ask for. */
export class AccessDeniedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "ACCESS_DENIED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says what was attempted.
   *
   * @param action What was attempted.
   * @param reason `NOAUTH`, `WRONGPASS` or `NOPERM`.
   * @param options `cause`.
   */
  constructor(action: string, readonly reason: string, options?: ErrorOptions) {
    super(
      `Cannot ${action}: the broker refuses access (${reason}), check user, password and permissions`,
      options,
    );
  }
}

/** This program was started without a permission of Deno that the broker needs. */
export class PermissionMissingError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "PERMISSION_MISSING";
  /** Trying again cannot help: a program keeps the permissions that it was started with. */
  readonly recovery = "fatal";
  /** The options of `deno run` that allow it. */
  readonly flags: string;

  /**
   * Says which permission is missing.
   *
   * @param action What was attempted.
   * @param lack What the program `mayNot` do, such as `reach it`, and the `flags` of `deno run` that allow it, such as
   * `--allow-net=127.0.0.1:6379`.
   * @param options `cause`.
   */
  constructor(
    action: string,
    lack: { readonly mayNot: string; readonly flags: string },
    options?: ErrorOptions,
  ) {
    const { mayNot, flags } = lack;
    super(`Cannot ${action}: this program may not ${mayNot}, run it with ${flags}`, options);
    this.flags = flags;
  }
}

/** A database file that was not to be made does not exist. */
export class FileMissingError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "FILE_MISSING";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the file.
   *
   * @param path The file, as it was given.
   */
  constructor(readonly path: string) {
    super(
      `Cannot open the SQLite file "${path}": there is no such file, check its path, or let a service or a producer make it`,
    );
  }
}

/** The broker is too old or lacks something that is needed. */
export class BrokerUnsupportedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "BROKER_UNSUPPORTED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says what is missing.
   *
   * @param message What is missing and what is wanted.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A key that should hold a stream or our own data holds something else. */
export class WrongTypeError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "WRONG_TYPE";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the key.
   *
   * @param key The key.
   * @param found Its type.
   * @param wanted The type that it should have.
   */
  constructor(readonly key: string, readonly found: string, readonly wanted: string) {
    super(`Cannot use key "${key}": it holds a ${found}, wanted a ${wanted}, rename or remove it`);
  }
}

/** A newer process uses the same consumer name; this process must not go on (T15). */
export class ConsumerFencedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "CONSUMER_FENCED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the consumer.
   *
   * @param consumer The shared name.
   * @param epoch The epoch of this process.
   * @param currentEpoch The epoch of the newer one; 0 when it could not be told. It need not be higher: epochs count anew
   * when the name, its group or its stream was deleted.
   */
  constructor(readonly consumer: string, readonly epoch: number, readonly currentEpoch: number) {
    super(
      `Cannot go on as consumer "${consumer}": a newer process uses this name${
        currentEpoch > epoch ? ` (epoch ${currentEpoch}, ours ${epoch})` : ""
      }, give each process its own name`,
    );
  }
}

/** Something was used after it was closed. */
export class ClosedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "CLOSED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says what was closed.
   *
   * @param what What was closed.
   */
  constructor(readonly what: string) {
    super(`Cannot use ${what}: it is closed`);
  }
}

/** What a consumer does about any thrown value; what is not ours counts as fatal to the call, not to the process. */
export function recoveryOf(error: unknown): Recovery {
  return error instanceof TidemarkError ? error.recovery : "fatal";
}
