/**
 * SQLite and Redis keep journals alike, and as a naive model of them does: all three are driven with the same random
 * calls, and every answer is compared. Meanwhile a watch of each broker is told of everything once.
 *
 * A failing run prints its seed and its calls. Again by hand, and longer:
 * `TIDEMARK_DIFFERENTIAL_SEED=<seed> TIDEMARK_DIFFERENTIAL_CALLS=50000 deno test -A
 * tests/contracts/journal_differential_test.ts`.
 *
 * @module
 */

import { assertEquals, equal } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { JournalWatch } from "../../src/ports/journal_watch.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { Dice } from "./dice.ts";
import { flushRedis } from "./flush_redis.ts";
import { JournalModel } from "./journal_model.ts";
import {
  type JournalOperation,
  JournalWorld,
  performOnBroker,
  performOnModel,
} from "./journal_world.ts";
import { run } from "./journal_words.ts";

/** Calls of one sequence, which begins with empty brokers. */
const SEQUENCE_LENGTH = 250;
const CALLS = 2_000;

/** Watches journals from their beginning, and counts what it is told of each. */
class Counter implements AsyncDisposable {
  readonly #broker: Broker;
  readonly #watch: JournalWatch;
  /** Entries that were told, or told to be missing. */
  readonly #counts = new Map<string, number>();
  readonly troubles: string[] = [];

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#watch = broker.watchJournals({
      onNews: ({ journal: { name }, gap, entries }) => {
        const missing = gap === null ? 0 : gap.count ?? NaN;
        this.#counts.set(name, (this.#counts.get(name) ?? NaN) + missing + entries.length);
      },
      onTrouble: (error) => void this.troubles.push(String(error)),
    });
  }

  /** Watches a new life of a journal. */
  add(name: string): void {
    this.#counts.set(name, 0);
    this.#watch.add(run(name), "0-0");
  }

  /** Whether every entry of every journal that exists is accounted for. */
  async isComplete(): Promise<boolean> {
    for (const [name, count] of this.#counts) {
      const snapshot = await this.#broker.loadJournal(run(name));
      if (snapshot !== null && snapshot.entriesAdded !== count) return false;
    }
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#watch[Symbol.asyncDispose]();
  }
}

/** Makes one sequence of calls on all three. @throws When they differ. */
async function drive(seed: number, brokers: { sqlite: Broker; redis: Broker }): Promise<void> {
  const model = new JournalModel();
  const world = new JournalWorld(new Dice(seed), model);
  const made: JournalOperation[] = [];
  await using sqliteCounter = new Counter(brokers.sqlite);
  await using redisCounter = new Counter(brokers.redis);
  const counters = [sqliteCounter, redisCounter];
  for (let index = 0; index < SEQUENCE_LENGTH; index++) {
    const operation = world.next();
    made.push(operation);
    const wanted = performOnModel(model, operation);
    const sqlite = await performOnBroker(brokers.sqlite, operation);
    const redis = await performOnBroker(brokers.redis, operation);
    if (!equal(sqlite, wanted) || !equal(redis, wanted)) {
      throw new Error(report(seed, made, { wanted, sqlite, redis }));
    }
    const isMade = operation.method === "create" && Reflect.get(Object(wanted), "created") === true;
    if (isMade) { for (const counter of counters) counter.add(operation.name); }
  }
  for (const counter of counters) {
    await eventually(`all is told, seed ${seed}`, () => counter.isComplete());
    assertEquals(counter.troubles, [], `seed ${seed}`);
  }
}

function report(
  seed: number,
  operations: readonly JournalOperation[],
  answers: { readonly wanted: unknown; readonly sqlite: unknown; readonly redis: unknown },
): string {
  return [
    `The journals of SQLite, Redis and the model differ, seed ${seed}:`,
    ...operations.map((operation) => `  ${JSON.stringify(operation)}`),
    ...Object.entries(answers).map(([name, answer]) => `${name}: ${JSON.stringify(answer)}`),
  ].join("\n");
}

Deno.test("SQLite and Redis keep journals as the model does, over 2,000 random calls", async () => {
  const given = Deno.env.get("TIDEMARK_DIFFERENTIAL_SEED");
  const calls = Number(Deno.env.get("TIDEMARK_DIFFERENTIAL_CALLS") ?? CALLS);
  const firstSeed = given === undefined ? Date.now() % 1_000_000_000 : Number(given);
  console.log(`differential run of journals: seed ${firstSeed}`);
  await using server = await startRedisServer();
  await using redis = await openRedisBroker({ url: server.url });
  for (let sequence = 0; sequence * SEQUENCE_LENGTH < calls; sequence++) {
    await flushRedis(server.port);
    await using sqlite = await openSqliteBroker({ path: ":memory:" });
    await drive(firstSeed + sequence, { sqlite, redis });
  }
});
