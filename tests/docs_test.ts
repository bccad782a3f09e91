/**
 * The README is true: its commands run with the permissions that they show, its programs run as they stand there, its
 * chart is the machine's, its links lead somewhere, and its promise has the words that were agreed on.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { defaultOf, rangeOf } from "../src/config/option.ts";
import { OPTIONS } from "../src/config/options.ts";
import { withOptions } from "../src/config/markdown_text.ts";
import { drawMachine } from "../src/service/charts.ts";
import {
  allowsEverything,
  type DocumentedCommand,
  parseCommand,
  runCommand,
} from "./support/documented_command.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { copyRepository, type RepositoryCopy } from "./support/repository_copy.ts";

/** A program in the README: a ts block whose first line is `// NAME.ts`. */
interface Program {
  readonly name: string;
  readonly text: string;
}

const PROMISE =
  "exactly once for outputs committed through `ctx` into the same Redis slot or the same SQLite file; " +
  "at least once plus an idempotency key for any other effect; " +
  "all of it within the durability that the server was configured for";

/** Where a command of the README finds Redis. */
const REDIS = "127.0.0.1:6379";

const root = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const readme = read("README.md");
const config = JSON.parse(read("deno.json"));

const programs: readonly Program[] = blocksOf("ts").map((text) => ({
  name: /^\/\/ (\w+\.ts)\n/.exec(text)?.[1] ?? "",
  text,
}));
const commands = blocksOf("sh").flatMap((block) => block.trimEnd().split("\n")).map(parseCommand);
const denoRuns = commands.filter(({ words }) => words[0] === "deno" && words[1] === "run");

/**
 * The blocks of a language, without their fences. The walks of "Getting started" and "Runs" have tests of their own,
 * `getting_started_test.ts` and `runs_section_test.ts`.
 */
function blocksOf(language: string): string[] {
  const rest = readme.replace(/^## (Getting started|Runs)\n[^]*?(?=^## )/gm, "");
  return [...rest.matchAll(RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))]
    .map((match) => match[1] ?? "");
}

Deno.test("README promises what was agreed on, word for word", () => {
  const plain = readme.replace(/^> ?/gm, "").replace(/\s+/g, " ");
  assert(plain.includes(PROMISE), `wanted in README.md: ${PROMISE}`);
});

Deno.test("README draws the machine that runs", async () => {
  const chart = await drawMachine("consumer", {
    format: "mermaid",
    overview: true,
    without: ["broker.failed", "broker.forgot"],
  });
  assertEquals(blocksOf("mermaid"), [chart]);
});

Deno.test("README has the options of the table, section by section, and nothing else", () => {
  assertEquals(readme, withOptions(readme));
  const [, chapter = ""] = /\n## Configuration\n([^]*?)\n## /.exec(readme) ?? [];
  const rows: string[][] = [];
  let section = "";
  for (const line of chapter.split("\n")) {
    section = /^In `(\S+)`:$/.exec(line)?.[1] ?? section;
    const [, key, standard, range, text] = line.split("|").map((cell) => cell.trim());
    if (key?.startsWith("`")) {
      rows.push([`${section}.${key.replaceAll("`", "")}`, standard ?? "", range ?? "", text ?? ""]);
    }
  }
  assertEquals(
    rows,
    OPTIONS.map((option) => [option.path, defaultOf(option), rangeOf(option), option.text]),
  );
});

Deno.test("every link of README and CHANGELOG leads to a file", () => {
  let count = 0;
  for (const page of ["README.md", "CHANGELOG.md"]) {
    const prose = read(page).replace(/^```[^]*?^```$/gm, "");
    for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)/gm)) {
      if (/^(https?:|mailto:|#)/.test(target)) continue;
      count++;
      const path = decodeURI(target.replace(/#.*/, ""));
      assert(exists(path), `${page}: there is no ${path}`);
    }
  }
  assertNotEquals(count, 0);
});

Deno.test("no command of README gives every permission, and each names what is there", () => {
  const inline = [...readme.matchAll(/`((?:npx -y deno@\S+|deno) [^`\n]+)`/g)]
    .map((match) => parseCommand(match[1] ?? ""));
  const [wantedDeno] = /deno@[\d.]+/.exec(read(".ci/run")) ?? [];
  let tasks = 0;
  for (const command of [...commands, ...inline]) {
    const words = command.words[0] === "npx" ? command.words.slice(2) : command.words;
    const [program = "", verb, what = ""] = words;
    assert(!allowsEverything(command), command.text);
    if (command.words[0] === "npx") assertEquals(program, wantedDeno, command.text);
    if (verb === "task") {
      tasks++;
      assert(Object.hasOwn(config.tasks, what), `there is no task "${what}": ${command.text}`);
    }
    if (verb === "add") assertEquals(what, `jsr:${config.name}`);
    if (verb === "run") {
      const file = fileOf({ ...command, words });
      assert(exists(file) || programs.some(({ name }) => name === file), command.text);
    }
  }
  assertNotEquals(tasks, 0);
});

Deno.test("every program of README passes the type check of a user's project, and has a command", async () => {
  await using place = await copyRepository();
  assertNotEquals(programs.length, 0);
  for (const { name, text } of programs) {
    assertMatch(name, /\.ts$/, "wanted // NAME.ts as the first line of each ts block");
    assert(denoRuns.some((command) => fileOf(command) === name), `no command runs ${name}`);
    await Deno.writeTextFile(`${place.project}/${name}`, text);
  }
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", ...programs.map(({ name }) => name)],
    cwd: place.project,
    stdout: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});

Deno.test("every deno run of README does what it says, with the permissions that it shows", async () => {
  await using place = await copyRepository();
  await using server = await startRedisServer();
  const printed = new Map<string, string>();
  for (const command of denoRuns) {
    const program = programs.find(({ name }) => name === fileOf(command));
    const stdout = program === undefined
      ? await runCommandLine(command, place)
      : await runProgram(program, { command, place, redisUrl: server.url });
    // The same program prints the same on every broker.
    if (program !== undefined) {
      assertEquals(stdout, printed.get(program.name) ?? stdout);
      printed.set(program.name, stdout);
    }
    assertNotEquals(stdout, "", command.text);
  }
  assertNotEquals(denoRuns.length, 0);
});

/** The command line of the repository. What it reads from a file stands in the comment; a service is told to end. */
async function runCommandLine(command: DocumentedCommand, place: RepositoryCopy): Promise<string> {
  const runsOn = command.words.includes("run", 2) && !command.words.includes("--help");
  const { code, stdout, stderr } = await runCommand(command, {
    cwd: place.repository,
    ...(command.inputFile === undefined ? {} : { input: `${command.comment}\n` }),
    ...(runsOn ? { until: (printed) => printed.endsWith("\n") } : {}),
  });
  assertEquals(code, 0, `${command.text}\n${stderr}`);
  return stdout;
}

/** A program of a user, on the broker that its command allows. */
async function runProgram(
  program: Program,
  { command, place, redisUrl }: {
    readonly command: DocumentedCommand;
    readonly place: RepositoryCopy;
    readonly redisUrl: string;
  },
): Promise<string> {
  const host = redisUrl.replace("redis://", "");
  const words = command.words.map((word) => word.replace(REDIS, host));
  const onRedis = command.text.includes(REDIS);
  // connect("sqlite:…"); // or "redis://…"
  const text = program.text.replace(
    /connect\("([^"]+)"\)(.*?or )"([^"]+)"/,
    (_, first, between, other) =>
      onRedis ? `connect("${other.replace(REDIS, host)}")${between}"${first}"` : _,
  );
  assertEquals(onRedis, text.includes(host), `wanted connect("…"); // or "redis://${REDIS}"`);
  await Deno.writeTextFile(`${place.project}/${program.name}`, text);
  const { code, stdout, stderr } = await runCommand({ ...command, words }, { cwd: place.project });
  assertEquals(code, 0, `${command.text}\n${stderr}`);
  return stdout;
}

/** The file that a `deno run` runs: the first word that is no flag. */
function fileOf({ words }: DocumentedCommand): string {
  return words.slice(2).find((word) => !word.startsWith("-")) ?? "";
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, root));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
