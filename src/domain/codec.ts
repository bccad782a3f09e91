/**
 * Codecs: how an entry is read as an event. What a codec refuses becomes a dead letter with the reason and its raw
 * bytes; nothing that a foreign producer writes stops the loop (S31, S33).
 *
 * @module
 */

import type { Entry, FieldValue } from "./entry.ts";
import { isEntryId } from "./entry_id.ts";
import { UndecodableEntryError } from "./event_errors.ts";
import type { Event, EventHeaders } from "./event.ts";
import { printable } from "./printable.ts";

/** What a codec of the user's own answers. */
export interface DecodedEvent {
  /** What happened. Not empty. */
  readonly type: string;
  /** What is told about it. */
  readonly data: unknown;
  /**
   * Events of one key run one after the other in this process. Across processes the broker goes by the entry's own
   * field `key`, so that a codec that answers another key is for unordered groups or single consumers.
   */
  readonly key?: string | undefined;
  /** Further facts; default none. */
  readonly headers?: EventHeaders | undefined;
}

/**
 * How entries are read:
 * `event`: the format of {@linkcode encodeEvent};
 * `fields`: entries of other programs, type `entry`, see {@linkcode FieldPair};
 * a function: anything else. It must not return a promise; what it throws makes a dead letter.
 */
export type Codec = "event" | "fields" | ((entry: Entry) => DecodedEvent);

/**
 * A name and its value, bytes where they are not UTF-8. The data of the codec `fields` is always a list of them, in the
 * order of the entry, because names may repeat (T26); `new Map(event.data)` is a look-up where they do not. A field
 * `key` is also the event's key, because the broker orders by it; bytes become a key in hexadecimal.
 */
export type FieldPair = readonly [name: FieldValue, value: FieldValue];

const NO_HEADERS: EventHeaders = Object.freeze(Object.create(null));

/** What a codec's own error may say in a dead letter. */
const REASON_LENGTH_MAX = 500;

/**
 * Reads an entry.
 *
 * @param entry The entry.
 * @param stream The stream that it was read from.
 * @param codec How to read it.
 * @returns The event.
 * @throws {UndecodableEntryError} When the codec refuses it, and only that.
 */
export function decodeEntry(entry: Entry, stream: string, codec: Codec): Event {
  if (codec === "event") return decodeEvent(entry, stream);
  if (codec === "fields") return decodeFields(entry, stream);
  return decodeByFunction(entry, stream, codec);
}

/** One pass over the fields; of a name that repeats, the first value counts. */
function decodeEvent(entry: Entry, stream: string): Event {
  const { fields } = entry;
  let type: FieldValue | undefined;
  let payload: FieldValue | undefined;
  let key: FieldValue | undefined;
  let headers: FieldValue | undefined;
  let idempotencyKey: FieldValue | undefined;
  let sourceId: FieldValue | undefined;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const value = fields[index + 1];
    switch (fields[index]) {
      case "event_type":
        type ??= value;
        break;
      case "payload":
        payload ??= value;
        break;
      case "key":
        key ??= value;
        break;
      case "headers":
        headers ??= value;
        break;
      case "idempotency_key":
        idempotencyKey ??= value;
        break;
      case "source_id":
        sourceId ??= value;
    }
  }
  if (type === undefined) throw new UndecodableEntryError('field "event_type" is missing');
  if (type === "") throw new UndecodableEntryError('field "event_type" is empty');
  if (payload === undefined) throw new UndecodableEntryError('field "payload" is missing');
  return {
    id: entry.id,
    stream,
    type: textOf("event_type", type),
    data: jsonOf("payload", payload),
    key: key === undefined ? undefined : textOf("key", key),
    headers: headers === undefined ? NO_HEADERS : headersOf(jsonOf("headers", headers)),
    idempotencyKey: typeof idempotencyKey === "string" ? idempotencyKey : undefined,
    // Where an event came from is not needed to handle it: another program's field of that name does no harm.
    sourceId: isEntryId(sourceId) ? sourceId : undefined,
  };
}

function decodeFields(entry: Entry, stream: string): Event<FieldPair[]> {
  const { fields } = entry;
  const data: FieldPair[] = [];
  let key: string | undefined;
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? "";
    const value = fields[index + 1] ?? "";
    data.push([name, value]);
    if (name === "key") key ??= typeof value === "string" ? value : value.toHex();
  }
  return eventOf(entry, stream, { type: "entry", data, key });
}

function decodeByFunction(
  entry: Entry,
  stream: string,
  codec: (entry: Entry) => DecodedEvent,
): Event {
  try {
    return eventOf(entry, stream, checkDecoded(codec(entry)));
  } catch (cause) {
    if (cause instanceof UndecodableEntryError) throw cause;
    const message = printable(messageOf(cause), REASON_LENGTH_MAX);
    throw new UndecodableEntryError(`the codec threw ${message}`, { cause });
  }
}

function checkDecoded(decoded: unknown): DecodedEvent {
  if (!isRecord(decoded)) {
    throw new UndecodableEntryError("the codec answered no record, wanted {type, data}");
  }
  if (decoded instanceof Promise) {
    decoded.catch(() => {}); // nobody else waits for it
    throw new UndecodableEntryError("the codec answered a promise, wanted {type, data} at once");
  }
  const { type, data, key, headers } = decoded;
  if (typeof type !== "string" || type === "") {
    throw new UndecodableEntryError("the codec answered no type, wanted {type, data}");
  }
  if (key !== undefined && typeof key !== "string") {
    throw new UndecodableEntryError(`the codec answered a ${typeof key} as key, wanted a text`);
  }
  return { type, data, key, headers: headers === undefined ? undefined : headersOf(headers) };
}

function eventOf<Data>(
  entry: Entry,
  stream: string,
  decoded: DecodedEvent & { readonly data: Data },
): Event<Data> {
  return {
    id: entry.id,
    stream,
    type: decoded.type,
    data: decoded.data,
    key: decoded.key,
    headers: decoded.headers ?? NO_HEADERS,
    idempotencyKey: undefined,
    sourceId: undefined,
  };
}

function textOf(name: string, value: FieldValue): string {
  if (typeof value === "string") return value;
  throw new UndecodableEntryError(`field "${name}" is not UTF-8`);
}

/** The parser's own message would quote the payload; only the position is taken from it. */
function jsonOf(name: string, value: FieldValue): unknown {
  const text = textOf(name, value);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = /at position \d+/.exec(messageOf(cause))?.[0];
    const where = text === "" ? "it is empty" : position ?? `it has ${text.length} characters`;
    throw new UndecodableEntryError(`field "${name}" is not JSON: ${where}`);
  }
}

/** Copied into a record without prototype, so that a header named `__proto__` or `constructor` is only a header. */
function headersOf(value: unknown): EventHeaders {
  if (!isRecord(value) || Array.isArray(value)) {
    throw new UndecodableEntryError("its headers are no record of texts");
  }
  const headers: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      throw new UndecodableEntryError("its headers are no record of texts");
    }
    headers[name] = text;
  }
  return headers;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "something that cannot be shown";
  }
}
