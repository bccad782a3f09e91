/**
 * Following runs over HTTP on every broker: positions, gaps, ends, limits, and that nothing is left behind.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { sseFrame } from "../../src/http/sse_frame.ts";
import { runFrame } from "../../src/http/routes/runs/run_frames.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { RunReader, told } from "./runs_reader.ts";
import { RunsRig, type RunsRigOptions } from "./runs_rig.ts";

/** A rig with a run of five events, kept as far as `lengthMax` allows. */
async function withFive(broker: Broker, options: RunsRigOptions = {}) {
  const rig = new RunsRig(broker, options);
  await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
  const events = [1, 2, 3, 4, 5].map((data) => ({ type: "n", data }));
  const { body } = await rig.ask("POST", "/runs/a/events", { body: { events } });
  const ids: string[] = Object(body).ids;
  const url = `${rig.url}/runs/a/events/stream`;
  return { rig, ids, url, id: (number: number) => ids[number - 1] ?? "" };
}

/** Nobody follows any more, and no place is taken. */
async function assertNothingIsLeft({ runs, server }: RunsRig): Promise<void> {
  await eventually("nothing is left", () => runs.subscriptionCount + server.streamCount === 0);
}

testOnEachBroker(
  "GET /runs/{id}/events/stream tells history, then what happens, then the end",
  async ({ broker }) => {
    await using rig = new RunsRig(broker);
    const puppet = rig.puppet();
    await rig.ask("POST", "/runs", { body: { kind: "puppet", id: "a" } });
    const ctx = await puppet.context;
    const data = "a\r\nid: 9\n\ndata: x\r\0\ud800\u2028";
    const id = ctx.emit("first", data);
    await using reader = await RunReader.open(`${rig.url}/runs/a/events/stream`);
    await reader.readCount(1);
    ctx.emit("second");
    await reader.readCount(2);
    puppet.end();
    const messages = await reader.readAll();
    const { lastId } = await rig.runs.get("a");
    const at = new Date(Number(id.split("-")[0])).toISOString();
    assertEquals(messages[0], {
      id,
      event: undefined,
      data: JSON.stringify({ id, type: "first", data, at }),
    });
    assertEquals(told(messages.slice(1)), [
      "second null",
      `end {"status":"completed","reason":null,"last_id":"${lastId}"}`,
    ]);
    assertEquals(messages.at(-1)?.id, lastId);
    // A browser comes back with the id of the end, and is told to stay away.
    const again = await rig.ask("GET", "/runs/a/events/stream", {
      headers: { "last-event-id": lastId },
    });
    assertEquals([again.status, again.body], [204, null]);
    await assertNothingIsLeft(rig);
  },
);

testOnEachBroker("GET /runs/{id}/events/stream goes on behind a position", async ({ broker }) => {
  const { rig, url, id } = await withFive(broker);
  await using _rig = rig;
  let marks = 0;
  const from = async (query: string, headers = {}) => {
    await using reader = await RunReader.open(`${url}${query}`, headers);
    await eventually("it follows", () => rig.runs.subscriptionCount === 1);
    const mark = `mark ${++marks}`;
    await rig.runs.store.add("a", { type: "mark", data: marks });
    await reader.readUntil(() => told(reader.messages).includes(mark));
    await reader[Symbol.asyncDispose]();
    await assertNothingIsLeft(rig);
    return told(reader.messages);
  };
  assertEquals(await from(`?last_event_id=${id(4)}`), ["n 5", "mark 1"]);
  const header = { "last-event-id": id(5) };
  assertEquals(await from(`?last_event_id=${id(1)}`, header), ["mark 1", "mark 2"]);
  // Beyond the end is the end.
  assertEquals(await from("?last_event_id=99999999999999-77"), ["mark 3"]);
  assertEquals((await from("?last_event_id=0-0")).length, 9);

  await rig.ask("POST", "/runs/a/end", { body: {} });
  const { lastId } = await rig.runs.get("a");
  for (const position of [lastId, "99999999999999-77"]) {
    assertEquals(
      await rig.refusal("GET", `/runs/a/events/stream?last_event_id=${position}`),
      "204 -",
    );
  }
  await assertNothingIsLeft(rig);
});

testOnEachBroker(
  "GET /runs/{id}/events/stream tells what is trimmed, or refuses",
  async ({ broker }) => {
    const { rig, url, id } = await withFive(broker, { manager: { lengthMax: 2 } });
    await using _rig = rig;
    const gap = { after_id: id(1), until_id: id(3), count: 2 };
    const headers = { "last-event-id": id(1) };
    {
      await using reader = await RunReader.open(url, headers);
      const messages = await reader.readCount(3);
      assertEquals(told(messages), [`gap ${JSON.stringify(gap)}`, "n 4", "n 5"]);
      assertEquals(messages[0]?.id, id(3));
    }
    const refused = await rig.ask("GET", "/runs/a/events/stream?on_gap=fail", { headers });
    assertEquals([refused.status, refused.body], [410, {
      first_id: id(4),
      until_id: id(3),
      type: "about:blank",
      title: "Events behind this position are gone",
      status: 410,
      code: "POSITION_TRIMMED",
      detail: `Those behind ${id(1)} are gone up to ${id(3)}`,
    }]);
    {
      await using reader = await RunReader.open(`${url}?on_gap=fail&last_event_id=${id(3)}`);
      assertEquals(told(await reader.readCount(2)), ["n 4", "n 5"]);
    }
    await assertNothingIsLeft(rig);
  },
);

Deno.test("a client that is overtaken by trimming and wants everything is told so, and let go", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = new RunsRig(broker, {
    manager: { lengthMax: 5 },
    server: { limits: { streamBytesMax: 10_000 } },
  });
  await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
  await using reader = await RunReader.open(`${rig.url}/runs/a/events/stream?on_gap=fail`);
  await eventually("it follows", () => rig.runs.subscriptionCount === 1);
  const data = "x".repeat(100_000);
  // It does not read; what the sockets hold is less than this.
  for (let count = 0; count < 200; count++) {
    await rig.runs.store.add("a", Array.from({ length: 5 }, () => ({ type: "n", data })));
    if (rig.runs.subscriptionCount === 0) break;
  }
  await reader.readAll();
  const last = reader.messages.at(-1);
  const { until_id, first_id, ...problem } = JSON.parse(last?.data ?? "{}");
  assertEquals([last?.event, problem], ["problem", {
    status: 410,
    code: "POSITION_TRIMMED",
    title: "Events behind this position are gone",
  }]);
  const [until, first] = [until_id, first_id].map((id) => Number(id.split("-")[1]));
  assert(first !== undefined && until !== undefined && first > until);
  assert(Number(until_id.split("-")[1]) > reader.messages.length - 1);
  assertEquals(rig.log.lines.filter(({ level }) => level === "error"), []);
  await assertNothingIsLeft(rig);
});

testOnEachBroker(
  "a run that is deleted under its follower ends, and the next try is 404",
  async ({ broker }) => {
    const { rig, url, id } = await withFive(broker);
    await using _rig = rig;
    await using reader = await RunReader.open(url);
    await reader.readCount(5);
    await rig.runs.store.delete("a");
    await reader.readAll();
    assertEquals(
      told(reader.messages).at(-1),
      `end {"status":"deleted","reason":null,"last_id":"${id(5)}"}`,
    );
    assertEquals(await rig.refusal("GET", "/runs/a/events/stream"), "404 RUN_NOT_FOUND");
    await assertNothingIsLeft(rig);
  },
);

testOnEachBroker(
  "streams are limited by run, address and in total, before anything is opened",
  async ({ broker }) => {
    const limits = { streamsMax: 4, streamsPerAddressMax: 3, streamsPerRunMax: 2 };
    const { rig, url } = await withFive(broker, { server: { limits } });
    await using _rig = rig;
    await rig.ask("POST", "/runs", { body: { kind: "outside", id: "b" } });
    const readers = [await RunReader.open(url), await RunReader.open(url)];
    const full = await rig.ask("GET", "/runs/a/events/stream");
    assertEquals([full.status, Object(full.body).code, full.headers.get("retry-after")], [
      503,
      "RUN_STREAMS_FULL",
      "5",
    ]);
    readers.push(await RunReader.open(`${rig.url}/runs/b/events/stream`));
    const other = await rig.ask("GET", "/runs/b/events/stream");
    assertEquals([other.status, Object(other.body).code, other.headers.get("retry-after")], [
      429,
      "ADDRESS_STREAMS_FULL",
      "5",
    ]);
    // What is not there is told before what is full; and HEAD takes no place.
    assertEquals(await rig.refusal("GET", "/runs/none/events/stream"), "404 RUN_NOT_FOUND");
    const head = await rig.ask("HEAD", "/runs/a/events/stream");
    assertEquals([head.status, head.headers.get("content-type")], [200, "text/event-stream"]);
    assertEquals((await rig.ask("HEAD", "/runs/none/events/stream")).status, 404);
    await eventually("they follow", () => rig.runs.subscriptionCount === 3);
    assertEquals(rig.server.streamCount, 3);
    for (const reader of readers) await reader[Symbol.asyncDispose]();
    await assertNothingIsLeft(rig);
    await using _again = await RunReader.open(url);
  },
);

// Not on Redis: the parser of its client keeps a timer for a while after large replies, whoever closes what.
Deno.test("an event larger than half of the bound reaches a client that reads", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = new RunsRig(broker, { server: { limits: { streamBytesMax: 65_536 } } });
  const puppet = rig.puppet();
  await rig.ask("POST", "/runs", { body: { kind: "puppet", id: "a" } });
  const ctx = await puppet.context;
  const lengths = [10, 60_000, 1_000_000, 10, 40_000, 40_000, 1_000_000];
  for (const length of lengths) ctx.emit("n", "x".repeat(length));
  await using reader = await RunReader.open(`${rig.url}/runs/a/events/stream`);
  const messages = await reader.readCount(lengths.length);
  assertEquals(messages.map(({ data }) => JSON.parse(data).data.length), lengths);
});

testOnEachBroker(
  "HttpServer.close and RunManager.stop end those who follow, in either order",
  async ({ broker }) => {
    for (const first of ["server", "runs"]) {
      const rig = new RunsRig(broker);
      const { body } = await rig.ask("POST", "/runs", { body: { kind: "outside" } });
      await using reader = await RunReader.open(`${rig.url}/runs/${Object(body).id}/events/stream`);
      await eventually("it follows", () => rig.runs.subscriptionCount === 1);
      if (first === "runs") await rig.runs.stop();
      else await rig.server.close();
      assertEquals(await reader.readAll(), []);
      await assertNothingIsLeft(rig);
      if (first === "runs") {
        assertEquals(await rig.refusal("GET", `/runs/${Object(body).id}/events/stream`), "200 -");
        assertEquals(
          await rig.refusal("POST", "/runs", { body: { kind: "outside" } }),
          "503 CLOSED",
        );
      }
      await rig[Symbol.asyncDispose]();
    }
  },
);

Deno.test("runFrame encodes an event once, however many follow", () => {
  const event = { id: "5-1", type: "n", data: { a: 1 }, atMs: 5 } as const;
  const frame = runFrame({ kind: "event", event });
  assertEquals(frame, runFrame({ kind: "event", event: { ...event } }));
  assert(frame.bytes === runFrame({ kind: "event", event }).bytes);
  const data = '{"id":"5-1","type":"n","data":{"a":1},"at":"1970-01-01T00:00:00.005Z"}';
  assertEquals(frame, sseFrame({ id: "5-1", data }));
});
