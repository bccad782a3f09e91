/**
 * The invariants of bounds and of liveness (I10, L1 to L5), each tried on histories that break it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Happening } from "../../src/testing/happening.ts";
import {
  after,
  applied,
  entry,
  findings,
  handedOut,
  handled,
  isLastCommit,
  PLAN,
  published,
  sent,
  SOUND,
  told,
  without,
} from "./tale.ts";

/** The sound history with every happening after the first one that fits so much later. */
function late(fits: (happening: Happening) => boolean, byMs: number): Happening[] {
  const at = SOUND.findIndex(fits);
  return SOUND.map((each, index) => index < at ? each : { ...each, atMs: each.atMs + byMs });
}

Deno.test("I10 finds a consumer that asks for more than its batch", () => {
  const ask = sent({ method: "readNew", count: 33, blockMs: 100 });
  assertEquals(findings({ happenings: after(isLastCommit, ask) }), [
    "I10 w of p asked for 33 entries, at most 32 are allowed",
  ]);
});

Deno.test("I10 finds a consumer that reads on while its pool is full", () => {
  // 16 batches of 2 entries where handlers are quick, as much that waits for its commit, and as much in a commit.
  const ids = Array.from({ length: 96 }, (_, at): EntryId => `${BigInt(100 + at)}-0`);
  const given = [...ids.map((id) => published(id)), handedOut(ids, { call: 9 })];
  const answered = told({
    ...{ kind: "callAnswered", method: "readNew", thrown: null, call: 9, epoch: 1 },
    ...{ stream: "s", group: "g", consumer: "w" },
  });
  const entries = ids.map((_, at) => ({
    ...{ number: 99 + at, stream: "s", key: null, atMs: 0 },
    behaviour: { kind: "handled", outputs: 1 } as const,
  }));
  const read = sent({ method: "readNew", count: 2, blockMs: 100 }, { call: 10 });
  const found = (...more: Happening[]) =>
    findings({
      plan: { entries: [...PLAN.entries, ...entries] },
      happenings: after(isLastCommit, ...given, ...more),
    }).filter((each) => each.startsWith("I10"));
  assertEquals(found(answered, read), [
    "I10 w of p in group g of s read on at 10 with 96 entries in hand that can run",
  ]);
  assertEquals(found(read), [], "it was not answered yet");
});

Deno.test("I10 counts what a commit held, and its key, only once it is in a commit again", () => {
  const ids = Array.from({ length: 96 }, (_, at): EntryId => `${BigInt(100 + at)}-0`);
  const first = ids[0] ?? "100-0";
  const entries = ids.map((_, at) => ({ ...entry(99 + at, null), key: "one key" }));
  const keyed = ids.map((id): Happening => {
    const happening = published(id);
    return happening.kind === "published" ? { ...happening, key: "one key" } : happening;
  });
  const answered = (call: number, method: "readNew" | "commit") =>
    told({
      ...{ kind: "callAnswered", method, thrown: null, call, epoch: 1 },
      ...{ stream: "s", group: "g", consumer: "w" },
    });
  const settlements = [handled(first)];
  const commit = sent({ method: "commit", token: "1.9", settlements }, { call: 10 });
  const held = applied({
    ...{ method: "commit", result: "committed", token: "1.9", settlements },
    ...{ verdicts: ["held"], position: "3-0" },
  }, { call: 10 });
  const read = sent({ method: "readNew", count: 2, blockMs: 100 }, { call: 11 });
  const found = (...more: Happening[]) =>
    findings({
      plan: { entries: [...PLAN.entries, ...entries] },
      happenings: after(
        isLastCommit,
        ...[...keyed, handedOut(ids, { call: 9 }), answered(9, "readNew")],
        ...[commit, held, answered(10, "commit"), ...more, read],
      ),
    }).filter((each) => each.startsWith("I10"));
  assertEquals(found(), []);
  assertEquals(found(sent({ method: "commit", token: "1.10", settlements }, { call: 12 })), [
    "I10 w of p in group g of s read on at 10 with 96 entries in hand that can run",
  ]);
});

Deno.test("I10 finds a loop of calls that bring nothing", () => {
  const calls = Array.from({ length: 250 }, (_, at) => [
    sent({ method: "readNew", count: 2, blockMs: 100 }, { call: 100 + at, atMs: 7_000 }),
    applied({ method: "readNew", entries: [], lost: [] }, { call: 100 + at, atMs: 7_000 }),
  ]).flat();
  assertEquals(findings({ happenings: after(isLastCommit, ...calls) }), [
    "I10 w of p in second 7 made 250 calls more than its entries account for",
  ]);
});

Deno.test("L1 finds what does not finish, and says who waits for what", () => {
  assertEquals(findings({ result: { finishedMs: null, stuck: ["p: w waits", "q: v waits"] } }), [
    "L1 not finished in time: p: w waits; q: v waits",
  ]);
});

Deno.test("L2 finds a process that takes long to start, unless a fault held it up", () => {
  const isSettled = (each: Happening) => each.kind === "promiseSettled" && each.promise === "start";
  const slow = late(isSettled, 6_000);
  assertEquals(findings({ happenings: slow }), ["L2 p, started at 10, read only at 6010"]);
  const fault = { kind: "outage", at: { atMs: 1 }, forMs: 3_000 } as const;
  const struck = told({ kind: "faultStruck", fault: 0, name: "outage" });
  const over = told({ kind: "faultOver", fault: 0, name: "outage" }, { atMs: 3_010 });
  const at = slow.findIndex(isSettled);
  const happenings = [...slow.slice(0, at), struck, over, ...slow.slice(at)];
  assertEquals(findings({ happenings, plan: { faults: [fault] } }), []);
});

Deno.test("L3 finds a group that stands still after the faults", () => {
  const isRead = (each: Happening) => each.kind === "handlerBegan" && each.id === "3-0";
  assertEquals(findings({ happenings: late(isRead, 60_000) }), [
    "L3 group g of s stood still from 10 to 60010",
  ]);
  assertEquals(findings({ happenings: late(isRead, 5_000) }), []);
});

Deno.test("L4 finds a promise that never settles, unless its process was killed", () => {
  const isSettled = (each: Happening) => each.kind === "promiseSettled" && each.promise === "stop";
  const happenings = without(isSettled);
  assertEquals(findings({ happenings }), ['L4 "stop" of life 1 of p never settled']);
  const killed = told({ kind: "processCrashed", life: 1 });
  assertEquals(findings({ happenings: [...happenings, killed] }), []);
});

Deno.test("L5 finds a stop that takes longer than its grace and a second", () => {
  const isSettled = (each: Happening) => each.kind === "promiseSettled" && each.promise === "stop";
  assertEquals(findings({ happenings: late(isSettled, 1_500) }), []);
  assertEquals(findings({ happenings: late(isSettled, 1_501) }), [
    "L5 p was told to stop at 10 and did at 1511, its grace is 500",
  ]);
});
