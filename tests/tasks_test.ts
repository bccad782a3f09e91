/**
 * The tasks of deno.json say what they are, answer `--help`, and refuse what they do not know: the same way all of them.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { faultOf, taskArguments } from "./support/task_answers.ts";

/** What a program printed, and its exit code. */
interface Answer {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

/** The programs of this repository, by their task; `demo` is a command, whose help has a test of its own. */
const programs: readonly (readonly [string, string])[] = Object.entries(config.tasks)
  .flatMap(([name, { command }]) => {
    const [path] = /(?<= )tests\/\S+\.ts$/.exec(command) ?? [];
    return path === undefined ? [] : [[name, path] as const];
  });

/** Calls a program's `main` where its terminal can be read. */
async function answerOf(path: string, args: string[]): Promise<Answer> {
  const { main } = await import(new URL(`../${path}`, import.meta.url).href);
  const { log, error } = console;
  const said: string[] = [];
  const complained: string[] = [];
  console.log = (line: string) => void said.push(line);
  console.error = (line: string) => void complained.push(line);
  try {
    return { code: await main(args), said: said.join("\n"), complained: complained.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("each task says in one sentence what it is for", () => {
  for (const [name, { description }] of Object.entries(config.tasks)) {
    assertMatch(description, /^[A-Z].{9,}[^.]$/, name);
  }
});

Deno.test("each task answers --help with its usage, and does nothing else", async () => {
  assertEquals(programs.map(([name]) => name), [
    ...["test", "chaos", "soak", "fuzz", "defects", "simulate", "bench", "plots", "page"],
  ]);
  const calls = programs.flatMap(([name, path]) => {
    const campaigns = name === "chaos" ? [["network"], ["server"]] : [];
    return [[], ...campaigns].map((before: string[]) => ({ name, path, before }));
  });
  for (const { name, path, before } of calls) {
    const words = ["deno task", name, ...before].join(" ");
    const { code, said, complained } = await answerOf(path, [...before, "--help"]);
    assertEquals({ code, complained }, { code: 0, complained: "" }, words);
    assert(said.startsWith(`Usage: ${words} `) || said.startsWith(`Usage: ${words}\n`), said);
    assertEquals(said.split("\n").filter((line) => line.length > 110), [], words);
    assertEquals(await answerOf(path, [...before, "-h"]), { code, said, complained }, words);
  }
});

Deno.test("each task refuses an option that it does not know, in one sentence before the usage", async () => {
  // What `test` does not know may be known to `deno test`, which it asks.
  for (const [name, path] of programs.filter(([name]) => name !== "test")) {
    const { code, said, complained } = await answerOf(path, ["--bogus"]);
    const [fault, usage] = complained.split("\n");
    assertEquals({ code, said, fault }, { code: 2, said: "", fault: "Unknown option '--bogus'" });
    assert(usage?.startsWith(`Usage: deno task ${name}`), complained);
  }
});

Deno.test("fuzz says what is wrong with a number and with a path", async () => {
  const faultOfFuzz = async (...args: string[]) => {
    const { code, complained } = await answerOf("tests/fuzz/main.ts", args);
    return [code, complained.split("\n")[0]];
  };
  assertEquals(await faultOfFuzz("--minutes", "long"), [
    2,
    "Cannot use --minutes long: wanted a number from 0 to 10000",
  ]);
  assertEquals(await faultOfFuzz("tests/fuz"), [2, 'There is no file or folder "tests/fuz"']);
});

Deno.test("taskArguments leaves out the -- that npm wants before arguments, and no other", () => {
  assertEquals(taskArguments(["--", "--seeds", "1"]), ["--seeds", "1"]);
  assertEquals(taskArguments(["network", "--", "x"]), ["network", "--", "x"]);
});

Deno.test("faultOf takes the first sentence, and leaves numbers and names whole", () => {
  assertEquals(
    faultOf(new Error("Unknown option '-x'. To specify it, write so")),
    "Unknown option '-x'",
  );
  assertEquals(faultOf("Cannot use --only a.b: wanted 1.5"), "Cannot use --only a.b: wanted 1.5");
});
