/**
 * What the matrix prints: how long each cell took to recover, and what was measured over all of them.
 *
 * @module
 */

import { tableText } from "../../../src/cli/columns.ts";
import { FAULTS } from "./fault.ts";
import type { JudgedCell } from "./matrix.ts";
import { POINTS } from "./point.ts";

/** The tables. */
export function formatMatrix(judged: readonly JudgedCell[]): string {
  const faults = FAULTS.filter(({ name }) => judged.some(({ result }) => result.fault === name));
  const points = POINTS.filter(({ name }) => judged.some(({ result }) => result.point === name));
  const cells = tableText([
    { title: "recovery, ms, p50/max", cell: (fault: { readonly name: string }) => fault.name },
    ...points.map(({ name }) => ({
      title: name,
      isNumber: true,
      cell: (fault: { readonly name: string }) =>
        cellText(
          judged.filter(({ result }) => result.fault === fault.name && result.point === name),
        ),
    })),
  ], faults);
  const lines = tableText([
    { title: "over all cells", cell: ([label]: readonly string[]) => label ?? "" },
    { title: "", cell: ([, value]) => value ?? "", isNumber: true },
  ], totals(judged));
  return `${cells}\n\n${lines}`;
}

function cellText(judged: readonly JudgedCell[]): string {
  const times = judged.map(({ result }) => result.recoveredMs).sort((one, other) => one - other);
  if (times.length === 0) return "";
  const half = times[Math.floor((times.length - 1) / 2)] ?? 0;
  const isRed = judged.some(({ defects }) => defects.length > 0);
  return `${isRed ? "RED " : ""}${half.toFixed(0)}/${(times.at(-1) ?? 0).toFixed(0)}`;
}

function totals(judged: readonly JudgedCell[]): string[][] {
  const results = judged.map(({ result }) => result);
  const sum = (of: (result: JudgedCell["result"]) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const most = (of: (result: JudgedCell["result"]) => number) =>
    results.reduce((max, result) => Math.max(max, of(result)), 0);
  const wrong = (of: (stream: JudgedCell["result"]["streams"][number]) => number) =>
    sum(({ streams }) => streams.reduce((total, stream) => total + of(stream), 0));
  const promised = results.reduce(
    (longest, { promises }) => promises.longestMs > longest.longestMs ? promises : longest,
    { longestMs: 0, longest: "nothing" },
  );
  return [
    ["cells run", String(results.length)],
    ["strikes", String(sum(({ strikes }) => strikes))],
    ["events", String(wrong(({ findings }) => findings.entries))],
    ["  lost", String(wrong(({ findings }) => findings.lost.length))],
    ["  with more than one output", String(wrong(({ findings }) => findings.duplicate.length))],
    [
      "  out of order of their key",
      String(wrong(({ order, findings }) => order === "key" ? findings.disordered.length : 0)),
    ],
    ["moments observed", String(wrong(({ observed }) => observed.samples))],
    ["promises watched", String(sum(({ promises }) => promises.count))],
    ["  late, or never settled", String(sum(({ promises }) => promises.late.length))],
    ["  the longest, ms", `${promised.longest} ${promised.longestMs.toFixed(0)}`],
    ["most requests a second, in calm", most(({ calm }) => calm.requests).toFixed(0)],
    ["  under a fault", most(({ struck }) => struck.requests).toFixed(0)],
    [
      "most connections a second under a fault",
      most(({ struck }) => struck.connections).toFixed(0),
    ],
    ["most lines in the log", String(most(({ lines }) => lines))],
    ["longest recovery, ms", most(({ recoveredMs }) => recoveredMs).toFixed(0)],
    ["red cells", String(judged.filter(({ defects }) => defects.length > 0).length)],
  ];
}
