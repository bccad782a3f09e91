/**
 * Those who are not meant get nothing from the inspector, and nobody who looks can hurt a consumer (S2 to S14, S19).
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createActor, createMachine } from "xstate";
import { connect } from "../../mod.ts";
import { SseStream } from "../../src/http/sse.ts";
import type { Message } from "../../src/inspector/format.ts";
import { LocalSource } from "../../src/inspector/local_source.ts";
import { ChartDesk } from "../../src/inspector/routes/chart_desk.ts";
import { feedFrames } from "../../src/inspector/routes/frame_feeding.ts";
import { type Clock, systemClock } from "../../src/ports/clock.ts";
import { rawRequest } from "../http/raw_http.ts";
import { eventually } from "../support/eventually.ts";
import { assertHandled, JOBS, publish } from "../support/supervised_service.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { FrameClient, inspected } from "./routes_rig.ts";

const PATHS = [
  "",
  "/instances",
  "/frames",
  "/stately",
  "/session",
  "/pending?stream=jobs&group=calm",
  "/dead-letters?stream=jobs",
];

Deno.test("pages of other origins, rebound names and parts of other pages get nothing of the inspector", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker, { inspector: { commands: true } });
  const { port } = new URL(service.url);
  const own = `Host: 127.0.0.1:${port}`;
  const wrong = {
    ORIGIN_NOT_ALLOWED: [
      `${own}\r\nOrigin: https://evil.example`,
      `${own}\r\nOrigin: null`,
      `${own}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors`,
    ],
    HOST_NOT_ALLOWED: [`Host: evil.example:${port}`, `Host: 127.0.0.1.evil.example:${port}`],
    HOST_MISSING: ["Accept: */*"],
  };
  for (const [code, heads] of Object.entries(wrong)) {
    for (const head of heads) {
      for (const path of PATHS) {
        const request = `GET /inspector${path} HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n`;
        const { status, body } = await rawRequest(Number(port), request);
        assertEquals(status === 403 || status === 400, true, `${path} ${head} ${status}`);
        if (status === 403) assertStringIncludes(body, code);
        assertEquals(body.includes(service.orchestrator.instance), false);
      }
      const body = '{"command":"pause"}';
      const { status } = await rawRequest(
        Number(port),
        `POST /inspector/commands HTTP/1.1\r\n${head}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      assertEquals(status === 403 || status === 400, true);
    }
  }
  // A form of another page can send three kinds of bodies without asking.
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
    const init = { method: "POST", headers: { "content-type": type }, body: '{"command":"pause"}' };
    const response = await fetch(`${service.url}/inspector/commands`, init);
    await response.body?.cancel();
    assertEquals(response.status, 415);
  }
  assertEquals(service.orchestrator.facts().map(({ pauseWanted }) => pauseWanted), [false]);
});

Deno.test("the inspector refuses rubbish by its name", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker);
  const refused: Record<string, number> = {
    "frames?instance=nobody": 404,
    "frames?instance=%0d%0aX": 400,
    "frames?instance=a&instance=b": 400,
    "frames?last_event_id=1": 400,
    "frames?last_event_id=1.2.3": 400,
    "frames?last_event_id=-1.2": 400,
    "frames?last_event_id=1e9.2": 400,
    "frames?back=-1": 400,
    "frames?back=10001": 400,
    "frames?back=01": 400,
    "frames?everything": 400,
    "session?instance=..%2f..": 404,
    "stately?back=1": 400,
    "charts/nothing": 400,
    "nothing": 404,
  };
  for (const [path, wanted] of Object.entries(refused)) {
    const [status, body] = await service.get(path);
    assertEquals(status, wanted, `${path} ${JSON.stringify(body)}`);
  }
  const joined = await fetch(`${service.url}/inspector/frames`, {
    headers: { "last-event-id": "1.1, 2.2" },
  });
  await joined.body?.cancel();
  assertEquals(joined.status, 400);
  assertEquals(service.http.streamCount, 0);
});

Deno.test("the inspector's streams and downloads count among those of the server", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker, { http: { limits: { streamsMax: 2 } } });
  await using first = await FrameClient.open(`${service.url}/inspector/frames`);
  {
    await using second = await FrameClient.open(`${service.url}/inspector/stately`);
    await second.until("it is told", ({ told }) => told.length > 1);
    for (const path of ["frames", "stately", "session"]) {
      const [status, body] = await service.get(path);
      assertEquals([status, Object(body).code], [503, "STREAMS_FULL"]);
    }
  }
  await eventually("a place is free", () => service.http.streamCount === 1);
  const session = await fetch(`${service.url}/inspector/session`);
  assertEquals(session.status, 200);
  await session.body?.cancel();
  await eventually("the place is free again", () => service.http.streamCount === 1);
  await first.until("it is told", ({ messages }) => messages.length > 1);
});

interface SourceBounds {
  readonly framesMax?: number;
  readonly clock?: Clock;
}

/** What an inspector of the worst actor that there can be shows: it passes for one of our machines. */
function sourceOf(context: object, { framesMax = 10_000, clock = systemClock }: SourceBounds = {}) {
  const flips = { flip: { actions: () => {} } };
  const machine = createMachine({ id: "consumer", context, on: flips });
  const actor = createActor(machine).start();
  const ignore = () => {};
  const source = new LocalSource({
    inspected: {
      instance: "p1",
      facts: () => [],
      inspect: (observer) => observer.attach(actor),
      ...{ pause: ignore, resume: ignore, drain: ignore, reclaim: ignore, restart: ignore },
    },
    broker: Object.create(null),
    takesCommands: false,
    recordsAlways: true,
    framesMax,
    clock,
  });
  return { actor, source };
}

/** A stream to a page, and what the page has read of it. */
function streamOf(source: LocalSource, { bytesMax, clock }: { bytesMax: number; clock: Clock }) {
  const options = { bytesMax, heartbeatMs: 600_000, stalledMsMax: 600_000, clock };
  const stream = new SseStream(options);
  const charts = new ChartDesk(() => Promise.resolve([]));
  const fed = feedFrames(stream, { source, wish: {}, charts, clock })
    .finally(() => stream.close());
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const read = async (until: (messages: Message[]) => boolean) => {
    let told: Message[] = [];
    while (!until(told)) {
      const part = await reader.read();
      if (part.done) break;
      text += part.value;
      told = [...text.matchAll(/^id: .*\ndata: (.*)$/gm)].flatMap(([, data = "[]"]): Message[] => {
        return JSON.parse(data);
      });
    }
    return told;
  };
  return { stream, fed, read };
}

Deno.test("a page that reads nothing holds no more than its bound, and is told exactly what it missed", async () => {
  const clock = new VirtualClock();
  const { actor, source } = sourceOf({ count: 0 }, { framesMax: 500, clock });
  const { stream, fed, read } = streamOf(source, { bytesMax: 64 * 1_024, clock });
  const flips = async (count: number) => {
    for (let n = 0; n < count; n++) actor.send({ type: "flip" });
    await clock.advance(50); // one batch
  };
  let most = 0;
  for (let round = 0; round < 30; round++) {
    await flips(400);
    most = Math.max(most, stream.bufferedBytes);
  }
  // One batch may be larger than the bound when nothing else waits.
  assert(most < 200 * 1_024, `${most} bytes`);
  const last = source.recorder.lastSeq;
  const reading = read((told) => told.some((each) => "seq" in each && each.seq === last));
  let isRead = false;
  reading.then(() => isRead = true);
  await eventually("all is read", async () => {
    await clock.advance(50);
    return isRead;
  });
  const all = await reading;
  assert(all.some(({ type }) => type === "gap"));
  let seen = 0;
  for (const message of all) {
    if (message.type === "gap") {
      assertEquals([message.from, message.until - message.from + 1], [seen + 1, message.count]);
      seen = message.until;
    } else if (message.type === "snapshot") seen = message.seq;
    else if ("seq" in message) assertEquals(message.seq, ++seen);
  }
  assertEquals(seen, last);
  source[Symbol.dispose]();
  await Promise.all([fed, read(() => false)]);
});

const cyclic: Record<string, unknown> = { epoch: 1n << 70n };
cyclic.stream = cyclic;
cyclic.group = new Proxy({}, {
  get: () => {
    throw new Error("trap");
  },
});
cyclic.batch = Object.defineProperty({ count: 1 }, "firstId", {
  get: () => {
    throw new Error("trap");
  },
});
cyclic.failure = { code: "x".repeat(10_000_000), message: '</script>\r\n\r\ndata: x\u2028"' };

Deno.test("a cyclic, huge and throwing context reaches the page as small single values", async () => {
  const { actor, source } = sourceOf(cyclic);
  const { fed, read } = streamOf(source, { bytesMax: 1_048_576, clock: systemClock });
  actor.send({ type: "flip" });
  const told = await read((messages) => messages.some(({ type }) => type === "transition"));
  const snapshot = told.find((message) => message.type === "snapshot");
  assert(snapshot?.type === "snapshot");
  const { stream, group, epoch, ...rest } = snapshot.actors[0]?.context ?? {};
  assertEquals([stream, group, epoch], ["(object)", "(object)", "(bigint)"]);
  assertEquals(rest["batch.firstId"], "(unreadable)");
  assertEquals(rest["failure.message"], '</script>\\r\\n\\r\\ndata: x\\u2028"');
  assert(JSON.stringify(told).length < 10_000);
  source[Symbol.dispose]();
  await fed;
  await read(() => false);
});

Deno.test("consumers do their work while pages come, stay without reading, and break off", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker, {
    inspector: { framesMax: 100 },
    http: { limits: { streamBytesMax: 4_096, stalledMsMax: 100 } },
  });
  const { hostname, port } = service.http.address;
  const head = `GET /inspector/frames HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
  const sockets = await Promise.all(Array.from({ length: 5 }, async () => {
    const socket = await Deno.connect({ port });
    await socket.write(new TextEncoder().encode(head));
    return socket;
  }));
  await publish(broker);
  await publish(broker, JOBS, 4 * JOBS);
  sockets[0]?.close();
  await assertHandled(broker, ["calm"], 4 * JOBS);
  for (const socket of sockets.slice(1)) socket.close();
  await eventually("all places are free", () => service.http.streamCount === 0);
});
