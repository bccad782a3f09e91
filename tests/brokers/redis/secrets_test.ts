/**
 * What must never be seen: passwords, URLs and payloads, in any error (S28, I16).
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import { AccessDeniedError, InvalidOptionError } from "../../../src/domain/errors.ts";
import { freePort, startRedisServer } from "../../support/redis_server.ts";
import { commitOf, joinGroup, openBroker, redisCli, until } from "./setting.ts";

const CANARY = "canary-7f3a";

/** Everything that a logger could find in an error. */
function shown(error: unknown): string {
  return [
    String(error),
    JSON.stringify(
      error,
      (_, value) =>
        value instanceof Error
          ? { ...value, message: value.message, stack: value.stack, cause: value.cause }
          : value,
    ),
    Deno.inspect(error, { depth: 20, showHidden: true }),
  ].join("\n");
}

async function errorOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("The call should have thrown");
}

function assertHidden(error: unknown): void {
  assert(!shown(error).includes(CANARY), `it is shown in ${shown(error)}`);
}

Deno.test("I16: a refused password is not in the error", async () => {
  await using server = await startRedisServer({ config: ["--requirepass", "right"] });
  const url = `redis://user-${CANARY}:${CANARY}@127.0.0.1:${server.port}`;
  const error = await errorOf(() => openBroker(url));
  assert(error instanceof AccessDeniedError);
  assertEquals(error.reason, "WRONGPASS");
  assertHidden(error);
  const missing = await errorOf(() => openBroker(server.url));
  assert(missing instanceof AccessDeniedError);
  assertEquals(missing.reason, "NOAUTH");
});

Deno.test("a password is not in the error of a server that is away", async () => {
  const url = `redis://:${CANARY}@127.0.0.1:${freePort()}`;
  assertHidden(await errorOf(() => openRedisBroker({ url, connectTimeoutMs: 100 })));
});

Deno.test("a URL that cannot be read is not in the error", async () => {
  const urls = [
    `redis://:${CANARY}@host:port`,
    `http://:${CANARY}@host`,
    `:${CANARY}@`,
    `redis://:${CANARY}%zz@host`,
    `redis://:${CANARY}@host/db${CANARY}`,
    `redis://:${CANARY}@host?password=${CANARY}`,
    `redis://:${CANARY}@`,
  ];
  for (const url of urls) {
    const error = await errorOf(() => openRedisBroker({ url }));
    assert(error instanceof InvalidOptionError, url);
    assertHidden(error);
  }
});

Deno.test("a payload is not in the error of the commit that carried it", async () => {
  await using server = await startRedisServer({ config: ["--maxmemory", "100mb"] });
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  await redisCli(server.port, "config", "set", "maxmemory", "1");
  const output = { stream: "{orders}:out", fields: ["payload", CANARY] };
  const settlement = { kind: "handled", id: "1-0", outputs: [output], work: [] } as const;
  const request = { ...commitOf(CANARY, []), settlements: [settlement] };
  assertHidden(await errorOf(() => broker.commit(membership, request)));
  assertHidden(await errorOf(() => broker.append("orders", [{ fields: ["payload", CANARY] }])));
});

Deno.test("a broker shows no password when it is printed, and none in its location", async () => {
  await using server = await startRedisServer({ config: ["--requirepass", CANARY] });
  await using broker = await openBroker(`redis://:${CANARY}@127.0.0.1:${server.port}/3`);
  assertEquals(broker.location, `redis://127.0.0.1:${server.port}/3`);
  assert(!Deno.inspect(broker, { depth: 20 }).includes(CANARY));
});

Deno.test("a database that the server does not have is refused, not replaced by database 0", async () => {
  await using server = await startRedisServer();
  await assertRejects(() => openBroker(`${server.url}/999`), InvalidOptionError, "out of range");
});

Deno.test("a password that was changed while the connection was away denies access", async () => {
  await using server = await startRedisServer({ config: ["--requirepass", "old"] });
  await using broker = await openBroker(`redis://:old@127.0.0.1:${server.port}`);
  await redisCli(server.port, "-a", "old", "config", "set", "requirepass", "new");
  await redisCli(server.port, "-a", "new", "client", "kill", "type", "normal");
  await until(async () => {
    const error = await broker.listStreams().then(() => null, (error) => error);
    return error instanceof AccessDeniedError && error.reason === "WRONGPASS";
  });
});
