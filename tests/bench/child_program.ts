/**
 * A process of a scenario: a program of its own, because what is measured must not share a thread with what measures. It
 * is told things by lines on its standard input and tells others, as JSON, on its standard output.
 *
 * @module
 */

import { linesOf } from "../chaos/worker_line.ts";

/** How to start one. */
export interface ChildOptions {
  /** Flags of `deno run`: what it may. */
  readonly flags: readonly string[];
  /** Its only argument, as JSON. */
  readonly argument: unknown;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Checks what was read; a schema of Zod does. */
export interface LineSchema<T> {
  /** @throws When it is not as wanted. */
  parse(value: unknown): T;
}

/** A process that ends with the block that started it. */
export class ChildProgram implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #kill = (): void => {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  };

  /** Starts it. */
  constructor(program: URL, { flags, argument, signal }: ChildOptions) {
    signal.throwIfAborted();
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", ...flags, program.href, JSON.stringify(argument)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#reader = this.#process.stdout.getReader();
    this.#lines = linesOf(this.#reader);
    this.#commands = this.#process.stdin.getWriter();
    this.#commands.closed.catch(() => {}); // a process that has ended reads no more
    this.#signal = signal;
    signal.addEventListener("abort", this.#kill);
    this.#process.status.then(() => signal.removeEventListener("abort", this.#kill));
  }

  /**
   * The next line that it tells.
   *
   * @throws The signal's reason, or {Error} when it has ended or tells something else.
   */
  async line<T>(schema: LineSchema<T>): Promise<T> {
    const { value, done } = await this.#lines.next();
    this.#signal.throwIfAborted();
    if (done === true) throw new Error("A process of the benchmark has ended early, see above");
    return schema.parse(JSON.parse(value));
  }

  /** Tells it to go on. */
  async go(): Promise<void> {
    await this.#commands.write(new TextEncoder().encode("go\n"));
  }

  /** Tells it something, as a line of JSON. */
  async tell(line: unknown): Promise<void> {
    await this.#commands.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
  }

  /** Kills it: what it holds is thrown away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.#reader.cancel();
    await this.#lines.return(undefined);
    await this.#commands.close().catch(() => {});
    await this.#process.status;
  }
}
