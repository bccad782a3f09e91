/**
 * Promise: the checkpoint only moves forward and is never at or above an unfinished entry; a corrupted, foreign or
 * too-far one is never resumed from; a separate checkpoint store that is down never blocks, undoes or repeats an
 * acknowledgement. Method: real brokers, real stores, checkpoints spoiled on purpose, then what was handled.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { openSqliteCheckpointStore } from "../../src/brokers/sqlite/sqlite_checkpoint_store.ts";
import {
  type Broker,
  BrokerUnavailableError,
  type Checkpoint,
  CheckpointBeyondEndError,
  CheckpointChangedError,
  type CheckpointStore,
  compareEntryIds,
  type EntryId,
  type Report,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
  StreamReplacedError,
} from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { faultyBroker } from "../support/faulty_broker.ts";

/** A separate store whose outage a test decides. What it holds is held by a real SQLite store. */
class StoreWithOutage implements CheckpointStore {
  down = false;
  readonly saved: EntryId[] = [];
  readonly #inner: CheckpointStore;

  constructor(inner: CheckpointStore) {
    this.#inner = inner;
  }

  static async open(): Promise<StoreWithOutage> {
    return new StoreWithOutage(await openSqliteCheckpointStore({ path: ":memory:" }));
  }

  load(stream: string, group: string): Promise<unknown> {
    return this.down ? outage() : this.#inner.load(stream, group);
  }

  async save(checkpoint: Checkpoint): Promise<boolean> {
    if (this.down) return await outage();
    const accepted = await this.#inner.save(checkpoint);
    if (accepted) this.saved.push(checkpoint.position);
    return accepted;
  }

  quarantine(stream: string, group: string): Promise<void> {
    return this.down ? outage() : this.#inner.quarantine(stream, group);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }
}

function outage(): Promise<never> {
  return Promise.reject(new BrokerUnavailableError("reach the checkpoint store", "outage"));
}

const reports: Report[] = [];

function consumerOn(broker: Broker, options?: Partial<StreamConsumerOptions>): StreamConsumer {
  reports.length = 0;
  return new StreamConsumer({
    broker,
    stream: "jobs",
    group: "workers",
    onReport: (report) => reports.push(report),
    ...options,
  });
}

async function publish(broker: Broker, ...names: string[]): Promise<EntryId[]> {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  return (await producer.publishMany(names.map((data) => ({ type: "job", data })))).map(({ id }) =>
    id
  );
}

/** Handles all that there is and stops. */
async function handleAll(
  broker: Broker,
  count: number,
  options?: Partial<StreamConsumerOptions>,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  await using consumer = consumerOn(broker, options);
  await consumer.subscribe((event) => void seen.push(event.data));
  await eventually(`${count} were handled`, () => seen.length >= count);
  return seen;
}

function checkpointAt(position: EntryId, incarnation: string): Checkpoint {
  const place = { stream: "jobs", group: "workers", consumer: "main" };
  return { schema: 1, ...place, incarnation, position, done: [], epoch: 1, savedAtMs: 1 };
}

async function incarnationOf(broker: Broker): Promise<string> {
  return (await broker.streamInfo("jobs"))?.incarnation ?? "";
}

testOnEachBroker("the checkpoint stands at the last finished event", async ({ broker }) => {
  const ids = await publish(broker, "A", "B", "C");
  await handleAll(broker, 3);
  const decoded = await consumerOn(broker).loadCheckpoint();
  assert(decoded.kind === "valid");
  assertEquals([decoded.checkpoint.position, decoded.checkpoint.done], [ids[2], []]);
});

testOnEachBroker("the checkpoint stays below an event that is not finished", async ({ broker }) => {
  const ids = await publish(broker, "A", "slow", "C", "D");
  const gate = Promise.withResolvers<void>();
  await using consumer = consumerOn(broker, { workersMax: 4 });
  await consumer.subscribe((event) => event.data === "slow" ? gate.promise : undefined);
  await eventually("the others are committed", () => (consumer.context?.committedCount ?? 0) === 3);
  const decoded = await consumer.loadCheckpoint();
  assert(decoded.kind === "valid");
  assertEquals([decoded.checkpoint.position, decoded.checkpoint.done], [ids[0], [ids[2], ids[3]]]);
  gate.resolve();
  await eventually("all are committed", () => consumer.context?.committedCount === 4);
  assertEquals(consumer.context?.position, ids[3]);
});

testOnEachBroker(
  "a corrupted checkpoint is set aside, reported, and not resumed from",
  async ({ broker }) => {
    await publish(broker, "A", "B");
    await handleAll(broker, 2);
    const store = await StoreWithOutage.open();
    await using _ = store;
    const text = JSON.stringify(
      checkpointAt("18446744073709551616-0", await incarnationOf(broker)),
    );
    await using consumer = consumerOn(broker, { checkpointStore: rubbish(store, text) });
    const seen: unknown[] = [];
    await consumer.subscribe((event) => void seen.push(event.data));
    await publish(broker, "C");
    await eventually("the next one was handled", () => seen.length === 1);
    assertEquals(seen, ["C"], "it goes on from the broker's own checkpoint");
    assertEquals(reports[0], {
      kind: "checkpointQuarantined",
      place: "store",
      reason: "its position is not an entry id",
    });
  },
);

/** A store that holds a value that nobody can use. */
function rubbish(inner: CheckpointStore, value: unknown): CheckpointStore {
  return {
    load: () => Promise.resolve(value),
    save: (checkpoint) => inner.save(checkpoint),
    quarantine: (stream, group) => inner.quarantine(stream, group),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

testOnEachBroker(
  "a checkpoint of another group or stream is not resumed from",
  async ({ broker }) => {
    const [id] = await publish(broker, "A", "B");
    assert(id !== undefined);
    const incarnation = await incarnationOf(broker);
    for (const foreign of [{ group: "others" }, { stream: "other" }]) {
      await using store = await StoreWithOutage.open();
      const stored = { ...checkpointAt(id, incarnation), ...foreign };
      const group = `group of ${Object.keys(foreign)}`;
      const seen = await handleAll(broker, 2, { group, checkpointStore: rubbish(store, stored) });
      assertEquals(seen, ["A", "B"]);
      assertEquals(reports.map((report) => report.kind), ["checkpointQuarantined"]);
    }
  },
);

testOnEachBroker(
  "a checkpoint beyond the end stops the consumer, or resets it by policy",
  async ({ broker }) => {
    await publish(broker, "A", "B");
    await using store = await StoreWithOutage.open();
    const tooFar = checkpointAt("99999999999999-0", await incarnationOf(broker));
    const checkpointStore = rubbish(store, tooFar);
    const stopped = consumerOn(broker, { checkpointStore });
    await assertRejects(() => stopped.subscribe(() => {}), CheckpointBeyondEndError);
    assertEquals(stopped.state, "failed");
    const options = { checkpointStore, onCheckpointLost: "resetToStart" } as const;
    assertEquals(await handleAll(broker, 2, options), ["A", "B"]);
    assertEquals(reports.map((report) => report.kind), ["checkpointReset"]);
  },
);

testOnEachBroker(
  "a checkpoint of a stream that was deleted and made again stops the consumer",
  async ({ broker }) => {
    await publish(broker, "A");
    await using store = await StoreWithOutage.open();
    await handleAll(broker, 1, { checkpointStore: store });
    await eventually("it was saved", () => store.saved.length > 0);
    await broker.deleteStream("jobs");
    await publish(broker, "new");
    const stopped = consumerOn(broker, { checkpointStore: store });
    await assertRejects(() => stopped.subscribe(() => {}), StreamReplacedError);
    const reset = { checkpointStore: store, onCheckpointLost: "resetToStart" } as const;
    assertEquals(await handleAll(broker, 1, reset), ["new"]);
  },
);

testOnEachBroker(
  "a separate store that is down holds up nothing, and catches up forward only",
  async ({ broker }) => {
    await using store = await StoreWithOutage.open();
    const seen: unknown[] = [];
    await using consumer = consumerOn(broker, { checkpointStore: store });
    await consumer.subscribe((event) => void seen.push(event.data));
    await publish(broker, "A");
    await eventually("A was saved", () => store.saved.length === 1);
    store.down = true;
    const ids = await publish(broker, "B", "C", "D");
    await eventually("the others were acknowledged", async () => {
      const [group] = await broker.listGroups("jobs");
      return seen.length === 4 && group?.pendingCount === 0;
    });
    assertEquals(store.saved.length, 1);
    await eventually("the outage was noticed", () => reports.length === 1);
    store.down = false;
    await eventually("the store caught up", () => store.saved.at(-1) === ids[2]);
    assertEquals(seen, ["A", "B", "C", "D"], "nothing was repeated");
    const forward = [...store.saved].sort(compareEntryIds);
    assertEquals(store.saved, forward);
    assertEquals(reports.map((report) => report.kind), [
      "checkpointStoreDown",
      "checkpointStoreUp",
    ]);
  },
);

testOnEachBroker(
  "of two consumers that would both begin anew, the second one looks again",
  async ({ broker }) => {
    const [, last] = await publish(broker, "A", "B");
    assert(last !== undefined);
    const place = { stream: "jobs", group: "workers", order: "key" } as const;
    const one = await broker.join({ ...place, consumer: "one" });
    const two = await broker.join({ ...place, consumer: "two" });
    const reset = {
      createStream: false,
      group: { reset: last },
      checkpoint: { position: last, done: [] },
      quarantine: true,
    } as const;
    await broker.establish(one.membership, { ...reset, decidedOn: one.checkpoint });
    await assertRejects(
      () => broker.establish(two.membership, { ...reset, decidedOn: two.checkpoint }),
      CheckpointChangedError,
    );
    const again = await broker.join({ ...place, consumer: "two" });
    await broker.establish(again.membership, { ...reset, decidedOn: again.checkpoint });
  },
);

testOnEachBroker(
  "two consumers that begin a group at the end together finish what came between their joins",
  async ({ broker }) => {
    const producer = new StreamProducer({ broker, stream: "jobs" });
    const publish = (data: number) => producer.publish({ type: "job", data });
    const steps = {
      oneJoined: Promise.withResolvers<void>(),
      twoJoined: Promise.withResolvers<void>(),
      oneEstablished: Promise.withResolvers<void>(),
    };
    const staged = faultyBroker(broker, {
      before: async ({ method, consumer }) => {
        if (method !== "establish") return;
        await (consumer === "one" ? steps.twoJoined : steps.oneEstablished).promise;
      },
      after: ({ method, consumer }) => {
        if (method === "join") steps[consumer === "one" ? "oneJoined" : "twoJoined"].resolve();
        if (method === "establish" && consumer === "one") steps.oneEstablished.resolve();
      },
    });
    const consumerOf = (consumer: string) =>
      new StreamConsumer({
        broker: staged,
        stream: "jobs",
        group: "workers",
        consumer,
        start: "end",
      });
    const handle: Parameters<StreamConsumer["subscribe"]>[0] = ({ data }, context) =>
      context.publish("done", { type: "done", data });
    await publish(1);
    await using one = consumerOf("one");
    await using two = consumerOf("two");
    const reading = [one.subscribe(handle)];
    await steps.oneJoined.promise;
    await publish(2);
    reading.push(two.subscribe(handle));
    await Promise.all(reading);
    await publish(3);
    const done = async () =>
      (await broker.range("done", { count: 9 })).map(({ fields }) =>
        fields[fields.indexOf("payload") + 1]
      ).sort();
    await eventually("the last one is done", async () => (await done()).includes("3"));
    await eventually("nothing is left", async () => {
      return (await broker.listPending("jobs", "workers", { count: 9 })).length === 0;
    });
    assertEquals(await done(), ["2", "3"]);
  },
);
