/**
 * Runs the tests: `deno task test [FILE | FOLDER | FLAG]...`. What follows goes to `deno test`, so
 * `deno task test tests/domain --filter watermark` works; with no path it is every test there is,
 * and every example in the docstrings of src and mod.ts.
 *
 * It is a program and not just a task for three reasons: it installs redis-server and Chromium where
 * they are missing, so that one command suffices on a fresh machine; it counts a skipped test as a failure,
 * because a skip hides what was not checked; and its last line, `N passed, N failed`, is the same
 * for people and for programs.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { ensureChromium, ensureRedis } from "./installing.ts";
import { isThere } from "./support/is_there.ts";
import { answersHelp, taskArguments } from "./support/task_answers.ts";

/** What the runner counted. */
export interface Summary {
  passed: number;
  failed: number;
  /** Tests and steps that did not run. */
  skipped: number;
}

/** All tests, and all examples in docstrings. */
const allPaths = ["tests", "src", "mod.ts"];

const HELP = `Usage: deno task test [FILE | FOLDER | FLAG]...

Runs the tests of these files and folders, or all tests and the examples in docstrings. Finds
redis-server, and for the tests in a browser Chromium, or installs them with apt-get.

Options:
  FLAG        What "deno test" takes, such as --filter TEXT; "deno test --help" lists them
  -h, --help  Show this

Exit codes: 0 all passed, 1 one failed or was skipped, or none was run.`;

if (import.meta.main) Deno.exit(await main(taskArguments(Deno.args)));

/** Runs the task. @returns The exit code. */
export async function main(args: string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  const paths = args.filter(isThere);
  if (!(await ensureRedis())) return 1;
  const chromium = paths.length === 0 || paths.some(holdsBrowserTests)
    ? await ensureChromium()
    : "chromium";
  if (chromium === null) return 1;
  const temporary = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-test-" });
  // Ctrl-C ends `deno test`, which shares our terminal; we stay to clean up.
  Deno.addSignalListener("SIGINT", () => {});
  try {
    const { code, output } = await runTests(args, { temporary, chromium });
    const summary = readSummary(output, code);
    console.log(formatSummary(summary));
    if (summary.passed === 0) console.error("Nothing was tested: no test passed");
    return summary.passed > 0 && summary.failed === 0 && summary.skipped === 0 ? 0 : 1;
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** Runs `deno test`, shows what it prints, and keeps it. */
async function runTests(
  args: string[],
  { temporary, chromium }: { temporary: string; chromium: string },
): Promise<{ code: number; output: string }> {
  const paths = args.some(isThere) ? [] : allPaths.filter(isThere);
  // A flag replaces the list of the permission set, so the list is repeated, with this very program
  // in place of `deno`, which need not be on the PATH.
  const found: Record<string, string> = { deno: Deno.execPath(), chromium };
  const programs = config.permissions.test.run.map((each) => found[each] ?? each);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--doc",
      "--parallel",
      "--no-prompt",
      // XState warns of events sent to the wrong place only in its development build.
      "--conditions=development",
      "--preload=tests/support/preloaded.ts",
      "--permission-set=test",
      `--allow-run=${programs.join(",")}`,
      // The validator of the OpenAPI document reads the official schema out of its own package.
      `--allow-read=.,/tmp,${await packagesFolder()}`,
      ...args,
      ...paths,
    ],
    // No colours, because the summary is read; a folder of its own, so that nothing is left behind.
    env: { NO_COLOR: "1", TMPDIR: temporary, TIDEMARK_CHROMIUM: chromium },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    await writeAll(text);
    output += text;
  }
  return { code: (await child.status).code, output };
}

/** Whether a file or folder is one of the browser's tests, is in their folder, or has it in it. */
function holdsBrowserTests(path: string): boolean {
  const folder = `${Deno.realPathSync("tests/browser")}/`;
  const real = `${Deno.realPathSync(path)}/`;
  return folder.startsWith(real) || real.startsWith(folder);
}

async function writeAll(text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
}

/**
 * Reads the last line of results, such as `FAILED | 2 passed (2 steps) | 1 failed | 0 ignored (1 step)`.
 * The JUnit report is no substitute: it leaves out a file that fails while it loads.
 *
 * @param output What `deno test` printed, without colours.
 * @param code Its exit code. A failure without a line of results, as of the type check, counts as one.
 * @returns The counts.
 */
export function readSummary(output: string, code: number): Summary {
  const line = output.match(/^(?:ok|FAILED) \| \d+ passed.*$/gm)?.at(-1) ?? "";
  const count = (pattern: RegExp) => Number(line.match(pattern)?.[1] ?? 0);
  const failed = count(/(\d+) failed/);
  return {
    passed: count(/(\d+) passed/),
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped: count(/(\d+) ignored/) + count(/ignored \((\d+) steps?\)/),
  };
}

/** The line that ends a run. */
export function formatSummary({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Where Deno keeps the packages of npm on this machine. */
async function packagesFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const info: { readonly npmCache?: string } = JSON.parse(new TextDecoder().decode(stdout));
  return info.npmCache ?? "/tmp";
}
