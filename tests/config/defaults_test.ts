/**
 * Test that a program and a configuration file that say nothing get the same consumer.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { parseConfig } from "../../src/config/load.ts";
import { resolveConsumerOptions } from "../../src/consumer/options.ts";

Deno.test("the option table and StreamConsumer have the same defaults", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const given = { broker, stream: "orders", group: "billing" };
  const { redisStreams, retry, lease, stop } = parseConfig(
    "redis_streams: {streams: [{name: orders, group: billing, handler: ./h.ts}]}",
    { source: "config.yaml", base: new URL("file:///srv/"), environment: () => undefined },
  );
  const [stream] = redisStreams.streams;
  const { initialMs, maxMs, multiplier, attemptsMax, deliveriesMax } = retry;
  const resolved = resolveConsumerOptions(given);
  const fromFile = {
    consumer: stream?.consumer,
    start: stream?.start,
    createStream: stream?.createStream,
    order: stream?.order,
    mode: stream?.mode,
    workersMin: stream?.workersMin,
    workersMax: stream?.workersMax,
    codec: stream?.codec,
    handlerTimeoutMs: stream?.handlerTimeoutMs,
    onCheckpointLost: stream?.onCheckpointLost,
    onDataLoss: stream?.onDataLoss,
    count: redisStreams.count,
    blockMs: redisStreams.blockMs,
    attemptsMax,
    deliveriesMax,
    leaseMs: lease.leaseMs,
    graceMs: stop.graceMs,
    retry: { initialMs, maxMs, multiplier },
  };
  const {
    checkpointStore: _1,
    onReport: _2,
    log: _3,
    clock: _4,
    random: _5,
    inspect: _6,
    ...rest
  } = resolved;
  assertEquals<unknown>({ ...given, ...fromFile }, rest);
});
