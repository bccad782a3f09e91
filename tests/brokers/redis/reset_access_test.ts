/**
 * What becomes of a reset by a user of Redis who may not do all of it: nothing at all.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import { append, commit, GROUP, handled, join, readNew, STREAM } from "../../contracts/contract.ts";
import { startRedisServer } from "../../support/redis_server.ts";

Deno.test("resetGroup by a user without one of its rights changes nothing", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await append(broker, "1-0", "2-0", "3-0");
  const ann = await join(broker, "ann");
  await readNew(broker, ann);
  await commit(broker, ann, [handled("1-0"), handled("3-0")]);
  const facts = async () => [
    await broker.listGroups(STREAM),
    await broker.listConsumers(STREAM, GROUP),
    await broker.loadCheckpoint(STREAM, GROUP),
    await broker.listQuarantined(STREAM, GROUP),
  ];
  const before = await facts();
  const admin = new Redis(server.url);
  for (
    const right of ["xgroup", "rpush", "hkeys", "hget", "hset", "xadd", "unlink", "del", "time"]
  ) {
    await admin.call("ACL", "SETUSER", "limited", "reset", "on", ">pw", "~*", "+@all", `-${right}`);
    const url = server.url.replace("redis://", "redis://limited:pw@");
    await using limited = await openRedisBroker({ url });
    const thrown = await limited.resetGroup(STREAM, GROUP, "beginning", { force: true })
      .catch((error) => error.name);
    assertEquals([right, thrown, await facts()], [right, "AccessDeniedError", before]);
  }
  await admin.call("ACL", "SETUSER", "limited", "reset", "on", ">pw", "~*", "+@all", "-memory");
  await using limited = await openRedisBroker({
    url: server.url.replace("redis://", "redis://limited:pw@"),
  });
  assertEquals(await limited.streamBytes(STREAM), null, "a right that nothing depends on");
  admin.disconnect();
});
