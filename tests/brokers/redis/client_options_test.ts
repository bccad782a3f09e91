/**
 * How the driver is told to come back.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { clientOptions } from "../../../src/brokers/redis/client_options.ts";
import { parseRedisUrl } from "../../../src/brokers/redis/url.ts";

Deno.test("clientOptions connects anew for ever, within half a second each time", () => {
  const { retryStrategy } = clientOptions({
    address: parseRedisUrl("redis://127.0.0.1"),
    tls: {},
    connectTimeoutMs: 1_000,
  });
  assert(typeof retryStrategy === "function");
  const waits = [1, 10, 100, 1_000, 10_000, 100_000].map((attempt) =>
    Number(retryStrategy(attempt))
  );
  assertEquals(waits.filter((waitMs) => !(waitMs >= 1 && waitMs <= 500)), []);
});
