/**
 * A producer that holds back, under a test's control: a clock that stands still, a broker that can be troubled, and the
 * story of how every publish ended.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { ProducerBackpressure } from "../../src/producer/backpressure_options.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { drained, TroubledBroker } from "../backpressure/troubled_broker.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** A producer with an interval of 100 ms on a stream with the group `billing`, and the story of its publishes. */
export class BackpressureRig implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly troubled: TroubledBroker;
  readonly producer: StreamProducer;
  readonly story: string[] = [];

  constructor(readonly broker: Broker, backpressure: ProducerBackpressure) {
    this.troubled = new TroubledBroker(broker);
    this.producer = new StreamProducer({
      broker: this.troubled.broker,
      stream: "orders",
      backpressure: { intervalMs: 100, ...backpressure },
      clock: this.clock,
      random: { next: () => 0, uniqueText: () => "chance" },
      deadlineMs: 0,
    });
  }

  static async open(backpressure: ProducerBackpressure): Promise<BackpressureRig> {
    const rig = new BackpressureRig(await openSqliteBroker({ path: ":memory:" }), backpressure);
    await rig.broker.createGroup("orders", "billing", "beginning", { createStream: true });
    return rig;
  }

  /** Makes the group's lag what it should be. */
  async setLag(lag: number): Promise<void> {
    await this.broker.trim("orders", { lengthMax: 0 });
    if (lag > 0) {
      await this.broker.append(
        "orders",
        Array.from({ length: lag }, () => ({ fields: ["a", ""] })),
      );
    }
  }

  /** Begins to publish; how it ends goes into the story. */
  publish(name: string, options: { signal?: AbortSignal; count?: number } = {}): void {
    const { count = 1, ...rest } = options;
    const events = Array.from({ length: count }, () => ({ type: name }));
    this.producer.publishMany(events, rest).then(
      () => this.story.push(name),
      (error) => this.story.push(`${name}: ${error instanceof Error ? error.name : error}`),
    );
  }

  async pass(ms: number): Promise<string[]> {
    await drained();
    await this.clock.advance(ms);
    await drained();
    return this.story.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.producer.close();
    await drained();
    assertEquals(this.clock.timerCount, 0);
    await this.broker[Symbol.asyncDispose]();
  }
}
