/**
 * Attacks on the configuration, as files on the disk: through `loadConfig` and through the command line. Every fault is
 * told at once, with exit code 2, and no secret is shown (S20 to S28).
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertLess, assertRejects } from "@std/assert";
import { ConfigurationError } from "../../src/config/configuration_error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { run, temporaryFolder } from "../cli/command_line.ts";
import { CANARY, HOSTILE_FILES, type HostileFile, RIGHT } from "./hostile_files.ts";

async function write(folder: string, name: string, content: string | Uint8Array<ArrayBuffer>) {
  const path = `${folder}/${name.replaceAll(" ", "_")}.yaml`;
  if (typeof content === "string") await Deno.writeTextFile(path, content);
  else await Deno.writeFile(path, content);
  return path;
}

async function refusalOf(path: string, variables: Record<string, string> = {}) {
  const environment = (name: string) =>
    Object.hasOwn(variables, name) ? variables[name] : undefined;
  return await assertRejects(() => loadConfig(path, environment), ConfigurationError);
}

/** What the command line says of faults. */
function told(path: string, faults: readonly string[]): string {
  const count = `${faults.length} fault${faults.length === 1 ? "" : "s"}`;
  return `Cannot use ${path}: ${count}\n${faults.map((fault) => `  ${fault}\n`).join("")}`;
}

Deno.test("loadConfig refuses every hostile file at once, with all of its faults", async () => {
  await using folder = await temporaryFolder();
  const found: HostileFile[] = [];
  for (const { name, content } of HOSTILE_FILES) {
    const path = await write(folder.path, name, content);
    const startedAtMs = performance.now();
    const error = await refusalOf(path);
    assertLess(performance.now() - startedAtMs, 1_000, name);
    found.push({ name, content, faults: error.faults });
    // The name of a key is shown, a value is not.
    assertFalse(RegExp(`${CANARY}(?!_key)`).test(Deno.inspect(error)), name);
  }
  assertEquals(faultsByName(found), faultsByName(HOSTILE_FILES));
  assertFalse("x" in {}); // nothing reached the prototype of all objects
});

Deno.test("tidemark run refuses every hostile file with exit code 2 and the same words", async () => {
  await using folder = await temporaryFolder();
  for (const { name, content, faults } of HOSTILE_FILES) {
    const path = await write(folder.path, name, content);
    const outcome = await run(["run", "--config", path]);
    assertEquals(outcome, { code: 2, stdout: "", stderr: told(path, faults) }, name);
  }
});

function faultsByName(files: readonly HostileFile[]): Record<string, readonly string[]> {
  return Object.fromEntries(files.map(({ name, faults }) => [name, faults]));
}

Deno.test("loadConfig takes a BOM, CRLF and the line ends of an old Mac", async () => {
  await using folder = await temporaryFolder();
  const text = "redis_streams:\n  streams:\n    - name: orders\n      group: billing\n" +
    "      handler: ./h.ts\nlease:\n  lease_ms: 500 # ms\n";
  const plain = await loadConfig(await write(folder.path, "plain", text));
  assertEquals(plain.lease, { leaseMs: 500 });
  for (
    const variant of [`\ufeff${text}`, text.replaceAll("\n", "\r\n"), text.replaceAll("\n", "\r")]
  ) {
    assertEquals(await loadConfig(await write(folder.path, "variant", variant)), plain);
  }
});

Deno.test("a file that cannot be read is named, with exit code 2", async () => {
  await using folder = await temporaryFolder();
  const path = await write(folder.path, "locked", "");
  await Deno.chmod(path, 0);
  // Who may read everything, such as root in a container, finds that it is empty.
  const locked = await Deno.readFile(path).then(
    () => "it is empty, wanted a section redis_streams",
    () => "this user may not read it",
  );
  const story: [string, string][] = [
    [path, locked],
    [folder.path, "it is a directory, wanted a file"],
    [`${folder.path}/none.yaml`, "there is no such file, name the right one with --config FILE"],
    [`${path}/none.yaml`, "there is no such file, name the right one with --config FILE"],
    ["", "it cannot be read"],
    [`${folder.path}/${"n".repeat(300)}`, "it cannot be read"],
    ["/dev/null", "it is empty, wanted a section redis_streams"],
  ];
  for (const [file, fault] of story) {
    assertEquals(await run(["run", `--config=${file}`]), {
      code: 2,
      stdout: "",
      stderr: told(file, [fault]),
    });
  }
  assertEquals((await refusalOf("a\0b")).faults, ["it cannot be read"]);
});

Deno.test("a file that this program may not read is named with the permission, with exit code 2", async () => {
  await using folder = await temporaryFolder();
  const path = await write(folder.path, "right", RIGHT);
  const entry = new URL("../cli/command_line.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "--no-prompt",
        "--quiet",
        `--config=${new URL("../../deno.json", import.meta.url).pathname}`,
      ],
      ...["--ignore-env", `--deny-read=${path}`, "--allow-read", entry, "run", "--config", path],
    ],
  }).output();
  assertEquals([code, stdout.length], [2, 0]);
  assertEquals(
    new TextDecoder().decode(stderr),
    told(path, ["this program may not read it, allow it with --allow-read"]),
  );
});

Deno.test("variables that are unset, rubbish or secret are faults that show no value", async () => {
  await using folder = await temporaryFolder();
  const path = await write(
    folder.path,
    "variables",
    'redis_streams:\n  redis_url: "${URL}"\n  sqlite_path: "${PATH}"\n  block_ms: "${SECRET}"\n  count: "1${SECRET}"\n' +
      '  streams:\n    - {name: "${SECRET}\\n", group: "${LONG}", handler: "${CONTROL}", start: "${SECRET}", order: "${SECRET}"}\n' +
      '    - {name: s, group: g, handler: h.ts, consumer: "${SECRET}"}\n' +
      '    - {name: s, group: g, handler: h.ts, consumer: "${SECRET}", codec: "${SECRET}", create_stream: "${SECRET}"}\n' +
      'retry: {attempts_max: "${UNSET}", initial_ms: "${HIGH}", max_ms: "${LOW}"}\n' +
      'lease: {lease_ms: "${EMPTY}"}\nstop: {grace_ms: "${}"}\nlog: {level: "${LEVEL:-info}", format: "${EMPTY:-yes}"}\n',
  );
  const { faults, message } = await refusalOf(path, {
    URL: `redis://:${CANARY}%@h`,
    PATH: `${CANARY}\0`,
    SECRET: CANARY,
    LONG: CANARY.repeat(100),
    CONTROL: `./${CANARY}\u001b.ts`,
    HIGH: "987654",
    LOW: "123456",
    LEVEL: CANARY,
    EMPTY: "",
  });
  const name = "1 to 256 bytes of printable text without a space at either end";
  assertEquals(faults, [
    "redis_streams.redis_url: is (not shown), wanted a URL such as redis://host:6379/0 or rediss://host:6380, user:password@ before the host, a % in them as %25",
    'redis_streams.sqlite_path: is "${PATH}", wanted a path of printable text, or :memory:',
    'redis_streams.block_ms: is "${SECRET}", wanted a whole number from 1 to 60000 (ms)',
    'redis_streams.count: is "1${SECRET}", wanted a whole number from 1 to 1000 (entries)',
    `redis_streams.streams[0].name: is "\${SECRET}\\n", wanted ${name}, and no braces but one pair such as {eu}orders`,
    `redis_streams.streams[0].group: is "\${LONG}", wanted ${name}`,
    'redis_streams.streams[0].handler: is "${CONTROL}", wanted a path such as ./handler.ts, or a file:, jsr:, npm: or https: module',
    'redis_streams.streams[0].start: is "${SECRET}", wanted beginning, end, an entry id such as 1717000000000-0 or a time such as 2026-01-31T08:00Z',
    'redis_streams.streams[0].order: is "${SECRET}", wanted one of key, none',
    'redis_streams.streams[2].codec: is "${SECRET}", wanted event, fields or a path such as ./codec.ts',
    'redis_streams.streams[2].create_stream: is "${SECRET}", wanted true or false',
    'redis_streams.streams[2].consumer: is "${SECRET}", wanted another name for each consumer of the group',
    'retry.attempts_max: environment variable "UNSET" is not set, set it or write ${UNSET:-default}',
    'lease.lease_ms: is "${EMPTY}", wanted a whole number from 300 to 3600000 (ms)',
    "stop.grace_ms: holds an odd ${, wanted ${NAME} or ${NAME:-default}, or $${ for a plain ${",
    'log.level: is "${LEVEL:-info}", wanted one of debug, info, warn, error',
    'log.format: is "${EMPTY:-yes}", wanted one of auto, human, json',
    'retry.max_ms: is "${LOW}", wanted at least retry.initial_ms, "${HIGH}"',
  ]);
  for (const value of [CANARY, "987654", "123456"]) assertFalse(message.includes(value));
});

Deno.test("tidemark run reads variables that it may see, and shows none of them", async () => {
  await using folder = await temporaryFolder();
  const path = await write(
    folder.path,
    "variables",
    'redis_streams: {redis_url: "${TIDEMARK_TEST_URL}", count: "${TIDEMARK_TEST_URL}"}\nlog: {level: "${HOME}"}\n',
  );
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--quiet", `--config=${config}`, "--allow-read"],
      ...[
        "--allow-env=TIDEMARK_TEST_URL",
        new URL("../cli/command_line.ts", import.meta.url).pathname,
      ],
      ...["run", "--config", path],
    ],
    env: { TIDEMARK_TEST_URL: `redis://me:${CANARY}@h/x` },
    stdout: "null",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assertEquals(code, 2);
  assertFalse(text.includes(CANARY), text);
  assert(text.includes('redis_streams.count: is "${TIDEMARK_TEST_URL}", wanted'), text);
  assert(text.includes('log.level: environment variable "HOME" is not set'), text);
});

Deno.test("loadConfig tells a hundred faults and how many more there are", async () => {
  await using folder = await temporaryFolder();
  const lines = Array.from({ length: 5_000 }, (_, index) => `k${index}: 1\n`).join("");
  const error = await refusalOf(await write(folder.path, "many", RIGHT + lines));
  assertEquals(error.faults.length, 5_000);
  const [first, ...rest] = error.message.split("\n");
  assert(first?.endsWith("many.yaml: 5000 faults"));
  assertEquals([rest.length, rest.at(-1)], [101, "  and 4900 more"]);
});
