/**
 * A broker as a process of its own would have it: its line can be cut, answers can be lost, and watching goes over it too.
 *
 * @module
 */

import { BrokerUnavailableError, UnknownOutcomeError } from "../../src/domain/errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { faultyBroker, silence } from "../support/faulty_broker.ts";

/** What the line does: carries all, refuses all, loses every answer, or never answers again. */
export type LineState = "up" | "down" | "losing" | "dead";

/** A line that a test can break. */
export class BrokenLine {
  /** What it does now. */
  state: LineState = "up";
  /** How many calls were refused, or their answers lost. */
  faultCount = 0;
  /** The broker at the other end. Watches are the real ones. */
  readonly broker: Broker;

  constructor(broker: Broker) {
    const faulty = faultyBroker(broker, {
      before: async () => {
        if (this.state === "dead") await silence();
        if (this.state !== "down") return;
        this.faultCount++;
        throw new BrokerUnavailableError("change", "ECONNREFUSED");
      },
      after: ({ method }) => {
        if (this.state !== "losing" || method !== "changeJournal") return;
        this.faultCount++;
        throw new UnknownOutcomeError("change", "ECONNRESET");
      },
    });
    this.broker = new Proxy(faulty, {
      get: (target, name) => {
        if (name === "watchJournals") return broker.watchJournals.bind(broker);
        return Reflect.get(target, name);
      },
    });
  }
}
