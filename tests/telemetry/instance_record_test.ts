/**
 * Tests of the record that a process announces: nothing is lost that fits, nothing gets through that must not, and no
 * text of anybody breaks the reader.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { utf8Length } from "../../src/domain/entry.ts";
import { ANNOUNCEMENT_BYTES_MAX } from "../../src/ports/instance_store.ts";
import type { ConsumerFacts } from "../../src/telemetry/consumer_facts.ts";
import { decodeInstance, encodeInstance } from "../../src/telemetry/instance_record.ts";
import { consumerFacts, instanceRecord } from "./facts.ts";

/** A consumer with many details. */
function detailed(index: number, changes: Partial<ConsumerFacts> = {}): ConsumerFacts {
  return consumerFacts({
    consumer: `c${index}`,
    failure: { code: "X", message: "m".repeat(1_000) },
    running: Array.from({ length: 50 }, () => ({ id: "5-0", key: "k", sinceMs: 1, attempt: 1 })),
    resting: Array.from({ length: 50 }, () => ({ id: "5-0", key: "k", dueAtMs: 1, failures: 1 })),
    ...changes,
  });
}

/** What is left of a record on its way. */
function sent(record: ReturnType<typeof instanceRecord>, bytesMax?: number) {
  const text = encodeInstance(record, bytesMax);
  const decoded = decodeInstance(text);
  assert(decoded.kind === "record", "it was not understood");
  return { bytes: utf8Length(text), ...decoded.record };
}

Deno.test("decodeInstance reads what encodeInstance wrote", () => {
  const record = instanceRecord([
    consumerFacts(),
    detailed(1, { failure: { code: "X", message: "m" } }),
    consumerFacts({ broker: null, position: null, failure: null, leaseMs: null }),
  ], { host: null, consumersDropped: 2 });
  assertEquals(decodeInstance(encodeInstance(record)), { kind: "record", record });
});

Deno.test("encodeInstance lets through nothing but the facts, and no secret", () => {
  const facts = {
    ...consumerFacts({
      failure: { code: "X", message: "redis://u:canary@h\n\u001b[31m password=canary" },
    }),
    payload: "canary",
    running: [{ id: "5-0", key: null, sinceMs: 1, attempt: 1, payload: "canary" }],
  };
  const text = encodeInstance({ ...instanceRecord([facts]), ...{ url: "canary" } });
  assert(!text.includes("canary"), text);
  const decoded = decodeInstance(text);
  assertEquals(
    decoded.kind === "record" && decoded.record.consumers[0]?.failure?.message,
    "redis://***@h\\n\\u001b[31m password=***",
  );
});

Deno.test("encodeInstance makes numbers of what JSON cannot hold", () => {
  const facts = consumerFacts({ failures: NaN, restartAtMs: Infinity });
  const [consumer] = sent(instanceRecord([facts], { pid: -Infinity })).consumers;
  assertEquals([consumer?.failures, consumer?.restartAtMs], [0, null]);
});

Deno.test("encodeInstance drops details first, then consumers that run well, and says how many", () => {
  const consumers = Array.from(
    { length: 300 },
    (_, index) => detailed(index, index === 299 ? { supervision: "failed" } : {}),
  );
  const record = instanceRecord(consumers);
  const whole = sent(instanceRecord(consumers.slice(0, 10)));
  assertEquals([whole.consumers[0]?.running.length, whole.consumersDropped], [50, 0]);

  const lean = sent(instanceRecord(consumers.slice(0, 150)));
  assert(lean.bytes <= ANNOUNCEMENT_BYTES_MAX);
  assertEquals([lean.consumers.length, lean.consumersDropped], [150, 0]);
  assert((lean.consumers[0]?.running.length ?? 50) < 50);

  const small = sent(record, 20_000);
  assert(small.bytes <= 20_000 && small.bytes > 15_000, `${small.bytes} bytes`);
  assertEquals(small.consumers.length + small.consumersDropped, 300);
  assertEquals(small.consumers[0]?.consumer, "c299");
  assertEquals(sent(record, 4_096).consumersDropped > 250, true);
});

Deno.test("encodeInstance keeps its bound with the longest names", () => {
  const long = "水".repeat(400);
  const consumers = Array.from(
    { length: 50 },
    () => consumerFacts({ stream: long, group: long, consumer: long, state: long }),
  );
  const changes = { instance: long, host: long, version: long, state: long };
  assert(sent(instanceRecord(consumers, changes), 8_192).bytes <= 8_192);
});

Deno.test("decodeInstance says what is wrong with a foreign or newer record", () => {
  const good: Record<string, unknown> = JSON.parse(
    encodeInstance(instanceRecord([consumerFacts()])),
  );
  const changed = (changes: Record<string, unknown>) => JSON.stringify({ ...good, ...changes });
  const facts = consumerFacts();
  const story: [string, unknown][] = [
    ["", { kind: "foreign", reason: "it is not JSON" }],
    ["[]", { kind: "foreign", reason: "it is no record" }],
    ["null", { kind: "foreign", reason: "it is no record" }],
    ["{}", { kind: "foreign", reason: "it.format is not tidemark-instance" }],
    [changed({ schema: "1" }), { kind: "foreign", reason: "it.schema is not a number" }],
    [changed({ schema: 2, consumers: "other" }), { kind: "newer", schema: 2 }],
    [changed({ pid: null }), { kind: "foreign", reason: "it.pid is not a number" }],
    [changed({ pressure: "high" }), {
      kind: "foreign",
      reason: "it.pressure is not ok, pressured, saturated",
    }],
    [changed({ consumers: {} }), { kind: "foreign", reason: "it.consumers is not a list" }],
    [changed({ consumers: [1] }), { kind: "foreign", reason: "it.consumers[0] is no record" }],
    [changed({ consumers: [facts, { ...facts, load: null }] }), {
      kind: "foreign",
      reason: "it.consumers[1].load is no record",
    }],
    [changed({ consumers: [{ ...facts, pauseWanted: 1 }] }), {
      kind: "foreign",
      reason: "it.consumers[0].pauseWanted is not true or false",
    }],
  ];
  assertEquals(story.map(([text]) => decodeInstance(text)), story.map(([, told]) => told));
});

Deno.test("decodeInstance takes a record with fields that it does not know", () => {
  const record = instanceRecord([consumerFacts()]);
  const text = encodeInstance(record).replace('"schema":1', '"schema":1,"colour":"blue"');
  assertEquals(decodeInstance(text), { kind: "record", record });
});

Deno.test("decodeInstance takes a record of an older version, which does not count dead letters", () => {
  const record = instanceRecord([consumerFacts({ deadLetteredCount: 3 })]);
  const text = encodeInstance(record);
  assertEquals(decodeInstance(text), { kind: "record", record });
  const older = text.replace('"deadLetteredCount":3,', "");
  assertEquals([older === text, decodeInstance(older)], [false, {
    kind: "record",
    record: instanceRecord([consumerFacts({ deadLetteredCount: 0 })]),
  }]);
});

Deno.test("decodeInstance never throws, whatever the text", () => {
  const good = encodeInstance(instanceRecord([consumerFacts()]));
  const cut = fc.nat(good.length).map((end) => good.slice(0, end));
  const swapped = fc.tuple(fc.nat(good.length), fc.json()).map(([at, json]) =>
    `${good.slice(0, at)}${json}${good.slice(at + 1)}`
  );
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string(), cut, swapped), (text) => {
    assert(["record", "newer", "foreign"].includes(decodeInstance(text).kind));
  }));
});
