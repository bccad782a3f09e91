/**
 * The published conformance suite of the Durable Streams protocol passes on both brokers, against the server as it is,
 * through a real socket.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { HttpServer } from "../../src/http/server.ts";
import { streamRoutes } from "../../src/http/streams/stream_routes.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Log } from "../../src/ports/log.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { runDurableStreamsSuite } from "./durable_streams_suite.ts";

/** Short, because the suite waits it out several times. */
const LONG_POLL_MS = 1_000;

/** The suite's cases: 338, of which it leaves out the 6 for subscriptions, an optional part. */
const EXPECTED = { passed: 332, skipped: 6, failed: [] };

Deno.test("streamRoutes pass the conformance suite 0.3.6 (SQLite in memory)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await passesSuite(broker);
});

Deno.test("streamRoutes pass the conformance suite 0.3.6 (Redis)", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await passesSuite(broker);
});

async function passesSuite(broker: Broker): Promise<void> {
  const lines: string[] = [];
  const log: Log = { log: (...line) => lines.push(JSON.stringify(line)) };
  const limits = { longPollMs: LONG_POLL_MS };
  await using server = new HttpServer({
    routes: [streamRoutes({ broker, basePath: "/v1/stream/", limits, log })],
    // One case asks on behalf of a page of this origin.
    allowedOrigins: ["https://example.com"],
    log,
  });
  const found = await runDurableStreamsSuite(server.address.url, { longPollMs: LONG_POLL_MS });
  assertEquals({ found, lines, readers: server.streamCount }, {
    found: EXPECTED,
    lines: [],
    readers: 0,
  });
}
