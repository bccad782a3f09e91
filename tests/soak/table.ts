/**
 * What a soak prints: a line per sample and fault while it runs, and tables at the end.
 *
 * @module
 */

import { growthOf } from "./growth.ts";
import type { Sample } from "./sampler.ts";
import type { SoakResult } from "./soak.ts";
import type { Struck } from "./struck.ts";
import { isGrowthJudged } from "./verdict.ts";

type Column = readonly [title: string, width: number, cell: (sample: Sample) => string];

const COLUMNS: readonly Column[] = [
  ["s", 4, ({ atS }) => atS.toFixed(0)],
  ["published", 9, ({ published }) => String(published)],
  ["behind", 7, ({ behind }) => String(behind)],
  ["heap MB", 7, ({ heapMb }) => decimal(heapMb)],
  ["rss MB", 6, ({ rssMb }) => decimal(rssMb)],
  ["timers", 6, ({ timers }) => whole(timers)],
  ["sockets", 7, ({ sockets }) => whole(sockets)],
  ["threads", 7, ({ threads }) => whole(threads)],
  ["conns", 5, ({ connections }) => whole(connections)],
  ["done", 5, ({ doneSet }) => whole(doneSet)],
  ["pending", 7, ({ pending }) => whole(pending)],
  ["records", 7, ({ records }) => whole(records)],
  ["broker MB", 9, ({ brokerMb }) => decimal(brokerMb)],
  ["fault", 5, ({ fault }) => fault ?? ""],
];

/** The titles of {@linkcode sampleLine}. */
export function sampleTitle(): string {
  return COLUMNS.map(([title, width]) => title.padStart(width)).join("  ");
}

/** One sample. */
export function sampleLine(sample: Sample): string {
  return COLUMNS.map(([, width, cell]) => cell(sample).padStart(width)).join("  ").trimEnd();
}

/** One fault. */
export function struckLine(
  { name, lastedS, attempts, recoveredS, logLines }: Struck,
): string {
  const knocks = attempts === null ? "" : `, ${attempts.toFixed(1)} commands per consumer and s`;
  const recovery = recoveredS === null
    ? "NOT recovered"
    : `recovered in ${recoveredS.toFixed(1)} s`;
  return `--- ${name} for ${lastedS.toFixed(1)} s${knocks}, ${recovery}, ${logLines} log lines`;
}

/** The end of a soak: every group's account, and what grew. */
export function formatEnd(result: SoakResult): string {
  const { published, durationS, finishS, struck, findings } = result;
  const accounts = [...findings].map(([group, each]) =>
    `${group}: ${each.outputs} outputs, ${each.lost.length} lost, ${each.doubled.length} doubled, ` +
    `${each.disordered.length} out of order, ${each.forgiven} gone with the emptied server`
  );
  const growth = growthOf(result.samples).map(({ name, second, last, grew }) =>
    `${name.padEnd(12)}${decimal(second).padStart(10)}${decimal(last).padStart(10)}${
      grew ? "  GREW" : ""
    }`
  );
  const judged = isGrowthJudged(result) ? "" : " (not judged)";
  return [
    `${published} events in ${
      durationS.toFixed(0)
    } s, ${struck.length} faults, everything finished ` +
    (finishS === null ? "NEVER" : `${finishS.toFixed(1)} s after the last one`),
    ...accounts,
    "",
    `median of      2nd     last quarter${judged}`,
    ...growth,
  ].join("\n");
}

function decimal(value: number | null): string {
  return value === null ? "-" : value.toFixed(1);
}

function whole(value: number | null): string {
  return value === null ? "-" : String(value);
}
