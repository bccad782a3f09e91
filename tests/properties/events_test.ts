/**
 * Events on their way: whatever JSON can say, whatever the keys are called and whatever bytes stand beside them comes back
 * as it was, through the codec, a broker's storage and a dead letter; and each limit is kept to the byte.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeFields, encodeFields } from "../../src/brokers/sqlite/fields.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { decodeEntry } from "../../src/domain/codec.ts";
import {
  DEAD_LETTER_PARTS_MAX,
  deadLetterFields,
  originalIfSame,
  readDeadLetter,
} from "../../src/domain/dead_letter.ts";
import { type EntryFields, fieldsByteLength, utf8Length } from "../../src/domain/entry.ts";
import { encodeEvent, type NewEvent, PAYLOAD_BYTES_LIMIT } from "../../src/domain/event.ts";
import { InvalidEventError } from "../../src/domain/event_errors.ts";
import { decodeRunEvent, encodeRunEvent } from "../../src/domain/run_event.ts";
import { CASES, fewerCases } from "../support/cases.ts";
import { anyEntryId } from "../support/entry_ids.ts";
import { CANARY, hostileJson, hostileName, hostileText, namedOrValue } from "../support/hostile.ts";

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text).length;

/** Names that reach for prototypes, among all others. */
const headerName = fc.oneof(fc.constantFrom("__proto__", "constructor", "toString"), hostileName);

const anyEvent: fc.Arbitrary<NewEvent> = fc.record({
  type: fc.oneof(fc.constantFrom("order.placed", "__proto__", "run.x"), hostileText),
  data: hostileJson,
  key: fc.option(hostileText, { nil: undefined }),
  headers: fc.option(
    fc.array(fc.tuple(headerName, hostileText), { maxLength: 4 }).map((pairs) =>
      Object.fromEntries(pairs)
    ),
    { nil: undefined },
  ),
  idempotencyKey: fc.option(hostileText, { nil: undefined }),
});

/** The rules of an event, told once more and otherwise. */
function isAllowed({ type, data, key, headers = {}, idempotencyKey }: NewEvent): boolean {
  const isText = (text: string | undefined) =>
    text === undefined || (text !== "" && bytesOf(text) <= 1_024 && !/\p{Cs}/u.test(text));
  return type.trim() !== "" && bytesOf(type) <= 256 &&
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(type) &&
    isText(key) && isText(idempotencyKey) && !Object.hasOwn(headers, "") &&
    bytesOf(JSON.stringify(headers)) <= 16_384 &&
    bytesOf(JSON.stringify(data)) < PAYLOAD_BYTES_LIMIT;
}

Deno.test("encodeEvent takes exactly what its rules allow, and decodeEntry gives it back, whatever the keys are called", () => {
  fc.assert(
    fc.property(anyEvent, anyEntryId, (event, sourceId) => {
      const fields = namedOrValue(() => encodeEvent(event, { sourceId }));
      assertEquals(fields !== undefined, isAllowed(event));
      if (fields === undefined) return;
      const decoded = decodeEntry({ id: "8-0", fields }, "orders", "event");
      // As texts: an own key `__proto__` is easily lost in a comparison of values.
      assertEquals(JSON.stringify(decoded.data), JSON.stringify(event.data));
      assertEquals(Object.entries(decoded.headers), Object.entries(event.headers ?? {}));
      const { type, key, idempotencyKey } = decoded;
      assertEquals([type, key, idempotencyKey, decoded.sourceId], [
        event.type,
        event.key,
        event.idempotencyKey,
        sourceId,
      ]);
      assertEquals(Object.hasOwn(Object.prototype, "x"), false);
    }),
    CASES,
  );
});

Deno.test("encodeEvent keeps the payload's limit to the byte, whatever characters it is made of", () => {
  const unit = fc.constantFrom(
    "a",
    "é",
    "水",
    "\u{1f600}",
    '"',
    "\\",
    "\n",
    "\u0001",
    "\ud800",
    "\u2028",
  );
  fc.assert(
    fc.property(unit, fc.integer({ min: -2, max: 2 }), (unit, more) => {
      const each = bytesOf(JSON.stringify(unit)) - 2;
      const count = Math.floor((PAYLOAD_BYTES_LIMIT - 2) / each) + more;
      const bytes = 2 + count * each;
      const event = { type: "t", data: unit.repeat(count) };
      const fields = namedOrValue(() => encodeEvent(event));
      assertEquals(fields !== undefined, bytes < PAYLOAD_BYTES_LIMIT, `${bytes} bytes`);
    }),
    fewerCases(20),
  );
});

Deno.test("encodeEvent never throws anything but InvalidEventError, whatever an untyped program gives it", () => {
  const odd = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
    hostileJson,
    fc.constant(CANARY),
  );
  const part = fc.oneof(odd, hostileText);
  const events = fc.record(
    { type: part, data: odd, key: part, headers: odd, idempotencyKey: part },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(events, (event: Record<string, unknown>) => {
      try {
        const fields = encodeEvent(Object.assign({ type: "" }, event));
        assert(fields.every((each) => typeof each === "string"));
      } catch (error) {
        assert(error instanceof InvalidEventError, String(error));
        assertEquals(error.message.includes(CANARY), false);
        assert(error.message.length < 700, error.message);
      }
    }),
    CASES,
  );
});

/** Names and values of other programs: texts and bytes, names that repeat. */
const anyFields: fc.Arbitrary<EntryFields> = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom("key", "payload", "a", "a", ""), hostileText),
    fc.oneof(hostileText, fc.uint8Array({ maxLength: 30 }), fc.constant(encoder.encode("\ufeffé"))),
  ),
  { minLength: 1, maxLength: 6 },
).map((pairs) => pairs.flat());

/** As a server keeps them: text where the bytes are UTF-8, a lone surrogate as the character for what is unknown. */
function kept(fields: EntryFields): EntryFields {
  return fields.map((part) => {
    if (typeof part === "string") return part.toWellFormed();
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part);
    } catch {
      return part;
    }
  });
}

Deno.test("encodeFields and decodeFields keep any names and values, byte for byte", () => {
  fc.assert(
    fc.property(anyFields, (fields) => {
      const stored = encodeFields(fields);
      assertEquals(decodeFields(stored.text), kept(fields));
      assert(!stored.text.includes("\0"), "SQLite's text ends at a NUL");
    }),
    CASES,
  );
});

Deno.test("a broker gives back any entry as it was appended, and so does the dead letter of it", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await fc.assert(
    fc.asyncProperty(anyFields, hostileText, fc.anything(), async (fields, reason, error) => {
      const [appended] = await broker.append("s", [{ fields }]);
      const newest = { count: 1, reverse: true };
      const [entry] = await broker.range("s", newest);
      assert(appended !== undefined && entry !== undefined);
      assertEquals(entry, { id: appended.id, fields: kept(fields) });

      const told = { group: "g", consumer: "c", id: entry.id, attempts: 1, deliveries: 1 };
      const letter = deadLetterFields({
        ...{ ...told, stream: "s", fields: entry.fields, diedAtMs: 1, reason, error },
      });
      await broker.append(letter.stream, [{ fields: letter.fields }]);
      const [dead] = await broker.range(letter.stream, newest);
      const read = dead === undefined ? undefined : readDeadLetter(dead);
      assertEquals(read?.fields, entry.fields);
      assertEquals(read?.meta.id, entry.id);
      // A dead letter can die as well, and nothing of the first one is lost.
      const again = readDeadLetter(deadLetterFields({
        ...{ ...told, stream: letter.stream, fields: letter.fields, diedAtMs: 2, reason, error },
      }));
      assertEquals(again?.fields, letter.fields);
    }),
    CASES,
  );
});

Deno.test("deadLetterFields leaves out an original of too many parts, and originalIfSame knows it again by its size alone", () => {
  const counts = fc.integer({ min: DEAD_LETTER_PARTS_MAX - 4, max: DEAD_LETTER_PARTS_MAX + 4 })
    .map((count) => count - count % 2);
  fc.assert(
    fc.property(counts, fc.nat({ max: 3 }), (count, more) => {
      const fields = Array.from({ length: count }, (_, index) => `p${index}`);
      const told = { stream: "s", group: "g", consumer: "c", id: "1-0" as const, reason: "no" };
      const letter = readDeadLetter(deadLetterFields({
        ...{ ...told, attempts: 1, deliveries: 1, diedAtMs: 0, error: null, fields },
      }));
      assert(letter !== undefined);
      const isKept = count <= DEAD_LETTER_PARTS_MAX;
      assertEquals([letter.fields.length, letter.meta.omitted?.bytes], [
        isKept ? count : 0,
        isKept ? undefined : fieldsByteLength(fields),
      ]);
      if (isKept) return;
      const other = [...fields.slice(0, -1), `p${count - 1}${"x".repeat(more)}`];
      assertEquals(originalIfSame(letter.meta, { fields: other }), more === 0 ? other : null);
    }),
    fewerCases(20),
  );
});

Deno.test("utf8Length counts what an encoder writes", () => {
  fc.assert(
    fc.property(hostileText, (text) => assertEquals(utf8Length(text), bytesOf(text))),
    CASES,
  );
});

Deno.test("encodeRunEvent and decodeRunEvent keep any data of a run, and what is ours stays ours", () => {
  fc.assert(
    fc.property(anyEvent, anyEntryId, ({ type, data }, id) => {
      const fields = namedOrValue(() => encodeRunEvent({ type, data }));
      assertEquals(fields !== undefined, isAllowed({ type, data }) && !type.startsWith("run."));
      if (fields === undefined) return;
      const event = decodeRunEvent({ id, fields });
      assertEquals([event.id, event.type, JSON.stringify(event.data)], [
        id,
        type,
        JSON.stringify(data),
      ]);
    }),
    CASES,
  );
});
