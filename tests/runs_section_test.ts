/**
 * The README's section "Runs" is true: its files and commands, in their order, do what it says, on a Redis and on SQLite,
 * with the permissions that it shows. What `curl` would ask is asked by `fetch`, so that nobody needs it.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type DocumentedCommand, parseCommand, runCommand } from "./support/documented_command.ts";
import { eventually } from "./support/eventually.ts";
import { freePort, startRedisServer } from "./support/redis_server.ts";
import { copyRepository } from "./support/repository_copy.ts";

const REDIS = "127.0.0.1:6379";

/** Where the section serves. */
const PLACE = "127.0.0.1:7070";

const LINES_MAX = 40;

const readme = Deno.readTextFileSync(new URL("../README.md", import.meta.url));
const [section = ""] = /^## Runs\n[^]*?(?=^## )/m.exec(readme) ?? [];
const [, alias = ""] = /^\$ alias tidemark="(.*?)"/m.exec(readme) ?? [];

function block(language: string): string {
  const found = RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "m").exec(section)?.[1];
  assert(found !== undefined, `wanted a block of ${language}`);
  return found;
}

const lines = block("console").trimEnd().split("\n").map((line) => line.replace(/^\$ /, ""));

/** Asks what a line of curl asks: an address, headers, a body. */
async function ask({ words }: DocumentedCommand, place: string): Promise<Response> {
  const [program, ...rest] = words;
  assertEquals(program, "curl");
  const headers = new Headers();
  let url = "";
  let body: string | null = null;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-N") continue;
    if (word === "-H") {
      const [name = "", value = ""] = (rest.shift() ?? "").split(": ");
      headers.set(name, value);
    } else if (word === "-d") body = rest.shift() ?? "";
    else url = `http://${word.replace(PLACE, place)}`;
  }
  return await fetch(url, { method: body === null ? "GET" : "POST", headers, body });
}

Deno.test("README explains runs within 40 lines", () => {
  const count = section.trimEnd().split("\n").length;
  assert(count <= LINES_MAX, `it has ${count} lines`);
  assertEquals(lines.map((line) => line.split(" ", 1)[0]), [
    "tidemark",
    ...Array(3).fill("curl"),
    "tidemark",
  ]);
});

for (const broker of ["Redis", "SQLite"]) {
  Deno.test(`README's runs are started, followed and resumed on ${broker}`, async () => {
    await using place = await copyRepository();
    await using server = await startRedisServer();
    const redis = server.url.replace("redis://", "");
    const here = `127.0.0.1:${freePort()}`;
    const moved = (text: string) =>
      text.replace(REDIS, redis).replace(PLACE, here).replace(
        "port: 7070",
        `port: ${here.slice(10)}`,
      );
    const cwd = `${place.repository}/hello`;
    await Deno.mkdir(cwd);
    const settings = `${place.repository}/deno.json`;
    await Deno.writeTextFile(settings, moved(await Deno.readTextFile(settings)));
    const yaml = broker === "Redis"
      ? block("yaml")
      : block("yaml").replace(/^redis_streams: .* # or: (.*)$/m, "redis_streams: $1");
    assertEquals(yaml.includes(" # or: "), broker === "Redis");
    await Deno.writeTextFile(`${cwd}/config.yaml`, moved(yaml));
    await Deno.writeTextFile(`${cwd}/report.ts`, block("ts"));
    const commandOf = (line = "") => parseCommand(line.replace(/^tidemark\b/, alias));

    const end = new AbortController();
    let live: Promise<string> | null = null;
    let endedAtMs = Infinity;
    const running = runCommand(commandOf(lines[0]), { cwd, end: end.signal });
    try {
      await eventually("it serves", () => isServed(here));
      const [, start = "", follow = "", resume = "", tail = ""] = lines;
      const started = await ask(parseCommand(start), here);
      assertEquals([started.status, (await started.json()).id], [201, "june"]);
      const followed = await (await ask(parseCommand(follow), here)).text();
      const [first = "", second = ""] = /^id: .*$/mg[Symbol.matchAll](followed)
        .map(([line]) => line.slice(4)).toArray();
      assertMatch(followed, /"page":1[^]*"page":2[^]*^event: end$[^]*"status":"completed"/m);
      const resumed = await ask(
        parseCommand(resume.replace(/(?<=last-event-id: )\d+-\d+/, first)),
        here,
      );
      const rest = await resumed.text();
      assertEquals([rest.includes(first), rest.includes(second)], [false, true]);
      const { code, stdout, stderr } = await runCommand(commandOf(tail), { cwd });
      assertEquals(code, 0, stderr);
      assertEquals(
        stdout.replace(/^\d+-/gm, "T-"),
        'T-1  page.written  {"page":1}\nT-2  page.written  {"page":2}\n',
      );
      const docs = await fetch(`http://${here}/docs`);
      assertStringIncludes(await docs.text(), "<title>");

      const page = `${place.project}/page.ts`;
      await Deno.writeTextFile(page, block("js").replace('"/', `"http://${here}/`));
      const shown = await runCommand(
        parseCommand(`deno run --allow-net=${here} page.ts`),
        { cwd: place.project },
      );
      assertEquals([...shown.stdout.matchAll(/page: \d/g)].map(([text]) => text), [
        "page: 1",
        "page: 2",
      ]);

      // Somebody follows when it is told to end.
      const stream = `http://${here}/streams/notes`;
      const made = await fetch(stream, { method: "PUT" });
      await made.body?.cancel();
      const following = await fetch(`${stream}?offset=-1&live=sse`);
      assertEquals([made.status, following.status], [201, 200]);
      live = following.text();
    } finally {
      endedAtMs = performance.now();
      end.abort();
    }
    const { code, stderr } = await running;
    assertEquals(code, 0, stderr);
    const tookMs = performance.now() - endedAtMs;
    assert(tookMs < 8_000, `nothing ran, and it took ${tookMs} ms`);
    assertStringIncludes(await live, "event: control");
  });
}

async function isServed(place: string): Promise<boolean> {
  try {
    const response = await fetch(`http://${place}/health`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
