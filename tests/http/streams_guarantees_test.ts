/**
 * What a reader and a writer of streams can rely on: every byte once and in order through reconnects, an append that lands
 * once through a kill of the server, two processes that see each other, forks that outlive their source.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { startStreamsProcess } from "./streams_process.ts";
import { readLive } from "./streams_reader.ts";
import { refusal, serveStreams, statusOf, type StreamsServer, TEXT } from "./streams_server.ts";

const JSON_TYPE = { "content-type": "application/json" };

testOnEachBroker(
  "streamRoutes tell readers who reconnect 5,000 appends whole and in order",
  async ({ broker, reopen }) => {
    const other = await reopen();
    await using writer = serveStreams({ broker });
    await using reader = serveStreams({ broker: other, limits: { sseMs: 200, longPollMs: 100 } });
    await statusOf(await writer.ask("PUT", "a", { headers: TEXT }));
    const url = `${reader.url}/streams/a`;
    const readers = [readLive(url, "sse"), readLive(url, "long-poll"), readLive(url, "sse")];
    let expected = "";
    for (let round = 0; round < 500; round++) {
      const lines = Array.from({ length: 10 }, (_, index) => `${round * 10 + index} é\n`);
      // Ten at once, so that appends meet; what order they got is read back below.
      const done = await Promise.all(
        lines.map((body) => writer.ask("POST", "a", { headers: TEXT, body })),
      );
      const order = await Promise.all(done.map(async (each, index) => {
        assertEquals(await statusOf(each), 204);
        return { offset: each.headers.get("stream-next-offset") ?? "", line: lines[index] ?? "" };
      }));
      order.sort((left, right) => left.offset < right.offset ? -1 : 1);
      expected += order.map(({ line }) => line).join("");
    }
    await statusOf(await writer.ask("POST", "a", { headers: { "stream-closed": "true" } }));
    const told = await Promise.all(readers);
    assertEquals(told.map(({ text }) => text === expected), [true, true, true]);
    await eventually("all readers have left", () => reader.readers() === 0);
    assertEquals(told.every(({ connections }) => connections > 3), true);
    if (other !== broker) await other[Symbol.asyncDispose]();
  },
);

Deno.test("streamRoutes on two processes and one Redis show each other's appends live", async () => {
  await using redis = await startRedisServer();
  await using one = await startStreamsProcess(redis.url);
  await using two = await startStreamsProcess(redis.url);
  await statusOf(await fetch(`${one.url}/streams/a`, { method: "PUT", headers: TEXT }));
  const waiting = fetch(`${two.url}/streams/a?offset=now&live=long-poll`);
  const told = readLive(`${two.url}/streams/a`, "sse");
  // The long-poll may come after the append: then it would wait for the next one.
  let polled = "";
  waiting.then(async (response) => polled = await response.text());
  await eventually("the append is told", async () => {
    const append = { method: "POST", headers: TEXT, body: "x" };
    await statusOf(await fetch(`${one.url}/streams/a`, append));
    return /^x+$/.test(polled);
  });
  const close = { method: "POST", headers: { "stream-closed": "true" } };
  await statusOf(await fetch(`${one.url}/streams/a`, close));
  const all = await (await fetch(`${two.url}/streams/a`)).text();
  assertEquals([(await told).text, /^x+$/.test(all)], [all, true]);
});

Deno.test("streamRoutes land a producer's requests once, though the server is killed amid them", async () => {
  await using redis = await startRedisServer();
  let server = await startStreamsProcess(redis.url);
  try {
    await statusOf(await fetch(`${server.url}/streams/a`, { method: "PUT", headers: JSON_TYPE }));
    let repeats = 0;
    for (let seq = 0; seq < 200; seq++) {
      const headers = {
        ...JSON_TYPE,
        "producer-id": "p",
        "producer-epoch": "0",
        "producer-seq": String(seq),
      };
      const request = { method: "POST", headers, body: `[${seq}]` };
      for (let landed = false; !landed;) {
        const answer = fetch(`${server.url}/streams/a`, request).then(statusOf, () => 0);
        if (seq % 40 === 20 && repeats <= seq / 40) {
          // Some are killed before they were read, some after they landed: the delay goes through both.
          await new Promise((resolve) => setTimeout(resolve, repeats));
          await server.kill();
          repeats++;
        }
        const status = await answer;
        landed = status === 200 || status === 204;
        if (!server.isAlive) server = await startStreamsProcess(redis.url);
      }
    }
    const told = await (await fetch(`${server.url}/streams/a`)).json();
    assertEquals(told, Array.from({ length: 200 }, (_, index) => index));
    assertEquals(repeats, 5);
  } finally {
    await server.kill();
  }
});

testOnEachBroker(
  "streamRoutes say 410 where what was at an offset is trimmed, and go on behind it",
  async ({ broker }) => {
    await using server = serveStreams({ broker, limits: { entriesMax: 3 } });
    const { ask } = server;
    await statusOf(await ask("PUT", "a", { headers: TEXT }));
    const offsets: string[] = [];
    for (const body of ["1", "2", "3", "4", "5"]) {
      const answer = await ask("POST", "a", { headers: TEXT, body });
      offsets.push(answer.headers.get("stream-next-offset") ?? "");
    }
    const told = (path: string) => ask("GET", path).then((answer) => answer.text());
    assertEquals(await refusal(await ask("GET", `a?offset=${offsets[0]}`)), "410 OFFSET_GONE");
    assertEquals(
      await refusal(await ask("GET", `a?offset=${offsets[0]}&live=sse`)),
      "410 OFFSET_GONE",
    );
    assertEquals(await told(`a?offset=${offsets[1]}`), "345");
    assertEquals(await told("a?offset=-1"), "345");
    const from = { "stream-forked-from": "/streams/a" };
    assertEquals(await statusOf(await ask("PUT", "b", { headers: from })), 201);
    assertEquals(await refusal(await ask("GET", `b?offset=${offsets[0]}`)), "410 OFFSET_GONE");
    assertEquals(await told("b"), "345");
    assertEquals(server.lines, []);
  },
);

const forkFact = "streamRoutes let a fork of several pages outlive its source, offset by offset";

Deno.test(`${forkFact} (SQLite in memory)`, async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await forkOutlives(broker);
});

Deno.test({
  name: `${forkFact} (Redis)`,
  // The parser of large replies shrinks its buffer by an interval that ends some time later.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using redis = await startRedisServer();
    await using broker = await openRedisBroker({ url: redis.url });
    await forkOutlives(broker);
  },
});

async function forkOutlives(broker: Broker): Promise<void> {
  await using server = serveStreams({ broker, limits: { bodyBytesMax: 4_194_304 } });
  const { ask } = server;
  const type = { "content-type": "application/octet-stream" };
  await statusOf(await ask("PUT", "a", { headers: type }));
  const parts = Array.from(
    { length: 4 },
    (_, index) => new Uint8Array(1_500_000).fill(index + 1),
  );
  for (const body of parts) {
    await statusOf(await ask("POST", "a", { headers: type, body }));
  }
  const from = { "stream-forked-from": "/streams/a" };
  const [first, again] = [
    await ask("PUT", "b", { headers: from }),
    await ask("PUT", "b", { headers: from }),
  ];
  assertEquals([await statusOf(first), await statusOf(again)], [201, 200]);
  const source = await collect(server, "a");
  assertEquals(await statusOf(await ask("DELETE", "a")), 204);
  assertEquals(await refusal(await ask("GET", "a")), "410 STREAM_GONE");
  assertEquals(await refusal(await ask("PUT", "a")), "409 STREAM_EXISTS");
  const fork = await collect(server, "b");
  assertEquals(fork, source);
  assertEquals(fork.bytes, 6_000_000);
  assertEquals(await statusOf(await ask("DELETE", "b")), 204);
  assertEquals(await statusOf(await ask("PUT", "a")), 201);
}

Deno.test("streamRoutes refuse a fork that is too large, and leave nothing of it", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker, limits: { forkBytesMax: 3_000_000 } });
  await statusOf(await server.ask("PUT", "a"));
  const headers = { "content-type": "application/octet-stream" };
  for (let index = 0; index < 2; index++) {
    await statusOf(await server.ask("POST", "a", { headers, body: new Uint8Array(2_500_000) }));
  }
  const fork = await server.ask("PUT", "b", { headers: { "stream-forked-from": "/streams/a" } });
  assertEquals(await refusal(fork), "413 FORK_TOO_LARGE");
  assertEquals(await statusOf(await server.ask("HEAD", "b")), 404);
  assertEquals(await statusOf(await server.ask("DELETE", "a")), 204);
  assertEquals(await statusOf(await server.ask("HEAD", "a")), 404);
});

Deno.test("streamRoutes let a stream live on while somebody reads it live, and no longer", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker, http: { limits: { heartbeatMs: 400 } } });
  await statusOf(await server.ask("PUT", "a", { headers: { ...TEXT, "stream-ttl": "1" } }));
  const live = await server.ask("GET", "a?offset=-1&live=sse");
  const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
  let heartbeats = 0;
  while (heartbeats < 4) heartbeats += (await reader?.read())?.value?.includes(": still") ? 1 : 0;
  assertEquals(await statusOf(await server.ask("HEAD", "a")), 200);
  await reader?.cancel();
  await eventually("it is gone", async () => await statusOf(await server.ask("HEAD", "a")) === 404);
});

/** All chunks of a stream: their sizes by the offset behind them. */
async function collect(
  server: StreamsServer,
  name: string,
): Promise<{ chunks: Record<string, number>; bytes: number; lastByte: number }> {
  const chunks: Record<string, number> = {};
  let offset = "-1";
  let bytes = 0;
  let lastByte = -1;
  for (let isAtTail = false; !isAtTail;) {
    const answer = await server.ask("GET", `${name}?offset=${offset}`);
    const body = new Uint8Array(await answer.arrayBuffer());
    offset = answer.headers.get("stream-next-offset") ?? "";
    isAtTail = answer.headers.get("stream-up-to-date") === "true";
    chunks[offset] = body.byteLength;
    bytes += body.byteLength;
    lastByte = body.at(-1) ?? lastByte;
  }
  return { chunks, bytes, lastByte };
}
