/**
 * The walk of the README's "Getting started" leads where it says: its files and commands, in their order, print what
 * stands below them, on a Redis and on SQLite. Ids, process numbers and spans of time differ each time.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseCommand, runCommand } from "./support/documented_command.ts";
import { eventually } from "./support/eventually.ts";
import { startRedisServer } from "./support/redis_server.ts";
import { copyRepository } from "./support/repository_copy.ts";

/** A command of the walk and what stands below it. */
interface Step {
  readonly line: string;
  readonly prints: string;
}

/** A block of the section, such as `ts` or `console`. */
interface Block {
  readonly language: string;
  readonly text: string;
}

/** Where the walk finds Redis, and what it says to those who have none. */
const REDIS = "127.0.0.1:6379";
const URL_LINE = /^( *)redis_url: redis:\/\/127\.0\.0\.1:6379 # without Redis, instead: (.*)$/m;

/** The line that the reader is told to take out. */
const FAILING_LINE = /^.*\bthrow\b.*\n/m;

const LINES_MAX = 60;

const root = new URL("../", import.meta.url);
const readme = Deno.readTextFileSync(new URL("README.md", root));
const [section = ""] = /^## Getting started\n[^]*?(?=^## )/m.exec(readme) ?? [];
const blocks: readonly Block[] = [...section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
  .map(([_, language = "", text = ""]) => ({ language, text }));
const steps: readonly Step[] = blocks.filter(({ language }) => language === "console")
  .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
  .map((step) => ({ line: step.split("\n", 1)[0] ?? "", prints: step.replace(/^.*\n/, "") }));
const [folder, alias, service, ...asks] = steps;

/** A file that the reader writes: its block opens with a comment that names it. */
function file(name: string): string {
  const found = blocks.find(({ text }) => RegExp(`^(//|#) ${name}\\b`).test(text));
  assert(found !== undefined, `wanted a block that begins with // ${name} or # ${name}`);
  return found.text;
}

/** A text without what differs each time. */
function lasting(text: string): string {
  return text.replace(/\b\d{13}-\d+/g, "ID").replace(/process-\d+-[0-9a-f]+/g, "PROCESS")
    .replace(/\b\d+ (ms|s)\b/g, "SPAN").replace(/[ \t]+/g, " ").trim();
}

Deno.test("README gets a user started within 60 lines, with Deno or with Node alone", () => {
  assertEquals(steps.map(({ line }) => line.split(" ", 1)[0]), [
    "mkdir",
    "alias",
    "tidemark",
    "echo",
    "tidemark",
    "tidemark",
    "echo",
    ...Array(3).fill("tidemark"),
  ]);
  const lines = section.trimEnd().split("\n").length;
  assert(lines <= LINES_MAX, `it has ${lines} lines`);
  const [, deno, node] = /="deno (.*)" +# .*: npx -y deno@[\d.]+ (.*)$/.exec(alias?.line ?? "") ??
    [];
  assert(deno !== undefined);
  assertEquals(node, deno);
  assertStringIncludes(Deno.readTextFileSync(new URL(".ci/run", root)), versionOf(alias));
});

for (const broker of ["Redis", "SQLite"]) {
  Deno.test(`README gets a user started on ${broker}, and every step prints what it says`, async () => {
    await using place = await copyRepository();
    await using server = await startRedisServer();
    const address = server.url.replace("redis://", "");
    assertEquals(folder?.line, "mkdir hello && cd hello");
    const cwd = `${place.repository}/hello`;
    await Deno.mkdir(cwd);
    const configured = broker === "Redis"
      ? file("config.yaml").replace(REDIS, address)
      : file("config.yaml").replace(URL_LINE, "$1$2");
    assert(configured !== file("config.yaml"));
    await Deno.writeTextFile(`${cwd}/config.yaml`, configured);
    await Deno.writeTextFile(`${cwd}/handler.ts`, file("handler.ts"));
    const settings = `${place.repository}/deno.json`;
    await Deno.writeTextFile(settings, Deno.readTextFileSync(settings).replace(REDIS, address));

    const commandOf = (line: string) => {
      const [, words = ""] = /="(.*?)"/.exec(alias?.line ?? "") ?? [];
      return parseCommand(line.replace(/(?<=^|\| )tidemark\b/, words));
    };
    const ask = async ({ line, prints }: Step) => {
      const { stdout, stderr } = await runCommand(commandOf(line), { cwd });
      assertEquals(lasting(stdout), lasting(prints), `${line}\n${stderr}`);
    };
    const serve = async (printed: { text: string }, work: () => Promise<void>) => {
      const end = new AbortController();
      const until = (stdout: string) => {
        printed.text = stdout;
        return false;
      };
      const running = runCommand(commandOf(service?.line ?? ""), { cwd, until, end: end.signal });
      try {
        await work();
      } finally {
        end.abort();
      }
      assertEquals((await running).code, 0);
    };
    const [publish, tail, explain, publishBad, list, replay, tailAgain] = asks;
    assert(publish && tail && explain && publishBad && list && replay && tailAgain);

    // What only looks is asked again until the service has come so far; at last, to show what differs.
    const look = (step: Step) =>
      eventually(step.line, () => ask(step).then(() => true, () => false)).catch(() => ask(step));
    const printed = { text: "" };
    const handled = service?.prints ?? "";
    await serve(printed, async () => {
      await ask(publish);
      await look(tail);
      await look(explain);
      assertEquals(printed.text, handled);
      await ask(publishBad);
      await look(list);
      const tried = (attempt: number) => `order.placed { total: -1 } attempt ${attempt}\n`;
      assertEquals(printed.text, handled + [1, 2, 3, 4, 5].map(tried).join(""));
    });
    await Deno.writeTextFile(`${cwd}/handler.ts`, file("handler.ts").replace(FAILING_LINE, ""));
    await serve(printed, async () => {
      await ask(replay);
      await look(tailAgain);
    });
    assertEquals(printed.text, "order.placed { total: -1 } attempt 1\n");
  });
}

/** The Deno that is named for those who have none. */
function versionOf(step: Step | undefined): string {
  return /deno@[\d.]+/.exec(step?.line ?? "")?.[0] ?? "no version";
}
