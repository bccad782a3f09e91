/**
 * SQLite and Redis answer the same: both are driven with the same random calls, and every answer is compared. Any
 * difference is a bug in one of them.
 *
 * A failing run prints its seed and the shortest sequence of calls that still shows a difference. Again by hand:
 * `TIDEMARK_DIFFERENTIAL_SEED=<seed> deno test -A tests/contracts/differential_test.ts`.
 *
 * @module
 */

import { equal } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { Dice } from "./dice.ts";
import { type Operation, OUTPUT_STREAMS, perform } from "./differential_operation.ts";
import { World } from "./differential_world.ts";
import { flushRedis } from "./flush_redis.ts";

/** Calls of one sequence, which begins with empty brokers: enough to get into trouble, few enough to look at. */
const SEQUENCE_LENGTH = 250;
/** Sequences of one run: 10,000 calls. */
const SEQUENCES = 40;
/** How many shorter sequences are tried on a failure. */
const SHRINKS_MAX = 400;

/** What is looked at after every sequence. */
const FINAL_LOOKS: readonly Operation[] = [
  ...["s", "{s}"].flatMap((stream): Operation[] => [
    { method: "streamInfo", args: [stream] },
    { method: "range", args: [stream, { count: 10_000 }] },
    { method: "listGroups", args: [stream] },
    ...["none", "key"].flatMap((group): Operation[] => [
      { method: "listConsumers", args: [stream, group] },
      { method: "listPending", args: [stream, group, { count: 10_000 }] },
      { method: "loadCheckpoint", args: [stream, group] },
    ]),
  ]),
  ...OUTPUT_STREAMS.map((stream): Operation => ({
    method: "range",
    args: [stream, { count: 10_000 }],
  })),
];

interface Pair {
  readonly sqlite: Broker;
  readonly redis: Broker;
}

interface Difference {
  readonly operations: readonly Operation[];
  readonly sqlite: unknown;
  readonly redis: unknown;
}

/** Drives both with calls until they differ, or there are none left. */
async function drive(
  pair: Pair,
  nextCall: (index: number) => Operation | undefined,
  learn: (operation: Operation, answer: unknown) => void,
): Promise<Difference | null> {
  const operations: Operation[] = [];
  for (let index = 0;; index++) {
    const operation = nextCall(index);
    if (operation === undefined) return null;
    operations.push(operation);
    const sqlite = await perform(pair.sqlite, operation);
    const redis = await perform(pair.redis, operation);
    if (!equal(sqlite, redis)) return { operations, sqlite, redis };
    learn(operation, sqlite);
  }
}

/** Removes calls, large pieces first, as long as a difference remains. */
async function shrink(
  difference: Difference,
  replay: (operations: readonly Operation[]) => Promise<Difference | null>,
): Promise<Difference> {
  let shortest = difference;
  let tries = 0;
  for (
    let size = Math.ceil(shortest.operations.length / 2);
    size >= 1;
    size = Math.floor(size / 2)
  ) {
    for (let from = 0; from < shortest.operations.length && tries < SHRINKS_MAX;) {
      tries++;
      const found = await replay(shortest.operations.toSpliced(from, size));
      if (found === null) from += size;
      else shortest = found;
    }
  }
  return shortest;
}

function report(seed: number, { operations, sqlite, redis }: Difference): string {
  const calls = operations.map(({ method, args }) => `  ${method} ${JSON.stringify(args)}`);
  return [
    `SQLite and Redis differ, seed ${seed}:`,
    ...calls,
    `SQLite answers ${JSON.stringify(sqlite)}`,
    `Redis answers  ${JSON.stringify(redis)}`,
  ].join("\n");
}

Deno.test("SQLite and Redis answer the same to 10,000 random calls", async () => {
  const given = Deno.env.get("TIDEMARK_DIFFERENTIAL_SEED");
  const firstSeed = given === undefined ? Date.now() % 1_000_000_000 : Number(given);
  console.log(`differential run: seed ${firstSeed}`);
  await using server = await startRedisServer();
  await using redis = await openRedisBroker({ url: server.url });

  async function onEmptyBrokers<T>(work: (pair: Pair) => Promise<T>): Promise<T> {
    await flushRedis(server.port);
    await using sqlite = await openSqliteBroker({ path: ":memory:" });
    return await work({ sqlite, redis });
  }

  for (let sequence = 0; sequence < SEQUENCES; sequence++) {
    const seed = firstSeed + sequence;
    const world = new World(new Dice(seed));
    const next = (index: number) =>
      index < SEQUENCE_LENGTH ? world.next() : FINAL_LOOKS[index - SEQUENCE_LENGTH];
    const difference = await onEmptyBrokers((pair) =>
      drive(pair, next, (operation, answer) => world.learn(operation, answer))
    );
    if (difference === null) continue;
    const shortest = await shrink(
      difference,
      (operations) => onEmptyBrokers((pair) => drive(pair, (index) => operations[index], () => {})),
    );
    throw new Error(report(seed, shortest));
  }
});
