/**
 * The published conformance suite of the Durable Streams protocol passes on both brokers, through a real socket.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { durableStreams } from "../../src/http/streams/durable_streams.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { runDurableStreamsSuite } from "./durable_streams_suite.ts";

/** Short, because the suite waits it out several times. */
const LONG_POLL_MS = 1_000;

/** The suite's cases: 338, of which it leaves out the 6 for subscriptions, an optional part. */
const EXPECTED = { passed: 332, skipped: 6, failed: [] };

Deno.test("durableStreams passes the conformance suite 0.3.6 (SQLite in memory)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await passesSuite(broker);
});

Deno.test("durableStreams passes the conformance suite 0.3.6 (Redis)", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await passesSuite(broker);
});

async function passesSuite(broker: Broker): Promise<void> {
  const faults: unknown[] = [];
  await using streams = durableStreams({
    broker,
    basePath: "/v1/stream/",
    limits: { longPollMs: LONG_POLL_MS },
    // One case asks on behalf of a page of this origin.
    origins: ["https://example.com"],
    onFault: (error) => faults.push(error),
  });
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => streams.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const found = await runDurableStreamsSuite(url, { longPollMs: LONG_POLL_MS });
  await streams[Symbol.asyncDispose]();
  assertEquals({ found, faults }, { found: EXPECTED, faults: [] });
}
