/**
 * Runs the published conformance suite of the Durable Streams protocol against a server, in a process of its own: it is
 * written for vitest, which wants a folder of packages. That folder is made anew each time from `suite.json` and
 * `suite.lock`, outside of the repository, so that nothing of it is a dependency of the project.
 *
 * @module
 */

/** What the suite found. */
export interface SuiteFindings {
  /** How many cases passed. */
  readonly passed: number;
  /** How many the suite itself left out. */
  readonly skipped: number;
  /** The names of those that failed, each with the first line of why. */
  readonly failed: readonly string[];
}

/** The suite is started from a test file; its own command line finds no tests. */
const START = `import { runConformanceTests } from "@durable-streams/server-conformance-tests";
runConformanceTests({
  baseUrl: process.env.CONFORMANCE_URL,
  longPollTimeoutMs: Number(process.env.CONFORMANCE_LONG_POLL_MS),
});
`;

/** How a case looks in vitest's report. */
interface ReportedCase {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/**
 * Runs the suite.
 *
 * @param url Of the server, without a path; it serves streams below `/v1/stream/`.
 * @param options `longPollMs`: how long the server's long-poll waits.
 * @throws {Error} When it could not be installed or started, with what it said.
 */
export async function runDurableStreamsSuite(
  url: string,
  { longPollMs }: { readonly longPollMs: number },
): Promise<SuiteFindings> {
  const dir = await Deno.makeTempDir({ prefix: "conformance-" });
  try {
    await Deno.copyFile(new URL("./suite.json", import.meta.url), `${dir}/deno.json`);
    await Deno.copyFile(new URL("./suite.lock", import.meta.url), `${dir}/deno.lock`);
    await Deno.writeTextFile(`${dir}/suite.test.ts`, START);
    await succeed(["install", "--quiet", "--frozen"], { dir, env: {} });
    const run = [
      "run",
      "--quiet",
      "--no-prompt",
      ...permissions(dir),
      "node_modules/vitest/vitest.mjs",
    ];
    const report = ["--reporter=json", `--outputFile=${dir}/report.json`];
    // Cases that wait out a lifetime of a second fail where the machine is late; one that is wrong fails each time.
    const patience = "--retry=2";
    await succeed([...run, "run", "--pool=threads", patience, ...report, "suite.test.ts"], {
      dir,
      env: { CONFORMANCE_URL: url, CONFORMANCE_LONG_POLL_MS: String(longPollMs) },
      reports: true,
    });
    return findings(JSON.parse(await Deno.readTextFile(`${dir}/report.json`)));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** What vitest needs: its bundler is native code, and it looks at the machine to choose how many threads. */
function permissions(dir: string): string[] {
  return [
    "--allow-env",
    "--allow-ffi",
    "--allow-net=127.0.0.1,localhost",
    // Asking whether this is WSL would need all permissions; the answer "no such file" does as well.
    "--ignore-read=/proc/sys/fs/binfmt_misc/WSLInterop",
    "--allow-read",
    "--allow-sys",
    `--allow-write=${dir}`,
  ];
}

async function succeed(
  args: readonly string[],
  options: {
    readonly dir: string;
    readonly env: Record<string, string>;
    /** It fails when a case failed, which the report tells better. */
    readonly reports?: boolean;
  },
): Promise<void> {
  const { dir, env, reports = false } = options;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: dir,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success || (reports && await exists(`${dir}/report.json`))) return;
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  throw new Error(`Cannot run the conformance suite: "deno ${args[0]}" failed and said\n${said}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function findings(report: { testResults: { assertionResults: ReportedCase[] }[] }): SuiteFindings {
  const cases = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = cases.filter(({ status }) => status === "failed");
  const passed = cases.filter(({ status }) => status === "passed").length;
  return {
    passed,
    skipped: cases.length - passed - failed.length,
    failed: failed.map(({ fullName, failureMessages: [why = ""] }) =>
      `${fullName}: ${why.split("\n")[0]}`
    ),
  };
}
