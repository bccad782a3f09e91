/**
 * One thread, seen from the main isolate: starts it, carries the messages, and tells when it has ended and why. It is
 * started by way of `node:worker_threads`, which on Deno makes the same Web Workers as `new Worker`, and beyond it tells
 * when one has ended by itself, bounds its memory (without a bound, a thread that runs out of it takes the whole process
 * along), and lets the process end while one of them is still busy.
 *
 * @module
 */

import { getHeapStatistics } from "node:v8";
import { MessageChannel, type MessagePort, SHARE_ENV, Worker } from "node:worker_threads";
import { printable } from "../../domain/printable.ts";
import { messageOf } from "../attempt.ts";
import { HandlerModuleError } from "../handler_module.ts";
import { OUT_OF_MEMORY } from "./memory_watch.ts";
import { type FromThread, readFromThread, type StopReason, type ToThread } from "./protocol.ts";
import { StopFlag } from "./stop_flag.ts";
import { ThreadStartError } from "./thread_errors.ts";
import { THREAD_MAIN } from "./thread_main.ts";
import { type ThreadModules, workerDataFor } from "./thread_setting.ts";

/** What a thread says of attempts. */
export type AttemptNews = Extract<FromThread, { kind: "heard" | "over" | "log" }>;

/** Whom a thread tells. */
export interface ThreadListener {
  /** Its modules are loaded. */
  readonly onReady: () => void;
  /** What it says of attempts. */
  readonly onNews: (news: AttemptNews) => void;
  /** It has ended without being told to: why, in words. Told once. */
  readonly onEnd: (reason: string) => void;
}

/** How a thread is started. */
export interface ThreadOptions {
  /** What it loads. */
  readonly modules: ThreadModules;
  /** How large its heap may grow, in MiB. Default: as large as that of the program. */
  readonly heapMbMax?: number;
}

/** A handler may write what it likes into an error; a line of the log has an end. */
const REASON_LENGTH_MAX = 500;

const BYTES_PER_MB = 1_048_576;

/** One thread. */
export class Thread {
  readonly #modules: ThreadModules;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #stopFlag = new StopFlag();
  readonly #ready = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<void>();
  #listener: ThreadListener | null = null;
  #endReason: string | null = null;
  #handlerTimeoutMs: number | null = null;
  #isReady = false;

  /**
   * Starts it.
   *
   * @throws {ThreadStartError} When the program may not, such as for want of a permission.
   */
  constructor({ modules, heapMbMax }: ThreadOptions) {
    const { port1, port2 } = new MessageChannel();
    this.#modules = modules;
    this.#port = port1;
    const stopMemory = this.#stopFlag.memory;
    try {
      this.#worker = new Worker(importable(THREAD_MAIN), {
        workerData: workerDataFor({ modules, port: port2, stopMemory }),
        transferList: [port2],
        env: SHARE_ENV,
        resourceLimits: { maxOldGenerationSizeMb: heapMbMax ?? programHeapMb() },
      });
    } catch (cause) {
      port1.close();
      throw new ThreadStartError(printable(messageOf(cause), REASON_LENGTH_MAX), { cause });
    }
    this.#ready.promise.catch(() => {}); // whoever does not wait for the start is told of the end
    port1.on("message", (message: unknown) => this.#hear(readFromThread(message)));
    port1.on("messageerror", () => this.#end("it sent what cannot be read"));
    this.#worker.on("error", (error: unknown) => this.#end(errorReason(error)));
    this.#worker.on("exit", (code: number) => {
      this.#exited.resolve();
      this.#end(`it was closed from inside, with exit code ${code}`);
    });
  }

  /**
   * Resolves when its modules are loaded.
   *
   * @throws {HandlerModuleError} When one cannot be used.
   * @throws {ThreadStartError} When it ended before.
   */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether its modules are loaded, and it has not ended. */
  get isReady(): boolean {
    return this.#isReady && this.#endReason === null;
  }

  /** The handler's own bound for an attempt, in ms; `null` for none. Known when it is ready. */
  get handlerTimeoutMs(): number | null {
    return this.#handlerTimeoutMs;
  }

  /** Tells a listener from now on; at once what it has missed. */
  listen(listener: ThreadListener): void {
    this.#listener = listener;
    if (this.#endReason !== null) listener.onEnd(this.#endReason);
    else if (this.#isReady) listener.onReady();
  }

  /** Says something to it. */
  post(message: ToThread): void {
    if (this.#endReason === null) this.#port.postMessage(message);
  }

  /** Lets the attempt under way know that it must stop, also while it keeps the thread busy; `null`: it need not. */
  set stopReason(reason: StopReason | null) {
    this.#stopFlag.reason = reason;
  }

  /** Asks it to end itself after the attempt under way. @returns when it has. */
  close(): Promise<void> {
    this.post({ kind: "close" });
    return this.#exited.promise;
  }

  /** Ends it at its next pause. It is not heard any more. */
  terminate(): void {
    this.#listener = null;
    this.#end("it was told to");
  }

  #hear(message: FromThread | null): void {
    if (message === null) return this.#end("it sent what is not of our protocol");
    switch (message.kind) {
      case "ready":
        this.#handlerTimeoutMs = message.timeoutMs;
        this.#isReady = true;
        this.#ready.resolve();
        return this.#listener?.onReady();
      case "refused": {
        const { handler, codec } = this.#modules;
        const module = message.role === "handler" || typeof codec === "string"
          ? handler
          : codec.module;
        const error = new HandlerModuleError(message.role, module, message.reason);
        this.#ready.reject(error);
        return this.#end(error.message);
      }
      case "broken":
        return this.#end(message.reason);
      default:
        this.#listener?.onNews(message);
    }
  }

  #end(reason: string): void {
    if (this.#endReason !== null) return;
    this.#endReason = printable(reason, REASON_LENGTH_MAX);
    this.#port.close();
    this.#worker.terminate();
    this.#ready.reject(new ThreadStartError(this.#endReason));
    this.#listener?.onEnd(this.#endReason);
  }
}

/** `node:worker_threads` takes files; a module from elsewhere is imported by one that stands in a `data:` URL. */
function importable(module: URL): URL {
  if (module.protocol === "file:") return module;
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(module.href)};`)}`,
  );
}

function errorReason(error: unknown): string {
  const isMemory = error instanceof Error && "code" in error &&
    error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isMemory ? OUT_OF_MEMORY : messageOf(error);
}

function programHeapMb(): number {
  return Math.floor(getHeapStatistics().heap_size_limit / BYTES_PER_MB);
}
