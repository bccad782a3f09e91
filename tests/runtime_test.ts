/**
 * Tests of how a configuration becomes a running service.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import type { Config } from "../src/config/config.ts";
import { parseConfig } from "../src/config/load.ts";
import { ConfigurationError } from "../src/config/configuration_error.ts";
import { silentLog } from "../src/ports/log.ts";
import { withConsumer } from "../src/config/consumers.ts";
import { runService } from "../src/runtime.ts";
import { loadPlans } from "../src/service/stream_modules.ts";
import { eventually } from "./support/eventually.ts";
import { freePort } from "./support/redis_server.ts";
import { StoryLog } from "./support/story_log.ts";

/** A handler that does nothing, and needs no file. */
const HANDLER = "data:text/javascript,export default () => {}";

/** Each place is a stream, a group and a consumer. */
function configOf(...places: readonly (readonly [string, string, string])[]): Config {
  const streams = places.map(([name, group, consumer]) =>
    `{name: ${name}, group: ${group}, consumer: ${consumer}, handler: "${HANDLER}"}`
  );
  return parseConfig(`redis_streams: {sqlite_path: ":memory:", streams: [${streams.join(", ")}]}`, {
    source: "config.yaml",
    base: new URL("file:///srv/"),
    environment: () => undefined,
  });
}

Deno.test("runService refuses one consumer name for two consumers of one group", async () => {
  const config = configOf(
    ["orders", "billing", "a"],
    ["orders", "billing", "b"],
    ["orders", "shipping", "a"],
    ["orders", "billing", "c"],
  );
  const error = await assertRejects(
    () => runService(config, { consumer: "pod-1", signal: AbortSignal.abort(), log: silentLog }),
    ConfigurationError,
  );
  const told = (one: string, other: string) =>
    `stream "orders": group "billing" has the consumers "${one}" and "${other}", ` +
    'which cannot both be "pod-1", leave their names to the file';
  assertEquals(error.faults, [told("a", "b"), told("b", "c")]);
});

Deno.test("runService gives one consumer name to consumers of different groups or streams", async () => {
  const config = configOf(
    ["orders", "billing", "a"],
    ["orders", "shipping", "b"],
    ["invoices", "billing", "c"],
  );
  const plans = await loadPlans(withConsumer(config, "pod-1"));
  const named = plans.map(({ stream, group, consumer }) => [stream, group, consumer]);
  assertEquals(named.sort(), [
    ["invoices", "billing", "pod-1"],
    ["orders", "billing", "pod-1"],
    ["orders", "shipping", "pod-1"],
  ]);
});

Deno.test("runService leaves two consumers of one group the names of the file", async () => {
  const config = configOf(["orders", "billing", "a"], ["orders", "billing", "b"]);
  await runService(config, { signal: AbortSignal.abort(), log: silentLog });
});

/** A configuration of runs, streams or HTTP in memory. */
function configWith(text: string): Config {
  return parseConfig(`redis_streams: {sqlite_path: ":memory:"}\n${text}`, {
    source: "config.yaml",
    base: new URL("file:///srv/"),
    environment: () => undefined,
  });
}

/** Lines of a log without what differs each time. */
function told({ lines }: StoryLog): unknown[] {
  return lines.map(({ message, fields }) => [message, fields]);
}

Deno.test("runService without consumers serves until it is told to end, and leaves nothing open", async () => {
  const log = new StoryLog();
  const port = freePort();
  const stop = new AbortController();
  const running = runService(
    configWith(`http: {port: ${port}}\nruns: {kinds: [{external: build}]}`),
    { signal: stop.signal, log },
  );
  await eventually("it listens", () => told(log).length === 2);
  assertEquals(told(log), [
    ["connected", { broker: "sqlite", location: ":memory:" }],
    ["http listens", { url: `http://127.0.0.1:${port}` }],
  ]);
  const response = await fetch(`http://127.0.0.1:${port}/ready`);
  assertEquals(await response.json(), { ready: true, reasons: [] });
  stop.abort();
  await running;
  await assertRejects(() => fetch(`http://127.0.0.1:${port}/health`), TypeError);
});

Deno.test("runService warns of kinds of runs that nobody can start", async () => {
  const log = new StoryLog();
  const stop = new AbortController();
  const stream = `{name: orders, group: billing, handler: "${HANDLER}"}`;
  const config = parseConfig(
    `redis_streams: {sqlite_path: ":memory:", streams: [${stream}]}
runs: {kinds: [{external: build}, {external: test}]}`,
    { source: "config.yaml", base: new URL("file:///srv/"), environment: () => undefined },
  );
  const running = runService(config, { signal: stop.signal, log });
  const warning = "nobody can start runs here, because http.port is 0";
  await eventually("it warns", () => log.having(warning).length > 0);
  stop.abort();
  await running;
  assertEquals(log.having(warning).map(({ level, fields }) => [level, fields]), [
    ["warn", { kinds: "build, test" }],
  ]);
});

Deno.test("runService refuses a module that is no kind of runs before it opens anything", async () => {
  const log = new StoryLog();
  const error = await assertRejects(
    () =>
      runService(configWith(`http: {port: 1}\nruns: {kinds: [{module: "${HANDLER}"}]}`), {
        signal: new AbortController().signal,
        log,
      }),
    ConfigurationError,
  );
  assertEquals(error.faults, [
    `run kind ${HANDLER}: it has no fitting default export, wanted defineRun({ kind, start })`,
  ]);
  assertEquals(told(log), []);
});
