/**
 * Tests of `tidemark replay`: copies in order, exactly once, also when it is killed and run again.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { connect } from "../../src/service/connect.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { temporaryFolder, tidemark as process } from "./command_line.ts";
import { operatorFacts, publish } from "./operator_place.ts";

const fact = operatorFacts();

async function dataOf(broker: Broker, stream: string): Promise<unknown[]> {
  const payloads: unknown[] = [];
  let from: EntryId = "0-0";
  for (;;) {
    const page = await broker.range(stream, { from, count: 10_000 });
    payloads.push(...page.map(({ fields }) => fields[3]));
    const last = page.at(-1);
    if (last === undefined || page.length < 10_000) return payloads;
    const [ms, seq] = last.id.split("-");
    from = `${BigInt(ms ?? 0)}-${BigInt(seq ?? 0) + 1n}`;
  }
}

/** Fills a stream with events that are numbered. */
async function fill(broker: Broker, count: number): Promise<string[]> {
  const payloads = Array.from({ length: count }, (_, index) => String(index));
  for (let from = 0; from < count; from += 1_000) {
    const entries = payloads.slice(from, from + 1_000).map((payload) => ({
      fields: ["event_type", "test", "payload", payload],
    }));
    await broker.append("orders", entries);
  }
  return payloads;
}

fact("replay copies events as they are, once, however often it is run", async (place) => {
  const { broker, tidemark, json } = place;
  const binary = new Uint8Array([0, 255, 27]);
  const fields = [
    ["event_type", "a", "payload", "1", "key", "k", "extra", "\u001b[2J"],
    ["other", "program", "other", "twice", "__proto__", "x"],
    ["event_type", "b", "payload", "{broken", "binary", binary],
    ["event_type", "a", "payload", "4"],
  ];
  for (const [index, each] of fields.entries()) {
    await broker.append("orders", [{ id: `${BigInt(index + 1)}-0`, fields: each }]);
  }
  const first = await tidemark("replay", "orders", "--into", "copy of it");
  assertEquals([first.code, first.stderr], [0, ""]);
  assertMatch(first.stdout, /^Copied 4 events from "orders" to "copy of it" in \d+ ms\n$/);
  const copied = await broker.range("copy of it", { count: 10 });
  assertEquals(copied.map((entry) => entry.fields), fields);

  await publish(broker, "orders", { id: "9-0", type: "a", data: 9 });
  const again = await json("replay", "orders", "--into=copy of it");
  const { elapsedMs, ...counts } = again as { elapsedMs: number };
  assertEquals([counts, typeof elapsedMs], [{
    stream: "orders",
    into: "copy of it",
    read: 5,
    copied: 1,
    known: 4,
    refused: [],
    missed: 0,
    isComplete: true,
  }, "number"]);
  assertEquals((await broker.streamInfo("copy of it"))?.length, 5);
});

fact("replay takes a range, a type, a key and a limit", async ({ broker, json }) => {
  for (let index = 1; index <= 9; index++) {
    const type = index % 2 === 0 ? "even" : "odd";
    const key = `k${index % 3}`;
    await publish(broker, "orders", { id: `${BigInt(index * 1_000)}-0`, type, key, data: index });
  }
  const story: [string[], number[]][] = [
    [["--from=3000-0", "--to=5000-0"], [3, 4, 5]],
    [["--from=1970-01-01T00:00:08Z"], [8, 9]],
    [["--to=1970-01-01T00:00:02Z"], [1, 2]],
    [["--type=even"], [2, 4, 6, 8]],
    [["--key=k0"], [3, 6, 9]],
    [["--type=odd", "--key=k1", "--limit=1"], [1]],
    [["--limit=2", "--from=4000-0"], [4, 5]],
    [["--to=99999999-0", "--from=9000-0"], [9]],
    [["--from=9000-1"], []],
  ];
  for (const [index, [args, wanted]] of story.entries()) {
    const into = `copy-${index}`;
    const { copied } = await json("replay", "orders", `--into=${into}`, ...args) as {
      copied: number;
    };
    assertEquals([copied, await dataOf(broker, into)], [wanted.length, wanted.map(String)]);
  }
});

fact("replay copies 20,000 events, and says what it could not copy", async (place) => {
  const { broker, json } = place;
  const payloads = await fill(broker, 10_000);
  const wide = Array.from({ length: 20_000 }, (_, index) => `f${index}`);
  const [monster] = await broker.append("orders", [{ fields: wide }]);
  payloads.push(...await fill(broker, 10_000));
  const { copied, refused } = await json("replay", "orders", "--into=copy") as {
    copied: number;
    refused: unknown[];
  };
  // A script of Redis passes on fewer values; SQLite takes any.
  const isRefused = broker.kind === "redis";
  assertEquals([copied, refused], isRefused ? [20_000, [monster?.id]] : [20_001, []]);
  const found = await dataOf(broker, "copy");
  assertEquals(found.filter((payload) => payload !== "f3"), payloads);
});

fact("replay refuses what cannot be", async ({ broker, tidemark }) => {
  await publish(broker, "orders", { id: "1-0" });
  const story: [string[], number, string][] = [
    [["orders"], 2, 'Cannot run "replay": --into is missing'],
    [
      ["orders", "--into=orders"],
      2,
      'Cannot replay "orders" into itself: its groups would handle it twice',
    ],
    [["--into=copy"], 2, 'Cannot run "replay": no stream is named'],
    [["orders", "x", "--into=copy"], 2, 'Cannot use "x": replay takes no more'],
    [["orders", "--into=copy", "--limit=0"], 2, "Cannot use --limit 0: wanted a whole number"],
    [["orders", "--into=copy", "--from=end"], 2, "Cannot use --from end: wanted an id such as"],
    [["absent", "--into=copy"], 1, 'Cannot read stream "absent": it does not exist'],
  ];
  for (const [args, code, message] of story) {
    const outcome = await tidemark("replay", ...args);
    assertEquals([outcome.code, outcome.stdout], [code, ""]);
    assert(outcome.stderr.startsWith(message), outcome.stderr);
  }
  assertEquals(await broker.streamInfo("copy"), null);
});

/** Kills a replay of 20,000 events in the middle, twice, and then lets one come to its end. */
async function killedAndRunAgain(url: string): Promise<void> {
  await using broker = await connect(url);
  const payloads = await fill(broker, 20_000);
  const args = ["replay", "orders", "--into", "copy", "--url", url];
  const permissions = ["--allow-net=127.0.0.1"];
  const options = { permissions, stdout: "null", stderr: "null" } as const;
  for (const least of [1, 6_000]) {
    const child = process(args, options).spawn();
    const ended = child.status.then(() => true);
    await eventually("some are copied", async () => {
      return ((await broker.streamInfo("copy"))?.length ?? 0) >= least;
    });
    child.kill("SIGKILL");
    await ended;
  }
  const lengthMax = (await broker.streamInfo("copy"))?.length ?? 0;
  assert(lengthMax < 20_000, "it was killed too late to show anything");
  assertEquals((await process(args, options).output()).code, 0);
  assertEquals(await dataOf(broker, "copy"), payloads);
}

Deno.test("replay goes on where it was killed, in order, nothing twice (SQLite)", async () => {
  await using folder = await temporaryFolder();
  await killedAndRunAgain(`sqlite:${folder.path}/t.db`);
});

Deno.test("replay goes on where it was killed, in order, nothing twice (Redis)", async () => {
  await using server = await startRedisServer();
  await killedAndRunAgain(server.url);
});

Deno.test("replay outlasts a restart of Redis, in order, nothing twice", async () => {
  await using server = await startRedisServer({ appendonly: true });
  let payloads: string[];
  const lengthOf = async (broker: Broker) => (await broker.streamInfo("copy"))?.length ?? 0;
  const args = ["replay", "orders", "--into", "copy", "--json", "--url", server.url];
  const options = { permissions: ["--allow-net=127.0.0.1"], stdout: "piped" } as const;
  let length = 0;
  let child: Deno.ChildProcess;
  {
    await using broker = await connect(server.url);
    payloads = await fill(broker, 20_000);
    child = process(args, { ...options, stderr: "null" }).spawn();
    await eventually("some are copied", async () => (length = await lengthOf(broker)) > 0);
  }
  await server.kill("SIGKILL");
  await server.restart();
  assert(length < 20_000, "it was killed too late to show anything");
  const { code, stdout } = await child.output();
  const { copied, known } = JSON.parse(new TextDecoder().decode(stdout));
  // What was on its way at the kill may have landed: it is then known when it is sent again.
  assertEquals([code, copied + known], [0, 20_000]);
  await using broker = await connect(server.url);
  assertEquals(await dataOf(broker, "copy"), payloads);
});
