/**
 * What a situation is that `explain` has to tell of: how a service gets into it, what is told then, how it ends, and what
 * is told after that.
 *
 * @module
 */

import type { ExplainedWorld } from "./explained_world.ts";

/** One situation. */
export interface Situation {
  /** What is the matter, in a few words. */
  readonly name: string;
  /** Where it can be: on every broker, or on one alone. Default: everywhere. */
  readonly broker?: "redis" | "sqlite";
  /** Who asks: somebody else, or, where the broker cannot be asked, the process itself. Default: `outside`. */
  readonly from?: "inside" | "outside";
  /** Brings a service into it. */
  readonly begin: (world: ExplainedWorld) => Promise<unknown>;
  /** The whole sentence, as `code (kind): text`; `{id}`, `{time}` and the like stand for what is different every time. */
  readonly told: string;
  /** Ends it. */
  readonly end: (world: ExplainedWorld) => unknown;
  /** The whole sentence when it has ended. */
  readonly then: string;
}

/** What is told of a consumer that has handled everything. */
export function nothingToDo(count: string, more = ""): string {
  return `nothingToDo (working): Nothing to do: everything up to {id} is handled, ${count} since its start${more}`;
}

/** Lets a service make the group, and ends it. */
export async function foundGroup(world: ExplainedWorld): Promise<void> {
  const service = await world.start();
  await world.until("it has joined", () => (world.ann()?.position ?? null) !== null);
  await world.forget(service);
}

/** Waits until ann has committed so many entries. */
export async function committed(world: ExplainedWorld, count: number): Promise<void> {
  const counts = () => world.ann()?.committedCount ?? 0;
  await world.until(`${count} entries are committed`, () => counts() >= count);
}

/** Waits until so many of ann's handlers run. */
export async function running(world: ExplainedWorld, count: number): Promise<void> {
  await world.until(`${count} handlers run`, () => world.ann()?.load.running === count);
}
