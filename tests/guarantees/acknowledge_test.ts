/**
 * Promise: acknowledging by hand takes nothing away from what the consumer itself commits and tells. Method: real brokers,
 * the answer of a commit lost, and somebody who acknowledges another entry before it is sent again.
 */

import { assertEquals } from "@std/assert";
import { type Report, StreamConsumer, StreamProducer, UnknownOutcomeError } from "../../mod.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

testOnEachBroker(
  "a dead letter is told although its commit's answer was lost and an entry was acknowledged since",
  async ({ broker }) => {
    const [lost, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let commitCount = 0;
    let isHeld = true;
    const faulty = faultyBroker(broker, {
      async before({ method }) {
        if (method === "commit" && commitCount === 1 && isHeld) await goOn.promise;
      },
      after({ method }) {
        if (method !== "commit" || ++commitCount !== 1) return;
        lost.resolve();
        throw new UnknownOutcomeError("commit", "ECONNRESET");
      },
    });
    const reports: Report[] = [];
    await using consumer = new StreamConsumer({
      broker: faulty,
      stream: "jobs",
      group: "workers",
      workersMax: 2,
      onReport: (report) => void reports.push(report),
    });
    const gate = Promise.withResolvers<void>();
    await consumer.subscribe(async (event, context) => {
      if (event.type === "waits") return await gate.promise;
      context.deadLetter("no such customer");
    });
    const producer = new StreamProducer({ broker, stream: "jobs" });
    const [bad, waits] = await producer.publishMany([{ type: "bad" }, { type: "waits" }]);
    await lost.promise;
    isHeld = false;
    assertEquals(await consumer.acknowledge(waits?.id ?? ""), 1);
    goOn.resolve();
    gate.resolve();
    await eventually("it is told", () => reports.length > 0);
    assertEquals(reports, [
      { kind: "deadLettered", id: bad?.id ?? "0-0", reason: "no such customer", error: null },
    ]);
    assertEquals(consumer.context?.deadLetteredCount, 1);
  },
);
