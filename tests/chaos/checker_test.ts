/**
 * The checker and the observer, tried on broken data: a check that finds nothing anywhere proves nothing. Every defect
 * that a campaign can report is made once by hand.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { check } from "./checker.ts";
import { FROM_THE_BEGINNING, isFinished, type Moment, type Trace } from "./moment.ts";
import { Observer } from "./observer.ts";
import { findingsDefects, observedDefects } from "./verdict.ts";

/** Entries 1-0 to 6-0 of the keys a and b in turn; 4-0 is poison. All are finished. */
const sound: Moment = {
  entries: [
    { id: "1-0", key: "a", payload: "{}", isPoison: false },
    { id: "2-0", key: "b", payload: "{}", isPoison: false },
    { id: "3-0", key: "a", payload: "{}", isPoison: false },
    { id: "4-0", key: "b", payload: "{}", isPoison: true },
    { id: "5-0", key: "a", payload: "{}", isPoison: false },
    { id: "6-0", key: "b", payload: "{}", isPoison: false },
  ],
  // Different keys need no order between them.
  outputs: traces("2-0 b", "1-0 a", "3-0 a", "6-0 b", "5-0 a"),
  letters: ["4-0"],
  rows: traces("1-0 a", "2-0 b", "3-0 a", "5-0 a", "6-0 b"),
  position: "6-0",
  done: [],
  pending: [],
  epochs: new Map(),
  lastDelivered: "6-0",
  lastId: "6-0",
  next: FROM_THE_BEGINNING,
};

/** Each text is an id and a key. */
function traces(...texts: `${EntryId} ${string}`[]): Trace[] {
  return texts.map((text) => {
    const [id, key = ""] = text.split(" ");
    const [ms = "0", seq = "0"] = (id ?? "").split("-");
    return { sourceId: `${BigInt(ms)}-${BigInt(seq)}`, key };
  });
}

function pendingOf(id: EntryId) {
  return { id, consumer: "w1", idleMs: 10, deliveries: 1 };
}

/** What the checker says of the sound moment with something changed. */
function defects(broken: Partial<Moment>): string[] {
  return findingsDefects(check({ ...sound, ...broken }, 6));
}

Deno.test("check finds nothing wrong with a sound moment", () => {
  assertEquals(defects({}), []);
  assertEquals(defects({ rows: null }), []);
  assertEquals(isFinished(sound), true);
});

Deno.test("check finds an entry without output", () => {
  assertEquals(defects({ outputs: traces("2-0 b", "1-0 a", "6-0 b", "5-0 a") }), [
    "lost: neither output nor dead letter (1): 3-0",
  ]);
  assertEquals(defects({ letters: [] }), ["lost: neither output nor dead letter (1): 4-0"]);
});

Deno.test("check finds an entry that is not in the stream", () => {
  assertEquals(findingsDefects(check(sound, 7)), ["1 published entries are not in the stream"]);
});

Deno.test("check finds a second output", () => {
  assertEquals(defects({ outputs: traces("1-0 a", "2-0 b", "3-0 a", "3-0 a", "5-0 a", "6-0 b") }), [
    "duplicate outputs (1): 3-0",
  ]);
});

Deno.test("check finds an output beside a dead letter", () => {
  assertEquals(defects({ letters: ["4-0", "3-0"] }), [
    "duplicate outputs (1): 3-0",
    "poison with an output, or a healthy entry dead-lettered (1): 3-0",
  ]);
  assertEquals(defects({ letters: ["4-0", "4-0"] }), ["duplicate outputs (1): 4-0"]);
});

Deno.test("check finds a dead letter of a healthy entry, and an output of poison", () => {
  const outputs = traces("1-0 a", "2-0 b", "3-0 a", "4-0 b", "6-0 b");
  assertEquals(defects({ outputs, letters: ["5-0"] }), [
    "poison with an output, or a healthy entry dead-lettered (2): 4-0, 5-0",
  ]);
});

Deno.test("check finds outputs out of order of their key", () => {
  assertEquals(defects({ outputs: traces("3-0 a", "2-0 b", "1-0 a", "6-0 b", "5-0 a") }), [
    "outputs out of order of their key (1): 1-0",
  ]);
});

Deno.test("check compares ids as numbers", () => {
  const entries = [
    { id: "9-0", key: "a", payload: "{}", isPoison: false },
    { id: "10-0", key: "a", payload: "{}", isPoison: false },
  ] as const;
  const moment: Moment = {
    ...sound,
    entries,
    letters: [],
    outputs: traces("9-0 a", "10-0 a"),
    rows: null,
    position: "10-0",
    lastId: "10-0",
  };
  assertEquals(findingsDefects(check(moment, 2)), []);
});

Deno.test("check finds an output of no entry, and one with another key", () => {
  const outputs = [...sound.outputs, ...traces("7-0 a")];
  assertEquals(defects({ outputs }), ["outputs of no entry, or with another key (1): 7-0"]);
  assertEquals(defects({ outputs: traces("1-0 a", "2-0 a", "3-0 a", "5-0 a", "6-0 b") }), [
    "outputs of no entry, or with another key (1): 2-0",
  ]);
});

Deno.test("check finds what is left over", () => {
  const broken = {
    pending: [pendingOf("5-0")],
    done: ["6-0"],
    position: "4-0",
  } satisfies Partial<Moment>;
  assertEquals(defects(broken), [
    "left pending (1): 5-0",
    "left in the done-set (1): 6-0",
    "the checkpoint is not at the last id",
  ]);
  assertEquals(isFinished({ ...sound, ...broken }), false);
  assertEquals(isFinished({ ...sound, pending: broken.pending }), false);
  assertEquals(isFinished({ ...sound, done: ["6-0"] }), false);
  assertEquals(isFinished({ ...sound, position: null }), false);
});

Deno.test("check finds a wrong row of the user's table", () => {
  assertEquals(defects({ rows: traces("2-0 b", "3-0 a", "1-0 a", "2-0 b", "4-0 b", "6-0 b") }), [
    "user table: no row (1): 5-0",
    "user table: several rows (1): 2-0",
    "user table: rows out of order of their key (1): 1-0",
    "user table: rows of no healthy entry (1): 4-0",
  ]);
});

/** The moments of a campaign that goes well, each with what is new. */
const nothingYet: Moment = {
  ...sound,
  outputs: [],
  letters: [],
  rows: null,
  position: null,
  lastDelivered: null,
};
const firstDone: Moment = {
  ...nothingYet,
  entries: [],
  outputs: traces("1-0 a", "3-0 a"),
  position: "1-0",
  done: ["3-0"],
  pending: [pendingOf("2-0")],
  lastDelivered: "3-0",
};

function seen(...moments: Moment[]): string[] {
  const observer = new Observer();
  for (const [at, moment] of moments.entries()) observer.look(moment, at);
  return observedDefects(observer.observed);
}

Deno.test("Observer finds nothing wrong with sound moments, and counts them", () => {
  const rest: Moment = { ...sound, entries: [], outputs: traces("2-0 b", "6-0 b", "5-0 a") };
  const observer = new Observer();
  for (const [at, moment] of [nothingYet, firstDone, firstDone, rest].entries()) {
    observer.look(moment, at);
  }
  assertEquals(observer.observed, {
    samples: 4,
    moves: 1,
    doneMax: 1,
    pendingMax: 1,
    standstill: { ms: 1, behind: "2-0 of w1, handed out 1 times, {}" },
    backwards: [],
    tooHigh: [],
    doneTooEarly: [],
  });
});

Deno.test("Observer finds a checkpoint that moves backwards", () => {
  assertEquals(seen(nothingYet, firstDone, { ...firstDone, outputs: [], position: "0-0" }), [
    "the checkpoint moved backwards (1): 1-0 to 0-0",
  ]);
});

Deno.test("Observer finds a checkpoint at or above a pending entry", () => {
  const outputs = traces("1-0 a", "2-0 b", "3-0 a");
  assertEquals(seen(nothingYet, { ...firstDone, outputs, position: "2-0" }), [
    "the checkpoint was at or above an unfinished entry (1): 2-0 pending for w1, checkpoint 2-0",
  ]);
});

Deno.test("Observer finds a checkpoint above an entry that was not handed out", () => {
  const broken: Moment = {
    ...firstDone,
    outputs: traces("1-0 a", "2-0 b"),
    pending: [],
    done: [],
    position: "2-0",
    lastDelivered: "1-0",
  };
  assertEquals(seen(nothingYet, broken), [
    "the checkpoint was at or above an unfinished entry (1): 2-0 not handed out yet, checkpoint 2-0",
  ]);
});

Deno.test("Observer finds a checkpoint above an entry without output, also when that comes later", () => {
  const early: Moment = { ...firstDone, outputs: traces("1-0 a", "3-0 a"), pending: [] };
  const tooEarly: Moment = { ...early, position: "3-0", done: [] };
  const later: Moment = { ...tooEarly, outputs: traces("2-0 b") };
  assertEquals(seen(nothingYet, tooEarly, later), [
    "the checkpoint was at or above an unfinished entry (1): 2-0 without output, checkpoint 3-0",
  ]);
});

Deno.test("Observer finds an unfinished entry in the done-set", () => {
  assertEquals(seen(nothingYet, { ...firstDone, done: ["3-0", "5-0"] }), [
    "the done-set held an unfinished entry (1): 5-0",
  ]);
});
