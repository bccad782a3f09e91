/**
 * Tests of the sections `http` and `runs`: what they take together, and what they refuse before anything is opened.
 *
 * @module
 */

import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import type { Config } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/config/configuration_error.ts";
import { parseConfig } from "../../src/config/load.ts";
import { withoutSecrets } from "../../src/domain/printable.ts";
import { HTTP_LIMITS } from "../../src/http/http_limits.ts";
import { managerSetting } from "../../src/runs/run_manager_options.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";

const READ = "r".repeat(16);
const CONTROL = "c".repeat(16);

function parse(text: string, variables: Record<string, string> = {}): Config {
  return parseConfig(text, {
    source: "config.yaml",
    base: new URL("file:///srv/app/config.yaml"),
    environment: (name) => Object.hasOwn(variables, name) ? variables[name] : undefined,
  });
}

function faultsOf(text: string, variables: Record<string, string> = {}): readonly string[] {
  return assertThrows(() => parse(text, variables), ConfigurationError).faults;
}

Deno.test("parseConfig takes every option of http and runs", () => {
  const { runs, http } = parse(
    `
runs:
  ttl_ms: 0
  length_max: 5
  buffer_events_max: 6
  lease_ms: 700
  cancel_ms: 8
  kinds:
    - {module: ./report.ts}
    - {external: build}
    - {module: "npm:reports"}
http:
  port: 7070
  hostname: 0.0.0.0
  read_token: \${READ}
  control_token: ${CONTROL}
  allowed_hosts: events.example.com , 10.0.0.5:7070
  allowed_origins: "https://app.example.com,http://localhost:3000"
  streams: false
  streams_max: 9
  streams_per_address_max: 10
  streams_per_run_max: 11
`,
    { READ },
  );
  assertEquals(runs, {
    ttlMs: 0,
    lengthMax: 5,
    bufferEventsMax: 6,
    leaseMs: 700,
    cancelMs: 8,
    kinds: [
      { module: "file:///srv/app/report.ts" },
      { external: "build" },
      { module: "npm:reports" },
    ],
  });
  assertEquals(http, {
    port: 7_070,
    hostname: "0.0.0.0",
    readToken: READ,
    controlToken: CONTROL,
    allowedHosts: ["events.example.com", "10.0.0.5:7070"],
    allowedOrigins: ["https://app.example.com", "http://localhost:3000"],
    streams: false,
    streamsMax: 9,
    streamsPerAddressMax: 10,
    streamsPerRunMax: 11,
  });
});

Deno.test("parseConfig has the defaults of the run manager and the HTTP server", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { runs, http } = parse("http: {port: 1}");
  const { kinds: _, owner: _1, buffer, ...setting } = managerSetting({ broker, kinds: [] });
  const { ttlMs, lengthMax, leaseMs, cancelMs } = setting;
  const bufferEventsMax = buffer.eventsMax;
  assertEquals(runs, {
    ttlMs: ttlMs ?? 0,
    lengthMax,
    bufferEventsMax,
    leaseMs,
    cancelMs,
    kinds: [],
  });
  const { streamsMax, streamsPerAddressMax, streamsPerRunMax } = http;
  assertEquals(
    { streamsMax, streamsPerAddressMax, streamsPerRunMax },
    {
      streamsMax: HTTP_LIMITS.streamsMax,
      streamsPerAddressMax: HTTP_LIMITS.streamsPerAddressMax,
      streamsPerRunMax: HTTP_LIMITS.streamsPerRunMax,
    },
  );
});

Deno.test("parseConfig wants streams, an HTTP port or the inspector", () => {
  const missing = "redis_streams.streams: is missing, wanted a list with at least one item";
  const kinds = "runs: {kinds: [{external: build}]}";
  assertEquals(faultsOf(kinds), [missing]);
  assertEquals(faultsOf("http: {port: 0}"), [missing]);
  assertEquals(faultsOf("http: {port: x}"), [
    'http.port: is "x", wanted a whole number from 0 to 65535',
    missing,
  ]);
  const shown = parse("inspector: {enabled: true}");
  assertEquals([shown.redisStreams.streams, shown.http.port], [[], 0]);
  assertEquals(faultsOf("inspector: {followed: true}"), [missing]);
  const without = [
    "",
    "redis_streams:",
    "redis_streams: {streams: []}",
    "redis_streams: {streams: }",
  ];
  for (const streams of without) {
    assertEquals(parse(`http: {port: 1}\n${streams}`).redisStreams.streams, [], streams);
  }
  assertEquals(faultsOf("http: {port: 1}\nredis_streams: {streams: orders}"), [
    "redis_streams.streams: is a text, wanted a list with at least one item",
  ]);
  const stream = "redis_streams: {streams: [{name: s, group: g, handler: ./h.ts}]}";
  assertEquals(parse(`${stream}\n${kinds}`).runs.kinds, [{ external: "build" }]);
});

Deno.test("parseConfig refuses to serve a network without a token", () => {
  const wanted =
    "wanted 127.0.0.1, or a read_token and a control_token, as everybody who reaches it could change things";
  for (const hostname of ["0.0.0.0", "::", "10.0.0.5", "example.com"]) {
    const http = (more: string) => `http: {hostname: "${hostname}", ${more}}`;
    assertEquals(faultsOf(http("port: 7070")), [
      `http.hostname: is "${hostname}", ${wanted}`,
    ]);
    assertEquals(parse(http(`port: 7070, read_token: ${READ}`)).http.hostname, hostname);
    assertEquals(parse(http(`port: 7070, control_token: ${CONTROL}`)).http.hostname, hostname);
    // Nothing of it is taken for a secret when it is shown.
    assertEquals(faultsOf(http("port: 7070")).map(withoutSecrets), faultsOf(http("port: 7070")));
    // A wrong token is one fault, not two.
    assertEquals(faultsOf(http("port: 7070, read_token: short")).length, 1);
  }
  for (const hostname of ["127.0.0.1", "127.8.8.8", "localhost", "::1"]) {
    assertEquals(parse(`http: {port: 7070, hostname: "${hostname}"}`).http.hostname, hostname);
  }
});

Deno.test("parseConfig tells what is wrong with http, and shows no token", () => {
  const faults = faultsOf(
    `
http:
  port: 7070
  hostname: "127.0.0.1:7070"
  read_token: canary
  control_token: "\${CONTROL:-}"
  allowed_hosts: "a b, c"
  allowed_origins: "*"
  streams_max: 0
`,
    { CONTROL: "canary with spaces in it" },
  );
  assertEquals(faults, [
    'http.hostname: is "127.0.0.1:7070", wanted an address or a name without a port, such as 127.0.0.1, ::1 or 0.0.0.0',
    "http.read_token: is (not shown), wanted 16 to 512 visible ASCII characters",
    "http.control_token: is (not shown), wanted 16 to 512 visible ASCII characters",
    'http.allowed_hosts: is "a b, c", wanted hosts with commas between them, such as events.example.com, 10.0.0.5:7070',
    'http.allowed_origins: is "*", wanted origins with commas between them, such as https://app.example.com',
    'http.streams_max: is "0", wanted a whole number from 1 to 100000 (clients)',
  ]);
  assertFalse(faults.join().includes("canary"));
  const refused: readonly [string, string][] = [
    ["allowed_hosts", "a,"],
    ["allowed_hosts", "a/b"],
    ["allowed_hosts", "*.example.com"],
    ["allowed_origins", "https://a.example/"],
    ["allowed_origins", "https://*.example"],
    ["allowed_origins", "null"],
    ["allowed_origins", "file://a"],
    ["hostname", "a b"],
    ["hostname", "*"],
    ["hostname", "[::1]"],
  ];
  for (const [key, value] of refused) {
    assertEquals(faultsOf(`http: {port: 1, ${key}: "${value}"}`).length, 1, `${key} ${value}`);
  }
  assertEquals(faultsOf(`http: {port: 1, read_token: ${READ}, control_token: ${READ}}`), [
    "http.control_token: is (not shown), wanted another secret than that of read_token",
  ]);
  // An empty variable must not open what was meant to be closed.
  assertEquals(faultsOf("http: {port: 1, read_token: '${NONE:-}'}"), [
    "http.read_token: is (not shown), wanted 16 to 512 visible ASCII characters",
  ]);
});

Deno.test("parseConfig takes of a kind of runs either the module or the name, and each once", () => {
  const faultsOfKinds = (kinds: string) => faultsOf(`http: {port: 1}\nruns: {kinds: ${kinds}}`);
  assertEquals(faultsOfKinds("[{module: ./a.ts, external: a}]"), [
    'runs.kinds[0].external: is "a", wanted either this or a module, not both',
  ]);
  assertEquals(faultsOfKinds("[{external: a}, {}]"), [
    "runs.kinds[1]: has neither a module nor external, wanted one of them",
  ]);
  assertEquals(faultsOfKinds("[{external: a}, {external: b}, {external: a}]"), [
    'runs.kinds[2].external: is "a", wanted each kind once',
  ]);
  assertEquals(faultsOfKinds("[{module: ./a.ts}, {module: x/../a.ts}]"), [
    'runs.kinds[1].module: is "x/../a.ts", wanted each kind once',
  ]);
  assertEquals(faultsOfKinds("[{external: 'a b'}, {external: '{x}'}, {module: 'http://a'}]"), [
    'runs.kinds[0].external: is "a b", wanted a letter or digit, then at most 127 of A-Z, a-z, 0-9, dot, _ and -',
    'runs.kinds[1].external: is "{x}", wanted a letter or digit, then at most 127 of A-Z, a-z, 0-9, dot, _ and -',
    'runs.kinds[2].module: is "http://a", wanted a path such as ./handler.ts, or a file:, jsr:, npm: or https: module',
  ]);
  assertEquals(faultsOfKinds("{external: a}"), [
    "runs.kinds: is a section, wanted a list with at least one item",
  ]);
});
