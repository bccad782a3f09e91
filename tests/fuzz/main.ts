/**
 * The long run of the properties and of the hostile input: `deno task fuzz [--minutes N] [--seed N] [--cases N] [FILE]...`.
 * The same tests as in the suite, each round from another seed and with more cases, until the time is over or something
 * fails. What fails is printed by fast-check with its smallest case; the line after it tells how to see it again.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ensureRedis } from "../installing.ts";
import { readSummary } from "../run.ts";
import { isThere } from "../support/is_there.ts";
import { answersHelp, faultOf, refusal, taskArguments } from "../support/task_answers.ts";
import config from "../../deno.json" with { type: "json" };

const HELP = `Usage: deno task fuzz [--minutes 10] [--seed N] [--cases 10000] [FILE | FOLDER]...

Tries the properties and the hostile input of tests/properties and tests/fuzz on ever more
cases, each round from another seed, until the time is over or something fails.

Options:
  --minutes N  When the last round begins at the latest. Default: 10
  --seed N     That seed, in one round unless --minutes is given. Default: any
  --cases N    How many cases a round tries of each. Default: 10000
  -h, --help   Show this

Exit codes: 0 all held, 1 something failed, or nothing could be tried, 2 wrong use.`;

const MINUTES_USUAL = 10;

/** Ten times those of the suite: a round takes two minutes or so, and a seed can be tried again in that time. */
const CASES_USUAL = 10_000;

/** What fast-check takes for a seed. */
const SEED_MAX = 2 ** 30;

const FOLDERS = ["tests/properties", "tests/fuzz"];

/** What is wanted. */
interface Wish {
  readonly minutes: number;
  readonly cases: number;
  readonly seed: number;
  /** Whether the seed was given: then there is one round only, unless minutes are too. */
  readonly isOneRound: boolean;
  readonly paths: readonly string[];
}

if (import.meta.main) Deno.exit(await main(taskArguments(Deno.args)));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  const wish = wishOf(args);
  if (typeof wish === "string") {
    console.error(refusal(wish, HELP));
    return 2;
  }
  if (!(await ensureRedis())) return 1;
  const endMs = performance.now() + wish.minutes * 60_000;
  let tests = 0;
  for (let round = 0; round === 0 || (!wish.isOneRound && performance.now() < endMs); round++) {
    const seed = (wish.seed + round) % SEED_MAX;
    const startedAtMs = performance.now();
    const { code, output } = await runRound(wish, seed);
    const { passed, failed } = readSummary(output, code);
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(0);
    console.log(
      `round ${
        round + 1
      }: seed ${seed}, up to ${wish.cases} cases each, ${passed} passed, ${failed} failed, ${seconds} s`,
    );
    tests += passed;
    if (failed > 0) {
      console.log(output);
      console.log(`Again: deno task fuzz --seed ${seed} --cases ${wish.cases}`);
      return 1;
    }
  }
  console.log(`${tests} properties held`);
  return tests > 0 ? 0 : 1;
}

/** A text says what is wrong. */
function wishOf(args: readonly string[]): Wish | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: "string" },
        seed: { type: "string" },
        cases: { type: "string" },
      },
      allowPositionals: true,
    });
    const { minutes: minutesText, cases: casesText, seed: seedText } = values;
    const minutes = numberOf("minutes", minutesText, { usual: MINUTES_USUAL, max: 10_000 });
    const cases = numberOf("cases", casesText, { usual: CASES_USUAL, max: 100_000_000 });
    const seed = numberOf("seed", seedText, { usual: Date.now() % SEED_MAX, max: SEED_MAX });
    const missing = positionals.find((path) => !isThere(path));
    if (missing !== undefined) return `There is no file or folder "${missing}"`;
    const isOneRound = values.seed !== undefined && values.minutes === undefined;
    return { minutes, cases, seed, isOneRound, paths: positionals };
  } catch (error) {
    return faultOf(error);
  }
}

function numberOf(
  option: string,
  text: string | undefined,
  { usual, max }: { readonly usual: number; readonly max: number },
): number {
  if (text === undefined) return usual;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= max) return value;
  throw new Error(`Cannot use --${option} ${text}: wanted a number from 0 to ${max}`);
}

/** One run of the tests in a program of its own, whose memory ends with it. */
async function runRound(
  { cases, paths }: Wish,
  seed: number,
): Promise<{ readonly code: number; readonly output: string }> {
  const programs = config.permissions.test.run.map((each) =>
    each === "deno" ? Deno.execPath() : each
  );
  const temporary = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-fuzz-" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "--no-prompt", "--parallel", "--permission-set=test"],
        `--allow-run=${programs.join(",")}`,
        ...paths.length > 0 ? paths : FOLDERS,
      ],
      env: {
        ...{ NO_COLOR: "1", TMPDIR: temporary },
        TIDEMARK_FUZZ_CASES: String(Math.round(cases)),
        TIDEMARK_FUZZ_SEED: String(Math.round(seed)),
      },
      stdin: "null",
    });
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, output: text(stdout) + text(stderr) };
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}
