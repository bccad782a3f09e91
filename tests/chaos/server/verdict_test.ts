/**
 * The verdict on a row is red where what was seen differs from what is expected.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Findings } from "../checker.ts";
import { SOUND_FINDINGS } from "../sound_findings.ts";
import { QUIET, refused, retried, type ServerRow } from "./row.ts";
import type { RowResult } from "./run_row.ts";
import { defectsOf } from "./verdict.ts";

const GOOD: RowResult = {
  name: "row",
  seen: { kind: "transparent", reasons: [], reports: ["fenced"], reportedLost: 0, lastWords: [] },
  recoveredMs: 100,
  waiting: [],
  finishedMs: 100,
  calm: { connections: 0, requests: 300 },
  struck: { connections: 100, requests: 300 },
  lines: 4,
  leaks: [],
  thawed: [],
  skipped: [],
  promises: { count: 9, late: [], longestMs: 9, longest: "commit" },
  streams: [{ order: "key", findings: SOUND_FINDINGS }],
};

function row(expected: ServerRow["expected"]): ServerRow {
  const nothing = () => Promise.resolve();
  return { name: "row", holdMs: 0, begin: nothing, end: nothing, expected };
}

function losing(lost: Findings["lost"], reportedLost: number): Partial<RowResult> {
  return {
    seen: { ...GOOD.seen, reportedLost },
    streams: [{ order: "key", findings: { ...SOUND_FINDINGS, lost } }],
  };
}

Deno.test("defectsOf a row tells each thing that is not as expected", () => {
  const oom = { ...GOOD.seen, kind: "retry", reasons: ["OOM"] } as const;
  const reported = { ...QUIET, losses: "reported" } as const;
  const told = { ...QUIET, losses: "told" } as const;
  const two = "2 entries have no output";
  const cases:
    readonly (readonly [ServerRow["expected"], Partial<RowResult>, readonly string[]])[] = [
      [QUIET, {}, []],
      [retried("OOM"), { seen: oom }, []],
      [refused("OOM"), { seen: oom, struck: { connections: 0, requests: 151 } }, [
        "151 requests a second in vain",
      ]],
      [retried("BUSY"), { seen: oom }, [
        "did not say BUSY",
        "said OOM, expected none of it",
      ]],
      [QUIET, { seen: { ...GOOD.seen, kind: "retry" } }, [
        'seen as "retry", expected "transparent"',
      ]],
      [QUIET, { seen: { ...GOOD.seen, reports: ["dataLoss"] } }, [
        "reported dataLoss, expected nothing",
      ]],
      [QUIET, losing(["1-0", "2-0"], 0), [`${two}, 0 were reported lost`]],
      [reported, losing(["1-0", "2-0"], 2), []],
      [reported, losing(["1-0", "2-0"], 3), [`${two}, 3 were reported lost`]],
      [reported, {}, ["0 entries have no output, 0 were reported lost"]],
      [told, { ...losing(["1-0", "2-0"], 0), skipped: ["1-0", "2-0", "3-0"] }, []],
      [told, { ...losing(["1-0", "2-0"], 0), skipped: ["1-0"] }, [
        `${two}, 0 were reported lost, 1 were skipped by a command`,
      ]],
      [QUIET, { thawed: ["outputs"] }, ["a refused call changed the outputs"]],
      [QUIET, { leaks: ["line"] }, ["a secret in the log: line"]],
      [QUIET, { waiting: ["one"] }, ["not recovered: one"]],
      [QUIET, { recoveredMs: 10_001 }, ["recovered only after 10001 ms"]],
      [QUIET, { finishedMs: null }, ["the work was not finished in time"]],
      [QUIET, { struck: { connections: 301, requests: 1_001 } }, [
        "hot loop: 301 connections a second, 0 before the fault",
        "hot loop: 1001 requests a second, 300 before the fault",
      ]],
      [QUIET, { lines: 73 }, ["73 lines in the log"]],
    ];
  for (const [expected, wrong, defects] of cases) {
    assertEquals(defectsOf(row(expected), { ...GOOD, ...wrong }), defects);
  }
});
