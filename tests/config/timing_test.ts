/**
 * Tests that no two times of the configuration have to fit each other (S26): a consumer renews a third of its lease
 * after the last renewal and looks for silent ones every quarter of it, however long its reads wait, its handlers may
 * run, or its end may take. So nothing about them is refused.
 *
 * @module
 */

import { assertEquals, assertLess } from "@std/assert";
import { StreamConsumer } from "../../src/consumer/consumer.ts";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { parseConfig } from "../../src/config/load.ts";
import { consumerOptionsOf } from "../../src/service/stream_modules.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

/** The options of the only stream of a configuration. */
function optionsOf(yaml: string) {
  const config = parseConfig(yaml, {
    source: "config.yaml",
    base: new URL("file:///srv/"),
    environment: () => undefined,
  });
  const [stream] = config.redisStreams.streams;
  if (stream === undefined) throw new Error("there is no stream");
  return consumerOptionsOf(config, stream);
}

/** A process that reads one entry and is never heard of again. */
async function readAndDie(broker: Broker): Promise<void> {
  const { membership } = await broker.join({
    stream: "s",
    group: "g",
    consumer: "dead",
    order: "key",
  });
  await broker.establish(membership, {
    createStream: true,
    group: { create: ENTRY_ID_ZERO },
    checkpoint: { position: ENTRY_ID_ZERO, done: [] },
    quarantine: false,
  });
  await new StreamProducer({ broker, stream: "s" }).publish({ type: "t", data: "left behind" });
  const { signal } = new AbortController();
  const read = await broker.readNew(membership, { count: 1, blockMs: 0, signal });
  assertEquals(read.length, 1);
}

testOnEachBroker(
  "a read that waits a hundred leases holds up neither taking over, nor renewing, nor the end",
  async ({ broker, reopen }) => {
    await readAndDie(broker);
    const options = optionsOf(`
redis_streams:
  block_ms: 60000
  streams: [{name: s, group: g, handler: h.ts, handler_timeout_ms: 60000}]
lease: {lease_ms: 300}
stop: {grace_ms: 3600000}
retry: {initial_ms: 3600000, max_ms: 86400000}
`);
    const story: string[] = [];
    await using consumer = new StreamConsumer({ ...options, broker });
    const longEnough = Promise.withResolvers<void>();
    await consumer.subscribe(async (event) => {
      story.push(String(event.data));
      await longEnough.promise;
    });
    await eventually("it was taken over", () => story.length === 1);

    // Longer than two leases, during which a rival finds nothing to take.
    await using other = await reopen();
    await using rival = new StreamConsumer({ ...options, consumer: "rival", broker: other });
    await rival.subscribe((event) => void story.push(`rival ${event.data}`));
    await new Promise((resolve) => setTimeout(resolve, 700));
    longEnough.resolve();
    await eventually("it is committed", async () => {
      const [group] = await broker.listGroups("s");
      return group?.pendingCount === 0;
    });
    assertEquals(story, ["left behind"]);

    const startedAtMs = performance.now();
    await Promise.all([consumer.stop(), rival.stop()]);
    assertLess(performance.now() - startedAtMs, 3_000);
  },
);

Deno.test("consumerOptionsOf passes every setting of a stream, in values that a consumer takes", () => {
  const options = optionsOf(`
redis_streams:
  block_ms: 2
  count: 3
  streams:
    - name: s
      group: g
      handler: h.ts
      consumer: c
      start: 5-1
      order: none
      mode: threads
      workers_min: 4
      workers_max: 5
      handler_timeout_ms: 6
      create_stream: false
      on_checkpoint_lost: resetToEnd
      on_data_loss: stop
retry: {attempts_max: 7, deliveries_max: 8, initial_ms: 9, max_ms: 10, multiplier: 1.5}
lease: {lease_ms: 301}
stop: {grace_ms: 11}
`);
  assertEquals(options, {
    stream: "s",
    group: "g",
    consumer: "c",
    start: { afterId: "5-1" },
    order: "none",
    mode: "threads",
    workersMin: 4,
    workersMax: 5,
    handlerTimeoutMs: 6,
    createStream: false,
    onCheckpointLost: "resetToEnd",
    onDataLoss: "stop",
    blockMs: 2,
    count: 3,
    attemptsMax: 7,
    deliveriesMax: 8,
    retry: { initialMs: 9, maxMs: 10, multiplier: 1.5 },
    leaseMs: 301,
    graceMs: 11,
  });
});
