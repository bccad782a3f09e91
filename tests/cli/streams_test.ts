/**
 * Tests of `tidemark streams`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import stringWidth from "string-width";
import { operatorFacts, publish, STEERING } from "./operator_place.ts";

const fact = operatorFacts();

/** A table's cells, with N for what differs from broker to broker. */
function wordsOf(table: string): string[][] {
  return table.trimEnd().split("\n")
    .map((line) => line.replace(/[\d.]+ k?B\b/, "N").split(/ {2,}/));
}

fact("streams shows what is in each stream", async ({ broker, tidemark, json }) => {
  for (const id of ["1-0", "2-0", "3-0"] as const) await publish(broker, "orders", { id });
  await broker.trim("orders", { beforeId: "2-0" });
  await broker.createGroup("orders", "billing", "beginning");
  await broker.createStream("empty");
  await publish(broker, "{orders}:dead-letters", { id: "7-0" });

  const shown = await tidemark("streams");
  assertEquals([shown.code, shown.stderr], [
    0,
    "Not shown: 1 stream of dead letters, see --all\n",
  ]);
  assertEquals(wordsOf(shown.stdout), [
    ["stream", "length", "first id", "last id", "added", "size", "groups", "dead"],
    ["empty", "0", "-", "0-0", "0", "N", "0", "0"],
    ["orders", "2", "2-0", "3-0", "3", "N", "1", "1"],
  ]);
  const all = await tidemark("streams", "--all");
  assertEquals(all.stderr, "");
  assertEquals(
    wordsOf(all.stdout).at(-1),
    ["{orders}:dead-letters", "1", "7-0", "7-0", "1", "N", "0", "these"],
  );
  const asJson = JSON.stringify(await json("streams", "--all"));
  assertEquals(JSON.parse(asJson.replace(/"bytes":\d+/g, '"bytes":1')), {
    streams: [
      {
        stream: "empty",
        length: 0,
        firstId: null,
        lastId: "0-0",
        entriesAdded: 0,
        groupCount: 0,
        bytes: 1,
        kind: "events",
        deadLetterCount: 0,
      },
      {
        stream: "orders",
        length: 2,
        firstId: "2-0",
        lastId: "3-0",
        entriesAdded: 3,
        groupCount: 1,
        bytes: 1,
        kind: "events",
        deadLetterCount: 1,
      },
      {
        stream: "{orders}:dead-letters",
        length: 1,
        firstId: "7-0",
        lastId: "7-0",
        entriesAdded: 1,
        groupCount: 0,
        bytes: 1,
        kind: "deadLetters",
        deadLetterCount: null,
      },
    ],
  });
});

fact("streams does not show the streams that wake readers of ordered groups", async (place) => {
  const { broker, json } = place;
  await publish(broker, "orders", { id: "1-0", key: "a" });
  await publish(broker, "orders", { id: "2-0", key: "a" });
  const members = [];
  for (const consumer of ["ann", "bob"]) {
    const order = "key";
    const joined = await broker.join({ stream: "orders", group: "g", consumer, order });
    const plan = { createStream: false, group: { create: "0-0" }, checkpoint: "keep" } as const;
    await broker.establish(joined.membership, { ...plan, quarantine: false });
    members.push(joined.membership);
  }
  const signal = new AbortController().signal;
  for (const member of members) await broker.readNew(member, { count: 1, blockMs: 0, signal });
  const [ann] = members;
  assert(ann !== undefined);
  await broker.commit(ann, {
    token: "t",
    withDone: false,
    settlements: [{ kind: "handled", id: "1-0", outputs: [], work: [] }],
  });
  const found = await json("streams", "--all");
  const { streams } = found as { streams: { stream: string }[] };
  assertEquals(streams.map(({ stream }) => stream), ["orders"]);
});

fact("streams shows any number of streams with any names on 100 columns", async (place) => {
  const { broker, tidemark, json } = place;
  const names = [
    "größe mit Leerzeichen",
    "東京都".repeat(25),
    "{eu}orders",
    "-dash",
    "a".repeat(256),
    ...Array.from({ length: 120 }, (_, index) => `s${index}`),
  ];
  for (const name of names) {
    await broker.append(name, [{ id: "1717000000000-12345", fields: ["a", "b"] }]);
  }
  const { code, stdout } = await tidemark("streams");
  const lines = stdout.trimEnd().split("\n");
  assertEquals([code, lines.length], [0, names.length + 1]);
  for (const line of lines) assert(stringWidth(line) <= 100, line);
  assert(lines.every((line, index) => index === 0 || line.includes("1717000000000-12345")));
  assert(!STEERING.test(stdout));
  const { streams } = await json("streams") as { streams: { stream: string }[] };
  assertEquals(streams.map(({ stream }) => stream), [...names].sort());
});

fact("streams says when there is none, and refuses what it does not take", async (place) => {
  const { tidemark, json } = place;
  const none = await tidemark("streams");
  assertEquals([none.code, none.stdout], [0, ""]);
  assert(none.stderr.startsWith("There is no stream at "), none.stderr);
  assertEquals(await json("streams"), { streams: [] });
  const wrong = await tidemark("streams", "orders");
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
});
