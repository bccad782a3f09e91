/**
 * A copy of the repository in which one defect at a time is put in, tried, and taken out again.
 *
 * @module
 */

import { copyRepository, type RepositoryCopy } from "../support/repository_copy.ts";
import config from "../../deno.json" with { type: "json" };
import { type Defect, DefectMisplacedError, spoil } from "./defect.ts";
import { type Finding, readFinding } from "./test_output.ts";

/** What became of a defect. */
export interface Trial {
  /** Which. */
  readonly defect: Defect;
  /** What its tests said. */
  readonly finding: Finding | Misplaced | Late;
  /** How long they took, in s. */
  readonly seconds: number;
}

/** The text of a defect is not where it was. */
interface Misplaced {
  readonly kind: "misplaced";
  readonly reason: string;
}

/** The tests did not end. */
interface Late {
  readonly kind: "late";
}

/** Which tests to run. */
interface Wanted {
  /** Their files. */
  readonly tests: readonly string[];
  /** What their names must hold; default anything. */
  readonly filter?: string | undefined;
}

/** Tests that catch a defect take seconds; what takes longer hangs. */
const TRIAL_MS_MAX = 90_000;

/** How long the tests may take to clean up when they are told to end, in ms. */
const END_MS_MAX = 5_000;

/** What tests need beside the sources. */
const PARTS = ["tests", "README.md", "CHANGELOG.md"];

/** One copy. */
export class Workshop implements AsyncDisposable {
  readonly #copy: RepositoryCopy;

  private constructor(copy: RepositoryCopy) {
    this.#copy = copy;
  }

  /** Makes the copy. */
  static async open(): Promise<Workshop> {
    return new Workshop(await copyRepository(PARTS));
  }

  /** Tries one defect; the copy is as it was afterwards. */
  async try(defect: Defect, signal: AbortSignal): Promise<Trial> {
    const path = `${this.#copy.repository}/${defect.file}`;
    const source = await Deno.readTextFile(path);
    const startedAtMs = performance.now();
    const seconds = () => (performance.now() - startedAtMs) / 1_000;
    let spoilt: string;
    try {
      spoilt = spoil(source, defect);
    } catch (error) {
      if (!(error instanceof DefectMisplacedError)) throw error;
      return { defect, finding: { kind: "misplaced", reason: error.message }, seconds: 0 };
    }
    await Deno.writeTextFile(path, spoilt);
    try {
      const finding = await this.test(defect, signal);
      return { defect, finding, seconds: seconds() };
    } finally {
      await Deno.writeTextFile(path, source);
    }
  }

  /** Runs tests in the copy, as `deno task test` does, up to the first that fails. */
  async test({ tests, filter }: Wanted, signal: AbortSignal): Promise<Finding | Late> {
    const temporary = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-defects-" });
    const programs = config.permissions.test.run.map((each) =>
      each === "deno" ? Deno.execPath() : each
    );
    const limit = AbortSignal.timeout(TRIAL_MS_MAX);
    try {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["test", "--no-check", "--no-prompt", "--fail-fast", "--conditions=development"],
          ...["--permission-set=test", `--allow-run=${programs.join(",")}`],
          ...filter === undefined ? tests : ["--filter", filter, ...tests],
        ],
        cwd: this.#copy.repository,
        env: { NO_COLOR: "1", TMPDIR: temporary },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const ended = child.output();
      using _ending = endOn(AbortSignal.any([signal, limit]), child);
      const { code, stdout, stderr } = await ended;
      if (limit.aborted) return { kind: "late" };
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return readFinding(text(stdout) + text(stderr), code);
    } finally {
      await Deno.remove(temporary, { recursive: true }).catch(() => {});
    }
  }

  /** Removes the copy. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#copy[Symbol.asyncDispose]();
  }
}

/** Ends a process when a signal says so: first so that it can clean up, then for good. */
function endOn(signal: AbortSignal, child: Deno.ChildProcess): Disposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    tell(child, "SIGINT");
    timer = setTimeout(() => tell(child, "SIGKILL"), END_MS_MAX);
  };
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  return {
    [Symbol.dispose]() {
      signal.removeEventListener("abort", end);
      clearTimeout(timer);
    },
  };
}

/** A process that has ended meanwhile cannot be told anything. */
function tell(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
