/**
 * The broker contract on Redis: one server for the file, emptied for each test.
 *
 * @module
 */

import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { type RedisServer, startRedisServer } from "../support/redis_server.ts";
import { testBrokerContract } from "./broker_contract.ts";
import { flushRedis } from "./flush_redis.ts";

let server: RedisServer | null = null;

Deno.test.beforeAll(async () => {
  server = await startRedisServer();
});

Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

testBrokerContract("Redis", async () => {
  if (server === null) throw new Error("Cannot test on Redis: the server was not started");
  await flushRedis(server.port);
  const broker = await openRedisBroker({ url: server.url });
  return { broker, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
}, { endsOrderedWaitAtOnce: false });
