/**
 * The demo, run as users run it: by its task, in a fresh copy of this repository, with the permissions of `deno.json`.
 * And its judge, which must not be able to pass by looking at nothing.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import { demo } from "../../src/cli/demo.ts";
import { UsageError } from "../../src/cli/command.ts";
import { examine, type FoundOutput, isExactlyOnce } from "../../src/cli/demo/examine.ts";
import { parseHistory } from "../../src/cli/demo/git_history.ts";
import { type Result, sentenceOf, tableOf } from "../../src/cli/demo/table.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { FrameClient } from "../inspector/routes_rig.ts";
import { temporaryFolder } from "./command_line.ts";

const root = new URL("../../", import.meta.url);

const PIPED = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;

/** Enough to be in the middle of it when the kill comes, and quick. */
const EVENTS = ["--events", "300"];

Deno.test("demo handles a git history exactly once on SQLite and leaves nothing behind", async () => {
  await using copy = await freshCopy();
  await makeHistory(copy.path, 300);
  const { code, stdout, stderr } = await runTask(copy.path, ["--json", ...EVENTS]);
  assertEquals(code, 0, stderr);
  const result = assertExactlyOnce(JSON.parse(stdout));
  assertEquals(result.broker, "sqlite");
  assertEquals(result.keys, 20);
  assertMatch(result.input, /^300 commits of this repository/);
  assertEquals(await namesIn(copy.path), [".git", "deno.json", "deno.lock", "mod.ts", "src"]);
});

Deno.test("demo handles source lines exactly once on Redis and touches no other key", async () => {
  await using server = await startRedisServer();
  const redis = new Redis(server.url);
  try {
    await redis.set("tidemark-demo", "somebody's");
    await using copy = await freshCopy();
    const args = ["--json", "--redis", server.url, ...EVENTS];
    const { code, stdout, stderr } = await runTask(copy.path, args);
    assertEquals(code, 0, stderr);
    const result = assertExactlyOnce(JSON.parse(stdout));
    assertEquals(result.broker, "redis");
    assertMatch(result.input, /^300 lines of Tidemark's sources/);
    assertEquals((await redis.scanStream({ type: "stream" }).toArray()).flat(), []);
    await eventually("the idempotency keys have expired", async () => await redis.dbsize() === 1);
    assertEquals(await redis.keys("*"), ["tidemark-demo"]);
    assertEquals(await namesIn(copy.path), ["deno.json", "deno.lock", "mod.ts", "src"]);
  } finally {
    redis.disconnect();
  }
});

Deno.test("demo cleans up when it is interrupted", async () => {
  await using copy = await freshCopy();
  const process = command(copy.path, [
    ...["run", "--quiet", "--no-prompt", "--permission-set=demo"],
    ...[`--allow-run=git,${Deno.execPath()}`, "mod.ts", "demo", ...EVENTS],
  ]).spawn();
  await process.stdin.close();
  let shown = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    if (/Started 3/.test(text) && !/Started 3/.test(shown)) process.kill("SIGINT");
    shown += text;
  }
  const notes = await new Response(process.stderr).text();
  assertEquals((await process.status).code, 1);
  assertEquals(notes, "Stopping and cleaning up\n");
  assertEquals(/kill -9/.test(shown), false);
  assertEquals(await namesIn(copy.path), ["deno.json", "deno.lock", "mod.ts", "src"]);
});

Deno.test("demo --inspect shows its processes, goes on until it is interrupted, and cleans up", async () => {
  await using copy = await freshCopy();
  const process = command(copy.path, [
    ...["run", "--quiet", "--no-prompt", "--permission-set=demo"],
    ...[`--allow-run=git,${Deno.execPath()}`, "mod.ts", "demo", ...EVENTS],
    ...["--inspect", "--port", "0"],
  ]).spawn();
  await process.stdin.close();
  let shown = "";
  let names: string[] = [];
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (!text.includes("Events go on")) continue;
    const [, url] = /^Inspector: (http:\/\/127\.0\.0\.1:\d+\/inspector)$/m.exec(shown) ?? [];
    await using open = new AsyncDisposableStack();
    const clients = new Map<string, FrameClient>();
    const counts = ({ statuses }: FrameClient) =>
      new Set(statuses.map(({ consumers }) => consumers[0]?.facts.committedCount)).size;
    await eventually("all three are told of, and events go on", async () => {
      // The one that was killed is on the list for some seconds more.
      const { instances } = await (await fetch(`${url}/instances`)).json();
      for (const { instance, can_be_followed: canBeFollowed } of instances) {
        if (!canBeFollowed || clients.has(instance)) continue;
        const client = await FrameClient.open(`${url}/frames?instance=${instance}`);
        clients.set(instance, open.use(client));
      }
      const all = [...clients.values()];
      const consumers = all.map(({ statuses }) => statuses[0]?.consumers[0]?.facts.consumer);
      names = consumers.filter((name) => name !== undefined).toSorted();
      return names.length === 3 && all.some((client) => counts(client) > 2);
    });
    process.kill("SIGINT");
  }
  const notes = await new Response(process.stderr).text();
  assertEquals([(await process.status).code, notes], [0, "Stopping and cleaning up\n"]);
  assertMatch(shown, /every event has exactly one output/);
  assertEquals(names, ["ada", "ben", "cleo"]);
  assertEquals(await namesIn(copy.path), ["deno.json", "deno.lock", "mod.ts", "src"]);
});

Deno.test("demo says in one line that Redis cannot be reached", async () => {
  await using copy = await freshCopy();
  const { code, stdout, stderr } = await runTask(copy.path, ["--redis", "redis://127.0.0.1:1"]);
  assertEquals({ code, stdout, stderr }, {
    code: 1,
    stdout: "",
    stderr: "Cannot reach Redis at 127.0.0.1:1 (ECONNREFUSED): start it, or leave out --redis\n",
  });
});

Deno.test("demo refuses wrong arguments without showing a password", async () => {
  const wrong = [["--fast"], ["twice"], ["--events", "3"], ["--redis", "canary"], [
    "--redis",
    "redis://user:canary@example.com",
  ]];
  for (const args of wrong) {
    const error = await assertRejects(() => demo(args), UsageError);
    assertEquals(error.message.includes("canary"), false, error.message);
  }
});

Deno.test("examine passes what is there once and in order", () => {
  const findings = examine(published, [made("1-0", "a"), made("3-0", "c"), made("2-0", "b")]);
  assertEquals(findings, {
    events: 3,
    outputs: 3,
    duplicates: 0,
    lost: 0,
    outOfOrder: 0,
    wrong: 0,
  });
  assertEquals(isExactlyOnce(findings), true);
});

Deno.test("examine finds what is lost, double, out of order or wrong, each by itself", () => {
  const [one, two, three] = [made("1-0", "a"), made("2-0", "b"), made("3-0", "c")];
  const faults: Record<string, FoundOutput[]> = {
    lost: [one, two],
    duplicates: [one, two, three, three],
    outOfOrder: [two, three, one],
    wrong: [one, two, { ...three, digest: "x" }],
  };
  const none = { duplicates: 0, lost: 0, outOfOrder: 0, wrong: 0 };
  for (const [fault, outputs] of Object.entries(faults)) {
    const findings = examine(published, outputs);
    assertEquals({ ...findings }, {
      ...none,
      events: 3,
      outputs: outputs.length,
      [fault]: 1,
    });
    assertEquals(isExactlyOnce(findings), false, fault);
  }
  assertEquals(examine(published, []).lost, 3);
  for (const sourceId of [undefined, "9-0"] as const) {
    assertEquals(examine(published, [one, two, three, { sourceId, digest: "a" }]).wrong, 1);
  }
  // The second output of the first event also comes after that of a later one of its key.
  const late = examine(published, [one, two, three, one]);
  assertEquals([late.duplicates, late.outOfOrder], [1, 1]);
});

Deno.test("sentenceOf and tableOf say when it was not exactly once", () => {
  const good = result(examine(published, [made("1-0", "a"), made("2-0", "b"), made("3-0", "c")]));
  assertMatch(sentenceOf(good), /every event has exactly one output, in the order of its key\.$/);
  const bad = result(examine(published, [made("2-0", "b"), made("1-0", "x"), made("2-0", "b")]));
  assertEquals(
    sentenceOf(bad),
    "This is not exactly once: 1 lost, 1 double, 1 out of order, 1 wrong.",
  );
  assertMatch(tableOf(bad), /^ {2}lost +1$/m);
});

Deno.test("parseHistory reads merges, odd paths and long subjects", () => {
  const commit = (fields: string[], files: string[]) =>
    `\u001e${fields.join("\u001f")}\n\n${files.join("\n")}\n`;
  const events = parseHistory(
    commit(["h1", "Ann", "d1", "Begin"], ["README.md", "src/a/b/c.ts"]) +
      commit(["h2", "Bo", "d2", "Merge"], []) +
      commit(["h3", "", "d3", "x".repeat(5_000)], [`"d\\nx/${"é".repeat(600)}/f"`]),
  );
  assertEquals(events.map(({ key, idempotencyKey }) => [key.slice(0, 12), idempotencyKey]), [
    ["README.md", "h1"],
    ["by Bo", "h2"],
    ['"d\\nx/ééééééé'.slice(0, 12), "h3"],
  ]);
  assertEquals(events[0]?.data, {
    text: "Begin",
    hash: "h1",
    author: "Ann",
    date: "d1",
    fileCount: 2,
  } as { text: string });
  assertEquals(events[2]?.data.text.length, 1_000);
  assert(new TextEncoder().encode(events[2]?.key).length <= 1_024);
  assertEquals(parseHistory(""), []);
});

const published = [
  { id: "1-0", key: "k", digest: "a" },
  { id: "2-0", key: "k", digest: "b" },
  { id: "3-0", key: "other", digest: "c" },
] as const;

function made(sourceId: `${bigint}-${bigint}`, digest: string): FoundOutput {
  return { sourceId, digest };
}

function result(findings: ReturnType<typeof examine>): Result {
  return {
    ...findings,
    pending: 0,
    eventsPerSecond: 1,
    checkpointPosition: "3-0",
    isCheckpointAtEnd: true,
    killed: "ada",
    inHand: 1,
    resumedAfterMs: 1,
    handlerRuns: 3,
    broker: "sqlite",
    input: "",
    keys: 2,
  };
}

/** Asserts what the demo is about. */
function assertExactlyOnce(result: Result): Result {
  const { events, outputs, duplicates, lost, outOfOrder, wrong, pending, isCheckpointAtEnd } =
    result;
  assertEquals(
    { events, outputs, duplicates, lost, outOfOrder, wrong, pending, isCheckpointAtEnd },
    {
      events: 300,
      outputs: 300,
      duplicates: 0,
      lost: 0,
      outOfOrder: 0,
      wrong: 0,
      pending: 0,
      isCheckpointAtEnd: true,
    },
  );
  // Somebody was killed in the middle of something, and came back.
  assert(result.inHand > 0, "nothing in hand");
  assert(result.resumedAfterMs !== null && result.resumedAfterMs > 0, "not resumed");
  return result;
}

/** What a clone holds, as far as the demo needs it. */
async function freshCopy(): Promise<Awaited<ReturnType<typeof temporaryFolder>>> {
  const folder = await temporaryFolder();
  for (const name of ["deno.json", "deno.lock", "mod.ts"]) {
    await Deno.copyFile(new URL(name, root), `${folder.path}/${name}`);
  }
  await copyFolder(new URL("src/", root), `${folder.path}/src`);
  return folder;
}

async function copyFolder(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), `${to}/${name}`);
    else await Deno.copyFile(new URL(name, from), `${to}/${name}`);
  }
}

/** Makes a repository whose commits change one file each, in twenty folders. */
async function makeHistory(folder: string, commitCount: number): Promise<void> {
  const git = (args: string[], input = "") =>
    output(new Deno.Command("git", { args, cwd: folder, ...PIPED }), input);
  const commits = Array.from({ length: commitCount }, (_, index) => {
    const subject = `Change ${index}`;
    const author = `A <a@example.com> ${1_700_000_000 + index} +0000`;
    return `commit refs/heads/main\ncommitter ${author}\ndata ${subject.length}\n${subject}\n` +
      `M 644 inline docs/${index % 20}/page.md\ndata ${subject.length}\n${subject}\n`;
  });
  assertEquals((await git(["init", "--quiet", "--initial-branch=main"])).code, 0);
  assertEquals((await git(["fast-import", "--quiet"], commits.join(""))).code, 0);
}

function runTask(folder: string, args: readonly string[]): ReturnType<typeof output> {
  return output(command(folder, ["task", "--quiet", "demo", ...args]));
}

function command(cwd: string, args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    ...PIPED,
  });
}

async function output(
  command: Deno.Command,
  input = "",
): Promise<{ code: number; stdout: string; stderr: string }> {
  const process = command.spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name);
  return names.sort();
}
