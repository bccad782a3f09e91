/**
 * The example `live_runs` as a process of its own, on a file that outlives it: it can be killed and started again.
 *
 * @module
 */

import { freePort } from "../support/redis_server.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A running example. */
export class LiveRunsProcess implements AsyncDisposable {
  /** Where it listens, also after it was started again. */
  readonly port: number;
  readonly #folder: string;
  #child: Deno.ChildProcess | null = null;
  #errors: Promise<string> = Promise.resolve("");

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /** Starts it on a free port and a new file. */
  static async start(): Promise<LiveRunsProcess> {
    const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-live-runs-" });
    const made = new LiveRunsProcess(freePort(), folder);
    try {
      await made.startAgain();
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What to open. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it on the same port and file. @throws {Error} When it ends instead, with what it wrote. */
  async startAgain(): Promise<void> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--quiet", "--no-check", "--ignore-env"],
        ...[`--allow-read=.,${this.#folder}`, `--allow-write=${this.#folder}`],
        ...[`--allow-net=127.0.0.1:${this.port}`, "examples/live_runs/main.ts"],
        ...[String(this.port), `${this.#folder}/live_runs.db`],
      ],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#errors = new Response(child.stderr).text();
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      // It says nothing more, so that nothing is lost by reading no further.
      if (said === `Open ${this.url}\n`) return;
    }
    throw new Error(`The example ended, it says:\n${said}${await this.#errors}`);
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGKILL");
    await child?.status;
    await this.#errors;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
