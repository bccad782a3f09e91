/**
 * Runs the tests: `deno task test [FILE | FOLDER | FLAG]...`. What follows goes to `deno test`, so
 * `deno task test tests/domain --filter watermark` works; with no path it is every test there is,
 * and every example in the docstrings of src and mod.ts.
 *
 * It is a program and not just a task for three reasons: it installs redis-server where that is
 * missing, so that one command suffices on a fresh machine; it counts a skipped test as a failure,
 * because a skip hides what was not checked; and its last line, `N passed, N failed`, is the same
 * for people and for programs.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** What the runner counted. */
export interface Summary {
  passed: number;
  failed: number;
  /** Tests and steps that did not run. */
  skipped: number;
}

/** All tests, and all examples in docstrings. */
const allPaths = ["tests", "src", "mod.ts"];

/**
 * Debian's package starts the server and enables it. `policy-rc.d` answering 101 is the system's own
 * way to forbid the start (its policy layer for invoke-rc.d).
 */
const installRedis = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y redis-server
if [ -d /run/systemd/system ]; then systemctl disable redis-server; fi
`;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  if (!(await ensureRedis())) return 1;
  const temporary = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-test-" });
  // Ctrl-C ends `deno test`, which shares our terminal; we stay to clean up.
  Deno.addSignalListener("SIGINT", () => {});
  try {
    const { code, output } = await runTests(args, temporary);
    const summary = readSummary(output, code);
    console.log(formatSummary(summary));
    if (summary.passed === 0) console.error("Nothing was tested: no test passed");
    return summary.passed > 0 && summary.failed === 0 && summary.skipped === 0 ? 0 : 1;
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** Whether redis-server can be started, after an attempt to install it. */
async function ensureRedis(): Promise<boolean> {
  if (await succeeds("redis-server", ["--version"])) return true;
  if (!(await succeeds("apt-get", ["--version"]))) {
    console.error(
      "Cannot run the tests: redis-server is not on the PATH, install it (7.0 or newer)",
    );
    return false;
  }
  console.error("redis-server is not on the PATH: installing it, without starting a service");
  const shell = ["sh", "-c", installRedis];
  const [program = "sh", ...args] = Deno.uid() === 0 ? shell : ["sudo", "-n", ...shell];
  const installed = await succeeds(program, args, "inherit");
  if (installed && await succeeds("redis-server", ["--version"])) return true;
  console.error(
    "Cannot run the tests: redis-server could not be installed, " +
      'run "apt-get install redis-server" as root',
  );
  return false;
}

async function succeeds(
  program: string,
  args: string[],
  stdio: "null" | "inherit" = "null",
): Promise<boolean> {
  try {
    const command = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: stdio,
      stderr: stdio,
    });
    return (await command.spawn().status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs `deno test`, shows what it prints, and keeps it. */
async function runTests(
  args: string[],
  temporary: string,
): Promise<{ code: number; output: string }> {
  const paths = args.some(isPath) ? [] : allPaths.filter(isPath);
  // A flag replaces the list of the permission set, so the list is repeated, with this very program
  // in place of `deno`, which need not be on the PATH.
  const programs = config.permissions.test.run.map((each) =>
    each === "deno" ? Deno.execPath() : each
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--doc",
      "--parallel",
      "--no-prompt",
      // XState warns of events sent to the wrong place only in its development build.
      "--conditions=development",
      "--permission-set=test",
      `--allow-run=${programs.join(",")}`,
      // The validator of the OpenAPI document reads the official schema out of its own package.
      `--allow-read=.,/tmp,${await packagesFolder()}`,
      ...args,
      ...paths,
    ],
    // No colours, because the summary is read; a folder of its own, so that nothing is left behind.
    env: { NO_COLOR: "1", TMPDIR: temporary },
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

function isPath(arg: string): boolean {
  try {
    Deno.statSync(arg);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
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
