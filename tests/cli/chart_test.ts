/**
 * Tests of `tidemark chart`: what it prints, without any permission, and how it says what it cannot do.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MACHINE_NAMES } from "../../src/service/charts.ts";
import { temporaryFolder } from "./command_line.ts";
import { runHere } from "./in_process.ts";

const hint = 'Run "tidemark help" for what there is.\n';

Deno.test("chart prints every machine, as text and as a picture", async () => {
  assertEquals(MACHINE_NAMES, ["consumer", "supervisor", "orchestrator", "worker"]);
  for (const name of MACHINE_NAMES) {
    const text = await runHere(["chart", name]);
    assertEquals([text.code, text.stderr], [0, ""]);
    assertMatch(text.stdout, /^stateDiagram-v2\n {2}\[\*\] --> \w+\n/);
    assertEquals(await runHere(["chart", name, "--format", "mermaid"]), text);
    const picture = await runHere(["chart", name, "--format=svg"]);
    assertEquals([picture.code, picture.stderr], [0, ""]);
    assertMatch(picture.stdout, /^<svg [^]*<\/svg>\n$/);
    assertStringIncludes(picture.stdout, `<title>${name}: `);
  }
});

Deno.test("chart draws the worker with the states and arrows that it has", async () => {
  const { stdout } = await runHere(["chart", "worker"]);
  assertEquals(
    stdout,
    `stateDiagram-v2
  [*] --> idle
  idle --> busy: pool.assigned
  idle --> restarting: thread.starting, thread.lost
  busy --> idle: handler.settled
  busy --> restarting: thread.starting, thread.lost
  restarting --> idle: thread.ready
  stopped --> [*]
  note right of stopped: from any state by pool.dismissed
`,
  );
});

Deno.test("chart leaves out what it is told to", async () => {
  const whole = await runHere(["chart", "consumer"]);
  const less = await runHere([
    ...["chart", "consumer", "--overview"],
    ...["--without", "broker.failed", "--without", "operator.stop"],
  ]);
  assertEquals([less.code, less.stderr], [0, ""]);
  for (const word of ["broker.failed", "operator.stop", "finishing", "somethingCame"]) {
    assertStringIncludes(whole.stdout, word);
    assertEquals(less.stdout.includes(word), false, word);
  }
  assertStringIncludes(less.stdout, "  note right of draining: from any state by operator.drain\n");
});

Deno.test("chart writes into a file, as a picture where its name says so", async () => {
  await using folder = await temporaryFolder();
  const story: [string[], RegExp][] = [
    [["--output", `${folder.path}/a.svg`], /^<svg /],
    [["--output", `${folder.path}/a.mmd`], /^stateDiagram-v2\n/],
    [["--output", `${folder.path}/b.svg`, "--format=mermaid"], /^stateDiagram-v2\n/],
  ];
  for (const [options, wanted] of story) {
    const [, path = ""] = options;
    await Deno.writeTextFile(path, "what was there before");
    assertEquals(await runHere(["chart", "worker", ...options]), {
      code: 0,
      stdout: `Wrote the chart of the worker to "${path}"\n`,
      stderr: "",
    });
    assertMatch(await Deno.readTextFile(path), wanted);
  }
});

Deno.test("chart says in plain words what it cannot write, and ends with exit code 1", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/a.svg`;
  await Deno.writeTextFile(file, "");
  const story: [string, string][] = [
    [`${folder.path}/none/a.svg`, "there is no such folder"],
    [`${file}/a.svg`, "there is no such folder"],
    [folder.path, "it is a directory, wanted a file"],
  ];
  for (const [path, reason] of story) {
    assertEquals(await runHere(["chart", "worker", "--output", path]), {
      code: 1,
      stdout: "",
      stderr: `Cannot write "${path}": ${reason}\n`,
    });
  }
});

Deno.test("chart tells wrong use in plain words, with exit code 2", async () => {
  const wanted = "wanted consumer, supervisor, orchestrator, worker";
  const story: [string[], string][] = [
    [[], `Cannot draw a chart: no machine is named, ${wanted}\n${hint}`],
    [
      ["consummer"],
      `Cannot draw "consummer": there is no such machine, did you mean consumer?\n${hint}`,
    ],
    [["toString"], `Cannot draw "toString": there is no such machine, ${wanted}\n${hint}`],
    [["\u001b[31m"], `Cannot draw "\\u001b[31m": there is no such machine, ${wanted}\n${hint}`],
    [["worker", "consumer"], `Cannot use "consumer": chart takes no more\n${hint}`],
    [["worker", "--format=png"], `Cannot use --format png: wanted mermaid or svg\n${hint}`],
    [["worker", "--ouput=x"], `Unknown option '--ouput', did you mean --output?\n${hint}`],
    [
      ["worker", "--without=broker.read"],
      'Cannot use option "without": it is "broker.read", wanted an event that the worker hears\n',
    ],
    [
      ["worker", "--without="],
      'Cannot use option "without": it is "", wanted an event that the worker hears\n',
    ],
  ];
  for (const [args, stderr] of story) {
    assertEquals(await runHere(["chart", ...args]), { code: 2, stdout: "", stderr });
  }
});

Deno.test("chart prints without any permission, and says which one writing a file needs", async () => {
  const entry = new URL("../../mod.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const run = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--ignore-env",
        `--config=${config}`,
        entry,
        "chart",
        ...args,
      ],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout).slice(0, 16), stderr: text(stderr) };
  };
  const outcomes = await Promise.all([
    run(["worker"]),
    run(["consumer", "--format=svg"]),
    run(["worker", "--output=/tmp/tidemark-chart.svg"]),
  ]);
  assertEquals(outcomes, [
    { code: 0, stdout: "stateDiagram-v2\n", stderr: "" },
    { code: 0, stdout: '<svg xmlns="http', stderr: "" },
    {
      code: 1,
      stdout: "",
      stderr: 'Cannot write "/tmp/tidemark-chart.svg": this program may not write it, ' +
        "allow it with --allow-write=/tmp/tidemark-chart.svg\n",
    },
  ]);
});
