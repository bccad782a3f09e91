/**
 * Entries of a dead consumer whose data is gone are told to a person, with their exact number.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Report, StreamConsumer, StreamProducer } from "../../mod.ts";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

testOnEachBroker(
  "T7: StreamConsumer reports lost entries that it takes over",
  async ({ broker }) => {
    const producer = new StreamProducer({ broker, stream: "jobs" });
    const published = await producer.publishMany([1, 2, 3].map((data) => ({ type: "job", data })));
    const [first = ENTRY_ID_ZERO, second = ENTRY_ID_ZERO] = published.map(({ id }) => id);
    await broker.createGroup("jobs", "workers", "beginning");
    const dead = { stream: "jobs", group: "workers", consumer: "dead", order: "key" } as const;
    const { membership } = await broker.join(dead);
    await broker.establish(membership, {
      group: "keep",
      checkpoint: { position: "0-0", done: [] },
      quarantine: false,
      createStream: false,
    });
    const signal = new AbortController().signal;
    await broker.readNew(membership, { count: 3, blockMs: 0, signal });
    await broker.deleteEntries("jobs", [first, second]);

    const reports: Report[] = [];
    const handled: unknown[] = [];
    await using consumer = new StreamConsumer({
      broker,
      stream: "jobs",
      group: "workers",
      leaseMs: 300,
      blockMs: 20,
      onReport: (report) => reports.push(report),
    });
    await consumer.subscribe((event) => void handled.push(event.data));
    await eventually("the last one is handled", () => handled.length === 1);
    assertEquals(reports, [
      { kind: "dataLoss", stream: "jobs", lost: 2, afterId: first, beforeId: second },
    ]);
    assertEquals(handled, [3]);
  },
);
