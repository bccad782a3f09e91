/**
 * One row, run: the service works, the fault begins, lasts and ends, and everything is looked at.
 *
 * @module
 */

import { check, type Findings } from "../checker.ts";
import { FROM_THE_BEGINNING, isFinished } from "../moment.ts";
import { pause } from "../network/carriage.ts";
import { type Rate, rateOf, RECOVERY_MS_MAX } from "../network/cell.ts";
import type { Layout } from "../network/layout.ts";
import type { PromiseFindings } from "../network/promises.ts";
import type { StruckProcess } from "../network/struck_process.ts";
import { openRedisData } from "../redis_data.ts";
import type { ServerRow } from "./row.ts";
import { type Seen, seenOf } from "./seen.ts";
import { NAMES, SECRET, ServerStage } from "./stage.ts";

/** What came of a row. */
export interface RowResult {
  readonly name: string;
  readonly seen: Seen;
  /** From the end of the fault, or from when an operator restarted what was given up, in ms. */
  readonly recoveredMs: number;
  /** Who had not committed by then. */
  readonly waiting: readonly string[];
  /** From the end of publishing until nothing was left to do, in ms; `null` when that never came. */
  readonly finishedMs: number | null;
  /** What was attempted before and under the fault. */
  readonly calm: Rate;
  readonly struck: Rate;
  readonly lines: number;
  /** Lines of the log that hold the password of the service. */
  readonly leaks: readonly string[];
  /** What changed although nothing may. */
  readonly thawed: readonly string[];
  /** Entries that an operator has skipped by a command. */
  readonly skipped: readonly string[];
  readonly promises: PromiseFindings;
  readonly streams: readonly { readonly order: Layout["order"]; readonly findings: Findings }[];
}

/** How long the service works before the fault, in ms. */
const CALM_MS = 300;

/** How often the operator looks after a fault, in ms. */
const OPERATOR_MS = 250;

/** More than two consumers can hold. */
const PENDING_MAX = 10_000;

/** What was under way when a fault begins may still end, and so it is with what is told at the end, in ms. */
const SETTLE_MS = 300;

/** Runs a row. @throws when it cannot be run at all; what is wrong with the product is in the result. */
export async function runRow(row: ServerRow, seed: number): Promise<RowResult> {
  await using stage = await ServerStage.open(row, seed);
  const { processes, witness, proxy } = stage;
  await witness.untilCommitted(NAMES, { withinMs: RECOVERY_MS_MAX });
  const calm = await rateOf(proxy, () => pause(CALM_MS));
  const linesBefore = linesOf(stage);
  let thawed: readonly string[] = [];
  await row.begin(stage);
  const struck = await rateOf(proxy, async () => {
    if (row.isFrozen !== true) return await pause(row.holdMs);
    await pause(SETTLE_MS);
    const before = await picture(stage);
    await pause(row.holdMs - SETTLE_MS);
    thawed = thawedSince(before, await picture(stage));
  });
  await row.end(stage);
  const operator = setInterval(() => restartGivenUp(processes), OPERATOR_MS);
  const recovered = witness.untilCommitted(NAMES, { withinMs: RECOVERY_MS_MAX });
  const { tookMs, waiting } = await recovered.finally(() => clearInterval(operator));
  const lines = linesOf(stage) - linesBefore;
  await stage.endPublishing();
  const finishedMs = await untilFinished(stage);
  // What the server has finished, the answer that tells of it may still be on its way.
  await pause(SETTLE_MS);
  const seen = seenOf(processes);
  const leaks = processes.flatMap(({ log }) => log.lines)
    .map((line) => JSON.stringify(line)).filter((line) => line.includes(SECRET));
  for (const process of processes) await process.stop();
  await stage.watch.quiet();
  return {
    name: row.name,
    seen,
    recoveredMs: tookMs,
    waiting,
    finishedMs,
    calm,
    struck,
    lines,
    leaks,
    thawed,
    skipped: stage.skipped,
    promises: stage.watch.findings(),
    streams: await findingsOf(stage),
  };
}

/** Nobody goes on by himself who was given up; an operator looks again and again who that is. */
function restartGivenUp(processes: readonly StruckProcess[]): void {
  for (const { orchestrator } of processes) {
    for (const { stream, consumer, supervision } of orchestrator.facts()) {
      if (supervision === "failed") orchestrator.restart({ stream, consumer });
    }
  }
}

function linesOf({ processes }: ServerStage): number {
  return processes.reduce((sum, { linesCount }) => sum + linesCount, 0);
}

/** What the first stream's group has made, in short. */
interface Picture {
  readonly outputs: string;
  readonly checkpoint: string;
  /** The ids of entries that are pending. */
  readonly pending: ReadonlySet<string>;
}

async function picture(stage: ServerStage): Promise<Picture> {
  const { admin, first } = stage;
  const read = async (command: string, ...args: readonly string[]) =>
    await admin.call(command, ...args).catch((error) => String(error));
  const rows = await read("XPENDING", first.source, first.group, "-", "+", String(PENDING_MAX));
  return {
    outputs: JSON.stringify(await read("XLEN", first.outputs)),
    checkpoint: JSON.stringify(await read("HGET", stage.checkpointKey(first), "position")),
    pending: new Set(Array.isArray(rows) ? rows.map((row) => String(row[0])) : []),
  };
}

/** Names what has changed. An entry may still be read while nothing can be committed; none may be acknowledged. */
function thawedSince(before: Picture, after: Picture): string[] {
  const isKept = before.pending.isSubsetOf(after.pending);
  return [
    ...before.outputs === after.outputs ? [] : ["outputs"],
    ...before.checkpoint === after.checkpoint ? [] : ["checkpoint"],
    ...isKept ? [] : ["pending"],
  ];
}

/** Waits until nothing is left to do, by a fresh look each time: the server may have been another one before. */
async function untilFinished(stage: ServerStage): Promise<number | null> {
  const beganMs = performance.now();
  for (;;) {
    const tookMs = performance.now() - beganMs;
    const moments = await Promise.all(stage.layouts.map(async (layout) => {
      await using data = openRedisData(stage.rootUrl, layout);
      return await data.read(FROM_THE_BEGINNING);
    }));
    if (moments.every(isFinished)) return tookMs;
    if (tookMs > RECOVERY_MS_MAX) return null;
    await pause(25);
  }
}

/** The outputs against the books of the publishers: entries may have been trimmed meanwhile. */
async function findingsOf(stage: ServerStage): Promise<RowResult["streams"]> {
  const all: { readonly order: Layout["order"]; readonly findings: Findings }[] = [];
  for (const [at, layout] of stage.layouts.entries()) {
    await using data = openRedisData(stage.rootUrl, layout);
    const moment = await data.read(FROM_THE_BEGINNING);
    const { entries = [], forgotten } = stage.publishers[at] ?? {};
    const outputs = moment.outputs.filter(({ sourceId }) => forgotten?.has(sourceId) !== true);
    const findings = check({ ...moment, entries, outputs }, entries.length);
    all.push({ order: layout.order, findings });
  }
  return all;
}
