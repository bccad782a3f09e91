/**
 * Session files that were damaged, made by others, or made to hurt: opened, or refused by name, and never held whole where
 * their bounds are smaller.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createActor } from "xstate";
import { SessionFileError } from "../../src/inspector/session_error.ts";
import { openSession, recordingOf, sessionLines } from "../../src/inspector/session_file.ts";
import { fleetAt, timelineOf } from "../../src/inspector/timeline.ts";
import { lampMachine, recorderFor } from "../inspector/recorded_machines.ts";
import { CASES } from "../support/cases.ts";
import { anyDamage, damagedBytes, hostileJson } from "../support/hostile.ts";

function recording(): string[] {
  const recorder = recorderFor();
  const lamp = createActor(lampMachine, { input: {}, inspect: recorder.observe }).start();
  for (let count = 0; count < 3; count++) lamp.send({ type: "switch.pressed" });
  return [...sessionLines(recordingOf(recorder))];
}

const LINES = recording();
const encoder = new TextEncoder();

/** A file with its bytes damaged, or one of its messages. */
const anyFile: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  damagedBytes(encoder.encode(LINES.join(""))),
  fc.tuple(fc.nat({ max: LINES.length - 1 }), anyDamage(hostileJson)).map(([at, damage]) => {
    const message: unknown = JSON.parse(LINES[at] ?? "");
    return encoder.encode(LINES.with(at, `${JSON.stringify(damage(message))}\n`).join(""));
  }),
);

Deno.test("openSession opens a damaged file or refuses it by name, and what it opens can be gone about in", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.integer({ min: 1, max: 999 }), async (bytes, size) => {
      const parts = Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, index) => bytes.slice(index * size, (index + 1) * size),
      );
      try {
        const { messages } = await openSession(ReadableStream.from(parts), { name: "s.jsonl" });
        const timeline = timelineOf(messages);
        for (const { seq } of timeline.frames) fleetAt(timeline, seq);
        assertEquals(Object.keys(Object.prototype), []);
      } catch (error) {
        assert(error instanceof SessionFileError, Deno.inspect(error));
        assert(
          /^Cannot open session file "s\.jsonl": (it |line \d+ )[\w ,.+-]+$/.test(error.message),
          error.message,
        );
      }
    }),
    CASES,
  );
});

Deno.test("openSession reads no further than its bounds, whatever comes", async () => {
  const source = fc.record({
    piece: fc.constantFrom("x", "\n", '{"a":', "[", LINES[0] ?? "", '"'),
    count: fc.integer({ min: 1, max: 3_000 }),
    bytesMax: fc.integer({ min: 1, max: 2_000 }),
  });
  await fc.assert(
    fc.asyncProperty(source, async ({ piece, count, bytesMax }) => {
      let given = 0;
      const bytes = encoder.encode(piece);
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < count; index++) {
          given += bytes.length;
          yield bytes;
        }
      }
      try {
        await openSession(pieces(), { name: "s.jsonl", bytesMax, lineMax: 500, messagesMax: 3 });
      } catch (error) {
        assert(error instanceof SessionFileError, Deno.inspect(error));
      }
      assert(given <= bytesMax + bytes.length, `${given} of ${bytesMax} bytes were taken`);
    }),
    CASES,
  );
});
