/** An operator who mistypes the path of a database file is told so, and no file is made. */

import { assertEquals } from "@std/assert";
import { temporaryFolder } from "./command_line.ts";
import { runHere } from "./in_process.ts";

/** Every command that works on what is there, with what it has to be given. */
const COMMANDS: readonly string[] = [
  "status",
  "explain",
  "streams",
  "groups orders",
  "pending orders billing",
  "checkpoint show orders billing",
  "checkpoint reset orders billing --to beginning --yes",
  "dead-letters list orders",
  "dead-letters show orders billing 1-0",
  "dead-letters replay orders billing --all",
  "dead-letters drop orders billing --all --yes",
  "tail orders",
  "replay orders --into again",
];

Deno.test("commands that work on what is there say that the file is not there, and make none", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/t.db`;
  for (const command of COMMANDS) {
    const outcome = await runHere([...command.split(" "), `--url=sqlite:${path}`]);
    assertEquals([command, outcome], [command, {
      code: 1,
      stdout: "",
      stderr: `Cannot open the SQLite file "${path}": there is no such file, check its path, ` +
        "or let a service or a producer make it\n",
    }]);
  }
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

Deno.test("a missing file that the configuration names is not made either", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/t.db`;
  const config = `${folder.path}/config.yaml`;
  const stream = "{ name: orders, group: billing, handler: ./h.ts }";
  await Deno.writeTextFile(
    config,
    `redis_streams:\n  sqlite_path: ${path}\n  streams:\n    - ${stream}\n`,
  );
  const { code, stderr } = await runHere(["status", `--config=${config}`]);
  assertEquals([code, stderr.startsWith(`Cannot open the SQLite file "${path}"`)], [1, true]);
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["config.yaml"]);
});
