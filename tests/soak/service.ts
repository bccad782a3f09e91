/**
 * The service: `tidemark run` in a process of its own, with its log in a file, as a person would have it.
 *
 * @module
 */

import { Child } from "./child.ts";
import type { Reading } from "./probe.ts";
import type { ServiceFiles } from "./service_files.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Runs the service, again and again if it is killed. */
export class Service implements AsyncDisposable {
  readonly #files: ServiceFiles;
  readonly #flags: readonly string[];
  readonly #log: Deno.FsFile;
  #linesCount = 0;
  #child: Child;
  #isKilled = false;
  readonly #misconduct: string[] = [];

  /** Starts it. @param given Its files, the file of its log, and the permissions that it gets. */
  constructor(
    given: {
      readonly files: ServiceFiles;
      readonly logPath: string;
      readonly flags: readonly string[];
    },
  ) {
    this.#files = given.files;
    this.#flags = given.flags;
    this.#log = Deno.openSync(given.logPath, { create: true, append: true });
    this.#child = this.#spawn();
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** How many lines it has written to its log. */
  get linesCount(): number {
    return this.#linesCount;
  }

  /** Ends that nobody asked for. */
  get misconduct(): readonly string[] {
    return this.#misconduct;
  }

  /** What its process holds, as the probe told last; `null` when it has told nothing yet. */
  async reading(): Promise<Reading | null> {
    const text = await Deno.readTextFile(this.#files.probe).catch(() => "");
    const last = text.trimEnd().split("\n").at(-1) ?? "";
    if (last === "") return null;
    const reading: Reading = JSON.parse(last);
    return reading.pid === this.pid ? reading : null;
  }

  /** Sends a signal to it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.signal(signal);
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.signal("SIGKILL");
    await this.#child.ended;
  }

  /** Starts it after it was killed. */
  start(): void {
    this.#isKilled = false;
    this.#child = this.#spawn();
  }

  /** Ends it in order. @returns its exit code. */
  async end(): Promise<number> {
    this.#isKilled = true;
    return (await this.#child.end()).code;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#log.close();
  }

  #spawn(): Child {
    const args = ["run", "--no-prompt", "--v8-flags=--expose-gc", ...this.#flags];
    const child = new Child({
      args: [...args, `${ROOT}mod.ts`, "run", "--config", this.#files.config],
      onLine: (line) => this.#note(line),
      onErrorLine: (line) => this.#note(line),
    });
    child.ended.then(({ code, signal }) => {
      if (!this.#isKilled) this.#misconduct.push(`the service ended by itself: ${code} ${signal}`);
    });
    return child;
  }

  #note(line: string): void {
    this.#linesCount++;
    this.#log.writeSync(new TextEncoder().encode(`${line}\n`));
  }
}
