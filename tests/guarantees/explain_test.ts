/**
 * Promise: at any moment you can see why a consumer makes no progress, in one sentence that is true and says what to do.
 *
 * Method: every situation that an operator meets, made by real means: services that are paused, killed, fenced, starved,
 * struck; real servers that are cut off, filled up or demoted; streams and groups that are deleted, trimmed or reset. The
 * sentence is asserted whole, numbers and ids by their form, from outside the process where the broker can be asked; and
 * it goes away when the situation ends.
 */

import { assert } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { CountingProxy } from "../support/counting_proxy.ts";
import { ExplainedWorld } from "../support/explained_world.ts";
import { LIFE_SITUATIONS } from "../support/life_situations.ts";
import { startRedisServer } from "../support/redis_server.ts";
import type { Situation } from "../support/situations.ts";
import { TROUBLE_SITUATIONS } from "../support/trouble_situations.ts";
import { WORK_SITUATIONS } from "../support/work_situations.ts";

const SITUATIONS = [...WORK_SITUATIONS, ...LIFE_SITUATIONS, ...TROUBLE_SITUATIONS];

async function onSqlite(): Promise<ExplainedWorld> {
  const open = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-explain-" });
  open.defer(() => Deno.remove(folder, { recursive: true }));
  const path = `${folder}/tidemark.db`;
  const broker = open.use(await openSqliteBroker({ path }));
  const observer = open.use(await openSqliteBroker({ path }));
  return new ExplainedWorld(broker, { observer, redis: null, place: `sqlite:${path}`, open });
}

async function onRedis(): Promise<ExplainedWorld> {
  const open = new AsyncDisposableStack();
  const server = open.use(await startRedisServer());
  const proxy = open.use(new CountingProxy(server.port));
  const broker = open.use(await openRedisBroker({ url: proxy.url }));
  const observer = open.use(await openRedisBroker({ url: server.url }));
  return new ExplainedWorld(broker, {
    observer,
    redis: { server, proxy },
    place: server.url,
    open,
  });
}

async function play(situation: Situation, world: ExplainedWorld): Promise<void> {
  const { from = "outside", begin, told, end, then } = situation;
  await using _ = world;
  await begin(world);
  await world.tells(told, { from });
  await end(world);
  await world.tells(then, { from, stepMs: 20 });
}

for (const situation of SITUATIONS) {
  const { name, broker } = situation;
  if (broker !== "redis") {
    Deno.test(`explain is right when ${name} (SQLite)`, async () =>
      play(situation, await onSqlite()));
  }
  if (broker !== "sqlite") {
    Deno.test(`explain is right when ${name} (Redis)`, async () =>
      play(situation, await onRedis()));
  }
}

Deno.test("explain is right in at least 15 situations, each with a sentence of its own", () => {
  const names = new Set(SITUATIONS.map(({ name }) => name));
  const codes = new Set(SITUATIONS.flatMap(({ told, then }) => [told, then]).map(codeOf));
  assert(names.size === SITUATIONS.length && codes.size >= 15, [...codes].join(" "));
});

function codeOf(line: string): string {
  return line.slice(0, line.indexOf(" "));
}
