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
