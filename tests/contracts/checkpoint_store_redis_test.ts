/** The checkpoint store on Redis keeps the contract of the port, also while its server comes and goes. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Redis } from "ioredis";
import { Buffer } from "node:buffer";
import { openRedisCheckpointStore } from "../../src/brokers/redis/redis_checkpoint_store.ts";
import { InvalidOptionError, WrongTypeError } from "../../src/domain/errors.ts";
import { freePort, type RedisServer, startRedisServer } from "../support/redis_server.ts";
import { type CheckpointPlace, checkpointStoreContract } from "./checkpoint_store_contract.ts";

const keyOf = (stream: string, group: string) =>
  `tidemark:checkpoint:{${encodeURIComponent(stream)}:${encodeURIComponent(group)}}`;

async function makeServer(): Promise<CheckpointPlace> {
  const servers = new AsyncDisposableStack();
  const server = servers.use(await startRedisServer({ appendonly: true }));
  return {
    open: () => openRedisCheckpointStore({ url: server.url }),
    async openBeforeItIsThere() {
      const port = freePort();
      const store = openRedisCheckpointStore({ url: `redis://127.0.0.1:${port}` });
      const appear = async () => {
        servers.use(await startRedisServer({ port }));
      };
      return { store, appear };
    },
    plant: (stream, group, text) =>
      asking(server, async (redis) => {
        await redis.hset(keyOf(stream, group), "checkpoint", text);
      }),
    movedAside: (stream, group) =>
      asking(server, async (redis) => {
        const keys = await redis.keys(`${keyOf(stream, group)}:quarantined:*`);
        const texts = await Promise.all(keys.map((key) => redis.hget(key, "checkpoint")));
        return texts.map(String).sort();
      }),
    ownOf: (stream, group, consumer) =>
      asking(server, (redis) => redis.hget(keyOf(stream, group), `consumer:${consumer}`)),
    async breakDown() {
      await server.kill("SIGKILL");
      return () => server.restart();
    },
    [Symbol.asyncDispose]: () => servers.disposeAsync(),
  };
}

/** Asks the server beside the store. */
async function asking<Answer>(
  server: RedisServer,
  ask: (redis: Redis) => Promise<Answer>,
): Promise<Answer> {
  const redis = new Redis(server.url);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

checkpointStoreContract("openRedisCheckpointStore", makeServer, { loadsDuringOutage: false });

Deno.test("openRedisCheckpointStore names a key of another type and leaves it alone (V10)", async () => {
  await using server = await startRedisServer();
  await using store = openRedisCheckpointStore({ url: server.url });
  const key = keyOf("orders", "billing");
  await asking(server, (redis) => redis.set(key, "another program's"));
  for (const call of ["load", "quarantine"] as const) {
    const error = await assertRejects(() => store[call]("orders", "billing"), WrongTypeError);
    assertEquals([error.key, error.found, error.wanted], [key, "string", "hash"]);
  }
  assertEquals(await asking(server, (redis) => redis.get(key)), "another program's");
});

Deno.test("openRedisCheckpointStore keeps its keys under another prefix when told", async () => {
  await using server = await startRedisServer();
  await using ours = openRedisCheckpointStore({ url: server.url, keyPrefix: "ours" });
  await using theirs = openRedisCheckpointStore({ url: server.url, keyPrefix: "theirs" });
  await ours.save({
    schema: 1,
    stream: "orders",
    group: "billing",
    consumer: "main",
    incarnation: "first",
    position: "5-0",
    done: [],
    epoch: 1,
    savedAtMs: 1,
  });
  assertEquals(await theirs.load("orders", "billing"), null);
  assertEquals(await asking(server, (redis) => redis.keys("*")), ["ours:{orders:billing}"]);
});

Deno.test("openRedisCheckpointStore moves rubbish aside that is not UTF-8", async () => {
  await using server = await startRedisServer();
  await using store = openRedisCheckpointStore({ url: server.url });
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
  await asking(server, (redis) => redis.hset(keyOf("orders", "billing"), "checkpoint", bytes));
  await store.quarantine("orders", "billing");
  assertEquals(await store.load("orders", "billing"), null);
});

Deno.test("openRedisCheckpointStore shows nothing of a URL that it refuses", () => {
  const url = "http://user:s3cret@localhost";
  const error = assertThrows(() => openRedisCheckpointStore({ url }), InvalidOptionError);
  assertEquals(error.message.includes("s3cret"), false);
  assertThrows(
    () => openRedisCheckpointStore({ url: "redis://localhost", keyPrefix: "" }),
    InvalidOptionError,
    "keyPrefix",
  );
});
