/**
 * Everything that is read out of texts which somebody else may have written or damaged: entries of other programs, dead
 * letters, states of runs, announcements of processes, what followers and threads say. It is read, or refused by name, or
 * told as what it is not; nothing else is thrown, and nothing of it reaches a prototype.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeFields } from "../../src/brokers/sqlite/fields.ts";
import { decodeEntry } from "../../src/domain/codec.ts";
import { deadLetterCause, deadLetterFields, readDeadLetter } from "../../src/domain/dead_letter.ts";
import type { EntryFields } from "../../src/domain/entry.ts";
import { encodeEvent } from "../../src/domain/event.ts";
import { decodeRunEvent, isRunEnd } from "../../src/domain/run_event.ts";
import { decodeRunState, encodeRunState } from "../../src/domain/run_state.ts";
import { decodeCall, decodeDesk, encodeDesk } from "../../src/inspector/remote/desk_record.ts";
import { entriesOf, PartJoiner } from "../../src/inspector/remote/parts.ts";
import {
  decodeOutcome,
  decodeRequest,
  encodeRequest,
} from "../../src/inspector/remote/request_record.ts";
import { decodeStatus, encodeStatus, statusNow } from "../../src/inspector/remote/status_record.ts";
import { explain } from "../../src/telemetry/explain.ts";
import { decodeInstance, encodeInstance } from "../../src/telemetry/instance_record.ts";
import { errorOfData } from "../../src/workers/threads/error_data.ts";
import { readFromThread } from "../../src/workers/threads/protocol.ts";
import { CASES } from "../support/cases.ts";
import {
  damagedText,
  damagedTree,
  hostileJson,
  hostileText,
  namedOrValue,
} from "../support/hostile.ts";
import { consumerFacts, instanceRecord } from "../telemetry/facts.ts";

/** What could steer a terminal, or forge a line of a log. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A JSON text, damaged as a text or as a tree, or any other. */
function damagedJson(whole: unknown): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: damagedTree(whole).map((tree) => JSON.stringify(tree) ?? "") },
    { weight: 2, arbitrary: damagedText(JSON.stringify(whole)) },
    { weight: 1, arbitrary: hostileJson.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: hostileText },
  );
}

/** Fields, of which some are damaged. */
function damagedFields(whole: EntryFields): fc.Arbitrary<EntryFields> {
  const part = fc.oneof(
    hostileText,
    fc.uint8Array({ maxLength: 12 }),
    hostileJson.map((value) => JSON.stringify(value)),
  );
  const hits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 }), part), {
    minLength: 1,
    maxLength: 3,
  });
  return hits.map((all) => {
    const fields = [...whole];
    for (const [at, length, put] of all) fields.splice(at % (fields.length + 1), length, put);
    return fields;
  });
}

function assertPrototypesWhole(): void {
  assertEquals(Object.keys(Object.prototype), []);
  assertEquals(Object.keys(Array.prototype), []);
}

const EVENT = encodeEvent({
  ...{ type: "order.placed", data: { total: 1 }, key: "ann", headers: { trace: "x" } },
  idempotencyKey: "k",
}, { sourceId: "5-0" });

Deno.test("decodeEntry and decodeRunEvent read or refuse any damage to an entry", () => {
  fc.assert(
    fc.property(damagedFields(EVENT), hostileJson, (fields, answer) => {
      const entry = { id: "7-1" as const, fields };
      for (const codec of ["event", "fields"] as const) {
        const event = namedOrValue(() => decodeEntry(entry, "orders", codec));
        if (event === undefined) continue;
        assert(event.type !== "" && (event.key === undefined || typeof event.key === "string"));
        assertEquals(Object.getPrototypeOf(event.headers), null);
        assert(Object.values(event.headers).every((value) => typeof value === "string"));
      }
      // As a codec without types may answer.
      const odd = () => JSON.parse(JSON.stringify(answer));
      namedOrValue(() => decodeEntry(entry, "orders", odd));
      const event = decodeRunEvent(entry);
      assertEquals([event.id, typeof event.type, typeof isRunEnd(event)], [
        "7-1",
        "string",
        "boolean",
      ]);
      assertPrototypesWhole();
    }),
    CASES,
  );
});

Deno.test("readDeadLetter reads a damaged letter or none, and its cause is fit to be shown", () => {
  const { fields } = deadLetterFields({
    ...{ stream: "s", group: "g", consumer: "c", id: "1-0", reason: "no", attempts: 2 },
    ...{ deliveries: 1, diedAtMs: 5, error: new TypeError("broke"), fields: EVENT },
  });
  const told: unknown = JSON.parse(String(fields[1]));
  const damaged = fc.oneof(
    damagedJson(told).map((text) => ["dead_letter", text, ...EVENT]),
    damagedFields(fields),
  );
  fc.assert(
    fc.property(damaged, (fields) => {
      const letter = readDeadLetter({ fields });
      if (letter === undefined) return;
      const { meta } = letter;
      assert(Number.isSafeInteger(meta.attempts) && Number.isSafeInteger(meta.diedAtMs));
      const cause = deadLetterCause(meta) ?? "";
      assert(!UNPRINTABLE.test(cause) && cause.length < 2_000, cause);
    }),
    CASES,
  );
});

Deno.test("decodeFields refuses a damaged list by name", () => {
  const damaged = damagedJson(["a", "b", "key", "c", "raw", { base64: "/wA=" }]);
  fc.assert(
    fc.property(damaged, (text) => {
      const fields = namedOrValue(() => decodeFields(text));
      if (fields === undefined) return;
      assert(fields.every((part) => typeof part === "string" || part instanceof Uint8Array));
      assertEquals(fields.length % 2, 0, "names and values in turn");
    }),
    CASES,
  );
});

Deno.test("decodeRunState reads a damaged state or says why not", () => {
  const whole = encodeRunState({
    ...{ kind: "report", status: "running", startedAtMs: 5, endedAtMs: null, reason: null },
    ...{ owner: "p1", cancelReason: null, ttlMs: 60_000 },
  });
  fc.assert(
    fc.property(damagedJson(JSON.parse(whole)), (text) => {
      const decoded = decodeRunState(text);
      if (decoded.kind === "unusable") return assert(decoded.reason !== "");
      assertEquals(decodeRunState(encodeRunState(decoded.state)), decoded);
    }),
    CASES,
  );
});

Deno.test("decodeInstance reads a damaged announcement or says why not, and what it reads can be explained and told on", () => {
  const whole: unknown = JSON.parse(encodeInstance(instanceRecord([
    consumerFacts(),
    consumerFacts({ broker: null, failure: { code: "X", message: "m" } }),
  ])));
  fc.assert(
    fc.property(damagedJson(whole), (text) => {
      const decoded = decodeInstance(text);
      if (decoded.kind !== "record") return;
      const { record } = decoded;
      for (const facts of record.consumers) assert(!UNPRINTABLE.test(explain(facts).text));
      assert(!UNPRINTABLE.test(record.instance + record.state + record.version));
      assertEquals(decodeInstance(encodeInstance(record)).kind, "record", "it can be told on");
    }),
    CASES,
  );
});

Deno.test("a status, a desk, a request and an outcome are read from any damage, or are none", () => {
  const status: unknown = JSON.parse(encodeStatus({
    ...{ instance: "p1", version: "1", atMs: 5, takesCommands: true },
    consumers: [{ facts: consumerFacts(), why: "" }],
  }));
  const desk: unknown = JSON.parse(encodeDesk({ life: "l-1" }));
  const request: unknown = JSON.parse(encodeRequest({
    ...{ want: "command", command: "pause", target: { stream: "s", group: "g", consumer: "c" } },
  }));
  const outcome = { outcome: "failed", code: "X", message: "no" };
  const texts = fc.oneof(...[status, desk, request, outcome].map(damagedJson));
  fc.assert(
    fc.property(texts, (text) => {
      const record = decodeStatus(text);
      if (record !== null) {
        const told = statusNow(record, { instance: "p1", elapsedMs: 5 });
        assert(told.consumers.every(({ why }) => !UNPRINTABLE.test(why)));
      }
      const life = decodeDesk(text)?.life ?? "a";
      assert(/^[\w.-]{1,128}$/.test(life));
      const failed = decodeOutcome(text);
      if (failed?.outcome === "failed") assert(!UNPRINTABLE.test(failed.code + failed.message));
      const asked = decodeRequest(text);
      if (asked !== null) assertEquals(decodeRequest(encodeRequest(asked)), asked);
      decodeCall(["follow", text, "request", text]);
      assertPrototypesWhole();
    }),
    CASES,
  );
});

Deno.test("PartJoiner gives only what was told whole, whatever stands between", () => {
  const text = "x".repeat(300_000);
  const whole = entriesOf({ kind: "messages", text });
  const entry = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...whole) },
    { weight: 1, arbitrary: damagedFields(["kind", "status", "part", "0/2", "text", "y"]) },
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
      const joiner = new PartJoiner();
      for (const [index, fields] of entries.entries()) {
        const told = joiner.take(fields);
        if (told?.kind !== "messages") continue;
        const before = entries[index - 1];
        const isWhole = before === whole[0] && fields === whole[1];
        if (isWhole) assertEquals(told.text === text, true);
        else assert(told.text.length < text.length);
      }
    }),
    CASES,
  );
});

Deno.test("readFromThread takes from a damaged message only what is whole", () => {
  const error = { name: "E", message: "no", code: null };
  const output = { stream: "told", fields: ["payload", new Uint8Array([255])] };
  const messages = [
    { kind: "ready", timeoutMs: 20 },
    { kind: "over", request: 1, forced: false, result: { kind: "handled", outputs: [output] } },
    { kind: "over", request: 1, forced: true, result: { kind: "failed", error } },
    { kind: "log", level: "warn", message: "text", fields: { a: 1, b: null } },
    { kind: "over", request: 2, forced: false, result: { kind: "deferred", delayMs: 5 } },
  ];
  const odd = fc.oneof(hostileJson, fc.anything({ withBigInt: true, withNullPrototype: true }));
  const damaged = fc.oneof(...messages.map((message) => damagedTree(message, odd)));
  fc.assert(
    fc.property(damaged, (message) => {
      const read = readFromThread(message);
      if (read === null) return;
      assertEquals(readFromThread(read), read);
      if (read.kind !== "over") return;
      assertEquals([typeof read.request, typeof read.forced], ["number", "boolean"]);
      if (read.result.kind !== "failed") return;
      const thrown = errorOfData(read.result.error);
      assert(thrown === null || thrown === undefined || thrown instanceof Error);
    }),
    CASES,
  );
});
