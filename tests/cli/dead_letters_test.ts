/**
 * Tests of `tidemark dead-letters list` and `show`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import stringWidth from "string-width";
import { type Dead, leave, letterFields, letterIds, LETTERS } from "./dead_letters_left.ts";
import { HOSTILE, operatorFacts, STEERING } from "./operator_place.ts";

const fact = operatorFacts();

fact("dead-letters list shows who gave up what, when and why", async (place) => {
  const { broker, tidemark, json } = place;
  await leave(
    broker,
    { id: "10-0" },
    { id: "11-0", group: "audit", reason: "it was told to", error: null },
    { id: "12-0" },
  );
  // Two streams whose names differ only in braces keep their dead letters in one place.
  await broker.append(LETTERS, [{ fields: letterFields({ id: "13-0", stream: "{orders}" }) }]);
  await broker.append(LETTERS, [{ fields: ["some", "other program's"] }]);

  const all = await tidemark("dead-letters", "list", "orders");
  assertEquals([all.code, all.stderr], [0, ""]);
  const words = all.stdout.trimEnd().split("\n")
    .map((line) => line.replace(/\d+ (d|h) ago/, "N").split(/ {2,}/));
  assertEquals(words, [
    ["id", "group", "entry", "attempts", "died", "reason"],
    ["1-0", "billing", "10-0", "3", "N", "Boom"],
    ["2-0", "audit", "11-0", "3", "N", "it was told to"],
    ["3-0", "billing", "12-0", "3", "N", "Boom"],
  ]);
  assertEquals(all.stdout.includes('{"of"'), false, "no payload");
  const ofGroup = await json("dead-letters", "list", "orders", "billing", "--limit=1");
  assertEquals(ofGroup, {
    stream: "orders",
    deadLetters: [{
      id: "1-0",
      group: "billing",
      entryId: "10-0",
      consumer: "ann",
      reason: "its handler failed",
      error: { name: "Error", message: "Boom" },
      attempts: 3,
      deliveries: 2,
      diedAtMs: 1_767_225_600_000,
    }],
    moreCount: 1,
    isMoreCountExact: true,
  });
  const one = await tidemark("dead-letters", "list", "orders", "--limit=1");
  assertEquals(one.stderr, "And 2 newer, see --limit and --newest, or go on with --after 1-0\n");
});

fact(
  "dead-letters list --newest goes from the newest to the oldest, and on where it ended",
  async (place) => {
    const { broker, tidemark, json } = place;
    const dead = Array.from(
      { length: 70 },
      (_, index): Dead => ({ id: `${BigInt(index + 10)}-0` }),
    );
    await leave(broker, ...dead, { id: "99-0", group: "audit" });
    const idsOf = (shown: unknown): string[] =>
      Object(shown).deadLetters.map(({ id }: { readonly id: string }) => id);
    const oldest = idsOf(await json("dead-letters", "list", "orders", "billing", "--limit=100"));
    assertEquals(oldest.length, 70);
    const parts: string[] = [];
    const counts: unknown[] = [];
    for (let after: string[] = []; parts.length < 70;) {
      const args = ["list", "orders", "billing", "--newest", "--limit=30", ...after];
      const shown = await json("dead-letters", ...args);
      parts.push(...idsOf(shown));
      counts.push(Object(shown).moreCount);
      after = [`--after=${parts.at(-1)}`];
    }
    assertEquals([parts, counts], [oldest.toReversed(), [40, 10, 0]]);
    const onward = ["list", "orders", "billing", "--limit=3", `--after=${oldest[66]}`];
    assertEquals(idsOf(await json("dead-letters", ...onward)), oldest.slice(67));
    const two = await tidemark("dead-letters", "list", "orders", "--newest", "--limit=2");
    assertEquals(
      two.stderr,
      `And 69 older, see --limit, or go on with --newest --after 70-0\n`,
    );
    const none = await tidemark("dead-letters", "list", "orders", "--newest", "--after=0-0");
    assertEquals(none.stderr, 'There are no dead letters of stream "orders" before 0-0\n');
    assertEquals((await tidemark("dead-letters", "list", "orders", "--after=x")).code, 2);
  },
);

fact("dead-letters list tells that there are none, and what is missing", async (place) => {
  const { broker, tidemark } = place;
  const missing = await tidemark("dead-letters", "list", "orders");
  assertEquals([missing.code, missing.stdout], [1, ""]);
  assertStringIncludes(missing.stderr, 'Cannot read stream "orders": it does not exist');
  await broker.createStream("orders");
  assertEquals(await tidemark("dead-letters", "list", "orders"), {
    code: 0,
    stdout: "",
    stderr: 'There are no dead letters of stream "orders"\n',
  });
  await leave(broker, { id: "10-0" });
  assertEquals(
    (await tidemark("dead-letters", "list", "orders", "audit")).stderr,
    'There are no dead letters of group "audit" of "orders"\n',
  );
});

fact("dead-letters show prints a letter with its event, and not without end", async (place) => {
  const { broker, tidemark, json } = place;
  const long = JSON.stringify("x".repeat(20_000));
  const headers = JSON.stringify({ trace: "abc" });
  await leave(broker, { id: "10-0" }, {
    id: "11-0",
    fields: ["event_type", "t", "payload", long, "headers", headers, "idempotency_key", "i"],
  });
  const { code, stdout, stderr } = await tidemark(
    "dead-letters",
    "show",
    "orders",
    "billing",
    "1-0",
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(
    stdout,
    'Dead letter 1-0 of group "billing" of stream "orders"\n' +
      "  reason      its handler failed\n" +
      "  error       Error: Boom\n" +
      "  attempts    3, delivered 2 times\n" +
      '  given up    by "ann" at 2026-01-01T00:00:00.000Z\n' +
      "  entry       10-0\n" +
      "  type        order.placed\n" +
      "  key         k\n" +
      '  data        {"of":"10-0"}\n',
  );
  const second = await tidemark("dead-letters", "show", "orders", "billing", "2-0");
  assertStringIncludes(second.stdout, "  header      trace: abc\n  idempotency i\n");
  assert(second.stdout.length < 5_000, `${second.stdout.length}`);
  assertEquals(await json("dead-letters", "show", "orders", "billing", "1-0"), {
    id: "1-0",
    group: "billing",
    entryId: "10-0",
    consumer: "ann",
    reason: "its handler failed",
    error: { name: "Error", message: "Boom" },
    attempts: 3,
    deliveries: 2,
    diedAtMs: 1_767_225_600_000,
    event: { id: "10-0", type: "order.placed", data: { of: "10-0" }, key: "k" },
    fault: null,
    fields: [["event_type", "order.placed"], ["payload", '{"of":"10-0"}'], ["key", "k"]],
  });
  const wrong: [string[], number][] = [
    [["orders", "audit", "1-0"], 1],
    [["orders", "billing", "9-0"], 1],
    [["orders", "billing", "one"], 2],
    [["orders", "billing"], 2],
    [["orders", "billing", "1-0", "2-0"], 2],
  ];
  for (const [args, code] of wrong) {
    const outcome = await tidemark("dead-letters", "show", ...args);
    assertEquals([outcome.code, outcome.stdout], [code, ""]);
  }
});

fact("dead-letters show and list steer no terminal, whatever was given up", async (place) => {
  const { broker, tidemark } = place;
  const wide = Array.from({ length: 3_000 }, (_, index) => `f${index}`);
  const dead = HOSTILE.flatMap((text): Dead[] => [
    { id: "10-0", reason: text, error: new Error(text), fields: [text, text] },
    {
      id: "11-0",
      fields: ["event_type", text, "payload", JSON.stringify(text), "key", text],
    },
  ]);
  await leave(
    broker,
    ...dead,
    { id: "12-0", fields: [new Uint8Array([0, 255, 27]), new Uint8Array(5_000).fill(254)] },
    { id: "13-0", fields: ["event_type", "t", "payload", "{broken\u001b"] },
    { id: "14-0", fields: wide },
  );
  const list = await tidemark("dead-letters", "list", "orders");
  assertEquals([list.code, STEERING.test(list.stdout)], [0, false]);
  for (const line of list.stdout.split("\n")) assert(stringWidth(line) <= 100, line);
  for (const id of await letterIds(broker)) {
    const args = ["dead-letters", "show", "orders", "billing", id];
    for (const more of [[], ["--json"]]) {
      const { code, stdout } = await tidemark(...args, ...more);
      assertEquals([code, STEERING.test(stdout)], [0, false], id);
      if (more.length === 0) assert(stdout.length < 60_000, `${id}: ${stdout.length}`);
      else JSON.parse(stdout);
    }
  }
  const last = await tidemark("dead-letters", "show", "orders", "billing", `${dead.length + 3}-0`);
  assertMatch(last.stdout, /\n {2}and 1,450 fields more, see --json\n$/);
});
