/**
 * The invariants of commits (I4, I5, I6, I7, I8), each tried on histories that break it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Happening } from "../../src/testing/happening.ts";
import type { Moment } from "./evidence.ts";
import {
  after,
  applied,
  committed,
  findings,
  GROUP_DATA,
  handled,
  isFirstCommit,
  isLastCommit,
  output,
  PLAN,
  sent,
  SOUND,
  STREAM_DATA,
  told,
} from "./tale.ts";

/** The sound history with the last commit replaced. */
function lastCommit(...instead: readonly Happening[]): Happening[] {
  return SOUND.flatMap((each) => isLastCommit(each) ? instead : [each]);
}

/** A moment right after the first commit, as it should be. */
function moment(changes: Partial<Moment>): Moment {
  const step = SOUND.findIndex(isFirstCommit);
  const sound = { step, stream: "s", group: "g", position: "2-0", done: [], pending: [] } as const;
  return { ...sound, outputs: ["1-0", "2-0"], ...changes };
}

Deno.test("I4 finds a commit by a consumer that the entry is not with", () => {
  const stranger = { process: "q", consumer: "v", epoch: 0, position: "3-0" } as const;
  assertEquals(findings({ happenings: lastCommit(committed([handled("3-0")], stranger)) }), [
    "I4 3-0 (number 2) in group g of s was committed by v, and was in the hands of w",
  ]);
});

Deno.test("I4 finds a commit of what was handed out to nobody, and of what was handed back", () => {
  const isHandOut = (each: Happening) =>
    each.kind === "callApplied" && "entries" in each.applied &&
    each.applied.entries.some(({ id }) => id === "3-0");
  assertEquals(
    findings({ happenings: SOUND.filter((each) => !isHandOut(each)) })
      .filter((each) => each.startsWith("I4")),
    ["I4 3-0 (number 2) in group g of s was committed by w, and was handed out to nobody"],
  );
  const back = [
    sent({ method: "release", ids: ["3-0"] }, { call: 7 }),
    applied({ method: "release", count: 1 }, { call: 7 }),
  ];
  const commit = committed([handled("3-0")], { position: "3-0" });
  assertEquals(findings({ happenings: lastCommit(...back, commit) }), [
    "I4 3-0 (number 2) in group g of s was committed by w, which had handed it back",
  ]);
});

Deno.test("I4 finds a commit under an epoch that is not the newest", () => {
  const joined = applied({ method: "join", epoch: 2 }, { process: "q" });
  const commit = committed([handled("3-0")], { position: "3-0" });
  assertEquals(findings({ happenings: lastCommit(joined, commit) }), [
    "I4 3-0 (number 2) in group g of s was committed by w under epoch 1, and the newest was 2",
  ]);
});

Deno.test("I4 finds a commit of another process under the epoch of the newest, and takes a new life of its own", () => {
  const commit = committed([handled("3-0")], { position: "3-0" });
  const found = (process: string) =>
    findings({
      happenings: lastCommit(applied({ method: "join", epoch: 1 }, { process }), commit),
    });
  assertEquals(found("q"), [
    "I4 3-0 (number 2) in group g of s was committed by w in p, and the last to join under this " +
    "name was q",
  ]);
  assertEquals(found("p"), []);
});

Deno.test("I5 finds entries of a key that are finished out of order", () => {
  const swapped = committed([handled("2-0"), handled("1-0")], { position: "2-0" });
  const happenings = SOUND.flatMap((each) =>
    isFirstCommit(each)
      ? [
        committed([handled("2-0")], { position: "0-0" }),
        committed([handled("1-0")], { position: "2-0" }),
      ]
      : [each]
  );
  const found = [
    "I5 1-0 (number 0) of key k in group g of s was finished after 2-0 (number 1)",
  ];
  assertEquals(findings({ happenings }), found);
  assertEquals(swapped.kind, "callApplied");
  const groups = [{ ...PLAN.groups[0], order: "none" as const }];
  assertEquals(groups.length, 1);
});

Deno.test("I5 finds outputs of a key that are out of order", () => {
  const outputs = [output("2-0"), output("1-0"), output("3-0")];
  assertEquals(findings({ group: { outputs } }), [
    "I5 an output of 1-0 of key k in group g of s comes after one of 2-0",
  ]);
});

Deno.test("I6 finds a checkpoint that moves back", () => {
  const commit = committed([handled("3-0")], { position: "1-0" });
  assertEquals(findings({ happenings: lastCommit(commit) }), [
    "I6 the checkpoint of group g of s moved from 2-0 to 1-0",
  ]);
});

Deno.test("I6 finds a checkpoint above what is not finished", () => {
  const happenings = SOUND.map((each) =>
    isFirstCommit(each) ? committed([handled("1-0"), handled("2-0")], { position: "3-0" }) : each
  );
  assertEquals(findings({ happenings }), [
    "I6 the checkpoint of group g of s was 3-0 at 10, and 3-0 (number 2) was not finished",
  ]);
});

Deno.test("I6 finds a checkpoint that cannot be read back", () => {
  const checkpoint = { kind: "unusable", reason: "it is not a record" } as const;
  assertEquals(findings({ group: { checkpoint } }), [
    "I6 the checkpoint of group g of s cannot be read: it is not a record",
  ]);
});

Deno.test("I6 finds a moment with something pending or done at or below the checkpoint", () => {
  const step = SOUND.findIndex(isFirstCommit);
  const pending: EntryId[] = ["1-5"];
  assertEquals(findings({ moments: [moment({ pending, done: ["1-7"] })] }), [
    `I6 1-5 in group g of s after step ${step} is pending, and the checkpoint is 2-0`,
    `I6 1-7 in group g of s after step ${step} is in the done-set, and the checkpoint is 2-0`,
  ]);
});

Deno.test("I7 finds an entry that was removed by nobody", () => {
  const entries = STREAM_DATA.entries.slice(1);
  assertEquals(findings({ stream: { entries } }), [
    "I7 1-0 (number 0) is not in s any more, and nobody removed it",
  ]);
});

Deno.test("I7 finds a group that was removed by nobody", () => {
  assertEquals(findings({ group: { lastDeliveredId: null } }), [
    "I7 group g of s is gone, and nobody removed it",
  ]);
});

Deno.test("I7 finds a group that is set back, unless its stream was replaced", () => {
  const plan = {
    createStream: false,
    group: { reset: "0-0" },
    checkpoint: "keep",
    quarantine: false,
  } as const;
  const establish = sent({ method: "establish", plan });
  assertEquals(findings({ happenings: after(isLastCommit, establish) }), [
    "I7 group g of s was set back to 0-0 for no reason",
  ]);
  const fault = { kind: "streamReplaced", at: { atMs: 1 }, stream: "s" } as const;
  const struck = told({ kind: "faultStruck", fault: 0, name: "streamReplaced" });
  const happenings = after(isLastCommit, struck, establish);
  assertEquals(findings({ happenings, plan: { faults: [fault] } }), []);
});

Deno.test("I8 finds nothing in a sound moment", () => {
  assertEquals(findings({ moments: [moment({})] }), []);
});

Deno.test("I8 finds an output that is missing, or there too early", () => {
  const step = SOUND.findIndex(isFirstCommit);
  assertEquals(findings({ moments: [moment({ outputs: ["1-0", "3-0"] })] }), [
    `I8 2-0 (number 1) in group g of s after step ${step} has 0 of 1 outputs`,
    `I8 3-0 (number 2) in group g of s after step ${step} has 1 of 0 outputs`,
  ]);
});

Deno.test("I8 finds what is finished and pending, or unknown to the checkpoint", () => {
  const step = SOUND.findIndex(isFirstCommit);
  assertEquals(findings({ moments: [moment({ position: "1-0", pending: ["2-0"] })] }), [
    `I8 2-0 (number 1) in group g of s after step ${step} is finished and pending`,
    `I8 2-0 (number 1) in group g of s after step ${step} is finished, and the checkpoint does ` +
    "not know it",
  ]);
  assertEquals(GROUP_DATA.pending, []);
});
