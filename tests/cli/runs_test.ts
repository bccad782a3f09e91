/**
 * Tests of `tidemark runs`: what it shows, whom it follows, and what it changes.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { defineRun, EventStore, RunManager } from "../../mod.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { eventually } from "../support/eventually.ts";
import { HOSTILE, operatorFacts, STEERING } from "./operator_place.ts";

const fact = operatorFacts();

/** Goes on until it is cancelled. */
const wait = defineRun({
  kind: "wait",
  async start(ctx) {
    ctx.emit("waiting");
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  },
});

/** A run from outside that has told so many events and ended. */
async function ended(
  broker: Broker,
  run: string,
  { kind = "build", count = 2, lengthMax = 100 } = {},
): Promise<EventStore> {
  const store = new EventStore({ broker, lengthMax });
  await store.create(run, { kind });
  for (let n = 1; n <= count; n++) await store.add(run, { type: "built", data: { n } });
  await store.end(run, { status: "failed", reason: "no room" });
  return store;
}

/** A line without what differs each time. */
function lasting(text: string): string {
  return text.replace(/\b\d{13}-/g, "T-").replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/\b\d+ (ms|s|h)\b/g, "SPAN").replace(/ +/g, " ");
}

fact("runs list shows the newest first, and those that are asked for", async (place) => {
  const { broker, tidemark, json } = place;
  assertEquals(await tidemark("runs", "list"), {
    code: 0,
    stdout: "",
    stderr: `There is no such run at ${broker.location}\n`,
  });
  await ended(broker, "first");
  await new EventStore({ broker }).create("second", { kind: "test" });
  const all = await tidemark("runs", "list");
  assertEquals([all.code, all.stderr, lasting(all.stdout)], [
    0,
    "",
    "run kind status started events reason\n" +
    "second test running SPAN ago 0\n" +
    "first build failed SPAN ago 3 no room\n",
  ]);
  const one = await tidemark("runs", "list", "--limit=1");
  assertEquals([one.stdout.split("\n").length, one.stderr], [3, "And more, see --limit\n"]);
  const idsOf = async (...args: string[]) => {
    const { runs, hasMore } = Object(await json("runs", "list", ...args));
    return [runs.map(({ run }: { run: string }) => run), hasMore];
  };
  assertEquals(await idsOf(), [["second", "first"], false]);
  assertEquals(await idsOf("--limit=1"), [["second"], true]);
  assertEquals(await idsOf("--kind=build"), [["first"], false]);
  assertEquals(await idsOf("--status=running"), [["second"], false]);
  assertEquals(await idsOf("--status=completed"), [[], false]);
});

fact("runs show tells all that is known of a run", async ({ broker, tidemark, json }) => {
  const store = await ended(broker, "first", { count: 5, lengthMax: 2 });
  const { stdout } = await tidemark("runs", "show", "first");
  assertEquals(lasting(stdout).split("\n"), [
    'Run "first" of kind "build" is failed',
    " reason no room",
    " started TIME",
    " ended TIME, after SPAN",
    " executed elsewhere, its events come from outside",
    " events 6 events, 2 kept, T-5 to T-6",
    " is kept for another SPAN",
    "",
  ]);
  const { expiresInMs, ...record } = await store.get("first");
  const { expiresInMs: shownMs, ...shown } = Object(await json("runs", "show", "first"));
  assertEquals(shown, record);
  assert(typeof shownMs === "number" && expiresInMs !== null);

  await using runs = new RunManager({ broker, kinds: [wait] });
  await runs.start("wait", null, { run: "live" });
  const live = await tidemark("runs", "show", "live");
  assertMatch(
    live.stdout,
    /^Run "live" of kind "wait" is running\n {2}started .*\n {2}executed {2}by process~/,
  );
});

fact("runs tail shows history, what was not kept, and the end", async (place) => {
  const { broker, tidemark } = place;
  await ended(broker, "first", { count: 5, lengthMax: 3 });
  const all = await tidemark("runs", "tail", "first");
  assertEquals([all.code, lasting(all.stdout), lasting(all.stderr)], [
    0,
    'T-4 built {"n":4}\nT-5 built {"n":5}\n',
    '3 events up to T-3 not kept\nRun "first" is failed: no room\n',
  ]);
  const { stdout } = await tidemark("runs", "tail", "first", "--json");
  const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(records.map((record) => Object.keys(record)), [
    ["gap"],
    ["id", "type", "data", "atMs"],
    ["id", "type", "data", "atMs"],
    ["end"],
  ]);
  assertEquals([records[0].gap.count, records[1].data, records[3].end.status], [
    3,
    { n: 4 },
    "failed",
  ]);
  const from = async (where: string, ...more: string[]) =>
    lasting((await tidemark("runs", "tail", "first", `--from=${where}`, ...more)).stdout);
  assertEquals(await from(records[1].id), 'T-5 built {"n":5}\n');
  assertEquals(await from("end"), "");
  assertEquals(await from("2020-01-01"), 'T-4 built {"n":4}\nT-5 built {"n":5}\n');
  assertEquals(await from("2999-01-01"), "");
  assertEquals(await from("beginning", "--limit=1"), 'T-4 built {"n":4}\n');
});

fact("runs tail follows a run of another process to its end", async ({ broker, tidemark }) => {
  await using runs = new RunManager({ broker, kinds: [wait] });
  await runs.start("wait", null, { run: "live" });
  await eventually("it is stored", async () => (await runs.store.get("live")).eventCount === 1);
  const following = tidemark("runs", "tail", "live");
  await runs.cancel("live", "enough");
  const { code, stdout, stderr } = await following;
  assertEquals([code, lasting(stdout), stderr], [
    0,
    "T-1 waiting null\n",
    'Run "live" is cancelled: enough\n',
  ]);
});

fact(
  "runs cancel tells the process of a run, and says when it has ended already",
  async (place) => {
    const { broker, tidemark, json } = place;
    await using runs = new RunManager({ broker, kinds: [wait] });
    for (const run of ["one", "other"]) {
      await runs.start("wait", null, { run });
    }
    assertEquals(await tidemark("runs", "cancel", "one", "--reason", "wrong numbers"), {
      code: 0,
      stdout: 'Told run "one" to end\n',
      stderr: "",
    });
    const { run, isTold } = Object(await json("runs", "cancel", "other"));
    assertEquals([run, isTold], ["other", true]); // what it does then is up to its process
    for (
      const [run, reason] of [["one", "wrong numbers"], ["other", "it was cancelled"]] as const
    ) {
      await eventually(`${run} has ended`, async () => {
        return (await runs.store.get(run)).status === "cancelled";
      });
      assertEquals((await runs.store.get(run)).reason, reason);
    }
    assertEquals(await tidemark("runs", "cancel", "one"), {
      code: 0,
      stdout: "",
      stderr: 'Run "one" has ended already: it is cancelled\n',
    });
    await new EventStore({ broker }).create("outside", { kind: "build" });
    assertEquals(await json("runs", "cancel", "outside"), {
      run: "outside",
      isTold: true,
      status: "cancelled",
    });
  },
);

fact("runs delete removes what has ended, and nothing that runs", async (place) => {
  const { broker, tidemark, json } = place;
  const store = await ended(broker, "first");
  await store.create("second", { kind: "build" });
  assertEquals(await tidemark("runs", "delete", "second", "--yes"), {
    code: 1,
    stdout: "",
    stderr: 'Cannot delete run "second": it is running, cancel it first\n',
  });
  const unasked = await tidemark("runs", "delete", "first");
  assertEquals([unasked.code, unasked.stdout], [2, ""]);
  assertEquals(await tidemark("runs", "delete", "first", "--yes"), {
    code: 0,
    stdout: 'Deleted run "first"\n',
    stderr: "",
  });
  await store.end("second");
  assertEquals(await json("runs", "delete", "second", "--yes"), { run: "second", isDeleted: true });
  assertEquals((await store.list({ limit: 10 })).runs, []);
});

fact("runs tells in one line what cannot be", async ({ tidemark }) => {
  const missing = 'Cannot read run "none": it does not exist, start it\n';
  for (const verb of ["show", "tail", "cancel"]) {
    assertEquals(await tidemark("runs", verb, "none"), { code: 1, stdout: "", stderr: missing });
  }
  assertEquals(await tidemark("runs", "delete", "none", "--yes"), {
    code: 1,
    stdout: "",
    stderr: missing,
  });
  const wrong: readonly [string[], string][] = [
    [[], 'Cannot run "runs": say first what to do, wanted list, show, tail, cancel, delete'],
    [["lst"], 'Unknown command "runs lst", did you mean list?'],
    [["list", "x"], 'Cannot use "x": runs list takes no more'],
    [
      ["list", "--status=done"],
      "Cannot use --status done: wanted running, completed, failed, cancelled, interrupted",
    ],
    [["list", "--limit=0"], "Cannot use --limit 0: wanted a whole number from 1 to 10000"],
    [["show"], 'Cannot run "runs show": no run is named'],
    [["show", "a", "b"], 'Cannot use "b": runs show takes no more'],
    [
      ["tail", "a", "--from=now"],
      "Cannot use --from now: wanted beginning, end, an id such as 1717000000000-0 or a time such as 2026-01-31T12:00Z",
    ],
  ];
  for (const [args, text] of wrong) {
    const { code, stdout, stderr } = await tidemark("runs", ...args);
    assertEquals([code, stdout, stderr.split("\n")[0]], [2, "", text]);
  }
  for (const id of ["a:b", "{x}", "*", "..%2f", "a\n", "x".repeat(200), "аbc"]) {
    for (const verb of ["show", "tail", "cancel", "delete"]) {
      const { code, stdout } = await tidemark(
        "runs",
        verb,
        id,
        ...verb === "delete" ? ["--yes"] : [],
      );
      assertEquals([code, stdout], [2, ""], `${verb} ${id}`);
    }
  }
});

fact("runs steers no terminal, whatever a run tells", async ({ broker, tidemark }) => {
  const store = new EventStore({ broker });
  await store.create("odd", { kind: "build" });
  for (const text of HOSTILE) {
    await store.add("odd", { type: "told", data: { [text]: text } });
  }
  await store.end("odd", { status: "failed", reason: HOSTILE.join() });
  for (const args of [["list"], ["show", "odd"], ["tail", "odd"]]) {
    for (const flags of [[], ["--json"]]) {
      const { code, stdout, stderr } = await tidemark("runs", ...args, ...flags);
      assertEquals([code, STEERING.test(stdout + stderr)], [0, false], args.join());
      if (flags.length > 0) continue;
      assert(stdout.split("\n").every((line) => line.length <= 2_000), args.join());
    }
  }
});
