/**
 * A child process whose output goes line by line to whoever listens, and which never outlives us.
 *
 * @module
 */

import { linesOf } from "../chaos/worker_line.ts";

/** How a child is started. */
export interface ChildOptions {
  readonly args: readonly string[];
  readonly onLine: (line: string) => void;
  readonly onErrorLine: (line: string) => void;
}

/** How long an orderly end may take before the process is killed, in ms: the service's grace and some. */
const END_MS_MAX = 20_000;

/** A running Deno. */
export class Child implements AsyncDisposable {
  /** How it ended, once all it wrote was heard. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  /** Starts it. */
  constructor({ args, onLine, onErrorLine }: ChildOptions) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#input.closed.catch(() => {}); // a killed process reads no more
    this.ended = this.#end(onLine, onErrorLine);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Writes a line to its standard input. */
  say(line: string): void {
    this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  /** Sends a signal. Does nothing when it has ended. */
  signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Asks it to end, and kills it when it does not. @returns how it ended. */
  async end(): Promise<Deno.CommandStatus> {
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), END_MS_MAX);
    const status = await this.ended;
    clearTimeout(timer);
    return status;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  async #end(
    onLine: (line: string) => void,
    onErrorLine: (line: string) => void,
  ): Promise<Deno.CommandStatus> {
    const [status] = await Promise.all([
      this.#child.status,
      listen(this.#child.stdout, onLine),
      listen(this.#child.stderr, onErrorLine),
    ]);
    await this.#input.close().catch(() => {});
    return status;
  }
}

async function listen(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  for await (const line of linesOf(stream.getReader())) onLine(line);
}
