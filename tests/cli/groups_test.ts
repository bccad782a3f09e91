/**
 * Tests of `tidemark groups`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import stringWidth from "string-width";
import { joinGroup, operatorFacts, publish } from "./operator_place.ts";

const fact = operatorFacts();
const signal = new AbortController().signal;

fact("groups shows how far each group is and what it has in hand", async (place) => {
  const { broker, tidemark, json } = place;
  for (const id of ["1-0", "2-0", "3-0", "4-0"] as const) await publish(broker, "orders", { id });
  await broker.createGroup("orders", "audit", "end");
  const ann = await joinGroup(broker, { stream: "orders", group: "billing", consumer: "ann" });
  await broker.readNew(ann, { count: 3, blockMs: 0, signal });
  const settlements = [{ kind: "handled", id: "1-0", outputs: [], work: [] }] as const;
  await broker.commit(ann, { token: "t", settlements, withDone: false });

  const { code, stdout, stderr } = await tidemark("groups", "orders", "--consumers");
  assertEquals([code, stderr], [0, ""]);
  const words = stdout.trimEnd().split("\n").map((line) =>
    line.replace(/\d+ ms/, "N").split(/ {2,}/)
  );
  assertEquals(words, [
    ["group", "delivered", "checkpoint", "lag", "pending", "oldest idle", "consumers"],
    ["audit", "4-0", "none", "0", "0", "-", "0"],
    ["billing", "3-0", "1-0", "1", "2", "N", "1"],
    [""],
    ["group", "consumer", "epoch", "position", "pending"],
    ["billing", "ann", "1", "1-0", "2"],
  ]);

  const text = JSON.stringify(await json("groups", "orders", "--consumers"));
  assertEquals(JSON.parse(text.replace(/"idleMs":\d+/, '"idleMs":0')), {
    stream: "orders",
    groups: [
      {
        group: "audit",
        lastDeliveredId: "4-0",
        pendingCount: 0,
        consumerCount: 0,
        lag: 0,
        lostCount: 0,
        checkpoint: { kind: "none", position: null },
        oldestPending: null,
        consumers: [],
      },
      {
        group: "billing",
        lastDeliveredId: "3-0",
        pendingCount: 2,
        consumerCount: 1,
        lag: 1,
        lostCount: 0,
        checkpoint: { kind: "valid", position: "1-0" },
        oldestPending: { id: "2-0", consumer: "ann", idleMs: 0, deliveries: 1 },
        consumers: [{ consumer: "ann", pendingCount: 2, epoch: 1, position: "1-0" }],
      },
    ],
  });
});

fact(
  "groups shows any names on 100 columns, and a lag that is not known as such",
  async (place) => {
    const { broker, tidemark, json } = place;
    for (const id of ["1717000000000-0", "1717000000001-0", "1717000000002-0"] as const) {
      await publish(broker, "orders", { id });
    }
    const group = "Rechnung & Größe 東京都".repeat(6);
    await broker.createGroup("orders", group, { afterId: "1717000000001-0" });
    const { stdout } = await tidemark("groups", "orders");
    for (const line of stdout.split("\n")) assert(stringWidth(line) <= 100, line);
    const { groups: [found] } = await json("groups", "orders") as {
      groups: { group: string; lag: number | null }[];
    };
    // Redis cannot tell it in the middle of a stream (T14), SQLite can.
    const lag = broker.kind === "redis" ? null : 1;
    assertEquals([found?.group, found?.lag], [group, lag]);
    assertMatch(stdout, broker.kind === "redis" ? / - +0 +- +0\n/ : / 1 +0 +- +0\n/);
  },
);

fact("groups names a stream that is missing, and one without groups", async (place) => {
  const { broker, tidemark } = place;
  assertEquals(await tidemark("groups", "absent"), {
    code: 1,
    stdout: "",
    stderr:
      'Cannot read stream "absent": it does not exist, its first event makes it\nRun "tidemark streams" for those that are there.\n',
  });
  await broker.createStream("orders");
  const none = await tidemark("groups", "orders");
  assertEquals(none, { code: 0, stdout: "", stderr: 'Stream "orders" has no group\n' });
  const codes = [
    (await tidemark("groups")).code,
    (await tidemark("groups", "orders", "more")).code,
    (await tidemark("groups", "bad\u001bname")).code,
    (await tidemark("groups", "orders", "--consumer")).code,
  ];
  assertEquals(codes, [2, 2, 2, 2]);
});
