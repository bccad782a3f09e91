/**
 * Tests of `tidemark run`, as a program with a database file: how it ends.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { run, temporaryFolder, tidemark } from "./command_line.ts";

/** Writes a configuration with one handler and publishes one event for it. */
async function prepare(folder: string, handler: string): Promise<string> {
  const config = `${folder}/config.yaml`;
  const yaml = `redis_streams:
  sqlite_path: ${folder}/t.db
  streams: [{name: orders, group: billing, handler: ./handler.ts}]
`;
  await Deno.writeTextFile(`${folder}/handler.ts`, handler);
  await Deno.writeTextFile(config, yaml);
  await using broker = await openSqliteBroker({ path: `${folder}/t.db` });
  await new StreamProducer({ broker, stream: "orders" }).publish({ type: "order.placed" });
  return config;
}

/** A running service, when its handler has written its first line. */
async function started(args: readonly string[]): Promise<Deno.ChildProcess> {
  const child = tidemark(["run", ...args], {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assertStringIncludes(new TextDecoder().decode(value), "order.placed");
  await reader.cancel();
  return child;
}

Deno.test("run handles events under the given name, and drains at SIGTERM", async () => {
  await using folder = await temporaryFolder();
  const config = await prepare(
    folder.path,
    `export default async (event) => {
       console.log(event.type);
       await new Promise((resolve) => setTimeout(resolve, 300));
     };`,
  );
  const child = await started(["--config", config, "--consumer", "c9"]);
  child.kill("SIGTERM");
  const stderr = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 0);
  assertStringIncludes(stderr, "Stopping: running handlers may finish");

  await using broker = await openSqliteBroker({ path: `${folder.path}/t.db` });
  const [group] = await broker.listGroups("orders");
  assertEquals([group?.pendingCount, group?.lag], [0, 0]); // the running handler was let finish
  const [consumer] = await broker.listConsumers("orders", "billing");
  assertEquals(consumer?.consumer, "c9");
});

Deno.test("run ends at once at a second signal", async () => {
  await using folder = await temporaryFolder();
  const config = await prepare(
    folder.path,
    `export default (event) => {
       console.log(event.type);
       return new Promise(() => {});
     };`,
  );
  const child = await started(["--config", config]);
  const startedAtMs = performance.now();
  child.kill("SIGINT");
  const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes("Stopping");) {
    text += (await stderr.read()).value ?? "Stopping";
  }
  child.kill("SIGINT");
  assertEquals((await child.status).code, 1);
  await stderr.cancel();
  assert(performance.now() - startedAtMs < 5_000); // the grace is 10 s
});

Deno.test("run names a handler that cannot be loaded, with exit code 2", async () => {
  await using folder = await temporaryFolder();
  const config = await prepare(folder.path, "export default 5;");
  const { code, stderr } = await run(["run", "--config", config]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'stream "orders": handler');
});
