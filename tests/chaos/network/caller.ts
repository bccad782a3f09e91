/**
 * Somebody who asks the broker for this and that all the time, over the network that is struck: each of the calls must
 * settle in time, whether it succeeds or not.
 *
 * @module
 */

import type { Broker } from "../../../src/ports/broker.ts";
import { pause } from "./carriage.ts";
import type { Layout } from "./layout.ts";

/** Between two calls, in ms. */
const EVERY_MS = 40;

/** Calls until it is disposed. */
export class Caller implements AsyncDisposable {
  readonly #broker: Broker;
  readonly #layout: Layout;
  readonly #running: Promise<void>;
  #isOpen = true;

  /** Begins at once. @param broker One whose promises are watched. */
  constructor(broker: Broker, layout: Layout) {
    this.#broker = broker;
    this.#layout = layout;
    this.#running = this.#run();
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { source, group } = this.#layout;
    const side = `${source}-side`;
    const calls: readonly ((broker: Broker) => Promise<unknown>)[] = [
      (broker) => broker.createStream(side),
      (broker) => broker.createGroup(side, "idle", "beginning"),
      (broker) => broker.streamInfo(source),
      (broker) => broker.listGroups(source),
      (broker) => broker.listPending(source, group, { count: 10 }),
      (broker) => broker.loadCheckpoint(source, group),
      (broker) => broker.range(source, { count: 1 }),
    ];
    for (let at = 0; this.#isOpen; at = (at + 1) % calls.length) {
      await calls[at]?.(this.#broker).catch(() => {}); // a refusal is an answer too
      await pause(EVERY_MS);
    }
  }
}
