/**
 * The simulator: `deno task simulate [--seeds 2000] [--from SEED] | [--seed ONE]`, with `--threads N` and `--json`. Each
 * seed is a plan of processes, entries and faults; the real machines run through it on a virtual clock, and what was seen
 * is judged by the invariants. A seed that breaks one is told, made smaller, and written to a folder.
 *
 * Exit codes: 0 all as promised, 1 an invariant is broken, 2 wrong use.
 *
 * @module
 */

import { planOf } from "../../src/testing/plan_of.ts";
import { Interruption } from "../support/interruption.ts";
import { answersHelp, taskArguments } from "../support/task_answers.ts";
import { HELP, readArguments } from "./arguments.ts";
import { planFile } from "./kept.ts";
import { formatReport, reportOf } from "./report.ts";
import { type FailedSeed, type SeedsResult, trySeeds } from "./seeds.ts";
import { smallestPlan } from "./smallest.ts";

/** So many failing seeds are made smaller: the others mostly show the same. */
const SHRUNK_MAX = 3;

/** So many smaller plans are tried for each of them: about a minute. */
const TRIES_MAX = 1_000;

/** So many breaches of a seed are shown. */
const BREACHES_SHOWN = 5;

/** Between two lines of progress, in ms. */
const PROGRESS_MS = 5_000;

/** Counting the transitions of the machines doubles what a seed costs. */
const TRANSITIONS_EVERY = 10;

if (import.meta.main) Deno.exitCode = await main(taskArguments(Deno.args));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  const wanted = readArguments(args);
  if (typeof wanted === "string") {
    console.error(wanted);
    return 2;
  }
  using interruption = new Interruption();
  const { from, seeds: count, threads, json } = wanted;
  const result = await trySeeds({
    from,
    count,
    threads,
    transitionsEvery: TRANSITIONS_EVERY,
    onProgress: progress(count),
    signal: interruption.signal,
  });
  const report = reportOf(result, { from, threads });
  console.log(json ? JSON.stringify(report) : formatReport(report));
  if (result.failed.length > 0) await tellFailures(result, interruption.signal);
  return result.failed.length > 0 ? 1 : 0;
}

/** Tells how far it is, now and then. */
function progress(count: number): (tried: number, failed: number) => void {
  const startedAtMs = performance.now();
  let toldAtMs = startedAtMs;
  return (tried, failed) => {
    const nowMs = performance.now();
    if (nowMs - toldAtMs < PROGRESS_MS) return;
    toldAtMs = nowMs;
    const aSecond = Math.round(tried / (nowMs - startedAtMs) * 1_000);
    console.error(`${tried} of ${count} seeds, ${aSecond} a second, ${failed} failed`);
  };
}

async function tellFailures({ failed }: SeedsResult, signal: AbortSignal): Promise<void> {
  for (const each of failed) tellFailure(each);
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-simulate-" });
  for (const { seed } of failed.slice(0, SHRUNK_MAX)) {
    if (signal.aborted) return;
    console.error(`Looking for the smallest plan of seed ${seed}`);
    const found = await smallestPlan(planOf(seed), { triesMax: TRIES_MAX });
    const { smallest, broken, tries } = found;
    const path = `${folder}/seed_${seed}.json`;
    const why = `breaks ${broken.join(", ")}; made smaller in ${tries} tries from seed ${seed}`;
    await Deno.writeTextFile(path, planFile({ why, plan: smallest }));
    const { entries, faults, processes } = smallest;
    console.error(
      `  ${entries.length} entries, ${processes.length} processes, ${faults.length} faults: ${path}`,
    );
  }
  console.error(`Keep them: move them to tests/simulation/kept, when they are mended`);
}

function tellFailure({ seed, breaches }: FailedSeed): void {
  console.error(`Seed ${seed} fails; again: deno task simulate --seed ${seed}`);
  for (const { invariant, text } of breaches.slice(0, BREACHES_SHOWN)) {
    console.error(`  ${invariant}: ${text}`);
  }
  const more = breaches.length - BREACHES_SHOWN;
  if (more > 0) console.error(`  and ${more} more`);
}
