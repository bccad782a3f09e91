/**
 * A stream to one client on a virtual clock: its bound, its ends, its signs of life.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { SseStream } from "../../src/http/sse.ts";
import { sseFrame } from "../../src/http/sse_frame.ts";
import { settle, VirtualClock } from "../support/virtual_clock.ts";

function open({ bytesMax = 100, heartbeatMs = 15_000 } = {}) {
  const clock = new VirtualClock();
  const stream = new SseStream({ bytesMax, heartbeatMs, clock });
  const reader = stream.body.getReader();
  const read = async () => {
    const { done, value } = await reader.read();
    return done ? "the end" : new TextDecoder().decode(value);
  };
  return { clock, stream, reader, read };
}

const frame = (data: string) => sseFrame({ data });

/** A frame of so many bytes. */
const frameOf = (bytes: number) => frame("x".repeat(bytes - "data: \n\n".length));

Deno.test("SseStream hands on frames in order, several at once, and then the end", async () => {
  const { stream, read, clock } = open();
  for (const data of ["a", "b"]) assertEquals(stream.send(frame(data)), true);
  assertEquals(await read(), "data: a\n\ndata: b\n\n");
  const waiting = read();
  await settle();
  stream.send(frame("c"));
  assertEquals(await waiting, "data: c\n\n");
  stream.send(frame("d"));
  stream.close();
  assertEquals([await read(), await read()], ["data: d\n\n", "the end"]);
  assertEquals([await stream.finished, clock.timerCount, stream.bufferedBytes], ["closed", 0, 0]);
});

Deno.test("SseStream cuts a client when more than its bound waits, between two frames", async () => {
  const { stream, read, clock } = open({ bytesMax: 100 });
  assertEquals([stream.send(frameOf(50)), stream.send(frameOf(50))], [true, true]);
  assertEquals([stream.bufferedBytes, stream.signal.aborted], [100, false]);
  assertEquals(stream.send(frameOf(10)), false);
  assertEquals([stream.bufferedBytes, stream.signal.aborted], [0, true]);
  assertEquals([await stream.finished, await read(), clock.timerCount], ["cut", "the end", 0]);
});

Deno.test("SseStream takes one frame that is larger than its bound, when nothing else waits", async () => {
  const { stream, read } = open({ bytesMax: 100 });
  assertEquals(stream.send(frameOf(5_000)), true);
  assertEquals((await read()).length, 5_000);
  assertEquals([stream.send(frameOf(5_000)), stream.send(frameOf(9))], [true, false]);
});

Deno.test("SseStream takes sending and closing after its end without harm", async () => {
  for (const end of ["close", "cancel", "cut"] as const) {
    const { stream, reader } = open({ bytesMax: 10 });
    if (end === "close") stream.close();
    if (end === "cancel") await reader.cancel();
    if (end === "cut") { for (const data of ["a", "b"]) stream.send(frame(data)); }
    assertEquals([stream.send(frame("late")), stream.bufferedBytes], [false, 0], end);
    stream.close();
    await stream.room();
  }
});

Deno.test("SseStream aborts its signal as soon as the client has gone", async () => {
  const { stream, reader, clock } = open();
  stream.send(frame("a"));
  await reader.cancel();
  assertEquals([stream.signal.aborted, await stream.finished], [true, "cancelled"]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("SseStream.room waits until less than half of the bound waits", async () => {
  const { stream, read } = open({ bytesMax: 100 });
  await stream.room();
  stream.send(frameOf(60));
  let hasRoom = false;
  const room = stream.room().then(() => {
    hasRoom = true;
  });
  await settle();
  assertEquals(hasRoom, false);
  await read();
  await room;
  assertEquals(hasRoom, true);
});

Deno.test("SseStream.room ends with the stream", async () => {
  const { stream, reader } = open({ bytesMax: 100 });
  stream.send(frameOf(90));
  const room = stream.room();
  await reader.cancel();
  await room;
});

Deno.test("SseStream sends a sign of life after each silence, and only then", async () => {
  const { stream, read, clock } = open({ heartbeatMs: 1_000 });
  await clock.advance(999);
  assertEquals(stream.bufferedBytes, 0);
  stream.send(frame("a"));
  assertEquals(await read(), "data: a\n\n");
  await clock.advance(999);
  assertEquals(stream.bufferedBytes, 0);
  await clock.advance(1);
  assertEquals(await read(), ": still here\n\n");
  await clock.advance(2_000);
  assertEquals(await read(), ": still here\n\n: still here\n\n");
  stream.close();
  assertEquals(clock.timerCount, 0);
});

Deno.test("SseStream gives a client 5 s for what waits when it is closed", async () => {
  const { stream, read, clock } = open();
  stream.send(frame("a"));
  stream.close();
  assertEquals(stream.signal.aborted, true);
  await clock.advance(4_999);
  assertEquals(stream.bufferedBytes, 9);
  await clock.advance(1);
  assertEquals([await stream.finished, await read(), clock.timerCount], ["cut", "the end", 0]);
});

Deno.test("SseStream hands every client the same bytes of a frame, but where several frames wait", async () => {
  const sent = frame("a");
  const [first, second, late] = [open(), open(), open()];
  for (const { stream } of [first, second, late, late]) stream.send(sent);
  const chunks = await Promise.all([first, second, late].map(({ reader }) => reader.read()));
  assertEquals(chunks.map(({ value }) => value === sent.bytes), [true, true, false]);
  assertEquals(new TextDecoder().decode(chunks[2]?.value), "data: a\n\ndata: a\n\n");
  assertEquals([first, second, late].map(({ stream }) => stream.bufferedBytes), [0, 0, 0]);
  for (const { stream } of [first, second, late]) stream.close();
});
