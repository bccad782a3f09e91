/**
 * The lists of what may be seen fit Tidemark's machines, and nothing of a real consumer's events gets out.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type AnyStateMachine, getInitialSnapshot } from "xstate";
import { StreamConsumer } from "../../src/consumer/consumer.ts";
import { consumerMachine } from "../../src/consumer/machine.ts";
import { TIDEMARK_VIEWS } from "../../src/inspector/machine_views.ts";
import { Recorder } from "../../src/inspector/recorder.ts";
import { recordingOf } from "../../src/inspector/session_file.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { orchestratorMachine } from "../../src/orchestrator/machine.ts";
import { supervisorMachine } from "../../src/orchestrator/supervisor_machine.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { workerMachine } from "../../src/workers/worker_machine.ts";

const machines: readonly AnyStateMachine[] = [
  consumerMachine,
  orchestratorMachine,
  supervisorMachine,
  workerMachine,
];

const place = { stream: "s", group: "g", consumer: "c" };
const input = { ...place, name: "w", load: {}, consumerCount: 1, endsOnFailure: false, atMs: 1 };
const policy = { restartsMax: 1, windowMs: 1, mayRename: false };

for (const machine of machines) {
  Deno.test(`TIDEMARK_VIEWS lists events and members that the ${machine.id} machine has`, () => {
    const view = TIDEMARK_VIEWS[machine.id];
    assert(view !== undefined);
    const { context } = getInitialSnapshot(machine, { ...input, ...policy });
    const missing = Object.keys(view.context).filter((member) => !(member in Object(context)));
    assertEquals(missing, []);
    assertEquals(Object.keys(view.events).filter((type) => !machine.events.includes(type)), []);
  });
}

Deno.test("a recorded consumer shows what it does, and no payload, key or header", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const recorder = new Recorder({ instance: "p1" });
  const seen = Promise.withResolvers<void>();
  const canary = "canary-77ab";
  await new StreamProducer({ broker, stream: "orders" }).publish({
    type: "order.placed",
    data: { text: canary },
    key: canary,
    headers: { canary },
  });
  const options = { broker, stream: "orders", group: "billing", inspect: recorder.observe };
  const consumer = new StreamConsumer(options);
  await consumer.subscribe(() => seen.resolve());
  await seen.promise;
  await consumer.stop();
  const messages = recordingOf(recorder);
  assertEquals(JSON.stringify(messages).includes(canary), false);
  const ends = messages.flatMap((each) =>
    each.type === "ended" && each.actor.machine === "consumer"
      ? [[each.ending, each.actor.state, each.actor.place, each.actor.context.committedCount]]
      : []
  );
  const where = { stream: "orders", group: "billing", consumer: "main" };
  assertEquals(ends, [["done", "stopped", where, 1]]);
  assertEquals(recorder.faultCount, 0);
});
