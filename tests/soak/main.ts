/**
 * The soak: `deno task soak [--minutes 10] [--rate 2000] [--every 20] [--broker redis|sqlite] [--seed N] [--json]
 * [--scenario mixed|server-faults]`. A service of 40 consumers works for minutes while its broker, its network and its
 * own process are struck; at the end every event must have been handled exactly once and in order, and nothing that the
 * service holds may have grown. `server-faults` has each fault of the broker once, for 20 s.
 *
 * Exit codes: 0 all as promised, 1 something is wrong (the folder with the service's log is kept), 2 wrong use.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Interruption } from "../support/interruption.ts";
import { answersHelp, faultOf, refusal, taskArguments } from "../support/task_answers.ts";
import type { BrokerKind } from "../chaos/place.ts";
import { growthOf } from "./growth.ts";
import type { ScenarioName } from "./scenario.ts";
import { runSoak, type SoakResult } from "./soak.ts";
import { formatEnd, sampleLine, sampleTitle, struckLine } from "./table.ts";
import { defectsOf } from "./verdict.ts";

interface Arguments {
  readonly minutes: number;
  readonly rate: number;
  readonly everyS: number;
  readonly broker: BrokerKind;
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly json: boolean;
}

const HELP =
  `Usage: deno task soak [--minutes 10] [--rate 2000] [--every 20] [--broker redis|sqlite]
                      [--scenario mixed|server-faults] [--seed N] [--json]

Runs a service of 40 consumers while its broker, its network and its own process are struck,
and checks at the end that every event was handled once and in order, and that nothing grew.

Options:
  --minutes N      How long, 0.5 to 1440. Default: 10
  --rate N         Events that are published each second, 1 to 20000. Default: 2000
  --every S        Seconds from one fault to the next, 8 to 3600. Default: 20
  --broker KIND    redis or sqlite. Default: redis
  --scenario NAME  mixed, or server-faults: each fault of the broker once, for 20 s.
                   Default: mixed
  --seed N         The choice of the faults. Default: any
  --json           Print the result as JSON
  -h, --help       Show this

Exit codes: 0 all as promised, 1 something is wrong (the folder with the log is kept), 2 wrong use.`;

/** Seeds are short enough to be typed again. */
const SEED_MAX = 1_000_000;

/** A soak ends, whatever happens: what is not the soak itself usually takes 10 s, and `server-faults` 8 minutes. */
const OVERHEAD_MS_MAX = 600_000;

const MINUTE_MS = 60_000;

if (import.meta.main) Deno.exitCode = await main(taskArguments(Deno.args));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  const wanted = read(args);
  if (typeof wanted === "string") {
    console.error(refusal(wanted, HELP));
    return 2;
  }
  using interruption = new Interruption();
  const lateMs = wanted.minutes * MINUTE_MS + OVERHEAD_MS_MAX;
  const late = setTimeout(() => interruption.end(new Error("it took too long")), lateMs);
  try {
    return await soak(wanted, interruption.signal);
  } catch (error) {
    console.error("Cannot finish the soak, its data is kept:", error);
    return 1;
  } finally {
    clearTimeout(late);
  }
}

async function soak(wanted: Arguments, signal: AbortSignal): Promise<number> {
  const { minutes, rate, everyS, broker, scenario, seed, json } = wanted;
  const durationMs = minutes * MINUTE_MS;
  const tell = json ? () => {} : (line: string) => console.log(line);
  tell(`Soak on ${broker}: ${rate} events/s, ${scenario} faults, seed ${seed}`);
  const result = await runSoak({
    ...{ broker, scenario, rate, seed, durationMs },
    everyMs: everyS * 1_000,
    onBegin: (folder) => tell(`Data in ${folder}\n\n${sampleTitle()}`),
    onSample: (sample) => tell(sampleLine(sample)),
    onStruck: (struck) => tell(struckLine(struck)),
    signal,
  });
  const defects = defectsOf(result);
  if (json) console.log(JSON.stringify(report(result, { defects, wanted })));
  else console.log(`\n${formatEnd(result)}\n`);
  if (defects.length === 0) {
    await Deno.remove(result.folder, { recursive: true });
    tell("Everything is as promised");
    return 0;
  }
  console.error(`${defects.length} things are wrong`);
  for (const defect of defects) console.error(`  ${defect}`);
  console.error(`  The log and the data are kept in ${result.folder}`);
  return 1;
}

function report(
  result: SoakResult,
  told: { readonly defects: readonly string[]; readonly wanted: Arguments },
): Record<string, unknown> {
  const findings = Object.fromEntries(result.findings);
  return { ...told, ...result, findings, growth: growthOf(result.samples) };
}

/** Reads the arguments. @returns a text that says what is wrong with them, if anything. */
function read(args: readonly string[]): Arguments | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: "string", default: "10" },
        rate: { type: "string", default: "2000" },
        every: { type: "string", default: "20" },
        broker: { type: "string", default: "redis" },
        scenario: { type: "string", default: "mixed" },
        seed: { type: "string", default: String(Math.floor(Math.random() * SEED_MAX)) },
        json: { type: "boolean", default: false },
      },
    });
    return {
      minutes: number("minutes", values.minutes, [0.5, 1_440]),
      rate: number("rate", values.rate, [1, 20_000]),
      everyS: number("every", values.every, [8, 3_600]),
      broker: oneOf("broker", values.broker, ["redis", "sqlite"]),
      scenario: oneOf("scenario", values.scenario, ["mixed", "server-faults"]),
      seed: number("seed", values.seed, [0, Number.MAX_SAFE_INTEGER]),
      json: values.json,
    };
  } catch (error) {
    return faultOf(error);
  }
}

function number(name: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new Error(`Cannot use --${name} ${text}: wanted a number from ${min} to ${max}`);
}

function oneOf<Choice extends string>(
  name: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new Error(`Cannot use --${name} ${text}: wanted ${choices.join(" or ")}`);
}
