/**
 * Tests of `tidemark dead-letters replay` and `drop`: nothing twice, nothing lost, also when it is killed.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { connect } from "../../src/service/connect.ts";
import { runConsumer } from "../../src/service/run_consumer.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { temporaryFolder, tidemark as process } from "./command_line.ts";
import { leave, letterFields, letterIds, LETTERS, payloads } from "./dead_letters_left.ts";
import { operatorFacts, publish } from "./operator_place.ts";

const fact = operatorFacts();

fact("dead-letters replay publishes the originals again and removes the letters", async (place) => {
  const { broker, tidemark, json } = place;
  const binary = ["event_type", "b", "payload", "null", "raw", new Uint8Array([0, 255])];
  await leave(
    broker,
    { id: "10-0" },
    { id: "11-0", group: "audit" },
    { id: "12-0", fields: binary },
    { id: "13-0" },
  );
  const one = await tidemark("dead-letters", "replay", "orders", "billing", "4-0", "1-0", "1-0");
  assertEquals(one, {
    code: 0,
    stdout: 'Replayed 2 dead letters of group "billing" into "orders"\n',
    stderr: "",
  });
  assertEquals(await payloads(broker, "orders"), ['{"of":"10-0"}', '{"of":"13-0"}'], "in order");
  assertEquals(await letterIds(broker), ["2-0", "3-0"]);
  const rest = await json("dead-letters", "replay", "orders", "billing", "--all", "--into=again");
  assertEquals(rest, {
    stream: "orders",
    group: "billing",
    into: "again",
    replayed: 1,
    known: 0,
    missing: [],
    omitted: [],
    refused: [],
    isComplete: true,
  });
  assertEquals((await broker.range("again", { count: 9 })).map(({ fields }) => fields), [binary]);
  assertEquals(await letterIds(broker), ["2-0"], "the other group's is left alone");
  const nothing = await json("dead-letters", "replay", "orders", "billing", "--all");
  assertEquals([(nothing as { replayed: number }).replayed], [0]);
});

fact("dead-letters replay names the ids that are none of this group", async (place) => {
  const { broker, tidemark } = place;
  await leave(broker, { id: "10-0" }, { id: "11-0", group: "audit" });
  const outcome = await tidemark(
    "dead-letters",
    "replay",
    "orders",
    "billing",
    "1-0",
    "2-0",
    "7-0",
  );
  assertEquals(outcome, {
    code: 1,
    stdout: 'Replayed 1 dead letter of group "billing" into "orders"\n',
    stderr: 'No dead letters of group "billing", or not any more: 2-0, 7-0\n',
  });
  const story: [string[], number][] = [
    [["orders", "billing"], 2],
    [["orders", "billing", "--all", "1-0"], 2],
    [["orders", "billing", "x"], 2],
    [["orders", "billing", "--all", `--into=${LETTERS}`], 2],
    [["absent", "billing", "--all"], 1],
  ];
  for (const [args, code] of story) {
    assertEquals((await tidemark("dead-letters", "replay", ...args)).code, code, args.join(" "));
  }
  assertEquals(await letterIds(broker), ["2-0"]);
});

fact("dead-letters replay finds the original of a letter that was too large", async (place) => {
  const { broker, json } = place;
  const large = Array.from({ length: 5_000 }, (_, index) => `f${index}`);
  await broker.append("orders", [{ id: "10-0", fields: large }, { id: "11-0", fields: large }]);
  await broker.append(LETTERS, [{
    id: "1-0",
    fields: letterFields({ id: "10-0", fields: large }),
  }]);
  await broker.append(LETTERS, [{
    id: "2-0",
    fields: letterFields({ id: "11-0", fields: large }),
  }]);
  await broker.trim("orders", { beforeId: "11-0" });
  const answer = await json("dead-letters", "replay", "orders", "billing", "--all", "--into=again");
  const { replayed, omitted } = answer as Record<string, unknown>;
  assertEquals([replayed, omitted, await letterIds(broker)], [1, ["1-0"], ["1-0"]]);
  assertEquals((await broker.range("again", { count: 9 })).map(({ fields }) => fields), [large]);
});

fact("dead-letters drop removes what is named, or all of the group", async (place) => {
  const { broker, tidemark, json } = place;
  await leave(
    broker,
    { id: "10-0" },
    { id: "11-0", group: "audit" },
    { id: "12-0" },
    { id: "13-0" },
  );
  const asks = await tidemark("dead-letters", "drop", "orders", "billing", "--all");
  assertEquals([asks.code, await letterIds(broker)], [2, ["1-0", "2-0", "3-0", "4-0"]]);
  const one = await tidemark("dead-letters", "drop", "orders", "billing", "2-0", "3-0", "--yes");
  assertEquals(one, {
    code: 1,
    stdout: 'Dropped 1 dead letter of group "billing" of stream "orders"\n',
    stderr: 'No dead letters of group "billing", or not any more: 2-0\n',
  });
  const all = await json("dead-letters", "drop", "orders", "billing", "--all", "--yes");
  assertEquals(all, {
    stream: "orders",
    group: "billing",
    dropped: 2,
    missing: [],
    isComplete: true,
  });
  assertEquals(await letterIds(broker), ["2-0"]);
});

fact("what a consumer gave up is listed, replayed, and handled then", async (place) => {
  const { broker, tidemark } = place;
  for (const id of ["1-0", "2-0", "3-0"] as const) {
    await publish(broker, "orders", { id, data: id });
  }
  const handled: unknown[] = [];
  let isBroken = true;
  const consume = async (count: number) => {
    const done = new AbortController();
    await runConsumer({
      broker,
      stream: "orders",
      group: "billing",
      attemptsMax: 1,
      signal: done.signal,
      onReport: ({ kind }) => {
        if (kind === "deadLettered" && --count === 0) done.abort();
      },
      handler: ({ data }) => {
        if (isBroken && data !== "2-0") throw new Error("Boom");
        handled.push(data);
        if (!isBroken && --count === 0) done.abort();
      },
    });
  };
  await consume(2);
  const list = await tidemark("dead-letters", "list", "orders", "billing");
  assertEquals(list.stdout.trimEnd().split("\n").length, 3);
  isBroken = false;
  assertEquals((await tidemark("dead-letters", "replay", "orders", "billing", "--all")).code, 0);
  await consume(2);
  assertEquals(handled, ["2-0", "1-0", "3-0"]);
});

/** Kills a replay of 5,000 dead letters in the middle, and then lets one come to its end. */
async function killedAndRunAgain(url: string): Promise<void> {
  await using broker = await connect(url);
  const count = 5_000;
  const ids = Array.from({ length: count }, (_, index): EntryId => `${BigInt(index + 1)}-0`);
  await broker.createStream("orders");
  for (let from = 0; from < count; from += 1_000) {
    const some = ids.slice(from, from + 1_000).map((id) => ({ id, fields: letterFields({ id }) }));
    await broker.append(LETTERS, some);
  }
  const args = ["dead-letters", "replay", "orders", "billing", "--all", "--url", url];
  const permissions = ["--allow-net=127.0.0.1"];
  const options = { permissions, stdout: "null", stderr: "null" } as const;
  const lengthOf = async (stream: string) => (await broker.streamInfo(stream))?.length ?? 0;
  const child = process(args, options).spawn();
  await eventually("some are replayed", async () => await lengthOf("orders") > 0);
  child.kill("SIGKILL");
  await child.status;
  assert(await lengthOf(LETTERS) > 0, "it was killed too late to show anything");
  assertEquals((await process(args, options).output()).code, 0);
  assertEquals(await payloads(broker, "orders"), ids.map((id) => `{"of":"${id}"}`));
  assertEquals(await lengthOf(LETTERS), 0);
}

Deno.test("dead-letters replay goes on where it was killed, nothing twice (SQLite)", async () => {
  await using folder = await temporaryFolder();
  await killedAndRunAgain(`sqlite:${folder.path}/t.db`);
});

Deno.test("dead-letters replay goes on where it was killed, nothing twice (Redis)", async () => {
  await using server = await startRedisServer();
  await killedAndRunAgain(server.url);
});

fact(
  "dead-letters replay knows what was published before its letter was removed",
  async (place) => {
    const { broker, json } = place;
    await leave(broker, { id: "10-0" }, { id: "11-0" });
    // As a kill between the two steps leaves it.
    const incarnation = (await broker.streamInfo(LETTERS))?.incarnation;
    const original = letterFields({ id: "10-0" }).slice(2);
    await broker.append("orders", [{
      fields: original,
      idempotencyKey: `tidemark:dead-letter:${incarnation}:1-0`,
    }]);
    const answer = await json("dead-letters", "replay", "orders", "billing", "--all");
    const { replayed, known } = answer as Record<string, unknown>;
    assertEquals([replayed, known, await letterIds(broker)], [1, 1, []]);
    assertEquals(await payloads(broker, "orders"), ['{"of":"10-0"}', '{"of":"11-0"}']);
  },
);
