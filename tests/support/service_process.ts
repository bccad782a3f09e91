/**
 * `tidemark run` as a process of its own, with a configuration and a handler in a temporary folder: what it says, how it
 * ends, and how long its end takes.
 *
 * @module
 */

import { eventually } from "./eventually.ts";

const ENTRY = new URL("../../mod.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** What to run. */
export interface ServiceProcessOptions {
  /** The configuration; `handler.ts` beside it is the handler. */
  readonly yaml: string;
  /** The handler module. */
  readonly handler: string;
  /** Further arguments of `tidemark run`. */
  readonly args?: readonly string[];
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number;
  /** From the last signal to the end, in ms. */
  readonly tookMs: number;
}

/** A running service. */
export class ServiceProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #reading: Promise<unknown>;
  #ended: { readonly code: number; readonly atMs: number } | null = null;
  #signalledAtMs = 0;
  /** All that it has written, both outputs together. */
  text = "";

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#reading = Promise.all([
      this.#collect(child.stdout),
      this.#collect(child.stderr),
      child.status.then(({ code }) => this.#ended = { code, atMs: performance.now() }),
    ]);
  }

  /** Starts it. */
  static async start(
    { yaml, handler, args = [] }: ServiceProcessOptions,
  ): Promise<ServiceProcess> {
    const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-service-" });
    await Deno.writeTextFile(`${folder}/config.yaml`, yaml);
    await Deno.writeTextFile(`${folder}/handler.ts`, handler);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--quiet", "--no-check", `--config=${CONFIG}`, "--ignore-env"],
        ...["--allow-read", "--allow-write=/tmp", "--allow-net=127.0.0.1"],
        ...[ENTRY, "run", "--config", `${folder}/config.yaml`, ...args],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new ServiceProcess(child, folder);
  }

  /** Its number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until it has written something. */
  async says(text: string): Promise<void> {
    await eventually(
      `"${text}" is said, but:\n${this.text}`,
      () => this.text.includes(text) || this.#ended !== null,
    );
    if (!this.text.includes(text)) throw new Error(`Ended without "${text}":\n${this.text}`);
  }

  /** Sends a signal. */
  signal(signal: Deno.Signal): void {
    this.#signalledAtMs = performance.now();
    this.#child.kill(signal);
  }

  /** Waits for the end. */
  async end(): Promise<ProcessEnd> {
    await eventually(`it ends, but:\n${this.text}`, () => this.#ended !== null);
    await this.#reading;
    const { code = -1, atMs = 0 } = this.#ended ?? {};
    return { code, tookMs: atMs - this.#signalledAtMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === null) this.#child.kill("SIGKILL");
    await this.#reading;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.text += text;
  }
}
