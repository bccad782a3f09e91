/**
 * Tests of the command line's manners: help, exit codes, errors in one plain line.
 *
 * @module
 */

import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { COMMANDS } from "../../src/cli/main.ts";
import { VERSION } from "../../src/telemetry/version.ts";
import { run, temporaryFolder } from "./command_line.ts";

Deno.test("VERSION is that of the package", () => {
  assertEquals(VERSION, config.version);
});

Deno.test("help goes to standard output, and says what there is", async () => {
  for (const args of [["help"], ["--help"], ["-h"]]) {
    const { code, stdout, stderr } = await run(args);
    assertEquals([code, stderr], [0, ""]);
    for (const name of ["run", "publish", "demo", "help"]) {
      assertStringIncludes(stdout, `  ${name}`);
    }
  }
  const overHelp = await run(["help", "publish"]);
  const overFlag = await run(["publish", "--url", "x:y", "--help"]);
  assertEquals(overHelp, overFlag);
  assertStringIncludes(overHelp.stdout, "Usage: tidemark publish STREAM");
  assertEquals((await run(["--version"])).stdout, `tidemark ${VERSION}\n`);
});

Deno.test("wrong use is told in plain words on standard error, with exit code 2", async () => {
  const hint = 'Run "tidemark help" for what there is.\n';
  const story: [string[], string][] = [
    [["pubish"], `Unknown command "pubish", did you mean publish?\n${hint}`],
    [["help", "x\u001b[31m"], `Unknown command "x\\u001b[31m"\n${hint}`],
    [
      ["--url=redis:canary", "status"],
      `Cannot use an option here: say first what to do, as in tidemark status\n${hint}`,
    ],
    [["run", "--confg=a"], `Unknown option '--confg', did you mean --config?\n${hint}`],
    [["run", "--config"], `Option '--config <value>' argument missing\n${hint}`],
    [["run", "extra"], `Cannot use "extra": run takes options only\n${hint}`],
    [["publish"], `Cannot publish: no stream is named\n${hint}`],
    [["publish", "a", "b"], `Cannot publish to "b" too: one stream at a time\n${hint}`],
    [["publish", "a", "--url=u", "--config=c"], `Cannot use both --config and --url\n${hint}`],
    [
      ["publish", "a", "--url=http://:canary@h"],
      `Cannot use --url: wanted redis://…, rediss://… or sqlite:FILE\n${hint}`,
    ],
    [
      ["publish", " a"],
      'Cannot use " a" as a stream name: wanted no control characters and no space at either end\n',
    ],
    [
      ["run", "--config=/tmp/none.yaml"],
      "Cannot use /tmp/none.yaml: 1 fault\n" +
      "  there is no such file, name the right one with --config FILE\n",
    ],
    ...["status", "publish orders", "dead-letters list orders"].map((
      command,
    ): [string[], string] => [
      [...command.split(" "), "--config=/tmp/none.yaml"],
      "Cannot use /tmp/none.yaml: 1 fault\n" +
      "  there is no such file, name the right one with --config FILE, or the broker itself with --url URL\n",
    ]),
  ];
  const outcomes = await Promise.all(story.map(([args]) => run(args)));
  assertEquals(
    outcomes,
    story.map(([, stderr]) => ({ code: 2, stdout: "", stderr })),
  );
});

Deno.test("the options of each command stand in one column", () => {
  for (const { name, help } of COMMANDS) {
    const columns = [...help.matchAll(/^ {2}-.*? {2,}(?=\S)/gm)].map(([text]) => text.length);
    assertEquals(new Set(columns).size, 1, `${name}: ${columns}`);
  }
});

Deno.test("no command at all is wrong use", async () => {
  const { code, stdout, stderr } = await run([]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "Usage: tidemark COMMAND");
});

Deno.test("run tells all faults of its configuration and shows no secret", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/c.yaml`;
  await Deno.writeTextFile(file, "redis_streams: {redis_url: 'http://:canary@h', count: 0}\n");
  const { code, stdout, stderr } = await run(["run", "--config", file]);
  assertEquals([code, stdout], [2, ""]);
  assertEquals(stderr.split("\n").slice(0, 4), [
    `Cannot use ${file}: 3 faults`,
    "  redis_streams.redis_url: is (not shown), wanted a URL such as redis://host:6379/0 or rediss://host:6380, user:password@ before the host, a % in them as %25",
    '  redis_streams.count: is "0", wanted a whole number from 1 to 1000 (entries)',
    "  redis_streams.streams: is missing, wanted a list with at least one item",
  ]);
  assertFalse(stderr.includes("canary"));
});
