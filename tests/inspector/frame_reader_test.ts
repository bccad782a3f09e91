/**
 * What readers get: at the beginning, when they come back, when they are too slow; and the ring that they read.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createActor } from "xstate";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { advance, type Fleet, fleetOf } from "../../src/inspector/fleet.ts";
import { isFrame, type Message } from "../../src/inspector/format.ts";
import { follow, FrameReader } from "../../src/inspector/frame_reader.ts";
import { FrameRing } from "../../src/inspector/frame_ring.ts";
import type { Recorder } from "../../src/inspector/recorder.ts";
import { textOf } from "../../src/inspector/routes/frame_feeding.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { lampMachine, recorderFor } from "./recorded_machines.ts";

/** A recorder and a lamp that is switched so many times. */
function recordedLamp(recorder: Recorder) {
  const lamp = createActor(lampMachine, { input: {}, inspect: recorder.observe });
  lamp.start();
  return (count: number) => {
    for (let index = 0; index < count; index++) lamp.send({ type: "switch.pressed" });
  };
}

/** Messages in a word each. */
function words(messages: readonly Message[]): string[] {
  return messages.map((message) => {
    if (message.type === "gap") return `gap ${message.from}-${message.until}: ${message.count}`;
    return "seq" in message ? `${message.type} ${message.seq}` : message.type;
  });
}

Deno.test("FrameReader.read begins with header, definitions and the present, then gives frames", () => {
  const recorder = recorderFor();
  const press = recordedLamp(recorder);
  press(3);
  const reader = new FrameReader(recorder);
  assertEquals(words(reader.read()), ["header", "definition", "snapshot 4"]);
  assertEquals(reader.read(), []);
  press(1);
  assertEquals(words(reader.read()), ["transition 5"]);
  assertEquals(reader.position, 5);
});

Deno.test("FrameReader.read goes back, with the fleet as it was then", () => {
  const recorder = recorderFor();
  recordedLamp(recorder)(3);
  const messages = new FrameReader(recorder, { back: 2 }).read();
  const expected = ["header", "definition", "snapshot 2", "transition 3", "transition 4"];
  assertEquals(words(messages), expected);
  const [, , snapshot] = messages;
  assert(snapshot?.type === "snapshot");
  assertEquals(snapshot.actors.map(({ state, context }) => [state, context.count]), [
    [{ on: "bright" }, 1],
  ]);
  const all = new FrameReader(recorder, { back: 1_000 }).read();
  assertEquals(words(all).slice(0, 4), ["header", "snapshot 0", "definition", "started 1"]);
});

Deno.test("FrameReader.read resumes without a snapshot, and gives at most so many frames", () => {
  const recorder = recorderFor();
  recordedLamp(recorder)(4);
  const reader = new FrameReader(recorder, { after: 2, framesMax: 2 });
  assertEquals(words(reader.read()), ["header", "transition 3", "transition 4"]);
  assertEquals(words(reader.read()), ["transition 5"]);
});

Deno.test("FrameReader.read counts what a slow reader missed, and goes on with the present", () => {
  const recorder = recorderFor({ framesMax: 4 });
  const press = recordedLamp(recorder);
  const reader = new FrameReader(recorder);
  assertEquals(words(reader.read()), ["header", "definition", "snapshot 1"]);
  press(6);
  assertEquals(words(reader.read()), ["gap 2-7: 6", "snapshot 7"]);
  press(4);
  assertEquals(words(reader.read()).length, 4);
  assertEquals(reader.missedCount, 6);
  const late = new FrameReader(recorder, { after: 3 });
  assertEquals(words(late.read()), ["header", "gap 4-11: 8", "definition", "snapshot 11"]);
});

Deno.test("FrameReader.read takes a number of another recorder for a beginning", () => {
  const recorder = recorderFor();
  recordedLamp(recorder)(1);
  const reader = new FrameReader(recorder, { after: 99 });
  assertEquals(words(reader.read()), ["header", "definition", "snapshot 2"]);
});

Deno.test("FrameReader refuses numbers that cannot work", () => {
  const recorder = recorderFor();
  for (const options of [{ after: -1 }, { back: 0.5 }, { framesMax: 0 }, { after: NaN }]) {
    assertThrows(() => new FrameReader(recorder, options), InvalidOptionError);
  }
});

Deno.test("follow yields what is new at most each 50 ms, never nothing, and ends with its signal", async () => {
  const clock = new VirtualClock();
  const recorder = recorderFor({ clock });
  const press = recordedLamp(recorder);
  const end = new AbortController();
  const got: string[][] = [];
  const following = (async () => {
    for await (const messages of follow(recorder, { signal: end.signal, clock })) {
      got.push(words(messages));
    }
  })();
  await clock.advance(49);
  press(2);
  await clock.advance(0);
  assertEquals(got, [["header", "definition", "snapshot 1"]]);
  await clock.advance(1);
  await clock.advance(200);
  end.abort();
  await following;
  assertEquals(got.slice(1), [["transition 2", "transition 3"]]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("follow refuses an interval that cannot work", async () => {
  const { signal } = new AbortController();
  const following = follow(recorderFor(), { signal, intervalMs: 0 });
  await assertRejects(() => following.next(), InvalidOptionError, "intervalMs");
});

Deno.test("FrameRing keeps the newest frames within both bounds, whatever comes", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 });
  const bound = fc.integer({ min: 1, max: 20 });
  fc.assert(fc.property(sizes, bound, bound, (given, framesMax, tens) => {
    const bytesMax = tens * 10;
    const ring = new FrameRing<{ bytes: number }>({ framesMax, bytesMax });
    let expected: { bytes: number }[] = [];
    const bytesOf = (frames: { bytes: number }[]) =>
      frames.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const bytes of given) {
      const frame = { bytes };
      ring.push(frame);
      expected = [...expected, frame].slice(-framesMax);
      while (bytesOf(expected) > bytesMax && expected.length > 1) expected = expected.slice(1);
    }
    const kept = expected.map((_, index) => ring.get(ring.firstSeq + index));
    assertEquals(kept, expected);
    assertEquals([ring.lastSeq, ring.bytes], [given.length, bytesOf(expected)]);
    assertEquals([ring.get(ring.firstSeq - 1), ring.get(ring.lastSeq + 1)], [undefined, undefined]);
  }));
});

Deno.test("FrameReader tells whoever misses most of it how often each transition was taken, exactly", () => {
  const recorder = recorderFor({ framesMax: 50 });
  const press = recordedLamp(recorder);
  const reader = new FrameReader(recorder, { framesMax: 10 });
  let fleet: Fleet = new Map();
  let told = 0;
  const read = () => {
    for (const message of reader.read()) {
      if (message.type === "snapshot") fleet = fleetOf(message.actors);
      if (!isFrame(message)) continue;
      told++;
      fleet = advance(fleet, message);
    }
  };
  read();
  const begin = reader.position;
  for (let round = 0; round < 20; round++) {
    press(101);
    read();
    const [lamp] = fleet.values();
    // The lamp is switched on first; what this reader knows is the truth at its position.
    const switched = Number(lamp?.context.count);
    assertEquals(lamp?.taken, {
      "lamp.off/switch.pressed/0": Math.ceil(switched / 2),
      "lamp.on/switch.pressed/0": Math.floor(switched / 2),
    });
    assert(switched >= 101 * (round + 1) - 50, String(switched));
  }
  assertEquals(begin + told + reader.missedCount, reader.position);
  assert(told < 300, String(told));
  assertEquals(
    recorder.snapshot(reader.position).actors.map(({ taken }) => taken),
    [...fleet.values()].map(({ taken }) => taken),
  );
});

Deno.test("Recorder.frame and textOf make a frame and its JSON once for all readers", () => {
  const recorder = recorderFor();
  recordedLamp(recorder)(5);
  const [one, other] = [0, 1].map(() => new FrameReader(recorder, { back: 3 }).read().slice(3));
  assert(one !== undefined && other !== undefined && one.length === 3);
  one.forEach((message, index) => assertStrictEquals(message, other[index]));
  assertEquals(textOf(one), JSON.stringify(one));
  // What was written is known again, also where it would be written otherwise now.
  Object.assign(one[0] ?? {}, { toJSON: () => "written again" });
  assertEquals(textOf(other).includes("written again"), false);
});
