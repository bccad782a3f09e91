/**
 * Entries of a dead consumer, and entries that waited, whose data is gone are told to a person, with their exact number.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Report, StreamConsumer, StreamProducer } from "../../mod.ts";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import {
  append,
  commit,
  GROUP,
  handled,
  join,
  pending,
  readNew,
  STREAM,
} from "../contracts/contract.ts";
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

testOnEachBroker(
  "T7: StreamConsumer reports lost entries that waited for it",
  async ({ broker }) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const ann = await join(broker, "ann", { order: "key" });
    await readNew(broker, ann, 1);
    const reports: Report[] = [];
    await using consumer = new StreamConsumer({
      broker,
      stream: STREAM,
      group: GROUP,
      consumer: "bob",
      blockMs: 20,
      onReport: (report) => reports.push(report),
    });
    await consumer.subscribe(() => {});
    await eventually("two wait for it", async () => {
      return (await pending(broker)).join() === "1-0 ann x1,2-0 bob x0,3-0 bob x0";
    });
    await broker.trim(STREAM, { lengthMax: 0 });
    await commit(broker, ann, [handled("1-0")]);
    await eventually("they are told of", () => reports.length > 0);
    assertEquals([reports, await pending(broker)], [
      [{ kind: "dataLoss", stream: STREAM, lost: 2, afterId: "2-0", beforeId: "3-0" }],
      [],
    ]);
  },
);
