/**
 * The frames of RESP are found wherever the network cuts the bytes.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FrameReader, wordsOf } from "./frames.ts";

const encoder = new TextEncoder();

/** A reply: its bytes as text, of any kind that Redis sends. */
const replies: fc.Arbitrary<string> = fc.letrec<{ reply: string }>((tie) => ({
  reply: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("+OK\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "-ERR no\r\n"),
    fc.integer().map((number) => `:${number}\r\n`),
    fc.string({ unit: "binary", maxLength: 40 }).map((text) =>
      `$${encoder.encode(text).length}\r\n${text}\r\n`
    ),
    fc.array(tie("reply"), { maxLength: 4 }).map((all) => `*${all.length}\r\n${all.join("")}`),
  ),
})).reply;

Deno.test("FrameReader finds every frame, wherever the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(replies, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (frames, sizes) => {
        const bytes = encoder.encode(frames.join(""));
        const reader = new FrameReader();
        const found: Uint8Array[] = [];
        for (let at = 0; at < bytes.length;) {
          const size = sizes.next().value;
          found.push(...reader.push(bytes.slice(at, at + size)).map((frame) => frame.bytes));
          at += size;
        }
        assertEquals(found, frames.map((frame) => encoder.encode(frame)));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("FrameReader refuses what is not RESP, and wordsOf tells the words of a request", () => {
  assertThrows(() => new FrameReader().push(encoder.encode("GET / HTTP/1.1\r\n")));
  const [frame] = new FrameReader().push(encoder.encode("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"));
  assertEquals(frame === undefined ? [] : wordsOf(frame), ["GET", "a"]);
});
