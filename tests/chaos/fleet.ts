/**
 * The fleet: the newest process of each worker's name. A process that ends although nobody ended it is started again,
 * as a supervisor would, and counted as a defect.
 *
 * @module
 */

import type { Place } from "./place.ts";
import type { Point } from "./points.ts";
import { type Naive, REPLACED } from "./worker_line.ts";
import { type End, WorkerProcess } from "./worker_process.ts";

/** How to start workers. */
export interface FleetOptions {
  readonly place: Place;
  readonly leaseMs: number;
  readonly naive: Naive;
}

/** What the fleet counted. */
export interface FleetCounts {
  /** Processes started beyond the first one of each name. */
  readonly restarts: number;
  /** Handlers started. */
  readonly handlerRuns: number;
  /** Entries whose outputs were refused because another consumer had taken them. */
  readonly fenced: number;
  /** Processes replaced by a newer one of their name that ended by themselves and said why. */
  readonly replaced: number;
  /** What no process may do: end by itself, live on after it was replaced, not stop when asked. */
  readonly misconduct: readonly string[];
  /** What consumers reported that nobody caused. */
  readonly reports: readonly string[];
}

/** With so much misconduct there is nothing left to be learned. */
const MISCONDUCT_MAX = 20;

/** How long a process may take to start and to join, in ms: two loaded cores start several at once. */
export const READY_MS_MAX = 15_000;

/** How long a process may take to notice that it was replaced: a renewal, and its end. */
const REPLACED_MS_MAX = 10_000;

/** How long a process may take to stop, in ms: its grace is 10 s. */
const STOP_MS_MAX = 15_000;

/** All workers of a campaign. */
export class Fleet implements AsyncDisposable {
  readonly #options: FleetOptions;
  readonly #all: WorkerProcess[] = [];
  readonly #newest = new Map<string, WorkerProcess>();
  readonly #misconduct: string[] = [];
  #replaced = 0;
  #isOver = false;

  /** @param options How to start workers. */
  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** The newest process of every name. */
  get workers(): readonly WorkerProcess[] {
    return [...this.#newest.values()];
  }

  /** Those that can be hit: they run, and are to go on running. */
  get hittable(): readonly WorkerProcess[] {
    return this.workers.filter((worker) => !worker.isStopped && !worker.isDoomed);
  }

  /** How many are stopped by a signal. */
  get stoppedCount(): number {
    return this.workers.filter((worker) => worker.isStopped).length;
  }

  /** Whether there is too much misconduct to go on. */
  get isHopeless(): boolean {
    return this.#misconduct.length >= MISCONDUCT_MAX;
  }

  /** What was counted so far. */
  get counts(): FleetCounts {
    const sum = (count: (worker: WorkerProcess) => number) =>
      this.#all.reduce((total, worker) => total + count(worker), 0);
    return {
      restarts: this.#all.length - this.#newest.size,
      handlerRuns: sum((worker) => worker.startedCount),
      fenced: sum((worker) => worker.fencedCount),
      replaced: this.#replaced,
      misconduct: this.#misconduct,
      reports: this.#all.flatMap((worker) => worker.reports),
    };
  }

  /** Starts the first process of every name. @throws when one does not come up, with what it said. */
  async begin(names: readonly string[]): Promise<void> {
    for (const name of names) this.start(name);
    const lines = await Promise.all(
      this.workers.map((worker) => worker.hear("ready", { withinMs: READY_MS_MAX })),
    );
    if (lines.includes(null)) {
      throw new Error(`Cannot begin: a worker did not come up. ${this.#misconduct.join("; ")}`);
    }
  }

  /**
   * Starts a process under a name.
   *
   * @param aim The point at which it stops and waits.
   */
  start(name: string, aim: Point | null = null): WorkerProcess {
    const { place, leaseMs, naive } = this.#options;
    const worker = new WorkerProcess({ name, leaseMs, naive, door: place.openDoor(), aim });
    this.#all.push(worker);
    this.#newest.set(name, worker);
    worker.ended.then((end) => {
      if (
        this.#isOver || this.isHopeless || this.#newest.get(name) !== worker ||
        end.signal === "SIGKILL"
      ) return;
      const endedAsAsked = worker.isAskedToStop && end.code === 0;
      if (!endedAsAsked) this.#accuse(worker, `ended by itself with ${told(end)}`);
      this.start(name);
    });
    return worker;
  }

  /**
   * Kills a process and starts its name again at once.
   *
   * @param aim The point at which the new one stops and waits.
   * @returns the newest process of the name.
   */
  async replaceKilled(worker: WorkerProcess, aim: Point | null = null): Promise<WorkerProcess> {
    worker.signal("SIGKILL");
    await worker.ended;
    const newest = this.#newest.get(worker.name) ?? worker;
    return newest === worker && !this.#isOver ? this.start(worker.name, aim) : newest;
  }

  /** Sees to it that a process that a newer one has replaced ends by itself and says why. */
  async expectReplaced(older: WorkerProcess): Promise<void> {
    const end = await older.endWithin(REPLACED_MS_MAX);
    if (end === null) {
      this.#accuse(older, `lived on for ${REPLACED_MS_MAX} ms after it was replaced`);
      older.signal("SIGKILL");
    } else if (end.code !== REPLACED || !/a newer process uses this name/.test(end.lastWords)) {
      this.#accuse(older, `was replaced and ended with ${told(end)}`);
    } else {
      this.#replaced++;
    }
  }

  /** Asks every process to stop, and waits for it. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.workers.map(async (worker) => {
      worker.signal("SIGCONT");
      worker.letGo();
      worker.ask("stop");
      const end = await worker.endWithin(STOP_MS_MAX);
      if (end === null) this.#accuse(worker, `did not stop in ${STOP_MS_MAX} ms`);
      else if (end.code !== 0) this.#accuse(worker, `stopped with ${told(end)}`);
    }));
  }

  /** What every worker says of itself. */
  async states(): Promise<string[]> {
    return await Promise.all(this.workers.map(async (worker) => {
      worker.ask("state");
      const line = await worker.hear("state", { withinMs: 2_000 });
      return `${worker.name}: ${line?.kind === "state" ? line.text : "does not answer"}`;
    }));
  }

  /** Kills what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#all.map((worker) => worker[Symbol.asyncDispose]()));
  }

  #accuse(worker: WorkerProcess, what: string): void {
    this.#misconduct.push(`${worker.name} ${what}`);
  }
}

function told({ code, signal, lastWords }: End): string {
  return `${signal ?? `code ${code}`}: ${lastWords.trim() || "it said nothing"}`;
}
