/**
 * A consumer of the demo, seen from outside: a process that is started, watched, killed and started again.
 *
 * @module
 */

import type { ConsumerNews, ConsumerTask } from "./consumer_task.ts";

/** Its program. */
const PROGRAM = new URL("./consumer_process.ts", import.meta.url).href;

/**
 * The variables that tell Deno where its cache is. Nothing else is handed on, and the program itself may read none.
 * https://docs.deno.com/runtime/reference/env_variables/
 */
const VARIABLES = ["DENO_DIR", "HOME", "LOCALAPPDATA", "SYSTEMROOT", "XDG_CACHE_HOME"];

/** How long a consumer may take to finish what it has in hand. */
const STOP_MS_MAX = 5_000;

/** What of its standard error is shown when it fails. */
const COMPLAINT_CHARACTERS_MAX = 2_000;

/** A process that ended although nobody told it to. */
export class ConsumerEndedError extends Error {
  override readonly name = "ConsumerEndedError";
}

/** One process. */
export class Consumer {
  /** Its name in the group. */
  readonly name: string;
  /** Its process id. */
  readonly pid: number;
  readonly #process: Deno.ChildProcess;
  readonly #startedAtMs: number;
  readonly #reading: Promise<string>;
  #isTold = false;
  #failure: ConsumerEndedError | null = null;
  #handledCount = 0;
  #firstAfterMs: number | null = null;

  /**
   * Starts it.
   *
   * @param task What it is to do.
   * @param permissions What it may do, as flags of Deno.
   */
  constructor(task: ConsumerTask, permissions: readonly string[]) {
    this.name = task.consumer;
    this.#startedAtMs = Date.now();
    this.#process = new Deno.Command(Deno.execPath(), {
      // Everything it needs was loaded with the demo itself. Without a variable that it may read, it is told that
      // there is none instead of being refused: a package asks for them all.
      args: ["run", "--quiet", "--no-prompt", "--cached-only", "--ignore-env"]
        .concat(permissions, PROGRAM),
      clearEnv: true,
      env: variables(),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#process.pid;
    this.#reading = this.#read(task);
    this.#watch();
  }

  /** How many events it has handled. Some of the last ones may be without a commit. */
  get handledCount(): number {
    return this.#handledCount;
  }

  /** How long it took from the start of the process to its first handled event, in ms; `null` before that. */
  get firstAfterMs(): number | null {
    return this.#firstAfterMs;
  }

  /** Set when it has ended before it was told to. */
  get failure(): ConsumerEndedError | null {
    return this.#failure;
  }

  /** Ends it as a power cut does: it notices nothing and finishes nothing. */
  async kill(): Promise<void> {
    this.#isTold = true;
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.#end();
  }

  /** Lets it finish what it has in hand, and ends it. */
  async stop(): Promise<void> {
    this.#isTold = true;
    const timer = setTimeout(() => void this.kill(), STOP_MS_MAX);
    await this.#process.stdin.close().catch(() => {}); // it may have ended
    await this.#end();
    clearTimeout(timer);
  }

  async #end(): Promise<void> {
    await this.#process.status;
    await this.#process.stdin.close().catch(() => {});
    await this.#reading;
  }

  /** Gives it its task and reads its news until it has ended. */
  async #read(task: ConsumerTask): Promise<string> {
    const complaint = new Response(this.#process.stderr).text();
    const writer = this.#process.stdin.getWriter();
    // When it cannot be written, the process has ended, which is noticed elsewhere.
    await writer.write(new TextEncoder().encode(`${JSON.stringify(task)}\n`)).catch(() => {});
    writer.releaseLock();
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#note(JSON.parse(line));
    }
    return await complaint;
  }

  #note(news: ConsumerNews): void {
    this.#handledCount++;
    this.#firstAfterMs ??= news.atMs - this.#startedAtMs;
  }

  async #watch(): Promise<void> {
    const { code } = await this.#process.status;
    if (this.#isTold) return;
    const complaint = (await this.#reading).trim().slice(-COMPLAINT_CHARACTERS_MAX);
    this.#failure = new ConsumerEndedError(
      `Consumer ${this.name} ended by itself with code ${code}${complaint && `: ${complaint}`}`,
    );
  }
}

function variables(): Record<string, string> {
  const found: Record<string, string> = { NO_COLOR: "1" }; // its complaint is quoted
  for (const name of VARIABLES) {
    const value = variable(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** A variable that may not be read counts as not set. */
function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
