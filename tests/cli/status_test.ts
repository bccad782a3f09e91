/**
 * Tests of `tidemark status` and `tidemark explain`: with processes that announced themselves, against the broker alone,
 * for people and for programs.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { sentencesRecord, surveyRecord } from "../../src/cli/status/json.ts";
import { sentencesText, surveyText } from "../../src/cli/status/screen.ts";
import { type SurveySelection, takeSurvey } from "../../src/cli/status/survey.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { encodeInstance, type InstanceRecord } from "../../src/telemetry/instance_record.ts";
import { redisCli } from "../brokers/redis/setting.ts";
import { append, join, readNew } from "../contracts/contract.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { consumerFacts, emptyHanded, instanceRecord, NOW_MS } from "../telemetry/facts.ts";
import { run, temporaryFolder, tidemark } from "./command_line.ts";

const LONG_MS = 60_000;
const PLAIN = { colour: false };

/** A broker in memory on a clock that stands at the time of all facts. */
async function brokerOnClock(): Promise<{ broker: Broker; clock: VirtualClock }> {
  const clock = new VirtualClock(NOW_MS);
  return { broker: await openSqliteBroker({ path: ":memory:", clock }), clock };
}

function announce(broker: Broker, record: InstanceRecord): Promise<void> {
  return broker.announce(record.instance, encodeInstance(record), LONG_MS);
}

async function screen(broker: Broker, selection?: SurveySelection): Promise<string[]> {
  const options = selection === undefined ? {} : { selection };
  const survey = await takeSurvey(broker, { nowMs: NOW_MS, ...options });
  return surveyText(survey, PLAIN).split("\n");
}

async function sentences(broker: Broker, selection: SurveySelection): Promise<string[]> {
  const survey = await takeSurvey(broker, { nowMs: NOW_MS, selection });
  return sentencesText(survey, PLAIN).split("\n");
}

Deno.test("status shows each process with its consumers, then the groups that nobody announced", async () => {
  const { broker, clock } = await brokerOnClock();
  await using _ = broker;
  await append(broker, "5-0", "6-0 k", `${NOW_MS - 5_000}-0`);
  const ann = await join(broker, "ann");
  await join(broker, "main", { group: "audit" });
  await readNew(broker, ann, 1);
  await announce(broker, instanceRecord([consumerFacts({ restarts: 1 })], { consumersDropped: 2 }));
  await broker.announce("old", '{"format":"tidemark-instance","schema":7}', LONG_MS);
  await broker.announce("\u0430lien", "[1]", LONG_MS);
  await announce(broker, instanceRecord([], { instance: "idle", host: null, state: "starting" }));
  clock.jump(1_500);
  assertEquals(await screen(broker), [
    "Process idle (pid 812, version 0.1.0): starting, heard 1 s ago",
    "  It has no consumers",
    "",
    "Process web-1 (pid 812 on build3, version 0.1.0): healthy for 60 min, heard 1 s ago",
    "stream/group/consumer  state       position  lag  pending  in flight  restarts",
    "orders/billing/ann     processing  4-0         2        1          4         1",
    "    Making progress: 3 handlers at work, 1,240 entries committed since its start, 2 entries to be",
    "    read and 1 pending in the group",
    "  and 2 consumers more, for which there was no room",
    "",
    "Groups that no process has announced",
    "stream/group  lag  pending",
    "orders/audit    3        0",
    "    No process has announced that it runs this group: 3 entries wait; start one with tidemark run",
    "",
    "Process old cannot be read: it is from a newer version of Tidemark (schema 7), update this one",
    "Process \u0430lien cannot be read: it is no record",
  ]);
});

Deno.test("status says so when there is nothing", async () => {
  const { broker } = await brokerOnClock();
  await using _ = broker;
  await broker.createStream("orders");
  assertEquals(await screen(broker), ["No process has announced itself, and there is no group"]);
});

Deno.test("status tells a process that has fallen silent, and lets its times run on", async () => {
  const { broker, clock } = await brokerOnClock();
  await using _ = broker;
  const facts = consumerFacts({
    broker: null,
    running: [{ id: "5-0", key: null, sinceMs: NOW_MS, attempt: 1 }],
  });
  await announce(broker, instanceRecord([facts]));
  clock.jump(20_000);
  const lines = await screen(broker);
  assertStringIncludes(lines[0] ?? "", "silent for 20 s");
  // The broker says more than the process did: the stream is gone.
  assertEquals(lines[3], '    Stream "orders" does not exist: create it, or set create_stream');
  await join(broker, "ann");
  assertStringIncludes((await screen(broker))[3] ?? "", "has been running for 20 s");
});

Deno.test("explain says one sentence for each consumer that was asked for", async () => {
  const { broker } = await brokerOnClock();
  await using _ = broker;
  await append(broker, `${NOW_MS - 7_200_000}-0`);
  await broker.append("returns", [{ id: "1-0", fields: ["a", "1"] }]);
  const ann = await join(broker, "ann");
  await join(broker, "bob");
  await readNew(broker, ann);
  await join(broker, "main", { stream: "returns" });
  await announce(broker, instanceRecord([emptyHanded({}, { consumer: "bob" })]));
  const bob = [
    "orders/billing/bob in process web-1",
    '    Nothing is left to read, 1 entry pending with others: consumer "ann" holds entry ' +
    `${NOW_MS - 7_200_000}-0`,
    "    and is alive, heard 0 ms ago",
  ];
  const returns = [
    "returns/billing",
    "    No process has announced that it runs this group: 1 entry waits; start one with tidemark run",
  ];
  assertEquals(await sentences(broker, {}), [...bob, ...returns]);
  assertEquals(await sentences(broker, { stream: "orders" }), bob);
  assertEquals(
    await sentences(broker, { stream: "orders", group: "billing", consumer: "bob" }),
    bob,
  );
  assertEquals(await sentences(broker, { stream: "orders", group: "billing", consumer: "ann" }), [
    "orders/billing/ann",
    '    No process has announced consumer "ann", 1 entry pending for it',
  ]);
  assertEquals(await sentences(broker, { stream: "orders", group: "audit" }), [
    "orders/audit",
    '    Stream "orders" has no group "audit": create it, or run a consumer of it',
  ]);
  assertEquals(await sentences(broker, { stream: "order" }), [
    "order",
    '    Stream "order" does not exist: create it',
  ]);
});

testOnEachBroker("status says the same on every broker", async ({ broker }) => {
  await append(broker, "5-0", "6-0");
  const bob = await join(broker, "bob");
  await readNew(broker, bob);
  await announce(broker, instanceRecord([emptyHanded({}), emptyHanded({}, { stream: "gone" })]));
  const survey = await takeSurvey(broker, { nowMs: NOW_MS });
  const facts = survey.processes[0]?.record.consumers.map(({ broker }) => broker);
  const oldest = facts?.[0]?.oldestPending;
  assert(oldest !== undefined && oldest !== null && oldest.idleMs < 15_000);
  assertEquals(facts, [
    {
      streamExists: true,
      groupExists: true,
      lag: 0,
      lagConfidence: "exact",
      pendingCount: 2,
      ownPendingCount: 0,
      firstPendingId: "5-0",
      oldestPending: { id: "5-0", consumer: "bob", idleMs: oldest.idleMs },
      waitingSinceMs: null,
      otherConsumers: ["bob"],
    },
    {
      streamExists: false,
      groupExists: false,
      lag: null,
      lagConfidence: "unknown",
      pendingCount: 0,
      ownPendingCount: null,
      firstPendingId: null,
      oldestPending: null,
      waitingSinceMs: null,
      otherConsumers: [],
    },
  ]);
  assertEquals([survey.unattended, survey.notes], [[], []]);
});

Deno.test("status shows what a user may see, and notes what not", async () => {
  await using server = await startRedisServer();
  const rights = ["on", ">secret", "+@all", "resetkeys", "~orders", "~{orders}*"];
  await redisCli(server.port, "acl", "setuser", "app", ...rights);
  {
    await using all = await openRedisBroker({ url: server.url });
    await all.createGroup("orders", "billing", "beginning", { createStream: true });
    await all.createGroup("secrets", "billing", "beginning", { createStream: true });
  }
  const url = `redis://app:secret@127.0.0.1:${server.port}`;
  await using broker = await openRedisBroker({ url });
  const survey = await takeSurvey(broker, { nowMs: NOW_MS });
  assertEquals(survey.unattended.map(({ stream }) => stream), ["orders"]);
  assertEquals(survey.notes, [
    "Cannot list the announced processes: the broker refuses access (NOPERM), check user, password and permissions",
    'Cannot list groups of stream "secrets": the broker refuses access (NOPERM), check user, password and permissions',
  ]);
});

Deno.test("status and explain never write more than 100 columns, nor what steers a terminal", async () => {
  const name = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.constantFrom(
      "水".repeat(85),
      "a".repeat(256),
      "\u001b[31mred\u001b[0m",
      "\u202eab",
      "👩‍👩‍👧‍👧".repeat(20),
    ),
  );
  const { broker } = await brokerOnClock();
  await using _ = broker;
  await fc.assert(
    fc.asyncProperty(name, fc.maxSafeInteger(), async (odd, count) => {
      const facts = consumerFacts({
        stream: odd,
        group: odd,
        consumer: odd,
        state: odd,
        position: odd,
        restarts: count,
        failure: { code: odd, message: odd },
        supervision: "restarting",
      });
      await broker.announce(
        "web",
        encodeInstance(instanceRecord([facts], { host: odd, version: odd })),
        LONG_MS,
      );
      await broker.announce("odd", JSON.stringify({ [odd]: odd }), LONG_MS);
      const survey = await takeSurvey(broker, { nowMs: NOW_MS });
      for (const text of [surveyText(survey, PLAIN), sentencesText(survey, PLAIN)]) {
        for (const line of text.split("\n")) {
          assert(stringWidth(line) <= 100, `${stringWidth(line)} columns: ${line}`);
          assert(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line), line);
        }
      }
      JSON.stringify([surveyRecord(survey), sentencesRecord(survey)]);
    }),
    { numRuns: 50 },
  );
});

Deno.test("status colours a sentence by how bad it is, when it is told to", async () => {
  const { broker } = await brokerOnClock();
  await using _ = broker;
  await broker.createGroup("orders", "billing", "end", { createStream: true });
  const stuck = consumerFacts({ consumer: "a", supervision: "failed" });
  await announce(broker, instanceRecord([stuck, consumerFacts({ consumer: "b" })]));
  const survey = await takeSurvey(broker, { nowMs: NOW_MS });
  const text = surveyText(survey, { colour: true });
  assertStringIncludes(text, "\u001b[31m    Given up: see the log of its process\u001b[0m");
  assertStringIncludes(text, "\u001b[32m    Making progress");
});

/** Runs a command on a file with a process that works well, or on one whose group nobody runs. */
async function onFile(args: readonly string[], options: { readonly announced: boolean }) {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/t.db`;
  const broker = await openSqliteBroker({ path });
  await append(broker, "5-0");
  await join(broker, "ann");
  if (options.announced) await announce(broker, instanceRecord([consumerFacts()]));
  await broker[Symbol.asyncDispose]();
  return await run([...args, `--url=sqlite:${path}`]);
}

const EXPLAINED = {
  code: "makingProgress",
  kind: "working",
  text:
    "Making progress: 3 handlers at work, 1,240 entries committed since its start, 1 entry to be read and 0 pending in the group",
};

Deno.test("status --json prints numbers, texts and ISO times, as its help says", async () => {
  const { code, stdout, stderr } = await onFile(["status", "--json"], { announced: true });
  const told = JSON.parse(stdout);
  const { at, broker: { location }, processes: [{ heardMsAgo }] } = told;
  assertEquals([code, stderr, typeof heardMsAgo, typeof location], [0, "", "number", "string"]);
  assertEquals(new Date(at).toISOString(), at);
  assertEquals(told, {
    at,
    broker: { kind: "sqlite", location },
    processes: [{
      instance: "web-1",
      host: "build3",
      pid: 812,
      version: "0.1.0",
      state: "healthy",
      pressure: "ok",
      startedAt: "2026-10-17T11:00:00.000Z",
      heardMsAgo,
      consumers: [{
        stream: "orders",
        group: "billing",
        consumer: "ann",
        supervision: "running",
        state: "processing",
        stateSince: "2026-10-17T11:59:57.000Z",
        position: "4-0",
        lag: 1,
        lagConfidence: "exact",
        pending: 0,
        inFlight: 4,
        running: 3,
        committed: 1_240,
        deadLettered: 0,
        restarts: 0,
        explain: EXPLAINED,
      }],
      consumersDropped: 0,
    }],
    unattended: [],
    unreadable: [],
  });
});

Deno.test("explain exits with 1 when something is stuck, and with 0 otherwise", async () => {
  const works = await onFile(["explain", "orders", "billing", "--json"], { announced: true });
  const { at, ...told } = JSON.parse(works.stdout);
  const place = { stream: "orders", group: "billing" };
  assertEquals([works.code, works.stderr, typeof at], [0, "", "string"]);
  assertEquals(told, {
    consumers: [{ ...place, consumer: "ann", instance: "web-1", ...EXPLAINED }],
  });
  const stuck = await onFile(["explain"], { announced: false });
  assertEquals(stuck, {
    code: 1,
    stdout: "orders/billing\n" +
      "    No process has announced that it runs this group: 1 entry waits; start one with tidemark run\n",
    stderr: "",
  });
});

Deno.test("status and explain tell wrong use and a broker that is away", async () => {
  const hint = 'Run "tidemark help" for what there is.\n';
  const story: [string[], number, string][] = [
    [["status", "orders"], 2, `Cannot use "orders": status takes options only\n${hint}`],
    [
      ["explain", "a", "b", "c", "d"],
      2,
      `Cannot use "d": explain takes a stream, a group and a consumer\n${hint}`,
    ],
    [["explain", "a", "--watch"], 2, `Unknown option '--watch'\n${hint}`],
    [
      ["explain", " a"],
      2,
      'Cannot use " a" as a stream name: wanted no control characters and no space at either end\n',
    ],
    [
      ["status", "--url=sqlite:/tmp/none/t.db"],
      1,
      'Cannot open the SQLite file "/tmp/none/t.db": there is no such file, check its path, ' +
      "or let a service or a producer make it\n",
    ],
  ];
  const outcomes = await Promise.all(story.map(([args]) => run(args)));
  assertEquals(outcomes, story.map(([, code, stderr]) => ({ code, stdout: "", stderr })));
});

Deno.test("status --watch shows it again and again until it is interrupted", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/t.db`;
  await (await openSqliteBroker({ path }))[Symbol.asyncDispose]();
  const url = `--url=sqlite:${path}`;
  const child = tidemark(["status", "--watch", "--json", url], { stdout: "piped", stderr: "piped" })
    .spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n").length < 3) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  child.kill("SIGINT");
  await reader.cancel();
  const { code } = await child.status;
  await child.stderr.cancel();
  const seen = text.trimEnd().split("\n").map((line) => JSON.parse(line).processes);
  assertEquals([code, seen], [0, [[], []]]);
});
