/**
 * The invariant of losses finds what it is there for, in histories made by hand.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Happening } from "../../src/testing/happening.ts";
import { applied, findings, isFirstCommit, isLastCommit, output, told, without } from "./tale.ts";

/** The last entry is trimmed after the first commit, and so many are told as lost, in these reports. */
function trimmed(reports: readonly (number | "unknown")[], lostCount: number): string[] {
  const fault = { kind: "streamTrimmed", at: { atMs: 5 }, stream: "s", lengthMax: 0 } as const;
  const establish = applied({ method: "establish", accounted: 0 });
  const struck = told({ kind: "faultStruck", fault: 0, name: "streamTrimmed" });
  const said = reports.map((lost): Happening =>
    told({
      kind: "logged",
      level: "error",
      message: "entries were trimmed",
      fields: { report: "dataLoss", stream: "s", group: "g", lost },
    })
  );
  const isOfTheLast = (each: Happening) =>
    isLastCommit(each) ||
    (each.kind === "callApplied" && "entries" in each.applied &&
      each.applied.entries.some(({ id }) => id === "3-0")) ||
    ("id" in each && each.id === "3-0" && each.kind !== "published");
  const rest = without(isOfTheLast);
  const at = rest.findIndex(isFirstCommit);
  const start = rest.findIndex(({ kind }) => kind === "callSent");
  return findings({
    plan: { faults: [fault] },
    happenings: [
      ...[...rest.slice(0, start), establish, ...rest.slice(start, at + 1)],
      ...[struck, ...said, ...rest.slice(at + 1)],
    ],
    group: { outputs: [output("1-0"), output("2-0")], lostCount },
    stream: { entries: [] },
  }).filter((text) => text.startsWith("I1 ") && text.includes("lost"));
}

Deno.test("I1 takes a loss that is counted and told once", () => {
  assertEquals([trimmed([1], 1), trimmed([], 1), trimmed(["unknown"], 1)], [[], [], []]);
});

Deno.test("I1 finds a loss that is told twice, or told without being one", () => {
  assertEquals(trimmed([1, 1], 1), ["I1 2 entries of group g of s were told as lost, 1 are"]);
});

Deno.test("I1 finds a loss that is not counted, or counted twice", () => {
  assertEquals(trimmed([1], 0), ["I1 0 entries of group g of s were counted as lost, 1 are"]);
  assertEquals(trimmed([1], 2), ["I1 2 entries of group g of s were counted as lost, 1 are"]);
});
