/**
 * Answers of a Redis server that are not what the adapter asked for: of another program's module, of a proxy, of data that
 * somebody has changed. Every call to a real server is made, one of its answers is damaged on the way, and the call still
 * answers or is refused by name.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { assert } from "@std/assert";
import fc from "fast-check";
import { RedisConnection } from "../../src/brokers/redis/connection.ts";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { flushRedis } from "../contracts/flush_redis.ts";
import { callsOf, fillBroker } from "../support/broker_calls.ts";
import { CASES } from "../support/cases.ts";
import { anyDamage, assertNamed, hostileText } from "../support/hostile.ts";
import { startRedisServer } from "../support/redis_server.ts";

/** What a server can say. */
const anyReply: fc.Arbitrary<unknown> = fc.letrec<{ reply: unknown }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    hostileText,
    fc.constantFrom<unknown>(null, 0, 1, -1, 2 ** 53, "0", "-1", "1-0", "a1a0", "OK", "", "c", "x"),
    fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie("reply"), { maxLength: 4 }),
  ),
})).reply;

/** Damages one answer of all connections of this program, until it is disposed. */
function damageAnswer(
  { number, damage }: { readonly number: number; readonly damage: (reply: unknown) => unknown },
): Disposable {
  const { call, callBytes, run } = RedisConnection.prototype;
  let count = 0;
  const passed = async (answer: Promise<unknown>) => {
    const reply = await answer;
    return count++ === number ? damage(reply) : reply;
  };
  RedisConnection.prototype.call = function (...given) {
    return passed(call.apply(this, given));
  };
  RedisConnection.prototype.callBytes = function (...given) {
    return passed(callBytes.apply(this, given));
  };
  RedisConnection.prototype.run = function (...given) {
    return passed(run.apply(this, given));
  };
  return {
    [Symbol.dispose]: () => Object.assign(RedisConnection.prototype, { call, callBytes, run }),
  };
}

Deno.test("every call of the Redis broker refuses a damaged answer by name, or gives what it makes of it", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  const calls = callsOf(broker);
  let cases = 0;
  let refused = 0;
  const story = fc.record({
    call: fc.nat({ max: calls.length - 1 }),
    number: fc.nat({ max: 3 }),
    damage: anyDamage(anyReply),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ call, number, damage }) => {
      // Calls use the data up.
      if (cases++ % 20 === 0) {
        await flushRedis(server.port);
        await fillBroker(broker);
      }
      using _ = damageAnswer({ number, damage });
      try {
        await calls[call]?.();
      } catch (error) {
        assertNamed(error);
        refused++;
      }
    }),
    CASES,
  );
  assert(refused > cases / 10, `only ${refused} of ${cases} were refused`);
});
