/**
 * Random conversations with the brokers: SQLite in memory and in a file, and Redis. They must answer the same, and obey
 * the laws that hold for any answer: nobody is handed what another one holds, a key is in order, what is finished never
 * comes again, the checkpoint passes nothing unfinished, outputs and losses are told once, and consumers that go on
 * working always reach the end.
 *
 * A failing run prints its seed and the shortest conversation that still fails. Some thousands of them:
 * `deno task fuzz --cases 20000 tests/properties/conversations_test.ts`.
 *
 * @module
 */

import fc from "fast-check";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { Conversation, type Step } from "../contracts/conversation.ts";
import { WISHES } from "../contracts/conversation_speaker.ts";
import { ageStream } from "../contracts/redis_aging.ts";
import { fewerCases } from "../support/cases.ts";
import { startRedisServer } from "../support/redis_server.ts";

/** Where ids begin: where their spelling gets longer, where numbers lose digits, and just below the highest. */
const BASES = [
  0n,
  7n,
  97n,
  2n ** 53n - 3n,
  10n ** 13n - 2n,
  2n ** 64n - 60n,
  2n ** 64n - 4n,
] as const;

const chance = fc.noShrink(fc.nat());
const step: fc.Arbitrary<Step> = fc.record({ wish: fc.constantFrom(...WISHES), chance });

Deno.test("all brokers answer the same to random conversations, and obey every law of the port", async () => {
  await using server = await startRedisServer();
  await using redis = await openRedisBroker({ url: server.url });
  const folder = await Deno.makeTempDir({ prefix: "conversations-" });
  const plain = new Redis(server.url);
  let aheadMs = 0;
  const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs };
  try {
    await using memory = await openSqliteBroker({ path: ":memory:", clock });
    await using file = await openSqliteBroker({ path: `${folder}/broker.db`, clock });
    const age = async (streams: readonly string[], byMs: number) => {
      aheadMs += byMs;
      for (const stream of streams) await ageStream(plain, stream, byMs);
    };
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 80, size: "max" }),
        fc.constantFrom(...BASES),
        fc.boolean(),
        async (steps, baseMs, inFile) => {
          const sqlite = inFile ? file : memory;
          const brokers = new Map([["sqlite", sqlite], ["redis", redis]]);
          const conversation = new Conversation({ brokers, age }, String(++number), baseMs);
          await conversation.hold(steps);
        },
      ),
      fewerCases(40),
    );
  } finally {
    plain.disconnect();
    await Deno.remove(folder, { recursive: true });
  }
});
