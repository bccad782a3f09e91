/**
 * Lays charts out beside the work of a service: a layout takes a quarter of a second and more, in which its consumers
 * would stand still. Where the program may start no thread, it is done here all the same.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { ClosedError } from "../../domain/errors.ts";
import type { ContentOptions } from "./box_contents.ts";
import type { Chart } from "./chart.ts";
import { chartHash } from "./chart_hash.ts";
import { ChartTooSlowError } from "./chart_errors.ts";
import type { ChartLayout } from "./chart_layout.ts";
import { layoutOf } from "./layout.ts";
import { LAYOUT_THREAD_MAIN, type LayoutTask } from "./layout_thread_main.ts";

/** The largest of ours takes a second on a slow machine; a chart from elsewhere may take for ever. */
const LAYOUT_MS_MAX = 15_000;

/** Those who look ask for some charts at once; a thread that waits for longer holds memory for nothing. */
const IDLE_MS_MAX = 1_000;

/** Lays charts out, one after the other. */
export class LayoutThread implements AsyncDisposable {
  #worker: Worker | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #giveUp: () => void = () => {};
  #isClosed = false;

  /**
   * Lays a chart out, as `layoutOf` does.
   *
   * @throws {ChartTooLargeError} When it has too many arrows.
   * @throws {ChartTooSlowError} When it takes too long.
   * @throws {ClosedError} When the thread is closed.
   */
  layout(chart: Chart, options: ContentOptions): Promise<ChartLayout> {
    const layout = this.#last.then(() => this.#layOut({ chart, options }));
    this.#last = layout.catch(() => {});
    return layout;
  }

  /** Gives up what is not done. @returns When no thread runs any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#giveUp();
    await this.#last;
    this.#end();
    await this.#ended;
  }

  async #layOut(task: LayoutTask): Promise<ChartLayout> {
    clearTimeout(this.#idle);
    this.#checkOpen();
    const layout = await this.#inThread(task);
    this.#checkOpen();
    this.#idle = setTimeout(() => this.#end(), IDLE_MS_MAX);
    // One that is too large is refused there, and says here why.
    return layout ?? await layoutOf(task.chart, task.options);
  }

  /** @returns `null` where it cannot be done in a thread. @throws When it takes too long. */
  async #inThread(task: LayoutTask): Promise<ChartLayout | null> {
    const done = Promise.withResolvers<ChartLayout | null>();
    const worker = this.#worker ??= started();
    if (worker === null) return null;
    const hear = (message: unknown) => done.resolve(isLayout(message, task) ? message : null);
    const fail = () => {
      this.#end();
      done.resolve(null);
    };
    const timer = setTimeout(() => {
      this.#end();
      done.reject(new ChartTooSlowError(task.chart.machine, LAYOUT_MS_MAX));
    }, LAYOUT_MS_MAX);
    this.#giveUp = fail;
    worker.on("message", hear).on("error", fail).on("exit", fail);
    worker.postMessage(task);
    try {
      return await done.promise;
    } finally {
      clearTimeout(timer);
      worker.off("message", hear).off("error", fail).off("exit", fail);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError("an inspector that was closed");
  }

  #end(): void {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    if (worker !== null) this.#ended = Promise.all([this.#ended, worker.terminate()]);
  }
}

function started(): Worker | null {
  // It would be told on standard error, by Deno itself.
  if (!mayLoad(LAYOUT_THREAD_MAIN)) return null;
  try {
    return new Worker(importable(LAYOUT_THREAD_MAIN));
  } catch {
    return null;
  }
}

/** A thread loads its modules by itself; those of a registry with no permission for files. */
function mayLoad(module: URL): boolean {
  if (module.protocol !== "file:") return true;
  return Deno.permissions.querySync({ name: "read", path: module }).state === "granted";
}

/** A thread takes no address of a registry, but text that imports from there. */
function importable(module: URL): URL {
  if (module.protocol === "file:") return module;
  const text = `import ${JSON.stringify(module.href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

function isLayout(message: unknown, { chart }: LayoutTask): message is ChartLayout {
  return typeof message === "object" && message !== null && "hash" in message &&
    message.hash === chartHash(chart);
}
