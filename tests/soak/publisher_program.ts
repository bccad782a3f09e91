/**
 * The program that publishes numbered events at a steady rate into every stream. It outlasts every fault: an append is
 * tried until it is known to have landed, which its idempotency keys make once, and what was due meanwhile follows.
 *
 * Its only argument is {@linkcode PublisherSettings} as JSON. Told `hold`, it lets no append be under way; told `go`, it
 * goes on; at the end of its standard input it ends.
 *
 * @module
 */

import { type Broker, connect, StreamProducer } from "../../mod.ts";
import { linesOf } from "../chaos/worker_line.ts";
import { keyOf, type Numbered, STREAMS } from "./layout.ts";

/** What it is started with. */
export interface PublisherSettings {
  readonly url: string;
  /** Events a second, all streams together. */
  readonly rate: number;
  /** How many entries each stream keeps, roughly; more where a group has not finished them. */
  readonly lengthMax: number;
  /** How long idempotency keys are remembered, in ms. */
  readonly idempotencyWindowMs: number;
}

/** What it tells. */
export interface PublisherLine {
  /** How many events each stream has got, in the order of the layout. */
  readonly published: readonly number[];
  /** Whether it holds, and nothing is under way. */
  readonly holds: boolean;
}

const TICK_MS = 50;

/** The most events of one append. */
const APPEND_MAX = 500;

/** An append may have to outlast this; after it, it is begun anew with the same keys. */
const DEADLINE_MS = 30_000;

async function main(): Promise<void> {
  const settings: PublisherSettings = JSON.parse(Deno.args[0] ?? "");
  await using broker = await connect(settings.url);
  const publisher = new Publisher(broker, settings);
  publisher.tell();
  for await (const line of linesOf(Deno.stdin.readable.getReader())) {
    if (line === "hold") await publisher.hold();
    if (line === "go") publisher.go();
  }
  await publisher.hold();
}

/** Publishes, or holds. */
class Publisher {
  readonly #producers: readonly StreamProducer<Numbered>[];
  readonly #perMs: number;
  readonly #published = STREAMS.map(() => 0);
  readonly #underWay = new Set<Promise<void>>();
  #clock: { readonly startedMs: number; readonly timer: ReturnType<typeof setInterval> } | null =
    null;
  /** How many events each stream was due to have when the clock was started. */
  #base = 0;

  constructor(broker: Broker, settings: PublisherSettings) {
    const { rate, lengthMax, idempotencyWindowMs } = settings;
    this.#perMs = rate / STREAMS.length / 1_000;
    this.#producers = STREAMS.map((stream) =>
      new StreamProducer<Numbered>({
        broker,
        stream,
        lengthMax,
        idempotencyWindowMs,
        deadlineMs: DEADLINE_MS,
      })
    );
  }

  go(): void {
    if (this.#clock !== null) return;
    this.#base = Math.max(...this.#published);
    const timer = setInterval(() => this.#tick(), TICK_MS);
    this.#clock = { startedMs: Date.now(), timer };
  }

  async hold(): Promise<void> {
    if (this.#clock !== null) clearInterval(this.#clock.timer);
    this.#clock = null;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    this.tell();
  }

  tell(): void {
    const line: PublisherLine = {
      published: this.#published,
      holds: this.#clock === null && this.#underWay.size === 0,
    };
    console.log(JSON.stringify(line));
  }

  /** One round, unless the one before still waits for the broker. */
  #tick(): void {
    if (this.#underWay.size > 0) return;
    const round = this.#publishDue().finally(() => {
      this.#underWay.delete(round);
      this.tell();
    });
    this.#underWay.add(round);
  }

  async #publishDue(): Promise<void> {
    if (this.#clock === null) return;
    const due = Math.floor(this.#base + (Date.now() - this.#clock.startedMs) * this.#perMs);
    await Promise.all(this.#producers.map((producer, at) => this.#publish(producer, at, due)));
  }

  /** Every stream has its own numbers, which are in its order: one append at a time. */
  async #publish(producer: StreamProducer<Numbered>, at: number, due: number): Promise<void> {
    for (;;) {
      const first = this.#published[at] ?? 0;
      const count = Math.min(APPEND_MAX, due - first);
      if (count <= 0) return;
      const events = Array.from({ length: count }, (_, index) => ({
        type: "soak.numbered",
        key: keyOf(first + index),
        data: { number: first + index },
        idempotencyKey: String(first + index),
      }));
      await untilDone(() => producer.publishMany(events));
      this.#published[at] = first + count;
    }
  }
}

/** The same keys again and again: it lands once. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
  }
}

if (import.meta.main) await main();
