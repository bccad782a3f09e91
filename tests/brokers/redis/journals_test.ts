/**
 * Journals on Redis: where they lie, full memory, rights, and that nothing is left of those that expired.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { journalKeys, newsChannel } from "../../../src/brokers/redis/journals_keys.ts";
import { AccessDeniedError, BrokerUnavailableError } from "../../../src/domain/errors.ts";
import { listLargeStates } from "../../contracts/journal_place_contract.ts";
import {
  change,
  entries,
  held,
  Listener,
  LONG_MS,
  make,
  RUN,
  run,
  unnumbered,
} from "../../contracts/journal_words.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { openBroker, redisCli, until } from "./setting.ts";

const [META = "", ENTRIES = "", _tokens, INDEX = "", EXPIRIES = ""] = journalKeys(RUN);

/** What decides a key's slot in Redis Cluster. */
function hashTag(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key;
}

/** All keys, in text order. */
async function keys(port: number): Promise<string[]> {
  const text = await redisCli(port, "keys", "*");
  return text === "" ? [] : text.split("\n").sort();
}

Deno.test("T23: all keys of a space's journals lie in one slot, whatever they are named", () => {
  const names = ["7", "{x}", "a}b", "}", "{"];
  const tags = names.flatMap((name) => [...journalKeys(run(name)), newsChannel(run(name))])
    .map(hashTag);
  assertEquals(new Set(tags), new Set(["tidemark:journals:runs"]));
  assertEquals(new Set(names.flatMap((name) => journalKeys(run(name)))).size, 3 * 5 + 2);
});

Deno.test("nothing piles up of journals that expired, though nobody lists or deletes them", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (let index = 0; index < 300; index++) {
    await broker.createJournal(run(`dead-${index}`), {
      state: "{}",
      entries: unnumbered(1),
      expireMs: 1,
    });
  }
  await until(async () => {
    await broker.createJournal(run("another"), { state: "{}", expireMs: 1 });
    return Number(await redisCli(server.port, "zcard", INDEX)) <= 2;
  });
  assert(Number(await redisCli(server.port, "zcard", EXPIRIES)) <= 2);
  await until(async () =>
    (await keys(server.port)).every((key) => [INDEX, EXPIRIES].includes(key))
  );
  await broker.listJournals("runs", { limit: 10 });
  assertEquals(await keys(server.port), []);
});

Deno.test("state and entries of a journal end at the same time, whatever set it", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const ends = async () => {
    const found = [META, ENTRIES].map((key) => redisCli(server.port, "pexpiretime", key));
    const [meta = "", entries] = await Promise.all(found);
    assertEquals(entries, meta);
    const place = await redisCli(server.port, "zrange", EXPIRIES, "0", "-1", "withscores");
    assertEquals(place.split("\n")[1] ?? "-1", meta);
    return meta === "-1" ? null : Math.round((Number(meta) - Date.now()) / LONG_MS);
  };
  await broker.createJournal(RUN, { state: "{}", expireMs: LONG_MS });
  await change(broker, { entries: unnumbered(1) });
  const seen = [await ends()];
  for (
    const step of [
      () => change(broker, { entries: unnumbered(5), lengthMax: 0, expireMs: 3 * LONG_MS }),
      () => change(broker, { entries: unnumbered(1) }),
      () => broker.readJournal(RUN, { count: 1, touchMs: 2 * LONG_MS }),
      () => change(broker, { expireMs: null }),
      () => change(broker, { expireAtMs: Date.now() + 5 * LONG_MS }),
    ]
  ) {
    await step();
    seen.push(await ends());
  }
  assertEquals(seen, [1, 3, 3, 2, null, 5]);
});

Deno.test("listJournals forgets what it finds to be gone, and lists on where it may not", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (let index = 0; index < 250; index++) await make(broker, run(`${index}`));
  await make(broker, run("last"));
  await redisCli(
    server.port,
    "eval",
    "for _, key in ipairs(redis.call('keys', '*{meta}*')) do " +
      "if not string.find(key, 'last', 1, true) then redis.call('del', key) end end",
    "0",
  );
  await redisCli(server.port, "config", "set", "min-replicas-to-write", "1");
  const list = async () => {
    const { journals, next } = await broker.listJournals("runs", { limit: 1 });
    return [journals.map(({ journal }) => journal.name), next];
  };
  assertEquals(await list(), [["last"], null]);
  assertEquals(await redisCli(server.port, "zcard", INDEX), "251");
  await redisCli(server.port, "config", "set", "min-replicas-to-write", "0");
  assertEquals(await list(), [["last"], null]);
  assertEquals(await redisCli(server.port, "zcard", INDEX), "1");
});

Deno.test("T21: with full memory journals are read, watched, touched and deleted, not changed", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await make(broker, RUN, "1-0");
  await make(broker, run("8"), "1-0");
  await using listener = new Listener(broker);
  await redisCli(server.port, "config", "set", "maxmemory", "1");
  listener.watch.add(RUN, "0-0");
  await until(async () => listener.told.length === 1);
  for (
    const call of [
      () => change(broker, { entries: unnumbered(1), state: "[]" }),
      () => make(broker, run("9")),
    ]
  ) {
    const error = await assertRejects(call, BrokerUnavailableError);
    assertEquals([error.reason, error.recovery], ["OOM", "retry"]);
  }
  assertEquals(await held(broker), ["1-0"]);
  const touched = await broker.readJournal(RUN, { count: 1, touchMs: LONG_MS });
  assert((touched?.snapshot.expiresInMs ?? 0) > LONG_MS / 2);
  assertEquals((await broker.listJournals("runs", { limit: 10 })).journals.length, 2);
  assertEquals(await broker.deleteJournal(RUN), true);
  await until(async () => listener.told.length === 2);
  assertEquals(listener.told, ["7 | 1-0 | v1", "7 | gone"]);
});

Deno.test("a user with the rights to keys and channels of journals can do everything", async () => {
  await using server = await startRedisServer();
  const rights = ["on", ">secret", "resetkeys", "resetchannels", "-@all", "+@read", "+@write"];
  rights.push(
    "+@connection",
    "+@scripting",
    "+@pubsub",
    "+time",
    "-@admin",
    "-@dangerous",
    "+info",
  );
  await redisCli(server.port, "acl", "setuser", "app", ...rights, "~{tidemark:journals:*");
  await using broker = await openBroker(`redis://app:secret@127.0.0.1:${server.port}`);
  // Without the right to the channel nothing is changed, and a watch says what is wrong.
  await assertRejects(() => make(broker, RUN, "1-0"), AccessDeniedError, "NOPERM");
  assertEquals(await keys(server.port), []);
  await using denied = new Listener(broker);
  denied.watch.add(RUN, "0-0");
  await until(async () => denied.troubles.length > 0);
  assertEquals(denied.troubles, ["AccessDeniedError"]);
  await redisCli(server.port, "acl", "setuser", "app", "&{tidemark:journals:*");
  await make(broker, RUN, "1-0");
  await using listener = new Listener(broker);
  listener.watch.add(RUN, "0-0");
  await change(broker, { entries: entries("2-0"), lengthMax: 1, expireMs: LONG_MS, token: "t" });
  await until(async () => listener.entriesOf("7").includes("2-0"));
  await broker.readJournal(RUN, { count: 1, touchMs: LONG_MS });
  assertEquals((await broker.listJournals("runs", { limit: 1 })).journals.length, 1);
  assertEquals(await broker.deleteJournal(RUN), true);
  assertEquals(listener.troubles, []);
});

// The last one: see the story for its timer.
Deno.test({
  name: "journals of the largest size are listed and read whole",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using server = await startRedisServer();
    await using broker = await openBroker(server.url);
    await listLargeStates(broker);
  },
});
