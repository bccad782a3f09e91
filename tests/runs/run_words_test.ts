/**
 * Ids, kinds, event numbers and stored forms of runs.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  isEntryId,
} from "../../src/domain/entry_id.ts";
import {
  checkRunId,
  checkRunKind,
  nextRunEventId,
  RUN_STATUSES,
  runEventAtMs,
  runEventNumber,
  runGap,
  runJournal,
} from "../../src/domain/run.ts";
import {
  InvalidRunEventError,
  InvalidRunIdError,
  InvalidRunKindError,
} from "../../src/domain/run_errors.ts";
import {
  decodeRunEvent,
  encodeRunEnd,
  encodeRunEvent,
  encodeRunGap,
  isRunEnd,
} from "../../src/domain/run_event.ts";
import { decodeRunState, encodeRunState, runReason } from "../../src/domain/run_state.ts";

/** What nobody may use as an id (S7). */
export const HOSTILE_IDS: readonly unknown[] = [
  "",
  "a:b",
  "{x}",
  "*",
  "..%2f",
  "../x",
  "a/b",
  "a\0",
  "a\r\nb",
  "a b",
  " a",
  ".hidden",
  "-a",
  "_a",
  "а", // Cyrillic
  "ａ", // full width
  "%E0%A4%A",
  "\ud800",
  "x".repeat(129),
  "x".repeat(10_000),
  "a\n",
  7,
  null,
  undefined,
  ["a"],
];

const ids = fc.bigInt({ min: 0n, max: 2n ** 53n }).chain((ms) =>
  fc.bigInt({ min: 0n, max: 2n ** 50n }).map((seq): EntryId => `${ms}-${seq}`)
);

Deno.test("S7: checkRunId and checkRunKind take letters, digits, dot, _ and -, and nothing else", () => {
  for (const good of ["a", "7", "A.b_c-d", "x".repeat(128), "a..b"]) {
    assertEquals([checkRunId(good), checkRunKind(good)], [good, good]);
  }
  for (const bad of HOSTILE_IDS) {
    assertEquals(assertThrows(() => checkRunId(bad), InvalidRunIdError).code, "INVALID_RUN_ID");
    assertThrows(() => checkRunKind(bad), InvalidRunKindError);
    assertThrows(() => runJournal(bad), InvalidRunIdError);
  }
  const long = assertThrows(() => checkRunId("x".repeat(10_000)), InvalidRunIdError);
  assert(long.message.length < 300, long.message);
});

Deno.test("nextRunEventId rises, counts, and never goes back in time", () => {
  fc.assert(fc.property(ids, fc.double({ min: -1e3, max: 2e13, noNaN: true }), (id, nowMs) => {
    const next = nextRunEventId(id, nowMs);
    assert(isEntryId(next) && compareEntryIds(next, id) > 0);
    assertEquals(BigInt(next.split("-")[1] ?? ""), BigInt(id.split("-")[1] ?? "") + 1n);
    assert(runEventAtMs(next) >= runEventAtMs(id));
  }));
  assertEquals(nextRunEventId(ENTRY_ID_ZERO, 1_700.9), "1700-1");
  assertEquals(nextRunEventId("1800-4", 1_700), "1800-5");
});

Deno.test("runGap counts what lies between two ids of a run", () => {
  const history = fc.array(fc.nat({ max: 9 }), { minLength: 2, maxLength: 40 }).map((steps) => {
    const all: EntryId[] = [];
    let nowMs = 1_000;
    for (const step of steps) {
      all.push(nextRunEventId(all.at(-1) ?? ENTRY_ID_ZERO, nowMs += step - 3));
    }
    return all;
  });
  fc.assert(fc.property(history, fc.nat(), fc.nat(), (all, left, right) => {
    const [from = 0, to = 0] = [left % all.length, right % all.length].sort((a, b) => a - b);
    const [afterId, untilId] = [all[from] ?? "0-0", all[to] ?? "0-0"] as const;
    const gap = { afterId, untilId, count: to - from };
    assertEquals(runGap(afterId, untilId), from === to ? null : gap);
    assertEquals(runGap(untilId, afterId), null);
    assertEquals(runGap("0-0", untilId), { afterId: "0-0", untilId, count: to + 1 });
  }));
  assertEquals(runEventNumber("1700-57"), 57);
  // A time is no position, and what contradicts itself is not counted.
  assertEquals(runGap("1700-0", "1800-5"), { afterId: "1700-0", untilId: "1800-5", count: null });
  assertEquals(runGap("1700-9", "1800-5"), { afterId: "1700-9", untilId: "1800-5", count: null });
});

Deno.test("encodeRunEvent and decodeRunEvent are inverse, as JSON says it", () => {
  const type = fc.string({ minLength: 1, maxLength: 40 }).filter((text) =>
    text.trim() !== "" && !text.startsWith("run.") &&
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)
  );
  fc.assert(fc.property(type, fc.jsonValue(), ids, (type, data, id) => {
    const event = decodeRunEvent({ id, fields: encodeRunEvent({ type, data }) });
    const said: unknown = JSON.parse(JSON.stringify(data));
    assertEquals(event, { id, type, data: said, atMs: runEventAtMs(id) });
  }));
  const { data } = decodeRunEvent({ id: "1-1", fields: encodeRunEvent({ type: "a" }) });
  assertEquals(data, null);
});

Deno.test("encodeRunEvent and decodeRunEvent take no data that might not be written again", () => {
  const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  const deepest = { type: "a", data: nested(2_500) };
  const entry = { id: "1-1", fields: encodeRunEvent(deepest) } as const;
  assertEquals(JSON.stringify(decodeRunEvent(entry).data), JSON.stringify(deepest.data));

  for (const levels of [2_501, 100_000]) {
    const event = { type: "a", data: nested(levels) };
    const error = assertThrows(() => encodeRunEvent(event), InvalidRunEventError);
    assertEquals(error.reason, "its data is nested too deeply, wanted at most 2500 levels");
    // Somebody else may have stored it.
    const payload = "[".repeat(levels) + "]".repeat(levels);
    const fields = ["event_type", "a", "payload", payload];
    assertEquals(decodeRunEvent({ id: "7-1", fields }), {
      id: "7-1",
      type: "run.undecodable",
      data: { reason: 'field "payload" is nested too deeply' },
      atMs: 7,
    });
  }
});

Deno.test("encodeRunEvent refuses what cannot be told, and types that are ours", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const bad: { type: string; data?: unknown }[] = [
    { type: "" },
    { type: "a\nb" },
    { type: "x".repeat(300) },
    { type: "run.completed" },
    { type: "run.mine" },
    { type: "a", data: 1n },
    { type: "a", data: loop },
    { type: "a", data: () => 1 },
    { type: "a", data: "x".repeat(1_048_576) },
  ];
  for (const event of bad) {
    const error = assertThrows(() => encodeRunEvent(event), InvalidRunEventError);
    assert(!error.message.includes("xxx"), "no payload in messages");
  }
});

Deno.test("decodeRunEvent is total, and knows ends and gaps", () => {
  fc.assert(fc.property(fc.array(fc.string(), { maxLength: 8 }), (fields) => {
    decodeRunEvent({ id: "1-1", fields });
  }));
  const broken = decodeRunEvent({ id: "5-1", fields: ["event_type", "a", "payload", "{"] });
  assertEquals(broken, {
    id: "5-1",
    type: "run.undecodable",
    data: { reason: 'field "payload" is not JSON: at position 1' },
    atMs: 5,
  });
  const ends = RUN_STATUSES.filter((status) => status !== "running").map((status) =>
    isRunEnd(decodeRunEvent({ id: "1-1", fields: encodeRunEnd(status, "why") }))
  );
  assertEquals(ends, [true, true, true, true]);
  const gap = encodeRunGap({ firstId: "1-2", lastId: "3-4", count: 3 });
  assertEquals(decodeRunEvent({ id: "3-4", fields: gap }), {
    id: "3-4",
    type: "run.gap",
    data: { first_id: "1-2", last_id: "3-4", count: 3 },
    atMs: 3,
  });
});

Deno.test("decodeRunState reads what encodeRunState wrote, and refuses the rest with a reason", () => {
  const time = fc.nat();
  const text = fc.option(fc.string());
  const states = fc.record({
    kind: fc.string(),
    status: fc.constantFrom(...RUN_STATUSES),
    startedAtMs: time,
    endedAtMs: fc.option(time),
    reason: text,
    owner: text,
    cancelReason: text,
    ttlMs: fc.option(time),
  });
  fc.assert(fc.property(states, (state) => {
    assertEquals(decodeRunState(encodeRunState(state)), { kind: "valid", state });
  }));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (stored) => {
    assertEquals(decodeRunState(stored).kind, "unusable");
  }));
  fc.assert(fc.property(states, fc.constantFrom(...BROKEN), (state, broken) => {
    const stored = { ...JSON.parse(encodeRunState(state)), ...broken };
    assertEquals(decodeRunState(JSON.stringify(stored)).kind, "unusable", JSON.stringify(broken));
  }));
  assertEquals(decodeRunState('{"schema":2}'), {
    kind: "unusable",
    reason: "its schema version 2 is newer than 1",
  });
});

const BROKEN: readonly Record<string, unknown>[] = [
  { schema: 0 },
  { schema: 9 },
  { kind: 7 },
  { status: "done" },
  { started_at_ms: -1 },
  { ended_at_ms: "soon" },
  { reason: 7 },
  { owner: {} },
  { cancel_reason: false },
  { ttl_ms: 1.5 },
];

Deno.test("runReason keeps one line without secrets", () => {
  assertEquals(
    runReason("failed at redis://me:secret@host/\npassword=abc"),
    "failed at redis://***@host/\\npassword=***",
  );
  assert(runReason("x".repeat(10_000)).length <= 500);
});
