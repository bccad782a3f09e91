/**
 * Many clients of one run over real sockets: a slow one holds up nobody and is cut (S11), and however many they are, the
 * broker has no more connections (S15). Those that come and go (S16) are in `tests/guarantees/runs_live_test.ts`.
 *
 * @module
 */

import { Redis } from "ioredis";
import { assert, assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { RawConnection } from "./raw_http.ts";
import { RunReader } from "./runs_reader.ts";
import { RunsRig } from "./runs_rig.ts";

Deno.test("a client that reads nothing is cut, holds up nobody, and goes on by id (S11)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const limits = { streamBytesMax: 65_536, stalledMsMax: 100 };
  await using rig = new RunsRig(broker, { server: { limits } });
  const puppet = rig.puppet();
  await rig.ask("POST", "/runs", { body: { kind: "puppet", id: "a" } });
  const ctx = await puppet.context;
  const url = `${rig.url}/runs/a/events/stream`;
  using slow = await RawConnection.open(rig.port);
  await slow.write(
    `GET /runs/a/events/stream HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n\r\n`,
  );
  await using quick = await RunReader.open(url);
  await eventually("both follow", () => rig.runs.subscriptionCount === 2);
  // More than the system keeps for a socket.
  const data = "x".repeat(20_000);
  let count = 0;
  while (rig.runs.subscriptionCount === 2) {
    ctx.emit("told", data);
    count++;
    assertEquals((await quick.readCount(count)).length, count, "the other one is not held up");
    assert(count < 2_000);
  }
  await eventually("its place is free", () => rig.server.streamCount === 1);
  const text = await slow.readUntil("\r\n0\r\n\r\n");
  const ids = [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id);
  const numbers = ids.map((id) => Number(id?.split("-")[1]));
  assertEquals(numbers, numbers.map((_, index) => index + 1));
  assert(numbers.length < count, `${numbers.length} of ${count}`);
  await using back = await RunReader.open(url, { "last-event-id": ids.at(-1) ?? "" });
  const [next] = await back.readCount(1);
  assertEquals(Number(next?.id?.split("-")[1]), numbers.length + 1);
});

Deno.test("fifty clients cost the broker no more connections than one (S15)", async () => {
  await using server = await startRedisServer();
  const client = new Redis(server.url);
  try {
    await using broker = await openRedisBroker({ url: server.url });
    await using rig = new RunsRig(broker, { server: { limits: { streamsPerAddressMax: 100 } } });
    await rig.runs.start("outside", null, { run: "a" });
    const connections = async () => {
      const list = String(await client.client("LIST"));
      return list.split("\n").filter((line) => line !== "").length;
    };
    const url = `${rig.url}/runs/a/events/stream`;
    const readers = [await RunReader.open(url)];
    await rig.runs.store.add("a", { type: "first" });
    await readers[0]?.readCount(1);
    const withOne = await connections();
    for (let count = 1; count < 50; count++) readers.push(await RunReader.open(url));
    await rig.runs.store.add("a", { type: "second" });
    for (const reader of readers) assertEquals((await reader.readCount(2)).length, 2);
    assertEquals([await connections(), rig.runs.subscriptionCount], [withOne, 50]);
    for (const reader of readers) await reader[Symbol.asyncDispose]();
    await eventually("nobody follows", () => rig.runs.subscriptionCount === 0);
  } finally {
    client.disconnect();
  }
});
