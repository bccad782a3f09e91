/**
 * Events: what users publish and handle, and how they are written into an entry. Reading them back is in `codec.ts`.
 *
 * On the wire an event is an entry with the fields `event_type`, `payload` (JSON) and, where they are given, `key`,
 * `headers` (JSON), `idempotency_key` and `source_id`.
 *
 * @module
 */

import { type EntryFields, utf8Length } from "./entry.ts";
import type { EntryId } from "./entry_id.ts";
import { InvalidEventError } from "./event_errors.ts";

/** Names and values of headers. */
export type EventHeaders = Readonly<Record<string, string>>;

/** An event as a handler gets it. */
export interface Event<Data = unknown> {
  /** The id of its entry. */
  readonly id: EntryId;
  /** The stream that it was read from. */
  readonly stream: string;
  /** What happened, such as `order.placed`. */
  readonly type: string;
  /** What is told about it; `null` when nothing was. */
  readonly data: Data;
  /** Events of one key keep their order; `undefined` where the order does not matter. */
  readonly key: string | undefined;
  /** Further facts for programs on the way; empty when there are none. Has no prototype. */
  readonly headers: EventHeaders;
  /** What its producer gave, so that appending it again has no effect. */
  readonly idempotencyKey?: string | undefined;
  /** For an output committed by a handler: the id of the entry that caused it. */
  readonly sourceId?: EntryId | undefined;
}

/** An event to publish. */
export interface NewEvent<Data = unknown> {
  /** What happened, such as `order.placed`: 1 to 256 bytes of printable text. */
  readonly type: string;
  /** What is told about it: anything that JSON can say, under 1 MiB of it. Default `null`. */
  readonly data?: Data | undefined;
  /** Events of one key keep their order: 1 to 1,024 bytes. Default: none, the order does not matter. */
  readonly key?: string | undefined;
  /** Further facts: at most 64 names with text values, at most 16 KiB as JSON. */
  readonly headers?: EventHeaders | undefined;
  /** Appending another event with the same key has no effect: 1 to 1,024 bytes. Default: none. */
  readonly idempotencyKey?: string | undefined;
}

/** A payload must be smaller, in bytes of UTF-8 (S32): several must fit into one commit, and Redis copies them. */
export const PAYLOAD_BYTES_LIMIT = 1_048_576;

/** Long enough for any dotted name, short enough for a metric's label. */
const TYPE_BYTES_MAX = 256;

/** Long enough for a URL or a composed key; keys are kept in memory while their entries are unfinished. */
const KEY_BYTES_MAX = 1_024;

/** More are a sign that data was put into headers. */
const HEADER_COUNT_MAX = 64;

/** What HTTP servers commonly take for all headers together. */
const HEADERS_BYTES_MAX = 16_384;

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Writes an event as the fields of an entry. What JSON leaves out (functions and `undefined` inside of `data`) is left
 * out, and what it changes (`NaN` to `null`, dates to text) is changed.
 *
 * @param event The event.
 * @param options `sourceId`: the entry that caused it.
 * @returns Names and values in turn.
 * @throws {InvalidEventError} When a part is missing, too large, or cannot be written as JSON.
 */
export function encodeEvent(
  event: NewEvent,
  options?: { readonly sourceId?: EntryId | undefined },
): EntryFields {
  const { key, headers, idempotencyKey } = event;
  const fields = ["event_type", checkType(event.type), "payload", payloadOf(event.data)];
  if (key !== undefined) fields.push("key", checkKey("key", key));
  if (headers !== undefined) {
    const text = headersText(headers);
    if (text !== "{}") fields.push("headers", text);
  }
  if (idempotencyKey !== undefined) {
    fields.push("idempotency_key", checkKey("idempotencyKey", idempotencyKey));
  }
  if (options?.sourceId !== undefined) fields.push("source_id", options.sourceId);
  return fields;
}

function checkType(type: unknown): string {
  if (typeof type !== "string" || type.trim() === "") {
    throw new InvalidEventError('its type is missing, wanted a text such as "order.placed"');
  }
  if (utf8Length(type) > TYPE_BYTES_MAX) {
    throw new InvalidEventError(
      `its type has ${utf8Length(type)} bytes, wanted at most ${TYPE_BYTES_MAX}`,
    );
  }
  if (UNPRINTABLE.test(type)) {
    throw new InvalidEventError("its type holds control characters, wanted printable text");
  }
  return type;
}

function payloadOf(data: unknown): string {
  const payload = data === undefined ? "null" : jsonOf(data);
  // Three bytes are the most that one UTF-16 unit can take, so that short texts need no count.
  if (payload.length * 3 < PAYLOAD_BYTES_LIMIT) return payload;
  const bytes = utf8Length(payload);
  if (bytes < PAYLOAD_BYTES_LIMIT) return payload;
  throw new InvalidEventError(
    `its data has ${bytes} bytes as JSON, wanted less than ${PAYLOAD_BYTES_LIMIT}`,
  );
}

function jsonOf(data: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw new InvalidEventError(`its data cannot be written as JSON: ${whyNotJson(cause)}`, {
      cause,
    });
  }
  if (text === undefined) {
    throw new InvalidEventError(`its data is a ${typeof data}, wanted what JSON can say`);
  }
  return text;
}

/** V8 reports all of these as texts of its own; they are told apart by what they always say. */
function whyNotJson(cause: unknown): string {
  if (cause instanceof RangeError) return "it is nested too deeply or too large";
  if (cause instanceof TypeError && /BigInt/.test(cause.message)) {
    return "it holds a bigint, wanted a number or a text";
  }
  if (cause instanceof TypeError && /circular/.test(cause.message)) return "it holds itself";
  return "one of its toJSON methods or getters threw";
}

function checkKey(name: "key" | "idempotencyKey", key: unknown): string {
  if (typeof key !== "string" || key === "") {
    throw new InvalidEventError(`its ${name} is empty or no text, leave it out for none`);
  }
  if (utf8Length(key) > KEY_BYTES_MAX) {
    throw new InvalidEventError(
      `its ${name} has ${utf8Length(key)} bytes, wanted at most ${KEY_BYTES_MAX}`,
    );
  }
  // UTF-8 has no lone surrogates: two different keys would become one on the wire.
  if (!key.isWellFormed()) {
    throw new InvalidEventError(`its ${name} holds half a surrogate pair, wanted whole characters`);
  }
  return key;
}

function headersText(headers: unknown): string {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    throw new InvalidEventError("its headers are no record, wanted names with text values");
  }
  const pairs = Object.entries(headers);
  if (pairs.length > HEADER_COUNT_MAX) {
    throw new InvalidEventError(
      `it has ${pairs.length} headers, wanted at most ${HEADER_COUNT_MAX}`,
    );
  }
  for (const [name, value] of pairs) {
    if (name === "" || typeof value !== "string") {
      throw new InvalidEventError(
        `its header ${
          JSON.stringify(name.slice(0, 80))
        } is a ${typeof value}, wanted a name with a text`,
      );
    }
  }
  // `fromEntries` defines own properties, so that a header named `__proto__` stays a header.
  const text = JSON.stringify(Object.fromEntries(pairs));
  if (utf8Length(text) > HEADERS_BYTES_MAX) {
    throw new InvalidEventError(
      `its headers have ${utf8Length(text)} bytes as JSON, wanted at most ${HEADERS_BYTES_MAX}`,
    );
  }
  return text;
}
