/**
 * Tests of `tidemark checkpoint show` and `tidemark checkpoint reset`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Redis } from "ioredis";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { runConsumer } from "../../src/service/run_consumer.ts";
import { joinGroup, operatorFacts, publish, STEERING } from "./operator_place.ts";
import { eventually } from "../support/eventually.ts";

const fact = operatorFacts();
const signal = new AbortController().signal;
const PLACE = { stream: "orders", group: "billing" };
const ARGS = ["orders", "billing"];

/** Five events, of which ann holds four and has finished the first and the third. */
async function atWork(broker: Broker) {
  for (const id of ["1-0", "2-0", "3-0", "4-0", "5-0"] as const) {
    await publish(broker, "orders", { id });
  }
  const ann = await joinGroup(broker, { ...PLACE, consumer: "ann" });
  await broker.readNew(ann, { count: 4, blockMs: 0, signal });
  await finish(broker, ann, ["1-0", "3-0"]);
  return ann;
}

function finish(broker: Broker, member: Awaited<ReturnType<typeof joinGroup>>, ids: EntryId[]) {
  const settlements = ids.map((id) => ({ kind: "handled", id, outputs: [], work: [] } as const));
  return broker.commit(member, { token: ids.join(), settlements, withDone: false });
}

fact("checkpoint show tells position, done-set, who wrote it, and that it fits", async (place) => {
  const { broker, tidemark, json } = place;
  await atWork(broker);
  const { code, stdout, stderr } = await tidemark("checkpoint", "show", ...ARGS);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(
    stdout,
    /^Checkpoint of group "billing" of stream "orders"\n {2}position {5}1-0\n {2}done {9}1: 3-0\n {2}written by {3}ann, epoch 1, at \d{4}-\S+Z\n {2}incarnation {2}\S+\n {2}fit {10}it fits, a consumer will go on here\n$/,
  );
  const found = await json("checkpoint", "show", ...ARGS) as {
    checkpoint: { savedAtMs: number; incarnation: string };
  };
  const { savedAtMs, incarnation, ...checkpoint } = found.checkpoint;
  assert(Math.abs(savedAtMs - Date.now()) < 60_000);
  assertEquals(incarnation, (await broker.streamInfo("orders"))?.incarnation);
  assertEquals({ ...found, checkpoint }, {
    ...PLACE,
    kind: "valid",
    checkpoint: {
      schema: 1,
      consumer: "ann",
      position: "1-0",
      done: ["3-0"],
      doneCount: 1,
      epoch: 1,
    },
    reason: null,
    fit: { code: "fits", text: "it fits, a consumer will go on here" },
    quarantined: [],
  });
});

fact("checkpoint show tells that there is none, and what is missing", async (place) => {
  const { broker, tidemark } = place;
  const noStream = await tidemark("checkpoint", "show", ...ARGS);
  await broker.createStream("orders");
  const noGroup = await tidemark("checkpoint", "show", ...ARGS);
  await broker.createGroup("orders", "billing", "end");
  const none = await tidemark("checkpoint", "show", ...ARGS);
  assertEquals([noStream, noGroup, none], [
    {
      code: 1,
      stdout: "",
      stderr:
        'Cannot read stream "orders": it does not exist, its first event makes it\nRun "tidemark streams" for those that are there.\n',
    },
    {
      code: 1,
      stdout: "",
      stderr: 'Cannot read stream "orders": group "billing" does not exist, create it\n',
    },
    {
      code: 0,
      stdout: 'Checkpoint of group "billing" of stream "orders"\n' +
        "  there is none: a consumer will write one when it starts\n",
      stderr: "",
    },
  ]);
});

fact("checkpoint show shows a malformed one as such, and the one moved aside", async (place) => {
  const { broker, url, tidemark, json } = place;
  const ann = await atWork(broker);
  if (broker.kind === "redis") {
    const redis = new Redis(url);
    await redis.hset("{orders}:tidemark:group:billing:checkpoint", "position", "7\u001b[31m");
    redis.disconnect();
  } else {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(url.slice("sqlite:".length));
    database.exec("UPDATE tidemark_groups SET checkpoint_position = '7' || char(27) || '[31m'");
    database.close();
  }
  const { code, stdout } = await tidemark("checkpoint", "show", ...ARGS);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "  unusable     its position is not an entry id\n");
  assertStringIncludes(stdout, "  fit          a consumer will move it aside");
  assertEquals(STEERING.test(stdout), false);

  const plan = { createStream: false, group: "keep", quarantine: true } as const;
  await broker.establish(ann, { ...plan, checkpoint: { position: "1-0", done: [] } });
  const after = await tidemark("checkpoint", "show", ...ARGS);
  assertMatch(
    after.stdout,
    /\nMoved aside, newest first: 1 checkpoint\n {2}\S+Z {2}unusable: its position is not an entry id\n$/,
  );
  const found = await json("checkpoint", "show", ...ARGS) as {
    kind: string;
    quarantined: { kind: string; reason: string }[];
  };
  assertEquals(
    [found.kind, found.quarantined.map(({ kind, reason }) => [kind, reason])],
    ["valid", [["unusable", "its position is not an entry id"]]],
  );
});

fact("checkpoint reset moves a group, and what it then reads comes once", async (place) => {
  const { broker, tidemark, json } = place;
  const ann = await atWork(broker);
  await finish(broker, ann, ["2-0", "4-0"]);
  const reset = await tidemark("checkpoint", "reset", ...ARGS, "--to=2-0", "--yes");
  assertEquals([reset.code, reset.stdout], [
    0,
    'Group "billing" of stream "orders" goes on after 2-0; dropped 0 pending entries, ' +
    "1 consumer goes on there\n",
  ]);
  assertMatch(
    reset.stderr,
    /^Consumers seem to be running: "ann" \(\d+ ms ago\)\. They will go on at the new position by themselves; .*\n$/,
  );
  const handled: EntryId[] = [];
  const done = new AbortController();
  await runConsumer({
    broker,
    ...PLACE,
    consumer: "ann",
    signal: done.signal,
    handler: ({ id }) => {
      if (handled.push(id) === 3) done.abort();
    },
  });
  assertEquals(handled, ["3-0", "4-0", "5-0"]);
  const answer = await json("checkpoint", "reset", ...ARGS, "--to", "beginning", "--yes");
  assertEquals(answer, { ...PLACE, position: "0-0", droppedCount: 0, fencedCount: 1 });
  const shown = await json("checkpoint", "show", ...ARGS) as {
    quarantined: { checkpoint: { position: string } }[];
  };
  const positions = shown.quarantined.map(({ checkpoint }) => checkpoint.position);
  assertEquals(positions, ["5-0", "4-0"], "what was there is kept aside");
});

fact("checkpoint reset spares pending entries unless it is forced", async (place) => {
  const { broker, tidemark, json } = place;
  const ann = await atWork(broker);
  const refused = await tidemark("checkpoint", "reset", ...ARGS, "--to=end", "--yes");
  assertEquals(refused, {
    code: 1,
    stdout: "",
    stderr: 'Cannot reset group "billing": 2 entries are pending, let them finish or force it\n',
  });
  const forced = await json("checkpoint", "reset", ...ARGS, "--to=end", "--yes", "--force");
  assertEquals(forced, { ...PLACE, position: "5-0", droppedCount: 2, fencedCount: 1 });
  const late = await finish(broker, ann, ["2-0"]).catch((error) => error.name);
  assertEquals(late, "GroupResetError");
});

fact("checkpoint reset under a running consumer doubles no output", async (place) => {
  const { broker, tidemark } = place;
  for (const id of ["1-0", "2-0", "3-0"] as const) await publish(broker, "orders", { id });
  const started = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const done = new AbortController();
  const running = runConsumer({
    broker,
    ...PLACE,
    consumer: "ann",
    start: "beginning",
    signal: done.signal,
    handler: async ({ id }, ctx) => {
      started.resolve();
      await goOn.promise;
      ctx.publish("out", { type: "done", data: id });
    },
  });
  await started.promise;
  const reset = await tidemark("checkpoint", "reset", ...ARGS, "--to=1-0", "--yes", "--force");
  assertEquals(reset.code, 0);
  goOn.resolve();
  await eventually("the same one goes on at the new position, and is done", async () => {
    const [info] = await broker.listGroups("orders");
    return info?.lag === 0 && info.pendingCount === 0;
  });
  done.abort();
  await running;
  const out = await broker.range("out", { count: 10 });
  assertEquals(out.map(({ fields }) => fields[3]), ['"2-0"', '"3-0"']);
});

fact("checkpoint reset takes the beginning, the end, ids and times", async (place) => {
  const { broker, json } = place;
  for (const id of ["1767225600000-0", "1767225600001-0", "1767312000000-0"] as const) {
    await publish(broker, "orders", { id });
  }
  await broker.createGroup("orders", "billing", "end");
  const story: [string, string][] = [
    ["beginning", "0-0"],
    ["end", "1767312000000-0"],
    ["1767225600000-0", "1767225600000-0"],
    ["2026-01-02", "1767311999999-18446744073709551615"],
    ["2026-01-01T01:00+01:00", "1767225599999-18446744073709551615"],
    ["2999-01-01", "1767312000000-0"],
  ];
  for (const [to, position] of story) {
    const answer = await json("checkpoint", "reset", ...ARGS, "--to", to, "--yes");
    assertEquals(answer, { ...PLACE, position, droppedCount: 0, fencedCount: 0 });
  }
});

fact("checkpoint reset asks, and refuses what cannot be", async ({ broker, tidemark }) => {
  await publish(broker, "orders", { id: "1-0" });
  await broker.createGroup("orders", "billing", "beginning");
  const story: [string[], number, string][] = [
    [["--to=end"], 2, "Cannot ask whether to do it: there is no terminal, add --yes\n"],
    [["--yes"], 2, 'Cannot run "checkpoint reset": --to is missing\n'],
    [["--to=2-0", "--yes"], 1, "Cannot start a group of stream"],
    [["--to=yesterday", "--yes"], 2, "Cannot use --to yesterday: wanted beginning, end, an id"],
  ];
  for (const [args, code, message] of story) {
    const outcome = await tidemark("checkpoint", "reset", ...ARGS, ...args);
    assertEquals([outcome.code, outcome.stdout], [code, ""]);
    assertStringIncludes(outcome.stderr, message);
  }
  assertEquals((await broker.listGroups("orders"))[0]?.lastDeliveredId, "0-0");
  const wrong = [
    await tidemark("checkpoint"),
    await tidemark("checkpoint", "resets", ...ARGS),
    await tidemark("checkpoint", "toString", ...ARGS),
    await tidemark("checkpoint", "reset", "orders", "absent", "--to=end", "--yes"),
  ];
  assertEquals(wrong.map(({ code, stderr }) => [code, stderr.split("\n")[0]]), [
    [2, 'Cannot run "checkpoint": say first what to do, wanted show, reset'],
    [2, 'Unknown command "checkpoint resets", did you mean reset?'],
    [2, 'Unknown command "checkpoint toString", wanted show, reset'],
    [1, 'Cannot read stream "orders": group "absent" does not exist, create it'],
  ]);
});
