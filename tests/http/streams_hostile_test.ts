/**
 * What streams answer to bad input and bad times, through a real socket.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { refusal, serveStreams, statusOf, TEXT } from "./streams_server.ts";

Deno.test("streamRoutes refuse malformed requests by their code and change nothing", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker });
  const { ask } = server;
  await statusOf(await ask("PUT", "a", { headers: TEXT, body: "x" }));
  const post = (headers: Record<string, string>) =>
    ask("POST", "a", { headers: { ...TEXT, ...headers }, body: "y" });
  const producer = (epoch: string, seq: string) =>
    post({ "producer-id": "p", "producer-epoch": epoch, "producer-seq": seq });
  const asked = [
    ask("GET", "a%2Fb"),
    ask("GET", "a%0d%0ab"),
    ask("DELETE", "a/"),
    ask("GET", "..%2f..%2fetc"),
    ask("PUT", "%E0%A4%A"),
    ask("GET", "a?offset=1-0"),
    ask("GET", "a?offset=-1&offset=-1"),
    ask("GET", "a?live=sse"),
    ask("GET", "a?offset=-1&live=now"),
    ask("GET", "a?offset=-1&cursor=x"),
    ask("PUT", "b", { headers: { "stream-ttl": "1e3" } }),
    ask("PUT", "b", { headers: { "stream-fork-offset": "now" } }),
    ask("PUT", "b", { headers: { "stream-forked-from": "/elsewhere/a" } }),
    ask("PUT", "b", { headers: { "content-type": "text" } }),
    ask("PUT", "b", { headers: { "content-type": "application/json" }, body: "{" }),
    post({ "stream-seq": "x".repeat(257) }),
    producer("0", "9007199254740992"),
    producer("-1", "0"),
    post({ "producer-id": "p" }),
    ask("PATCH", "a"),
    fetch(`${server.url}/%73treams/a`, { method: "DELETE" }),
    post({ "content-encoding": "gzip" }),
    ask("GET", "nothing"),
    ask("POST", "a", { headers: { "content-type": "text/html" }, body: "y" }),
    ask("GET", "a", { headers: { origin: "https://evil.example" } }),
    ask("POST", "a", { headers: { ...TEXT, origin: "null" }, body: "y" }),
  ];
  assertEquals(await Promise.all(asked.map(async (each) => await refusal(await each))), [
    "400 INVALID_STREAM_NAME",
    "400 INVALID_STREAM_NAME",
    "400 INVALID_STREAM_NAME",
    "400 INVALID_STREAM_NAME",
    "400 INVALID_STREAM_NAME",
    "400 INVALID_OFFSET",
    "400 REPEATED_PARAMETER",
    "400 OFFSET_MISSING",
    "400 INVALID_LIVE",
    "400 INVALID_CURSOR",
    "400 INVALID_TTL",
    "400 FORK_SOURCE_MISSING",
    "404 FORK_SOURCE_NOT_FOUND",
    "400 INVALID_CONTENT_TYPE",
    "400 INVALID_JSON",
    "400 INVALID_SEQ",
    "400 INVALID_PRODUCER",
    "400 INVALID_PRODUCER",
    "400 INCOMPLETE_PRODUCER",
    "405 METHOD_NOT_ALLOWED",
    "404 NOT_FOUND",
    "415 CONTENT_TYPE_WRONG",
    "404 STREAM_NOT_FOUND",
    "409 CONTENT_TYPE_MISMATCH",
    "403 ORIGIN_NOT_ALLOWED",
    "403 ORIGIN_NOT_ALLOWED",
  ]);
  assertEquals(await (await ask("GET", "a")).text(), "x");
  assertEquals((await broker.listJournals("streams", { limit: 9 })).journals.length, 1);
  assertEquals(server.lines, []);
});

Deno.test("streamRoutes cut a body off at its limit and one that comes too slowly", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker, limits: { bodyBytesMax: 100_000, bodyMsMax: 100 } });
  await statusOf(await server.ask("PUT", "a", { headers: TEXT }));
  let left = 30;
  const chunks = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(10_000));
      if (--left === 0) controller.close();
    },
  });
  const chunked = await server.ask("POST", "a", { headers: TEXT, body: chunks });
  assertEquals(await refusal(chunked), "413 BODY_TOO_LARGE");
  const long = await server.ask("POST", "a", { headers: TEXT, body: new Uint8Array(100_001) });
  assertEquals(await refusal(long), "413 BODY_TOO_LARGE");

  using connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(server.url).port),
  });
  const host = `Host: ${new URL(server.url).host}`;
  const head = `POST /streams/a HTTP/1.1\r\n${host}\r\nContent-Type: text/plain\r\n`;
  await connection.write(new TextEncoder().encode(`${head}Content-Length: 9\r\n\r\nabc`));
  const buffer = new Uint8Array(4_096);
  const size = await connection.read(buffer) ?? 0;
  assertMatch(new TextDecoder().decode(buffer.subarray(0, size)), /^HTTP\/1\.1 408 /);
  assertEquals(await (await server.ask("GET", "a")).text(), "");
});

Deno.test("streamRoutes count live readers among the streams of the server, which ends them when it ends", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker, http: { limits: { streamsMax: 2 } } });
  const { ask } = server;
  await statusOf(await ask("PUT", "a", { headers: TEXT }));
  const first = await ask("GET", "a?offset=-1&live=sse");
  const second = await ask("GET", "a?offset=-1&live=sse");
  const third = await ask("GET", "a?offset=-1&live=long-poll");
  assertEquals(third.headers.get("retry-after"), "5");
  assertEquals(await refusal(third), "503 STREAMS_FULL");
  await first.body?.cancel();
  await eventually("the reader has left", () => server.readers() === 1);
  const leaving = new AbortController();
  const left = ask("GET", "a?offset=-1&live=long-poll", { signal: leaving.signal });
  await eventually("the long-poll waits", () => server.readers() === 2);
  leaving.abort();
  await assertRejects(() => left, DOMException);
  await eventually("the place of the long-poll is free at once", () => server.readers() === 1);
  const poll = ask("GET", "a?offset=-1&live=long-poll");
  await eventually("another long-poll waits", () => server.readers() === 2);
  const beganMs = Date.now();
  await server[Symbol.asyncDispose]();
  assertEquals(await refusal(await poll), "503 CLOSED");
  assertMatch(await second.text(), /"upToDate":true\}\n\n$/);
  assertEquals([server.readers(), Date.now() - beganMs < 2_000, server.lines], [0, true, []]);
});

Deno.test("streamRoutes cut an SSE reader who takes nothing, and hold little for him", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker, http: { limits: { stalledMsMax: 200 } } });
  await statusOf(await server.ask("PUT", "a"));
  const type = { "content-type": "application/octet-stream" };
  for (let index = 0; index < 8; index++) {
    await statusOf(
      await server.ask("POST", "a", { headers: type, body: new Uint8Array(4_000_000) }),
    );
  }
  using connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(server.url).port),
  });
  await connection.write(
    new TextEncoder().encode(
      "GET /streams/a?offset=-1&live=sse HTTP/1.1\r\nConnection: close\r\n" +
        `Host: ${new URL(server.url).host}\r\n\r\n`,
    ),
  );
  await eventually("he reads", () => server.readers() === 1);
  await eventually("he is cut", () => server.readers() === 0);
  let bytes = 0;
  try {
    const buffer = new Uint8Array(65_536);
    for (let size; (size = await connection.read(buffer)) !== null;) bytes += size;
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  // 32 MB, of which he was sent what the socket's own buffers took.
  assertEquals(bytes < 16_000_000, true, `${bytes}`);
});

Deno.test("streamRoutes answer 503 without the broker's words while it is down, and go on after", async () => {
  await using redis = await startRedisServer({ appendonly: true });
  await using broker = await openRedisBroker({ url: redis.url });
  await using server = serveStreams({ broker });
  await statusOf(await server.ask("PUT", "a", { headers: TEXT, body: "x" }));
  await redis.kill("SIGKILL");
  const [read, write] = await Promise.all([
    server.ask("GET", "a"),
    server.ask("POST", "a", { headers: TEXT, body: "y" }),
  ]);
  for (const response of [read, write]) {
    const body = await response.text();
    assertEquals([response.status, response.headers.get("retry-after")], [503, "2"]);
    assertEquals(/redis|127\.0\.0\.1|ECONN|Error|\bat /i.test(body), false, body);
  }
  await redis.start();
  await eventually("it reads", async () => await statusOf(await server.ask("GET", "a")) === 200);
  assertEquals(await (await server.ask("GET", "a")).text(), "x");
});

Deno.test("streamRoutes answer pages of allowed origins by name, also those who keep answers", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const origin = "https://app.example";
  await using server = serveStreams({ broker, http: { allowedOrigins: [origin] } });
  const answer = await server.ask("PUT", "a", { headers: { ...TEXT, origin }, body: "x" });
  const own = await server.ask("GET", "a", { headers: { origin: server.url } });
  await Promise.all([answer, own].map(statusOf));
  const seen = [answer, own].map(({ status, headers }) => [
    status,
    headers.get("access-control-allow-origin"),
    headers.get("access-control-expose-headers"),
    headers.get("cross-origin-resource-policy"),
    headers.get("vary"),
    headers.get("content-security-policy"),
  ]);
  // Otherwise what the one has kept would be given to the other.
  const rest = ["Origin", "sandbox; default-src 'none'"];
  assertEquals(seen, [
    [201, origin, "*", "cross-origin", ...rest],
    [200, null, null, "same-origin", ...rest],
  ]);
});
