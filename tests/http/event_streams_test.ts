/**
 * Event streams through a real socket: limits, slow clients, clients that go, a server that ends (S10 to S14).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { BrokerUnavailableError } from "../../src/domain/errors.ts";
import { EventStreams } from "../../src/http/event_streams.ts";
import { httpLimits } from "../../src/http/http_limits.ts";
import { sseFrame } from "../../src/http/sse_frame.ts";
import { eventually } from "../support/eventually.ts";
import { StoryLog } from "../support/story_log.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { type HttpRig, startHttp } from "./http_rig.ts";
import { RawConnection } from "./raw_http.ts";

/** Opens a stream by hand and reads its head, and for one that opens its first frame. */
async function openStream({ port }: HttpRig, path = "/stream"): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  await connection.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await connection.readUntil("\r\n\r\n");
  if (connection.text.startsWith("HTTP/1.1 200")) await connection.readUntil("retry: 1000\n\n");
  return connection;
}

const statusOf = ({ text }: RawConnection) => Number(text.slice(9, 12));

Deno.test("EventStreams sends frames at once, with headers that let nobody hold them back", async () => {
  await using rig = startHttp();
  using client = await openStream(rig);
  const text = client.text.toLowerCase();
  for (
    const header of [
      "content-type: text/event-stream\r\n",
      "cache-control: no-store, no-transform\r\n",
      "x-accel-buffering: no\r\n",
    ]
  ) assertEquals(text.includes(header), true, header);
  rig.streams[0]?.send(sseFrame({ id: "5-0", event: "step", data: "forged\n\nid: 9\r\ndata: no" }));
  const frame = "event: step\nid: 5-0\ndata: forged\ndata: \ndata: id: 9\ndata: data: no\n\n";
  assertEquals((await client.readUntil(frame)).includes(frame), true);
  rig.streams[0]?.close();
  assertEquals((await client.readUntil("\r\n0\r\n\r\n")).endsWith("\r\n0\r\n\r\n"), true);
});

Deno.test("EventStreams sends a sign of life through silence (S14)", async () => {
  await using rig = startHttp({ limits: { heartbeatMs: 20 } });
  using client = await openStream(rig);
  await client.readUntil(": still here\n\n");
  assertEquals(client.text.includes(": still here\n\n"), true);
});

Deno.test("EventStreams lets go of its source within half a second after the client has gone (S12)", async () => {
  await using rig = startHttp();
  const client = await openStream(rig);
  using other = await openStream(rig);
  client[Symbol.dispose]();
  await eventually("the source was told", () => rig.streams[0]?.signal.aborted === true, 500);
  assertEquals([await rig.streams[0]?.finished, rig.server.streamCount], ["cancelled", 1]);
  // Whoever tells all of them goes on to the next one.
  const told = rig.streams.map((stream) => stream.send(sseFrame({ data: "late" })));
  assertEquals(told, [false, true]);
  assertEquals((await other.readUntil("data: late\n\n")).includes("data: late\n\n"), true);
});

Deno.test("EventStreams cuts a client that does not read, and nothing grows (S11)", async () => {
  await using rig = startHttp({ limits: { streamBytesMax: 100_000 } });
  using slow = await openStream(rig);
  const stream = rig.streams[0];
  if (stream === undefined) throw new Error("No stream was opened");
  const frame = sseFrame({ data: "x".repeat(10_000) });
  let bufferedMax = 0;
  let sentBytes = 0;
  while (stream.send(frame)) {
    sentBytes += frame.bytes.length;
    bufferedMax = Math.max(bufferedMax, stream.bufferedBytes);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assertEquals([await stream.finished, rig.server.streamCount], ["cut", 0]);
  assertEquals(bufferedMax <= 100_000, true);
  // What the system keeps for the socket is a few megabytes; the client that reads at last gets whole frames only.
  assertEquals(sentBytes < 32_000_000, true, String(sentBytes));
  const text = (await slow.readUntil("\r\n0\r\n\r\n")).replace(/\r\n(?:[0-9a-f]+\r\n)?/g, "");
  assertEquals(text.endsWith(`${"x".repeat(100)}\n\n`), true);
});

Deno.test("EventStreams refuses streams beyond each limit, and says when to come back (S10)", async () => {
  const limits = { streamsMax: 4, streamsPerAddressMax: 3, streamsPerRunMax: 2 };
  await using rig = startHttp({ limits });
  const first = await openStream(rig, "/stream?run=a");
  using _second = await openStream(rig, "/stream?run=a");
  using third = await openStream(rig, "/stream?run=a");
  assertEquals(statusOf(third), 503);
  assertEquals(/retry-after: 5\r\n/i.test(third.text), true);
  assertEquals((await third.readUntil("}")).includes("RUN_STREAMS_FULL"), true);
  using _fourth = await openStream(rig, "/stream?run=b");
  using fifth = await openStream(rig, "/stream?run=b");
  assertEquals(statusOf(fifth), 429);
  assertEquals((await fifth.readUntil("}")).includes("ADDRESS_STREAMS_FULL"), true);
  first[Symbol.dispose]();
  await eventually("the place is free", () => rig.server.streamCount === 2);
  using again = await openStream(rig, "/stream?run=a");
  assertEquals([statusOf(again), rig.server.streamCount], [200, 3]);
});

Deno.test("EventStreams refuses streams beyond its total", async () => {
  await using rig = startHttp({ limits: { streamsMax: 1 } });
  using _held = await openStream(rig);
  using refused = await openStream(rig);
  assertEquals(statusOf(refused), 503);
  assertEquals((await refused.readUntil("}")).includes('"STREAMS_FULL"'), true);
});

Deno.test("EventStreams opens nothing for HEAD", async () => {
  await using rig = startHttp();
  const answer = await fetch(`${rig.url}/stream`, { method: "HEAD" });
  assertEquals([answer.status, answer.headers.get("content-type")], [200, "text/event-stream"]);
  assertEquals([rig.server.streamCount, rig.streams.length], [0, 0]);
});

Deno.test("EventStreams tells a client that its source has failed, and nothing else of it", async () => {
  await using rig = startHttp();
  using client = await openStream(rig, "/bad-stream");
  const text = await client.readUntil("\r\n0\r\n\r\n");
  const data =
    '{"status":500,"code":"INTERNAL","title":"Something went wrong in this service; its log says what"}';
  assertEquals(text.includes(`event: problem\ndata: ${data}\n\n`), true, text);
  assertEquals([text, ...rig.lines].join().includes("canary"), false);
  assertEquals(rig.lines.length, 1);
});

Deno.test("EventStreams tells once what ends many streams, and again after a minute of quiet", async () => {
  const clock = new VirtualClock();
  const log = new StoryLog();
  const streams = new EventStreams({ limits: httpLimits(), clock, log });
  const fail = async (error: unknown) => {
    const request = new Request("http://127.0.0.1/stream");
    const source = () => Promise.reject(error);
    await streams.open({ request, address: "127.0.0.1", source }).text();
  };
  const away = new BrokerUnavailableError("read", "ECONNREFUSED");
  for (let count = 0; count < 100; count++) await fail(away);
  await fail(new TypeError("odd"));
  await fail(away);
  clock.jump(60_000);
  await fail(away);
  const levels = log.lines.map(({ level, fields }) => `${level} ${fields?.code} ${fields?.error}`);
  assertEquals(levels.filter((line) => !line.startsWith("debug")), [
    "error BROKER_UNAVAILABLE BrokerUnavailableError",
    "error INTERNAL TypeError",
    "error BROKER_UNAVAILABLE BrokerUnavailableError",
  ]);
  assertEquals([levels.length, streams.count], [103, 0]);
});

Deno.test("HttpServer.close ends open streams at once, and what waits still arrives", async () => {
  const rig = startHttp();
  using client = await openStream(rig);
  rig.streams[0]?.send(sseFrame({ data: "last words" }));
  const beganMs = Date.now();
  await rig.server.close();
  assertEquals(Date.now() - beganMs < 2_000, true);
  const text = await client.readUntil("\r\n0\r\n\r\n");
  assertEquals([text.includes("data: last words\n\n"), text.endsWith("\r\n0\r\n\r\n")], [
    true,
    true,
  ]);
  assertEquals(await rig.streams[0]?.finished, "closed");
});

Deno.test("HttpServer.close does not wait longer than its grace for a client that does not read", async () => {
  const rig = startHttp({ limits: { streamBytesMax: 20_000_000 } });
  using _stuck = await openStream(rig);
  const frame = sseFrame({ data: "x".repeat(100_000) });
  for (let count = 0; count < 150; count++) rig.streams[0]?.send(frame);
  const beganMs = Date.now();
  await rig.server.close({ graceMs: 100 });
  assertEquals(Date.now() - beganMs < 2_000, true);
  assertEquals([rig.server.streamCount, await rig.streams[0]?.finished], [0, "cancelled"]);
});

Deno.test("HttpServer.close leaves streams that show the end to their source where it is to, and no others", async () => {
  const rig = startHttp();
  using client = await openStream(rig);
  using last = await openStream(rig, "/stream?end");
  const closed = rig.server.close({ letsEnd: true });
  await client.readUntil("\r\n0\r\n\r\n");
  assertEquals(await rig.streams[0]?.finished, "closed");
  assertEquals(rig.streams[1]?.send(sseFrame({ event: "end", data: "1" })), true);
  rig.streams[1]?.close();
  await closed;
  const text = await last.readUntil("\r\n0\r\n\r\n");
  assertEquals(text.includes("event: end\ndata: 1\n\n"), true, text);
});

Deno.test("HttpServer.close ends also what shows the end, at once or with its grace", async () => {
  for (const letsEnd of [false, true]) {
    const rig = startHttp();
    using _client = await openStream(rig, "/stream?end");
    const beganMs = Date.now();
    await rig.server.close({ letsEnd, graceMs: letsEnd ? 50 : 5_000 });
    assertEquals([Date.now() - beganMs < 2_000, rig.server.streamCount], [true, 0]);
  }
});
