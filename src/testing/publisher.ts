/**
 * Publishes the entries of a plan at their times, directly at the broker: what a producer does when its call fails is its
 * own story.
 *
 * @module
 */

import { encodeEvent } from "../domain/event.ts";
import type { EntryFields } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { EntryPlan } from "./plan.ts";
import type { World } from "./world.ts";

/** A bound of the broker: more entries take several appends. */
const APPEND_MAX = 1_000;

/** While nobody reaches the broker, an append is tried again after so long, in ms. */
const RETRY_MS = 50;

/** Publishes. */
export class Publisher {
  readonly #world: World;
  readonly #eventOf: (entry: EntryPlan) => EntryFields;
  readonly #incarnations = new Map<string, number>();
  readonly #published = new Map<string, EntryPlan[]>();
  readonly #numbers = new Map<string, Map<EntryId, EntryPlan>>();
  #waiting = 0;

  /**
   * @param world What all share.
   * @param eventOf Writes an entry.
   */
  constructor(world: World, eventOf: (entry: EntryPlan) => EntryFields = stagedFields) {
    this.#world = world;
    this.#eventOf = eventOf;
  }

  /** Whether all entries are published. */
  get isDone(): boolean {
    return this.#waiting === 0;
  }

  /** Begins to wait for the times of the entries; those of one stream and one time are published together. */
  begin(): void {
    const batches = new Map<string, EntryPlan[]>();
    for (const entry of this.#world.plan.entries) {
      const name = `${entry.atMs} ${entry.stream}`;
      const batch = batches.get(name);
      if (batch === undefined) batches.set(name, [entry]);
      else batch.push(entry);
    }
    for (const batch of batches.values()) this.#later(batch);
  }

  /** How many lives a stream had. */
  incarnationsOf(stream: string): number {
    return this.#incarnations.get(stream) ?? 1;
  }

  /** The plan of an entry; `undefined` for one that is none of the plan's. */
  entryOf(stream: string, id: EntryId): EntryPlan | undefined {
    return this.#numbers.get(stream)?.get(id);
  }

  /** Deletes a stream and publishes anew what was in it. */
  async replace(stream: string): Promise<void> {
    const entries = this.#published.get(stream) ?? [];
    const deleted = this.#world.broker.deleteStream(stream);
    this.#incarnations.set(stream, this.incarnationsOf(stream) + 1);
    this.#published.delete(stream);
    const published = entries.length === 0 ? [] : this.#publish(entries);
    await Promise.all([deleted, published]);
  }

  #later(batch: readonly EntryPlan[]): void {
    this.#waiting++;
    const delayMs = Math.max(0, (batch[0]?.atMs ?? 0) - this.#world.trace.atMs);
    this.#world.later(delayMs, () => this.#publishWhenUp(batch));
  }

  #publishWhenUp(batch: readonly EntryPlan[]): void {
    if (this.#world.isDown) {
      this.#world.later(RETRY_MS, () => this.#publishWhenUp(batch));
      return;
    }
    this.#waiting--;
    this.#publish(batch).catch((error: unknown) => this.#world.fail(error));
  }

  async #publish(batch: readonly EntryPlan[]): Promise<void> {
    const { broker } = this.#world;
    for (let from = 0; from < batch.length; from += APPEND_MAX) {
      const part = batch.slice(from, from + APPEND_MAX);
      const stream = part[0]?.stream ?? "";
      const entries = part.map((entry) => ({ fields: this.#eventOf(entry) }));
      const results = await broker.append(stream, entries);
      for (const [at, entry] of part.entries()) {
        const id = results[at]?.id;
        if (id !== undefined) this.#note(entry, id);
      }
    }
  }

  #note(entry: EntryPlan, id: EntryId): void {
    const { stream, number, key } = entry;
    mapOf(this.#numbers, stream).set(id, entry);
    const published = this.#published.get(stream);
    if (published === undefined) this.#published.set(stream, [entry]);
    else published.push(entry);
    const incarnation = this.incarnationsOf(stream);
    const sight = { kind: "published", stream, incarnation, id, number, key } as const;
    this.#world.trace.note(null, sight);
    this.#world.isChanged = true;
  }
}

/** The entry of a simulation's own handler: its payload tells its number. */
function stagedFields({ number, key, behaviour }: EntryPlan): EntryFields {
  const fields = encodeEvent({
    type: "staged",
    data: { number },
    ...(key === null ? {} : { key }),
  });
  if (behaviour.kind !== "malformed") return fields;
  return fields.map((part, at) => fields[at - 1] === "payload" ? "{no JSON" : part);
}

function mapOf<Key, Name, Value>(
  maps: Map<Key, Map<Name, Value>>,
  key: Key,
): Map<Name, Value> {
  const known = maps.get(key);
  if (known !== undefined) return known;
  const made = new Map<Name, Value>();
  maps.set(key, made);
  return made;
}
