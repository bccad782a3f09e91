/**
 * One worker process as the campaign sees it: what it told, and how it is stopped, continued and killed.
 *
 * @module
 */

import type { Door } from "./place.ts";
import type { Point } from "./points.ts";
import {
  linesOf,
  type WorkerCommand,
  type WorkerLine,
  type WorkerSettings,
} from "./worker_line.ts";

/** How a process ended. */
export interface End {
  readonly code: number;
  readonly signal: string | null;
  /** The last of what it wrote to standard error. */
  readonly lastWords: string;
}

/** How much of standard error is kept. */
const LAST_WORDS_LENGTH_MAX = 4_000;

const PROGRAM = new URL("worker.ts", import.meta.url).pathname;

/** How a process is started. */
export interface WorkerStart extends Pick<WorkerSettings, "name" | "leaseMs" | "naive"> {
  readonly door: Door;
  /** The point at which it stops and waits, `null` for none. */
  readonly aim: Point | null;
}

/** What to listen for. */
export interface Hearing {
  readonly withinMs: number;
  /** Called at once when the line is read, before anything else is done. */
  readonly act?: () => void;
}

/** A worker process. */
export class WorkerProcess implements AsyncDisposable {
  /** The consumer's name. */
  readonly name: string;
  /** When it has ended, by whatever cause, and all it told was read. */
  readonly ended: Promise<End>;
  /** The entries whose handlers run. */
  readonly running = new Set<string>();
  /** What it reported. */
  readonly reports: string[] = [];
  /** Whether it has joined its group. */
  isReady = false;
  /** Whether it is stopped by SIGSTOP. */
  isStopped = false;
  /** Whether it has ended or was told to. */
  isDoomed = false;
  /** Whether it was asked to stop. */
  isAskedToStop = false;
  readonly #door: Door;
  /** How many handlers were started. */
  startedCount = 0;
  /** How many of its entries were another consumer's. */
  fencedCount = 0;
  readonly #child: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  #hasEnded = false;
  readonly #waiting = new Map<WorkerLine["kind"], (line: WorkerLine | null) => void>();

  /** @param start Its name, its broker, how it works. */
  constructor(start: WorkerStart) {
    const { name, leaseMs, naive, door, aim } = start;
    const { url, gateFile, workerFlags } = door;
    const settings: WorkerSettings = { url, name, leaseMs, naive, aim, gateFile };
    this.name = name;
    this.#door = door;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...workerFlags, PROGRAM, JSON.stringify(settings)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#commands = this.#child.stdin.getWriter();
    this.#commands.closed.catch(() => {}); // a killed process reads no more
    this.ended = this.#end();
  }

  /** What lies between it and Redis, `null` on SQLite. */
  get wire(): Door["wire"] {
    return this.#door.wire;
  }

  /** Sends a signal. Does nothing when it has ended. */
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    if (signal === "SIGKILL") this.isDoomed = true;
    else this.isStopped = signal === "SIGSTOP";
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Asks it for something. */
  ask(command: WorkerCommand): void {
    if (command === "stop") this.isDoomed = this.isAskedToStop = true;
    this.#commands.write(new TextEncoder().encode(`${command}\n`)).catch(() => {});
  }

  /** Lets it go on from the point at which it waits, and not stop at any. */
  letGo(): void {
    const { gateFile } = this.#door;
    if (gateFile !== null && !this.#hasEnded) Deno.writeTextFileSync(gateFile, "");
    this.ask("go");
  }

  /**
   * Waits for the next line of a kind. Whoever waited for that kind before waits in vain.
   *
   * @returns the line, or `null` when it did not come in time or the process ended.
   */
  async hear(kind: WorkerLine["kind"], hearing: Hearing): Promise<WorkerLine | null> {
    const { withinMs, act } = hearing;
    if (kind === "ready" && this.isReady) return { kind: "ready" };
    if (this.#hasEnded) return null;
    const heard = Promise.withResolvers<WorkerLine | null>();
    const listener = (line: WorkerLine | null) => {
      if (line !== null) act?.();
      heard.resolve(line);
    };
    this.#waiting.get(kind)?.(null); // one at a time
    this.#waiting.set(kind, listener);
    const timer = setTimeout(() => heard.resolve(null), withinMs);
    const line = await heard.promise;
    clearTimeout(timer);
    if (this.#waiting.get(kind) === listener) this.#waiting.delete(kind);
    return line;
  }

  /** Waits for its end. @returns `null` when it did not end in time. */
  async endWithin(ms: number): Promise<End | null> {
    const late = Promise.withResolvers<null>();
    const timer = setTimeout(() => late.resolve(null), ms);
    const end = await Promise.race([this.ended, late.promise]);
    clearTimeout(timer);
    return end;
  }

  /** Kills it, and ends its wire. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
    await this.wire?.[Symbol.asyncDispose]();
  }

  async #end(): Promise<End> {
    const [lastWords, , status] = await Promise.all([
      this.#readErrors(),
      this.#readLines(),
      this.#child.status,
    ]);
    this.isDoomed = true;
    this.#hasEnded = true;
    this.wire?.retire();
    for (const tell of this.#waiting.values()) tell(null);
    await this.#commands.close().catch(() => {});
    return { code: status.code, signal: status.signal, lastWords };
  }

  async #readErrors(): Promise<string> {
    let text = "";
    for await (const line of linesOf(this.#child.stderr.getReader())) {
      text = `${text}${line}\n`.slice(-LAST_WORDS_LENGTH_MAX);
    }
    return text;
  }

  async #readLines(): Promise<void> {
    for await (const text of linesOf(this.#child.stdout.getReader())) {
      const line: WorkerLine = JSON.parse(text);
      this.#waiting.get(line.kind)?.(line);
      this.#note(line);
    }
  }

  #note(line: WorkerLine): void {
    if (line.kind === "ready") this.isReady = true;
    if (line.kind === "ended") this.running.delete(line.id);
    if (line.kind === "fenced") this.fencedCount += line.count;
    if (line.kind === "report") this.reports.push(line.text);
    if (line.kind !== "started") return;
    this.running.add(line.id);
    this.startedCount++;
  }
}
