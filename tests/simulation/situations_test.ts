/**
 * The invariants of situations (I11, I12, L6), each tried on histories that break it; and where a group begins.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Applied, Happening } from "../../src/testing/happening.ts";
import {
  after,
  applied,
  entry,
  findings,
  isLastCommit,
  PLAN,
  published,
  sent,
  SOUND,
  STREAM_DATA,
  told,
  tried,
} from "./tale.ts";

const answered = (call: number) =>
  told({
    ...{ kind: "callAnswered", method: "readNew", thrown: null, call, epoch: 1 },
    ...{ stream: "s", group: "g", consumer: "w" },
  });

const report = (lost: number) =>
  told({
    kind: "logged",
    level: "error",
    message: "entries were trimmed",
    fields: { stream: "s", group: "g", report: "dataLoss", lost },
  });

function found(lostCount: number, ...more: readonly Happening[]): string[] {
  return findings({ happenings: after(isLastCommit, ...more), group: { lostCount } })
    .filter((each) => each.startsWith("I11"));
}

const losing = (lost: readonly EntryId[], method: "readNew" | "claim" = "readNew") => {
  const what: Applied = { method, entries: [], lost };
  return applied(what, { call: 9 });
};

Deno.test("I11 finds a loss that is counted and told to nobody, or told by the broker alone", () => {
  assertEquals(found(1), [
    "I11 1 entries of group g of s were counted as lost, and 0 were told, 0 in answers that came " +
    "to nobody",
  ]);
  assertEquals(found(1, losing(["1-5"]), answered(9)).length, 1);
  assertEquals(found(1, losing(["1-5"]), answered(9), report(1)), []);
});

Deno.test("I11 takes a loss whose answer came to nobody", () => {
  assertEquals(found(2, losing(["1-5", "1-6"])), []);
  assertEquals(found(3, losing(["1-5", "1-6"])).length, 1);
});

Deno.test("I11 finds an entry that the broker names as lost twice", () => {
  const twice = [losing(["1-5"]), losing(["1-5"], "claim"), answered(9), report(1)];
  assertEquals(found(1, ...twice), ["I11 1-5 in group g of s was named as lost twice"]);
});

const PAUSE = { kind: "operatorPause", process: "p", at: { atMs: 1 }, forMs: 9_000 } as const;
const paused = told({ kind: "faultStruck", fault: 0, name: "operatorPause" });
const resumed = told({ kind: "faultOver", fault: 0, name: "operatorPause" });

Deno.test("I12 finds what a paused process begins, but not a retry or what comes at once", () => {
  const begun = (atMs: number, ...before: readonly Happening[]) =>
    findings({
      plan: { faults: [PAUSE] },
      happenings: [...before, paused, ...tried("7-0", { atMs })],
    }).filter((each) => each.startsWith("I12"));
  assertEquals(begun(1_011), ["I12 7-0 of s was begun by p at 1011, paused since 10"]);
  assertEquals(begun(1_010), []);
  assertEquals(begun(1_011, ...tried("7-0")), [], "a retry");
});

Deno.test("I12 takes what begins after the pause is over, or in a new life", () => {
  for (const end of [resumed, told({ kind: "processStarted", life: 2, repair: false })]) {
    const happenings = [paused, end, ...tried("7-0", { atMs: 5_000 })];
    assertEquals(
      findings({ plan: { faults: [PAUSE] }, happenings }).filter((each) => each.startsWith("I12")),
      [],
    );
  }
});

/** The last entry of the sound history waits for so long, while a consumer reads. */
function standstill(ms: number, ...more: readonly Happening[]): string[] {
  const at = SOUND.findIndex((each) => each.kind === "handlerBegan" && each.id === "3-0");
  const later = SOUND.slice(at).map((each) => ({ ...each, atMs: each.atMs + ms }));
  const reads = sent({ method: "readNew", count: 2, blockMs: 100 }, {
    ...{ process: "q", consumer: "v", atMs: ms, call: 50 },
  });
  const plan = { faults: [PAUSE] };
  return findings({ plan, happenings: [...SOUND.slice(0, at), ...more, reads, ...later] })
    .filter((each) => each.startsWith("L6"));
}

Deno.test("L6 finds an entry that stands still while somebody reads, also when its owner is paused", () => {
  const text = "L6 3-0 (number 2) in group g of s stood still from 10 to 10401";
  assertEquals(standstill(10_391), [text]);
  assertEquals(standstill(10_391, paused), [text]);
  assertEquals(standstill(10_290), [], "a lease, and ten seconds");
});

Deno.test("L6 takes an entry that a handler works on, or that waits for the worker of somebody at work", () => {
  const [began] = tried("3-0");
  assertEquals(began === undefined ? ["?"] : standstill(20_000, began, paused), []);
  const [busy] = tried("2-0");
  assertEquals(busy === undefined ? ["?"] : standstill(20_000, busy), []);
  assertEquals(busy === undefined ? [] : standstill(20_000, busy, paused).length, 1, "at rest");
});

Deno.test("what is before the beginning of a group is none of its entries", () => {
  const plan = {
    createStream: false,
    group: { create: "0-9" },
    checkpoint: "ofNewGroup",
    quarantine: false,
  } as const;
  const made = (...applied: readonly Happening[]) =>
    findings({
      happenings: [published("0-5"), sent({ method: "establish", plan }), ...applied, ...SOUND],
      plan: { entries: [...PLAN.entries, entry(-1, null)] },
      stream: { entries: [{ id: "0-5", number: -1, key: null }, ...STREAM_DATA.entries] },
    });
  assertEquals(made(applied({ method: "establish", accounted: 0 })), []);
  assertEquals(made().filter((each) => each.startsWith("I1 ")), [
    "I1 0-5 (number -1) in group g of s was never finished",
  ]);
});
