/**
 * Publishes a few events again and again, each until it is there, and knows what it has published: the books against
 * which the outputs are checked.
 *
 * @module
 */

import { StreamProducer } from "../../../mod.ts";
import type { EntryId } from "../../../src/domain/entry_id.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import type { SourceEntry } from "../moment.ts";
import { pause } from "./carriage.ts";
import { eventOf, type Numbered } from "./layout.ts";
import type { PromiseWatch } from "./promises.ts";

/** What a publisher needs. */
export interface PublisherOptions {
  /** Its name: events of two publishers are different ones. */
  readonly owner: string;
  readonly broker: Broker;
  readonly stream: string;
  /** Between two events, in ms. */
  readonly everyMs: number;
  readonly watch: PromiseWatch;
}

/** How long one event is tried, in ms, before the caller is told; it is then published again. */
const DEADLINE_MS = 2_000;

const AGAIN_MS = 50;

/** Publishes into one stream until it is disposed. */
export class Publisher implements AsyncDisposable {
  readonly #options: PublisherOptions;
  readonly #entries: SourceEntry[] = [];
  readonly #forgotten = new Set<EntryId>();
  readonly #errors = new Set<string>();
  readonly #running: Promise<void>;
  #number = 0;
  #isOpen = true;
  #isHeld = false;
  #underWay: Promise<void> = Promise.resolve();

  /** Begins at once. */
  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Where it publishes. */
  get stream(): string {
    return this.#options.stream;
  }

  /** What is in the stream, in order. */
  get entries(): readonly SourceEntry[] {
    return this.#entries;
  }

  /** What was in the stream and is gone with it. */
  get forgotten(): ReadonlySet<EntryId> {
    return this.#forgotten;
  }

  /** What it was told instead, each once. */
  get errors(): readonly string[] {
    return [...this.#errors];
  }

  /** Publishes no more until `go`. @returns when nothing is under way. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    await this.#underWay;
  }

  /** Goes on after `hold`. */
  go(): void {
    this.#isHeld = false;
  }

  /** What was published so far is gone with the data of the server. */
  forget(): void {
    for (const { id } of this.#entries.splice(0)) this.#forgotten.add(id);
  }

  /** Only these are left of what was published so far: those of the server that took over. */
  keep(ids: ReadonlySet<string>): void {
    this.#entries.splice(0, Infinity, ...this.#entries.filter(({ id }) => ids.has(id)));
  }

  /** Somebody else has published this into the stream. */
  adopt(entry: SourceEntry): void {
    this.#entries.push(entry);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { broker, stream, everyMs } = this.#options;
    const producer = new StreamProducer<Numbered>({ broker, stream, deadlineMs: DEADLINE_MS });
    while (this.#isOpen) {
      if (!this.#isHeld) await (this.#underWay = this.#publish(producer));
      await pause(everyMs);
    }
  }

  async #publish(producer: StreamProducer<Numbered>): Promise<void> {
    const { owner, watch } = this.#options;
    const event = eventOf(this.#number, { owner });
    try {
      const withinMs = DEADLINE_MS + watch.callMsMax;
      const { id } = await watch.watch(producer.publish(event), { what: "publish", withinMs });
      this.#number++;
      this.#entries.push(entryOf(id, event));
    } catch (error) {
      this.#errors.add(error instanceof Error ? error.message : String(error));
      await pause(AGAIN_MS);
    }
  }
}

function entryOf(id: EntryId, event: ReturnType<typeof eventOf>): SourceEntry {
  return { id, key: event.key, payload: JSON.stringify(event.data), isPoison: false };
}
