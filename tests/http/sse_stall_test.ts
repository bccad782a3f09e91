/**
 * A source that waits for its client, on a virtual clock: how long it waits, and for what.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { SseStream } from "../../src/http/sse.ts";
import { sseFrame } from "../../src/http/sse_frame.ts";
import { settle, VirtualClock } from "../support/virtual_clock.ts";

function open({ bytesMax = 100, ...options }: { bytesMax?: number; stalledMsMax?: number } = {}) {
  const clock = new VirtualClock();
  const stream = new SseStream({ bytesMax, heartbeatMs: 1_000_000, clock, ...options });
  const reader = stream.body.getReader();
  return { clock, stream, reader };
}

/** A frame of so many bytes. */
const frameOf = (bytes: number) => sseFrame({ data: "x".repeat(bytes - "data: \n\n".length) });

/** Whether a promise has settled. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true);
  await settle();
  return settled;
}

Deno.test("SseStream.room cuts a client that takes nothing for its time", async () => {
  for (const stalledMsMax of [10_000, 50]) {
    const { clock, stream } = open(stalledMsMax === 10_000 ? {} : { stalledMsMax });
    stream.send(frameOf(60));
    const room = stream.room();
    await clock.advance(stalledMsMax - 1);
    assertEquals([stream.signal.aborted, await hasSettled(room)], [false, false]);
    await clock.advance(1);
    await room;
    assertEquals([await stream.finished, stream.signal.aborted, clock.timerCount], [
      "cut",
      true,
      0,
    ]);
  }
});

Deno.test("SseStream.room waits on for a client that takes something now and then", async () => {
  const { clock, stream, reader } = open({ bytesMax: 400_000, stalledMsMax: 50 });
  // More than half of a chunk, so that each is taken alone.
  for (let count = 0; count < 6; count++) stream.send(frameOf(60_000));
  const room = stream.room();
  for (let count = 0; count < 2; count++) {
    await clock.advance(49);
    await reader.read();
    assertEquals([await hasSettled(room), stream.signal.aborted], [false, false]);
  }
  await clock.advance(49);
  await reader.read();
  await room;
  // Nobody waits any more: only the sign of life is left.
  assertEquals([stream.signal.aborted, stream.bufferedBytes, clock.timerCount], [
    false,
    180_000,
    1,
  ]);
  await reader.cancel();
});

Deno.test("SseStream cuts nobody for taking nothing while nobody waits for him", async () => {
  const { clock, stream } = open({ stalledMsMax: 50 });
  stream.send(frameOf(60));
  await clock.advance(500);
  assertEquals(stream.signal.aborted, false);
  stream.close();
  await clock.advance(5_000);
  assertEquals([await stream.finished, clock.timerCount], ["cut", 0]);
});

Deno.test("SseStream.hasRoom and room know what a frame needs", async () => {
  const { clock, stream, reader } = open();
  assertEquals([stream.hasRoom(), stream.hasRoom(5_000)], [true, true]);
  stream.send(frameOf(50));
  assertEquals([50, 51].map((bytes) => stream.hasRoom(bytes)), [true, false]);
  const small = stream.room(50);
  const large = stream.room(5_000);
  assertEquals([await hasSettled(small), await hasSettled(large)], [true, false]);
  await reader.read();
  await large;
  assertEquals([stream.send(frameOf(5_000)), stream.hasRoom(), clock.timerCount], [true, false, 1]);
  await reader.cancel();
  assertEquals([stream.hasRoom(5_000), clock.timerCount], [true, 0]);
});
