/**
 * The README's section "Inspector" is true: its commands do what it says, on a Redis and on SQLite, with the permissions
 * that it shows, and its programs run. What its reader would look at in a browser is asked by `fetch`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseCommand, runCommand } from "./support/documented_command.ts";
import { eventually } from "./support/eventually.ts";
import { freePort, startRedisServer } from "./support/redis_server.ts";
import { copyRepository } from "./support/repository_copy.ts";

const REDIS = "127.0.0.1:6379";

/** Where the section serves. */
const PLACE = "127.0.0.1:7070";

const LINES_MAX = 40;

const readme = Deno.readTextFileSync(new URL("../README.md", import.meta.url));
const [section = ""] = /^## Inspector\n[^]*?(?=^## )/m.exec(readme) ?? [];
const [started = ""] = /^## Getting started\n[^]*?(?=^## )/m.exec(readme) ?? [];
const [, alias = ""] = /^\$ alias tidemark="(.*?)"/m.exec(readme) ?? [];
const blocks = [...section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
  .map(([_, language = "", text = ""]) => ({ language, text }));
const lines = blocks.filter(({ language }) => language === "console")
  .flatMap(({ text }) => text.trimEnd().split("\n")).map((line) => line.replace(/^\$ /, ""));

/** A file of "Getting started". */
function file(name: string): string {
  const found = RegExp("^```\\w+\n((?://|#) " + name + "\\b[^]*?)^```$", "m").exec(started)?.[1];
  assert(found !== undefined, name);
  return found;
}

Deno.test("README explains the inspector within 40 lines", () => {
  const count = section.trimEnd().split("\n").length;
  assert(count <= LINES_MAX, `it has ${count} lines`);
  assertEquals(lines.map((line) => line.split(/ +#/)[0]?.trim()), [
    "tidemark run --inspect",
    "tidemark run --inspect-control",
    `tidemark inspect --url redis://${REDIS}`,
  ]);
  assertStringIncludes(section, `http://${PLACE}/inspector`);
});

for (const broker of ["Redis", "SQLite"]) {
  Deno.test(`README's inspector is served, reads only or takes commands, and shows others (${broker})`, async () => {
    await using place = await copyRepository();
    await using server = await startRedisServer();
    const [here, there] = [`127.0.0.1:${freePort()}`, `127.0.0.1:${freePort()}`];
    const cwd = `${place.repository}/hello`;
    await Deno.mkdir(cwd);
    const redis = server.url.replace("redis://", "");
    // Two of them serve at once here, and another test may use the usual port: each has one of its own.
    const settings = `${place.repository}/deno.json`;
    const allowed = (await Deno.readTextFile(settings)).replace(REDIS, redis)
      .replace(`"${PLACE}"`, `"${here}", "${there}"`);
    await Deno.writeTextFile(settings, allowed);
    const yaml = broker === "Redis"
      ? file("config.yaml").replace(REDIS, redis)
      : file("config.yaml").replace(/^( *)redis_url: .* # without Redis, instead: (.*)$/m, "$1$2");
    await Deno.writeTextFile(`${cwd}/config.yaml`, `${yaml}http: { port: ${here.slice(10)} }\n`);
    await Deno.writeTextFile(`${cwd}/handler.ts`, file("handler.ts"));

    const commandOf = (line = "") => parseCommand(line.replace(/^tidemark\b/, alias));
    const serve = async (line: string, work: () => Promise<void>) => {
      const end = new AbortController();
      const running = runCommand(commandOf(line), { cwd, end: end.signal });
      try {
        await work();
      } finally {
        end.abort();
      }
      const { code, stderr } = await running;
      assertEquals(code, 0, stderr);
    };
    const [look = "", control = "", elsewhere = ""] = lines;
    await serve(look, async () => {
      await eventually(
        "it is served",
        async () => await statusOf(`http://${here}/inspector`) === 200,
      );
      assertEquals(await pause(here), 403);
    });
    await serve(control, async () => {
      await eventually("it takes commands", async () => await pause(here) === 202);
      // From a broker that nobody else can reach, only its own process can tell.
      const url = broker === "Redis" ? server.url : `sqlite:../tidemark.db`;
      const line = elsewhere.replace(`redis://${REDIS}`, url)
        .replace("--url", `--port ${there.slice(10)} --url`);
      await serve(line, async () => {
        await eventually("the process is listed there", async () => {
          const answer = await fetch(`http://${there}/inspector/instances`).catch(() => null);
          const { instances = [] } = await answer?.json() ?? {};
          return instances[0]?.can_be_followed === true;
        });
        assertEquals(await pause(there), 403);
      });
    });
  });
}

Deno.test("README's programs with an inspector run", async () => {
  const programs = blocks.filter(({ language }) => language === "js").map(({ text }) => text);
  assertEquals(programs.length, 2);
  const [short = "", long = ""] = programs;
  await using place = await copyRepository();
  const consumers = `[{ stream: "orders", group: "billing", handler: () => {} }]`;
  await Deno.writeTextFile(
    `${place.project}/main.ts`,
    `import { connect, openInspector, Orchestrator, serveHttp } from "@tidemark/tidemark";
await using broker = await connect("sqlite::memory:");
const consumers = ${consumers};
{
  ${short}
  await orchestrator.start();
  console.log((await fetch(orchestrator.inspectorUrl)).status);
  await orchestrator.stop();
}
{
  await using orchestrator = new Orchestrator({ broker, consumers });
  await orchestrator.start();
  ${long.replace("7070", "0")}
  console.log((await fetch(http.address.url + "/inspector")).status);
}
`,
  );
  const command = parseCommand("deno run --allow-net=127.0.0.1 --ignore-env main.ts");
  const { code, stdout, stderr } = await runCommand(command, { cwd: place.project });
  assertEquals([code, stdout], [0, "200\n200\n"], stderr);
  assertMatch(stderr, /^The inspector is at http:\/\/127\.0\.0\.1:\d+\/inspector#token=\S+$/m);
});

async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  try {
    const answer = await fetch(url, init);
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 0; // not yet
  }
}

/** What a service says to a command. */
function pause(place: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ command: "pause" });
  return statusOf(`http://${place}/inspector/commands`, { method: "POST", headers, body });
}
