/**
 * The verdict on a cell is red for each thing that may be wrong, and for nothing else.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Findings } from "../checker.ts";
import { SOUND_FINDINGS } from "../sound_findings.ts";
import type { Observed } from "../observer.ts";
import type { CellResult } from "./cell.ts";
import { defectsOf } from "./verdict.ts";

const OBSERVED: Observed = {
  samples: 9,
  moves: 9,
  doneMax: 0,
  pendingMax: 0,
  standstill: { ms: 0, behind: "nothing" },
  backwards: [],
  tooHigh: [],
  doneTooEarly: [],
};

const GOOD: CellResult = {
  fault: "cut",
  point: "commit reply",
  seed: 1,
  stopsOne: false,
  strikes: 1,
  recoveredMs: 100,
  waiting: [],
  finishedMs: 100,
  calm: { connections: 0, requests: 300 },
  struck: { connections: 100, requests: 300 },
  lines: 4,
  promises: { count: 9, late: [], longestMs: 9, longest: "commit" },
  streams: [{ order: "key", findings: SOUND_FINDINGS, observed: OBSERVED }],
};

function stream(order: "key" | "none", findings: Partial<Findings>): Partial<CellResult> {
  return { streams: [{ order, findings: { ...SOUND_FINDINGS, ...findings }, observed: OBSERVED }] };
}

Deno.test("defectsOf a cell tells each thing that is wrong", () => {
  const cases: readonly (readonly [Partial<CellResult>, readonly string[]])[] = [
    [{}, []],
    [stream("key", { lost: ["1-0"] }), [
      "order key: lost: neither output nor dead letter (1): 1-0",
    ]],
    [stream("key", { duplicate: ["1-0"] }), ["order key: duplicate outputs (1): 1-0"]],
    [stream("key", { disordered: ["1-0"] }), [
      "order key: outputs out of order of their key (1): 1-0",
    ]],
    [stream("none", { disordered: ["1-0"] }), []],
    [{
      streams: [{
        order: "none",
        findings: SOUND_FINDINGS,
        observed: { ...OBSERVED, backwards: ["b"] },
      }],
    }, [
      "order none: the checkpoint moved backwards (1): b",
    ]],
    [{ waiting: ["one"] }, ["not recovered: one"]],
    [{ recoveredMs: 10_001 }, ["recovered only after 10001 ms"]],
    [{ finishedMs: null }, ["the work was not finished in time"]],
    [{ struck: { connections: 301, requests: 1_001 } }, [
      "hot loop: 301 connections a second, 0 before the fault",
      "hot loop: 1001 requests a second, 300 before the fault",
    ]],
    [{ lines: 25 }, ["25 lines in the log"]],
    [{ promises: { ...GOOD.promises, late: ["stop took 9 ms"] } }, ["deadline: stop took 9 ms"]],
    [{ strikes: 0 }, ["the matrix: the fault struck nothing"]],
  ];
  for (const [wrong, defects] of cases) assertEquals(defectsOf({ ...GOOD, ...wrong }), defects);
});
