/**
 * The kill campaign: `deno task chaos [--faults 100] [--broker sqlite|redis|both] [--entries N] [--seed N] [--json]
 * [--naive acknowledge-first|outputs-first]`. Real worker processes on a real broker are killed, stopped and doubled
 * while they work, at random moments and at every named point of `points.ts`; then the broker's data must show every entry
 * handled exactly once and in order. Both brokers are struck at the same time.
 *
 * `deno task chaos network` and `deno task chaos server` are the campaigns of what a network and a server can do; see
 * `network/main.ts` and `server/main.ts`.
 *
 * `--naive` replaces the one atomic commit by two calls, to show that a campaign finds what that breaks.
 *
 * Exit codes: 0 all as promised, 1 something is wrong (the folder is kept), 2 wrong use.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type CampaignResult, NAMES, runCampaign } from "./campaign.ts";
import { Interruption } from "../support/interruption.ts";
import { answersHelp, faultOf, refusal, taskArguments } from "../support/task_answers.ts";
import { wholeNumber } from "../support/whole_number.ts";
import { networkMain } from "./network/main.ts";
import type { BrokerKind } from "./place.ts";
import { serverMain } from "./server/main.ts";
import { POINTS } from "./points.ts";
import { formatTable } from "./table.ts";
import { defectsOf } from "./verdict.ts";
import type { Naive } from "./worker_line.ts";

interface Arguments {
  readonly faults: number;
  readonly brokers: readonly BrokerKind[];
  readonly entries: number;
  readonly seed: number;
  readonly json: boolean;
  readonly naive: Naive;
}

const HELP =
  `Usage: deno task chaos [--faults 100] [--broker sqlite|redis|both] [--entries N] [--seed N]
                       [--json] [--naive acknowledge-first|outputs-first]
       deno task chaos network|server [OPTIONS]

Kills, stops and doubles worker processes while they work, at random and at every named point,
and checks in the broker's data that every entry was handled once and in order. "network" and
"server" strike those instead; with --help behind one of them, its options.

Options:
  --faults N      How many. Default: 100
  --broker KIND   sqlite, redis or both at the same time. Default: both
  --entries N     How many entries are published. Default: 100 a fault, 2500 at least
  --seed N        The choice of the faults. Default: any
  --json          Print the results as JSON
  --naive METHOD  Two calls instead of the one atomic commit, acknowledge-first or
                  outputs-first, to see the campaign find what that breaks
  -h, --help      Show this

Exit codes: 0 all as promised, 1 something is wrong (the folder is kept), 2 wrong use.`;

/** Seeds are short enough to be typed again. */
const SEED_MAX = 1_000_000;

/** So many entries are published at most for each fault, and in all at least: usually it takes 20 a fault. */
const ENTRIES_PER_FAULT = 100;
const ENTRIES_MIN = 2_500;

/** How often it is told how far a campaign is. */
const TOLD_TIMES = 10;

/** A campaign ends, whatever happens: usually a fault takes 0.3 s, and everything else 10 s. */
const FAULT_MS_MAX = 5_000;
const OVERHEAD_MS_MAX = 180_000;

if (import.meta.main) Deno.exitCode = await main(taskArguments(Deno.args));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [campaign, ...rest] = args;
  if (campaign === "network") return await networkMain(rest);
  if (campaign === "server") return await serverMain(rest);
  if (answersHelp(args, HELP)) return 0;
  const wanted = read(args);
  if (typeof wanted === "string") {
    console.error(refusal(wanted, HELP));
    return 2;
  }
  using interruption = new Interruption();
  try {
    return await campaigns(wanted, interruption.signal);
  } catch (error) {
    console.error("Cannot finish the campaign, its data is kept:", error);
    return 1;
  }
}

async function campaigns(wanted: Arguments, signal: AbortSignal): Promise<number> {
  const { brokers, faults, entries, seed, naive, json } = wanted;
  const tellEvery = Math.max(1, Math.floor(faults / TOLD_TIMES));
  const results = await Promise.all(brokers.map((broker) => {
    const onFault = (made: number) => {
      if (made % tellEvery === 0) console.error(`${broker}: ${made} of ${faults} faults`);
    };
    const late = AbortSignal.timeout(OVERHEAD_MS_MAX + faults * FAULT_MS_MAX);
    const onBegin = (folder: string) => console.error(`${broker}: begins in ${folder}`);
    const options = { broker, faults, entries, seed, naive, onBegin, onFault };
    return runCampaign({ ...options, signal: AbortSignal.any([signal, late]) });
  }));
  const defects = results.map(defectsOf);
  if (json) console.log(JSON.stringify(results.map((r, at) => ({ ...r, defects: defects[at] }))));
  else console.log(`${title(wanted)}\n\n${formatTable(results)}\n\n${standstills(results)}\n`);
  for (const line of leftOut(results)) console.error(line);
  for (const [at, result] of results.entries()) {
    const wrong = defects[at] ?? [];
    if (wrong.length === 0) await Deno.remove(result.folder, { recursive: true });
    else tellDefects(result, { wrong, wanted });
  }
  return defects.some((wrong) => wrong.length > 0) ? 1 : 0;
}

function title({ seed, faults, naive }: Arguments): string {
  const protocol = naive === null ? "" : `, naive protocol ${naive}`;
  return `Kill campaign: ${faults} faults, ${NAMES.length} workers, seed ${seed}${protocol}`;
}

/** Points that no fault was aimed at, as in a campaign that is too short. */
function leftOut(results: readonly CampaignResult[]): string[] {
  return results.flatMap(({ broker, faults }) =>
    faults.points.filter(({ kills, stops, missed, disproofs }) =>
      kills + stops + missed + disproofs.length === 0
    ).map(({ point }) => `${broker}: never aimed at "${POINTS[point]}"`)
  );
}

function standstills(results: readonly CampaignResult[]): string {
  return results.map(({ broker, observed: { standstill } }) =>
    `${broker}: the checkpoint stood still longest at ${standstill.behind}`
  ).join("\n");
}

function tellDefects(
  { broker, folder }: CampaignResult,
  told: { readonly wrong: readonly string[]; readonly wanted: Arguments },
): void {
  const { faults, entries, seed, naive } = told.wanted;
  console.error(`${broker}: ${told.wrong.length} things are wrong`);
  for (const defect of told.wrong) console.error(`  ${defect}`);
  console.error(`  The data is kept in ${folder}`);
  const rest = naive === null ? "" : ` --naive ${naive}`;
  console.error(
    `  Again, with the same choices: deno task chaos --broker ${broker} --faults ${faults} ` +
      `--entries ${entries} --seed ${seed}${rest}`,
  );
}

/** Reads the arguments. @returns a text that says what is wrong with them, if anything. */
function read(args: readonly string[]): Arguments | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        faults: { type: "string", default: "100" },
        broker: { type: "string", default: "both" },
        entries: { type: "string" },
        seed: { type: "string", default: String(Math.floor(Math.random() * SEED_MAX)) },
        json: { type: "boolean", default: false },
        naive: { type: "string" },
      },
    });
    const faults = wholeNumber("faults", values.faults, 0);
    const usual = String(Math.max(ENTRIES_MIN, faults * ENTRIES_PER_FAULT));
    return {
      faults,
      brokers: brokersOf(values.broker),
      entries: wholeNumber("entries", values.entries ?? usual, 1),
      seed: wholeNumber("seed", values.seed, 0),
      json: values.json,
      naive: naiveOf(values.naive),
    };
  } catch (error) {
    return faultOf(error);
  }
}

function brokersOf(text: string): BrokerKind[] {
  if (text === "both") return ["sqlite", "redis"];
  if (text === "sqlite" || text === "redis") return [text];
  throw new Error(`Cannot use --broker ${text}: wanted sqlite, redis or both`);
}

function naiveOf(text: string | undefined): Naive {
  if (text === undefined) return null;
  if (text === "acknowledge-first" || text === "outputs-first") return text;
  throw new Error(`Cannot use --naive ${text}: wanted acknowledge-first or outputs-first`);
}
