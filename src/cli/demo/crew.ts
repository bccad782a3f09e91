/**
 * The consumers of the demo together: who runs, who has handled how much. None of them outlives it.
 *
 * @module
 */

import { Consumer } from "./consumer.ts";
import type { ConsumerTask } from "./consumer_task.ts";

/** What all of them are to do. */
export type CrewTask = Omit<ConsumerTask, "consumer">;

/** The consumers, until it is disposed. */
export class Crew implements AsyncDisposable {
  readonly #task: CrewTask;
  readonly #permissions: readonly string[];
  /** Every process that was started, also under the same name. */
  readonly #all: Consumer[] = [];

  /**
   * @param task What all of them are to do.
   * @param permissions What their processes may do, as flags of Deno.
   */
  constructor(task: CrewTask, permissions: readonly string[]) {
    this.#task = task;
    this.#permissions = permissions;
  }

  /** Who has handled how many events, for people. */
  get note(): string {
    const counts = new Map<string, number>();
    for (const { name, handledCount } of this.#all) {
      counts.set(name, (counts.get(name) ?? 0) + handledCount);
    }
    return [...counts].map(([name, count]) => `${name} ${count}`).join("  ");
  }

  /** How often a handler has returned, in all processes. */
  get handledCount(): number {
    return this.#all.reduce((sum, each) => sum + each.handledCount, 0);
  }

  /** Starts a process under a name. */
  start(consumer: string): Consumer {
    const started = new Consumer({ ...this.#task, consumer }, this.#permissions);
    this.#all.push(started);
    return started;
  }

  /** @throws {ConsumerEndedError} When one has ended by itself. */
  check(): void {
    for (const { failure } of this.#all) if (failure !== null) throw failure;
  }

  /** Lets all of them finish what they have in hand, and ends them. */
  async stop(): Promise<void> {
    await Promise.all(this.#all.map((each) => each.stop()));
  }

  /** Kills those that still run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((each) => each.kill()));
  }
}
