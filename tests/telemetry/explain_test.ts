/**
 * Tests of `explain`: every cause with its exact sentence, which one is told where several hold, and that it is total.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ConsumerFacts, UnattendedFacts } from "../../src/telemetry/consumer_facts.ts";
import { CAUSES, explain } from "../../src/telemetry/explain.ts";
import { SENTENCES } from "./explain_sentences.ts";
import { consumerFacts, FULL, groupFacts, IDLE, NOTHING, REST, SLOW } from "./facts.ts";
import { oddFacts } from "./odd_facts.ts";

/** What is told of some facts, as `code (kind): text`. */
function told(facts: ConsumerFacts | UnattendedFacts): string {
  const { code, kind, text } = explain(facts);
  return `${code} (${kind}): ${text}`;
}

for (const [fact, facts, sentence] of SENTENCES) {
  Deno.test(`explain says that ${fact}`, () => assertEquals(told(facts), sentence));
}

Deno.test("explain has a sentence in these tests for every cause", () => {
  const tested = new Set(SENTENCES.map(([, facts]) => explain(facts).code));
  const missing = CAUSES.map(({ code }) => code).filter((code) => !tested.has(code));
  assertEquals(missing, []);
});

/** Facts under which nearly everything holds; each step of the story takes the first cause away. */
const PRECEDENCE: readonly (readonly [code: string, change: Partial<ConsumerFacts>])[] = [
  ["stopped", {
    supervision: "stopped",
    state: "draining",
    failure: { code: "CONSUMER_FENCED", message: "m" },
  }],
  ["draining", { supervision: "failed" }],
  ["fenced", { state: "failed" }],
  ["checkpointLost", { failure: { code: "DATA_LOSS", message: "m" } }],
  ["streamMissing", { failure: { code: "STREAM_MISSING", message: "m" } }],
  ["groupMissing", { supervision: "restarting", failure: { code: "GROUP_MISSING", message: "m" } }],
  ["groupReset", { failure: { code: "GROUP_RESET", message: "m" } }],
  ["givenUp", { supervision: "failed" }],
  ["restarting", { supervision: "restarting", failure: { code: "X", message: "m" } }],
  ["backingOff", { supervision: "running", state: "backingOff" }],
  ["paused", { state: "loadingCheckpoint", failures: 0, failure: null }],
  ["starting", { pauseWanted: false }],
  ["workersBusy", { state: "paused" }],
  ["handlerRuns", { load: { ...FULL, running: 3 } }],
  ["saturated", { running: [] }],
  ["keyBlocked", { load: { ...IDLE, inFlight: 2 } }],
  ["saturated", { resting: [] }],
  ["makingProgress", { pressure: "ok" }],
  ["waitsForOther", { load: IDLE }],
  ["leaseHeld", {
    broker: groupFacts({
      lag: 0,
      pendingCount: 1,
      ownPendingCount: 0,
      oldestPending: { id: "5-0", consumer: "bob", idleMs: 1 },
    }),
  }],
  ["nothingToDo", { broker: groupFacts(NOTHING) }],
];

Deno.test("explain tells the first cause of the table where several hold", () => {
  let facts = consumerFacts({
    pauseWanted: true,
    failures: 3,
    restarts: 2,
    load: FULL,
    running: [SLOW],
    resting: [REST],
    pressure: "saturated",
    broker: groupFacts({ oldestPending: { id: "5-0", consumer: "bob", idleMs: 1 } }),
  });
  const story = PRECEDENCE.map(([, change]) => {
    facts = { ...facts, ...change };
    return explain(facts).code;
  });
  assertEquals(story, PRECEDENCE.map(([code]) => code));
});

Deno.test("explain tries the causes in this order", () => {
  assertEquals(CAUSES.map(({ code }) => code), [
    ...["stopped", "draining", "fenced", "checkpointLost", "streamMissing", "groupMissing"],
    ...["groupReset", "givenUp", "restarting"],
    ...["unreachable", "serverBusy", "readOnly", "outOfMemory", "diskTrouble", "noPermission"],
    ...["outcomeUnknown", "backingOff", "paused", "starting", "workersBusy", "handlerRuns"],
    ...["keyBlocked", "saturated", "waitsForOther", "leaseHeld", "nothingToDo", "makingProgress"],
  ]);
});

Deno.test("explain says one line, never empty and safe to show, whatever the facts", () => {
  fc.assert(
    fc.property(oddFacts, (facts) => {
      const { text } = explain(facts);
      assert(text.trim() !== "", "it is empty");
      assert(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text), text);
      assert(!/NaN|Infinity|undefined|Invalid/.test(text.replace(/".*?"/g, "")), text);
      assert(text.length < 4_000, `${text.length} characters`);
    }),
    { numRuns: 500 },
  );
});
