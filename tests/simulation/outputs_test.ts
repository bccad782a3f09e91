/**
 * The invariants of what becomes of entries (I1, I2, I9), each tried on histories that break it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  after,
  committed,
  findings,
  GROUP_DATA,
  handled,
  isFirstCommit,
  isLastCommit,
  output,
  SOUND,
  told,
  without,
} from "./tale.ts";

Deno.test("judge finds nothing in a sound history", () => {
  assertEquals(findings({}), []);
});

Deno.test("I1 finds an entry that was never finished", () => {
  const found = findings({
    happenings: without(isLastCommit),
    group: { outputs: [output("1-0"), output("2-0")] },
  });
  assertEquals(found, ["I1 3-0 (number 2) in group g of s was never finished"]);
});

Deno.test("I1 finds an entry that was acknowledged without its output", () => {
  const found = findings({ group: { outputs: [output("1-0"), output("3-0")] } });
  assertEquals(found, [
    "I1 2-0 (number 1) in group g of s was acknowledged with 1 outputs, and there are 0",
  ]);
});

Deno.test("I1 finds an entry that was given up without a dead letter", () => {
  const letter = { id: "3-0", kind: "deadLettered", outputs: 1 } as const;
  const found = findings({
    happenings: SOUND.map((each) =>
      isLastCommit(each) ? committed([letter], { position: "3-0" }) : each
    ),
    group: { outputs: [output("1-0"), output("2-0")] },
  });
  assertEquals(found, [
    "I1 3-0 (number 2) in group g of s was given up, and there is no dead letter",
  ]);
});

Deno.test("I1 takes a trimmed entry as lost only when that was reported", () => {
  const fault = { kind: "streamTrimmed", at: { atMs: 5 }, stream: "s", lengthMax: 0 } as const;
  const struck = told({ kind: "faultStruck", fault: 0, name: "streamTrimmed" });
  const report = told({
    kind: "logged",
    level: "error",
    message: "entries were trimmed",
    fields: { report: "dataLoss", stream: "s", group: "g" },
  });
  const at = SOUND.findIndex(isFirstCommit);
  const rest = without(isLastCommit).slice(at + 1);
  const trimmed = (...more: typeof SOUND) =>
    findings({
      plan: { faults: [fault] },
      happenings: [...SOUND.slice(0, at + 1), struck, ...more, ...rest],
      group: { outputs: [output("1-0"), output("2-0")] },
      stream: { entries: [] },
    });
  assertEquals(trimmed(), ["I1 3-0 (number 2) in group g of s was never finished"]);
  assertEquals(trimmed(report), []);
});

Deno.test("I2 finds an entry that was finished twice", () => {
  const found = findings({
    happenings: after(isLastCommit, committed([handled("3-0")], { position: "3-0" })),
  });
  assertEquals(found, [
    "I2 3-0 (number 2) in group g of s was finished twice: handled by w at 10, handled by w at 10",
  ]);
});

Deno.test("I2 finds an output that is there twice", () => {
  const found = findings({ group: { outputs: [...GROUP_DATA.outputs, output("3-0")] } });
  assertEquals(found, [`I2 3-0 in group g of s has 2 outputs {"number":2,"part":0}`]);
});

Deno.test("I2 finds a dead letter beside outputs, and one that is there twice", () => {
  const letter = { id: "8-0", sourceId: "3-0", group: "g", reason: "poison" } as const;
  assertEquals(findings({ stream: { letters: [letter] } }), [
    "I2 3-0 in group g of s has outputs and a dead letter",
  ]);
  assertEquals(findings({ stream: { letters: [letter, letter] } }), [
    "I2 3-0 in group g of s has outputs and a dead letter",
    "I2 3-0 in group g of s has 2 dead letters",
  ]);
  assertEquals(findings({ stream: { letters: [{ ...letter, group: "another" }] } }), []);
});

Deno.test("I9 finds an output of no entry", () => {
  const found = findings({ group: { outputs: [...GROUP_DATA.outputs, output("7-0")] } });
  assertEquals(found, ["I9 output 9-6 of group g of s is of no entry: 7-0"]);
});

Deno.test("I9 finds an output that its entry does not make", () => {
  const outputs = (changed: Partial<ReturnType<typeof output>>) =>
    findings({
      group: { outputs: [output("1-0"), output("2-0"), { ...output("3-0"), ...changed }] },
    });
  const found = ["I9 output 9-2 of group g of s is not what 3-0 makes"];
  assertEquals(outputs({ key: "k" }), found);
  assertEquals(outputs({ payload: `{"number":2,"part":1}` }), found);
});

Deno.test("I9 finds a dead letter of no entry", () => {
  const letters = [{ id: "8-0", sourceId: "7-0", group: "g", reason: "poison" }] as const;
  const found = findings({ stream: { letters } });
  assertEquals(found, ["I9 a dead letter in {s}:dead-letters is of no entry: 7-0"]);
});
