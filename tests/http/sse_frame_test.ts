/**
 * Frames read back by a parser that follows the specification, whatever they hold.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import fc from "fast-check";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { sseFrame, type SseFrameParts } from "../../src/http/sse_frame.ts";

/** Texts made of what could break a frame, and of everything else. */
const text = fc.array(
  fc.oneof(
    fc.constantFrom(
      "\r",
      "\n",
      "\r\n",
      "\0",
      ":",
      " ",
      "data: x",
      "id: 9",
      "event:",
      "\ufeff",
      "é",
    ),
    fc.string({ unit: "binary" }),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

const line = text.map((given) => given.replace(/[\r\n\0]/g, ""));

/** What a parser reads of frames, however their bytes are cut. */
function read(frames: readonly SseFrameParts[], cutAt = 7) {
  const events: EventSourceMessage[] = [];
  const comments: string[] = [];
  const retries: number[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onRetry: (ms) => retries.push(ms),
  });
  // A parser drops a byte order mark where a stream begins, which is never inside of a frame; the decoder of Deno 2.9
  // would drop one also at a cut.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (const { bytes } of frames.map(sseFrame)) {
    for (let at = 0; at < bytes.length; at += cutAt) {
      parser.feed(decoder.decode(bytes.subarray(at, at + cutAt), { stream: true }));
    }
  }
  return { events, comments, retries };
}

Deno.test("sseFrame is read back as it was, whatever the data, id and event hold", () => {
  const event = line.filter((word) => word !== "");
  const parts = fc.record({ id: line, event, data: text, isCompact: fc.boolean() });
  const cuts = fc.integer({ min: 1, max: 50 });
  fc.assert(fc.property(fc.array(parts, { maxLength: 5 }), cuts, (
    all,
    cutAt,
  ) => {
    const wanted = all.map(({ id, event, data }) => ({
      id: id.toWellFormed(),
      event: event.toWellFormed(),
      data: data.toWellFormed().replace(/\r\n|\r/g, "\n"),
    }));
    assertEquals(read(all, cutAt), { events: wanted, comments: [], retries: [] });
  }));
});

Deno.test("sseFrame keeps comments away from events, whatever they hold", () => {
  fc.assert(fc.property(text, (comment) => {
    const { events } = read([{ comment }, { data: "after" }]);
    assertEquals(events.map(({ data }) => data), ["after"]);
  }));
});

Deno.test("sseFrame writes the frame as the specification shows it", () => {
  const { bytes } = sseFrame({
    comment: "c",
    retryMs: 5,
    event: "e",
    id: "1-0",
    data: "a\r\nb\rc",
  });
  assertEquals(
    new TextDecoder().decode(bytes),
    ": c\nretry: 5\nevent: e\nid: 1-0\ndata: a\ndata: b\ndata: c\n\n",
  );
  assertEquals(read([{ retryMs: 250 }]).retries, [250]);
});

Deno.test("sseFrame refuses ids and events of more than one line", () => {
  for (const bad of ["a\nb", "a\rb", "a\0b", "\n", "1-0\ndata: forged"]) {
    assertThrows(() => sseFrame({ id: bad }), InvalidOptionError, "one line without NUL");
    assertThrows(() => sseFrame({ event: bad }), InvalidOptionError, "one line without NUL");
  }
  assertThrows(() => sseFrame({ event: "" }), InvalidOptionError, "a word");
  for (const retryMs of [-1, 1.5, NaN, Infinity, 86_400_001]) {
    assertThrows(() => sseFrame({ retryMs }), InvalidOptionError, "0 to 86400000");
  }
});
