/**
 * What nobody should send to the routes of runs, byte by byte through a real socket (S7 to S9, S13, S17, S18): everything
 * is refused by name, nothing is stored, nothing is logged as a failure.
 *
 * @module
 */

import { Redis } from "ioredis";
import { assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { type RawAnswer, rawRequest } from "./raw_http.ts";
import { RunsRig } from "./runs_rig.ts";

/** One request by hand; `Connection: close` so that its end is seen. */
function raw(rig: RunsRig, line: string, ...headers: string[]): Promise<RawAnswer> {
  const all = [`Host: 127.0.0.1:${rig.port}`, "Connection: close", ...headers];
  return rawRequest(rig.port, `${line} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n`);
}

/** The same with a body of JSON. */
function rawPost(rig: RunsRig, path: string, body: string): Promise<RawAnswer> {
  const length = new TextEncoder().encode(body).length;
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${rig.port}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${length}`,
  ];
  return rawRequest(rig.port, `${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Status and code; what the server itself refuses has no code. */
function short({ status, body }: RawAnswer): string {
  return `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? "-"}`;
}

/** The status and what is wrong, as `where name`. */
function faults({ status, body }: RawAnswer): unknown {
  const json = body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1);
  const { faults = [] } = JSON.parse(json);
  return [
    status,
    ...faults.map((fault: { in: string; name: string }) => `${fault.in} ${fault.name}`),
  ];
}

/** Nothing has failed, and nothing was stored but the run `a`. */
async function assertUntouched(rig: RunsRig, broker: Broker): Promise<void> {
  assertEquals(rig.log.lines.filter(({ level }) => level === "error" || level === "warn"), []);
  const { journals } = await broker.listJournals("runs", { limit: 10 });
  assertEquals(journals.map(({ journal, length }) => [journal.name, length]), [["a", 1]]);
}

async function rigWithRun(broker: Broker): Promise<RunsRig> {
  const rig = new RunsRig(broker);
  await rig.runs.start("outside", null, { run: "a" });
  await rig.runs.store.add("a", { type: "first" });
  return rig;
}

/** No ids of runs. */
const BAD_IDS = [
  "a:b",
  "%7Bx%7D",
  "{x}",
  "*",
  ".hidden",
  "-a",
  "_a",
  "..%2f",
  "..%2f..%2fetc",
  "%2e%2e%2fa",
  "a%2Fb",
  "a%5Cb",
  "a%00",
  "%00",
  "a%0d%0aX:%20y",
  "a%20",
  "%20a",
  "a+b",
  "a%252e",
  "%252e%252e",
  "%2561",
  "%E0%A4%A",
  "%",
  "a%ff",
  "%C3%A4",
  "%D0%B0",
  "a".repeat(129),
  "a".repeat(7_000),
];

testOnEachBroker("ids of runs that are none are 400 on every route (S7)", async ({ broker }) => {
  await using rig = await rigWithRun(broker);
  for (const id of BAD_IDS) {
    const asked = [
      ["GET", ""],
      ["GET", "/events"],
      ["GET", "/events/stream"],
      ["DELETE", ""],
    ].map(([method, rest]) => raw(rig, `${method} /runs/${id}${rest}`));
    const posted = [["/cancel", "{}"], ["/end", "{}"], ["/events", '{"events":[{"type":"x"}]}']]
      .map(([rest, body = ""]) => rawPost(rig, `/runs/${id}${rest}`, body));
    for (const answer of await Promise.all([...asked, ...posted])) {
      assertEquals(faults(answer), [400, "path id"], id.slice(0, 200));
    }
    const body = JSON.stringify({ kind: "outside", id: decoded(id) });
    assertEquals(faults(await rawPost(rig, "/runs", body)), [400, "body id"], id.slice(0, 200));
  }
  // What a URL means by dots is resolved before any route, or is no id.
  for (const id of ["..", ".", "%2e%2e", "%2E%2e", "a/../..%2fa"]) {
    const { status } = await raw(rig, `GET /runs/${id}`);
    assertEquals([400, 404].includes(status), true, `${id} ${status}`);
  }
  assertEquals(short(await raw(rig, `GET /runs/${"a".repeat(10_000)}`)), "414 URL_TOO_LONG");
  for (const path of ["/runs/", "/runs//events", "/runs/a/", "/runs/a/events/", "/runs/a/b"]) {
    assertEquals(short(await raw(rig, `GET ${path}`)), "404 NOT_FOUND", path);
  }
  // One decode, and it is itself.
  assertEquals((await raw(rig, "GET /runs/%61")).status, 200);
  await assertUntouched(rig, broker);
});

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** No positions in a run. */
const BAD_POSITIONS = [
  " 5-0",
  "5-0 ",
  "5-0\0",
  "$",
  ">",
  "+",
  "-",
  "*",
  "(5-0",
  "5-*",
  "5",
  "5-",
  "-5",
  "05-0",
  "5-00",
  "5-0-0",
  "5_0",
  "1e3-0",
  "0x5-0",
  "٥-0",
  "5-0\r\n",
  "1-0, 2-0",
  "18446744073709551616-0",
  "0-18446744073709551616",
  "5".repeat(7_000),
  "",
];

testOnEachBroker(
  "positions that are none are 400, in query and header (S8)",
  async ({ broker }) => {
    await using rig = await rigWithRun(broker);
    for (const position of BAD_POSITIONS) {
      const text = encodeURIComponent(position);
      for (
        const [path, name] of [
          ["/events/stream", "last_event_id"],
          ["/events", "start_id"],
          ["/events", "end_id"],
        ]
      ) {
        const answer = await raw(rig, `GET /runs/a${path}?${name}=${text}`);
        assertEquals(faults(answer), [400, `query ${name}`], position.slice(0, 80));
      }
      // Spaces around the value of a header are none of it; bytes beyond ASCII and line ends never get so far.
      if (/^ | $|[^ -~]/.test(position)) continue;
      const answer = await raw(rig, "GET /runs/a/events/stream", `Last-Event-ID: ${position}`);
      assertEquals(faults(answer), [400, "header Last-Event-ID"], position.slice(0, 80));
    }
    const twice = ["Last-Event-ID: 1-0", "Last-Event-ID: 2-0"];
    assertEquals(faults(await raw(rig, "GET /runs/a/events/stream", ...twice)), [
      400,
      "header Last-Event-ID",
    ]);
    const nul = await raw(rig, "GET /runs/a/events/stream", "Last-Event-ID: 5-0\0");
    assertEquals(short(nul), "400 -");
    const long = await raw(
      rig,
      "GET /runs/a/events/stream",
      `Last-Event-ID: ${"5".repeat(10_000)}`,
    );
    assertEquals(faults(long), [400, "header Last-Event-ID"]);
    // A header that is right does not excuse a parameter that is wrong.
    const both = await raw(rig, "GET /runs/a/events/stream?last_event_id=$", "Last-Event-ID: 1-0");
    assertEquals(faults(both), [400, "query last_event_id"]);
    assertEquals(rig.server.streamCount, 0);
    await assertUntouched(rig, broker);
  },
);

testOnEachBroker("parameters that do not fit are 400 by their name (S9)", async ({ broker }) => {
  await using rig = await rigWithRun(broker);
  const bad = ["NaN", "-1", "0", "1e9", "1e2", "0x10", "", "1.0", "+5", " 5", "05", "1001"];
  for (const limit of [...bad, "9007199254740992", "Infinity", "1".repeat(5_000)]) {
    for (const path of ["/runs", "/runs/a/events"]) {
      const answer = await raw(rig, `GET ${path}?limit=${encodeURIComponent(limit)}`);
      assertEquals(faults(answer), [400, "query limit"], limit.slice(0, 80));
      assertEquals(answer.body.includes("a whole number from 1 to 1000, given once"), true);
    }
  }
  const cases: readonly (readonly [string, ...string[]])[] = [
    ["/runs?limit=1&limit=2", "query limit"],
    ["/runs?limit", "query limit"],
    ["/runs?status=done", "query status"],
    ["/runs?status=running&status=failed", "query status"],
    ["/runs?kind=a%3Ab", "query kind"],
    ["/runs?order=up", "query order"],
    ["/runs?order=", "query order"],
    ["/runs?after=a&after=b", "query after"],
    ["/runs?__proto__=1", "query "],
    ["/runs?constructor=1", "query "],
    ["/runs/a/events?start_id=1-0&start_id=2-0", "query start_id"],
    ["/runs/a/events?limt=5", "query "],
    ["/runs/a/events/stream?on_gap=skip", "query on_gap"],
    ["/runs/a/events/stream?lastEventId=1-0", "query "],
    ["/runs/a/events/stream?last_event_id=1-0&last_event_id=2-0", "query last_event_id"],
  ];
  for (const [path, ...wrong] of cases) {
    assertEquals(faults(await raw(rig, `GET ${path}`)), [400, ...wrong], path);
  }
  for (const after of ["", "x", "0000000000000001", "%00", "%E0%A4%A", `${"0".repeat(16)}:%0a`]) {
    const answer = await raw(rig, `GET /runs?after=${after}`);
    assertEquals([200, 400].includes(answer.status), true, `${after} ${answer.status}`);
  }
  assertEquals(short(await raw(rig, "GET /runs?after=x")), "400 INVALID_OPTION");
  assertEquals((await raw(rig, "GET /runs/a/events?limit=1000")).status, 200);
  assertEquals((await raw(rig, "GET /runs?limit=1")).status, 200);
  await assertUntouched(rig, broker);
});

testOnEachBroker("bodies that are rubbish are refused, whatever they hold", async ({ broker }) => {
  await using rig = await rigWithRun(broker);
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  for (
    const [path, body, wanted] of [
      ["/runs", "null", "400 INVALID_REQUEST"],
      ["/runs", "1e999", "400 INVALID_REQUEST"],
      ["/runs", '{"kind":"outside"', "400 INVALID_JSON"],
      ["/runs", '{"kind":"outside","__proto__":{}}', "400 INVALID_REQUEST"],
      ["/runs", deep, "400 INVALID_REQUEST"],
      ["/runs", "\ufeff{}", "400 INVALID_REQUEST"],
      ["/runs/a/events", '{"events":{"0":{"type":"x"},"length":1}}', "400 INVALID_REQUEST"],
      ["/runs/a/events", '{"events":[null]}', "400 INVALID_REQUEST"],
      ["/runs/a/events", '{"events":[{"type":["x"]}]}', "400 INVALID_REQUEST"],
      ["/runs/a/events", '{"events":[{"type":"\\ud800"}]}', "400 INVALID_REQUEST"],
      ["/runs/a/cancel", '{"reason":1}', "400 INVALID_REQUEST"],
      ["/runs/a/cancel", "", "400 INVALID_JSON"],
      ["/runs/a/end", '{"status":"running"}', "400 INVALID_REQUEST"],
      ["/runs/a/events", `{"events":[{"type":"x","data":${deep}}]}`, "400 INVALID_REQUEST"],
      ["/runs/a/events", `{"events":[{"type":"${"x".repeat(1_200_000)}"}]}`, "413 BODY_TOO_LARGE"],
    ] as const
  ) {
    assertEquals(short(await rawPost(rig, path, body)), wanted, body.slice(0, 80));
  }
  await assertUntouched(rig, broker);
});

testOnEachBroker("the routes of runs tell their methods (S18)", async ({ broker }) => {
  await using rig = await rigWithRun(broker);
  const allowed = async (method: string, path: string) => {
    const { status, headers } = await raw(
      rig,
      `${method} ${path}`,
      "Content-Type: application/json",
    );
    return `${status} ${headers.allow}`;
  };
  assertEquals(await allowed("PUT", "/runs"), "405 GET, HEAD, POST, OPTIONS");
  assertEquals(await allowed("PATCH", "/runs/a"), "405 GET, HEAD, DELETE, OPTIONS");
  assertEquals(await allowed("GET", "/runs/a/cancel"), "405 POST, OPTIONS");
  assertEquals(await allowed("DELETE", "/runs/a/end"), "405 POST, OPTIONS");
  assertEquals(await allowed("PUT", "/runs/a/events"), "405 GET, HEAD, POST, OPTIONS");
  assertEquals(await allowed("DELETE", "/runs/a/events/stream"), "405 GET, HEAD, OPTIONS");
  assertEquals(await allowed("OPTIONS", "/runs/a/events/stream"), "204 GET, HEAD, OPTIONS");
  await assertUntouched(rig, broker);
});

Deno.test("ids of runs that are none touch no key of Redis (S7)", async () => {
  await using server = await startRedisServer();
  const client = new Redis(server.url);
  try {
    await using broker = await openRedisBroker({ url: server.url });
    await using rig = new RunsRig(broker);
    await client.set("{x}", "theirs");
    for (const id of BAD_IDS) {
      await raw(rig, `DELETE /runs/${id}`);
      await raw(rig, `GET /runs/${id}/events/stream`);
      await rawPost(rig, `/runs/${id}/events`, '{"events":[{"type":"x"}]}');
      await rawPost(rig, `/runs/${id}/cancel`, "{}");
    }
    // The manager's own sign of life is there too.
    const keys = (await client.keys("*")).filter((key) => !key.includes("run-owners"));
    assertEquals([keys, await client.get("{x}")], [["{x}"], "theirs"]);
  } finally {
    client.disconnect();
  }
});
