/**
 * Tests of `tidemark pending`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import stringWidth from "string-width";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { HOSTILE, joinGroup, operatorFacts, publish, STEERING } from "./operator_place.ts";

const fact = operatorFacts();
const signal = new AbortController().signal;
const PLACE = { stream: "orders", group: "billing" };

fact("pending shows who holds what, with type and key", async (place) => {
  const { broker, tidemark, json } = place;
  await publish(broker, "orders", { id: "1-0", type: "order.placed", key: "c1" });
  await broker.append("orders", [{ id: "2-0", fields: ["other", "program"] }]);
  await publish(broker, "orders", { id: "3-0", type: "order.paid" });
  await publish(broker, "orders", { id: "4-0", type: "gone" });
  const ann = await joinGroup(broker, { ...PLACE, consumer: "ann" });
  const bob = await joinGroup(broker, { ...PLACE, consumer: "bob" });
  await broker.readNew(ann, { count: 2, blockMs: 0, signal });
  await broker.readNew(bob, { count: 2, blockMs: 0, signal });
  await broker.deleteEntries("orders", ["4-0"]);

  const { code, stdout, stderr } = await tidemark("pending", "orders", "billing", "--limit", "3");
  assertEquals([code, stderr], [0, "And 1 more, see --limit\n"]);
  assertEquals(
    stdout.trimEnd().split("\n").map((line) => line.replace(/\d+ ms/, "N").split(/ {2,}/)),
    [
      ["id", "consumer", "idle", "deliveries", "type", "key"],
      ["1-0", "ann", "N", "1", "order.placed", "c1"],
      ["2-0", "ann", "N", "1", "-", "-"],
      ["3-0", "bob", "N", "1", "order.paid", "-"],
    ],
  );
  const answer = await json("pending", "orders", "billing", "--consumer=bob", "--min-idle=0");
  assertEquals(JSON.parse(JSON.stringify(answer).replace(/"idleMs":\d+/g, '"idleMs":0')), {
    ...PLACE,
    pending: [
      {
        id: "3-0",
        consumer: "bob",
        idleMs: 0,
        deliveries: 1,
        isGone: false,
        type: "order.paid",
        key: null,
      },
      { id: "4-0", consumer: "bob", idleMs: 0, deliveries: 1, isGone: true, type: null, key: null },
    ],
    moreCount: 0,
    isMoreCountExact: true,
  });
  const old = await tidemark("pending", "orders", "billing", "--min-idle", "3600000");
  assertEquals([old.code, old.stdout, old.stderr], [
    0,
    "",
    'No such entry is pending in group "billing"\n',
  ]);
});

fact("pending counts what it does not show, and is quick with 20,000", async (place) => {
  const { broker, tidemark, json } = place;
  for (let from = 0; from < 20_000; from += 1_000) {
    const entries = Array.from({ length: 1_000 }, (_, index) => {
      const id: EntryId = `${BigInt(from + index + 1)}-0`;
      return { id, fields: ["event_type", "t", "payload", "1"] };
    });
    await broker.append("orders", entries);
  }
  const ann = await joinGroup(broker, { ...PLACE, consumer: "ann" });
  for (let read = 0; read < 20_000; read += 1_000) {
    await broker.readNew(ann, { count: 1_000, blockMs: 0, signal });
  }
  const { stdout, stderr } = await tidemark("pending", "orders", "billing");
  assertEquals([stdout.split("\n").length, stderr], [52, "And 19,950 more, see --limit\n"]);
  const answer = await json("pending", "orders", "billing", "--limit=10", "--consumer=ann");
  const { moreCount, isMoreCountExact } = answer as Record<string, unknown>;
  assertEquals([moreCount, isMoreCountExact], [19_990, true]);
});

fact("pending shows hostile keys and types on 100 columns without steering", async (place) => {
  const { broker, tidemark } = place;
  for (const [index, text] of HOSTILE.entries()) {
    const id: EntryId = `${BigInt(index + 1)}-0`;
    await broker.append("orders", [{ id, fields: ["event_type", text, "key", text] }]);
  }
  await broker.append("orders", [{ fields: ["event_type", new Uint8Array([255, 27, 91])] }]);
  const ann = await joinGroup(broker, { ...PLACE, consumer: "größer als 東京" });
  await broker.readNew(ann, { count: 100, blockMs: 0, signal });
  const { code, stdout } = await tidemark("pending", "orders", "billing");
  assertEquals([code, STEERING.test(stdout)], [0, false]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.length, HOSTILE.length + 2);
  for (const line of lines) assert(stringWidth(line) <= 100, line);
  const asJson = await tidemark("pending", "orders", "billing", "--json");
  assertEquals(STEERING.test(asJson.stdout), false);
  assertEquals(JSON.parse(asJson.stdout).pending[0].key, HOSTILE[0]);
});

fact("pending names what is missing or wrong", async ({ broker, tidemark }) => {
  const missing = await tidemark("pending", "orders", "billing");
  await broker.createStream("orders");
  const group = await tidemark("pending", "orders", "billing");
  assertEquals([missing.code, group.code], [1, 1]);
  assertEquals(
    [missing.stderr, group.stderr],
    [
      'Cannot read stream "orders": it does not exist, its first event makes it\nRun "tidemark streams" for those that are there.\n',
      'Cannot read stream "orders": group "billing" does not exist, create it\n',
    ],
  );
  const story = [
    [],
    ["orders"],
    ["orders", "billing", "x"],
    ["orders", "billing", "--limit=0"],
    ["orders", "billing", "--limit=10001"],
    ["orders", "billing", "--limit=1e3"],
    ["orders", "billing", "--min-idle=-1"],
    ["orders", "billing", "--consumer= "],
  ];
  for (const args of story) assertEquals((await tidemark("pending", ...args)).code, 2, args.join());
});
