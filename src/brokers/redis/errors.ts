/**
 * What went wrong, in the words of the domain. Error objects of ioredis carry the arguments of the command, also of
 * AUTH (I16), and some answers of Redis repeat arguments; so only name, code and a trimmed message are kept.
 *
 * @module
 */

import {
  AccessDeniedError,
  BrokerUnavailableError,
  BrokerUnsupportedError,
  ConsumerFencedError,
  InvalidOptionError,
  TidemarkError,
  UnknownOutcomeError,
  WrongTypeError,
} from "../../domain/errors.ts";
import {
  EntryIdNotIncreasingError,
  GroupMissingError,
  GroupResetError,
  PendingEntriesError,
  StartBeyondEndError,
  StreamExhaustedError,
  StreamMissingError,
} from "../../domain/stream_errors.ts";
import { CheckpointChangedError } from "../../domain/start_errors.ts";

/** What a call is about, for its error. */
export interface CallContext {
  /** What is attempted, such as `commit`. */
  readonly action: string;
  /** It changes nothing, so a lost answer means that nothing was applied. */
  readonly reads?: boolean;
  /** The stream. */
  readonly stream?: string;
  /** The group. */
  readonly group?: string;
  /** The consumer. */
  readonly consumer?: string;
  /** The consumer's epoch. */
  readonly epoch?: number;
  /** Where a group should start. */
  readonly start?: string;
  /** The explicit ids of the entries to append, in order. */
  readonly ids?: readonly string[];
}

/** A call got no answer in time. */
export class DeadlineError extends Error {
  /** A code like those of sockets. */
  readonly code = "ETIMEDOUT";
}

/** Redis refuses for now (REDIS_FACTS section 5). */
const UNAVAILABLE: ReadonlySet<string> = new Set([
  "LOADING",
  "BUSY",
  "OOM",
  "MISCONF",
  "NOREPLICAS",
  "READONLY",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "TRYAGAIN",
  "NOTBUSY",
  "UNKILLABLE",
]);

/** What a server says that has no room for one more connection, before it closes it. */
const CLIENTS_EXCEEDED = "ERR max number of clients";

const DENIED: ReadonlySet<string> = new Set(["NOAUTH", "WRONGPASS", "NOPERM"]);

/** The longest part of a server's message that is kept; enough for any of its fixed sentences. */
const MESSAGE_LENGTH_MAX = 200;

/** Tells an answer of the server from a broken connection. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** The first word of a server's answer, or the code of a socket's error: a short reason that holds no secret. */
export function reasonOf(error: unknown): string {
  if (isReplyError(error)) {
    // Its first word is the one of all errors without a code.
    if (error.message.startsWith(CLIENTS_EXCEEDED)) return "max number of clients reached";
    return /^[A-Z]+/.exec(error.message)?.[0] ?? "ERR";
  }
  if (typeof error === "object" && error !== null && "code" in error) {
    if (typeof error.code === "string") return error.code;
  }
  return "connection closed";
}

/** A copy of an error without arguments, passwords or payload. */
export function sanitizedCause(error: unknown): { name: string; code: string; message: string } {
  const name = error instanceof Error ? error.name : "Error";
  const code = reasonOf(error);
  if (!isReplyError(error)) return { name, code, message: code };
  // Redis repeats arguments after "with args beginning with" and in quotes.
  const message = error.message
    .replace(/,? ?with args beginning with[\s\S]*/, "")
    .replace(/ script: [0-9a-f]{40}[\s\S]*/, "")
    .replace(/'[^']*'/g, "'…'");
  return { name, code, message: message.slice(0, MESSAGE_LENGTH_MAX) };
}

/**
 * The domain's error for one that a call ended with.
 *
 * @param error What ioredis threw, or one of ours.
 * @param context What the call was about, and the keys of its script.
 */
export function brokerError(
  error: unknown,
  context: CallContext & { readonly keys?: readonly string[] },
): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const { action } = context;
  const cause = sanitizedCause(error);
  if (isReplyError(error)) return replyError(error, context);
  return context.reads === true
    ? new BrokerUnavailableError(action, cause.code, { cause })
    : new UnknownOutcomeError(action, cause.code, { cause });
}

function replyError(
  error: Error,
  context: CallContext & { readonly keys?: readonly string[] },
): TidemarkError {
  const cause = sanitizedCause(error);
  const { action, stream = "", group = "", consumer = "", epoch = 0, keys = [] } = context;
  const words = error.message.split(" ", 4);
  const [reason = "", first = "", second = "", third = ""] = words;
  switch (reason) {
    case "FENCED":
      return new ConsumerFencedError(consumer, epoch, Number(first));
    case "RESET":
      return new GroupResetError(stream, group);
    case "NOGROUP":
      return new GroupMissingError(stream, group, { cause });
    case "WRONGKEY":
      return new WrongTypeError(keys[Number(first) - 1] ?? stream, second, third);
    case "WRONGTYPE":
      return new WrongTypeError(stream, "value of another type", "stream");
    case "CHANGED":
      return new CheckpointChangedError(stream, context.group ?? "");
    case "STREAMMISSING":
      return new StreamMissingError(stream);
    case "BEYONDEND":
      return new StartBeyondEndError(stream, context.start ?? "", first);
    case "EXHAUSTED":
      return new StreamExhaustedError(keys[Number(first) - 1] ?? stream);
    case "NOTINCREASING":
      return new EntryIdNotIncreasingError(stream, context.ids?.[Number(first) - 1] ?? "*");
    case "PENDING": {
      const what = consumer === "" ? `group "${group}"` : `consumer "${consumer}"`;
      return new PendingEntriesError(what, Number(first), {
        action: second === "reset" ? "reset" : "delete",
      });
    }
    case "UNBLOCKED":
      return error.message.includes("no longer exists")
        ? new GroupMissingError(stream, group, { cause })
        : new BrokerUnavailableError(action, reason, { cause });
  }
  if (UNAVAILABLE.has(reason)) return new BrokerUnavailableError(action, reason, { cause });
  if (DENIED.has(reason)) return new AccessDeniedError(action, reason, { cause });
  // What a script may not do is told without the code that the command itself would get.
  if (error.message.startsWith("ERR The user executing the script can't")) {
    return new AccessDeniedError(action, "NOPERM", { cause });
  }
  if (error.message.startsWith(CLIENTS_EXCEEDED)) {
    return new BrokerUnavailableError(action, cause.code, { cause });
  }
  if (error.message.startsWith("ERR DB index is out of range")) {
    return new InvalidOptionError(
      "url",
      "a database number out of range",
      "one that the server has",
    );
  }
  if (error.message.startsWith("ERR The ID specified in XADD")) {
    return new EntryIdNotIncreasingError(stream, context.ids?.[0] ?? "*");
  }
  if (error.message.startsWith("ERR The stream has exhausted")) {
    return new StreamExhaustedError(stream);
  }
  return new BrokerUnsupportedError(
    `Cannot ${action}: the broker answered "${cause.message}", wanted Redis 7.0 or newer`,
    { cause },
  );
}
