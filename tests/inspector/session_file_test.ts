/**
 * Session files: what is no session file is refused in plain words, and hostile ones harm nobody.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { createActor } from "xstate";
import type { Message } from "../../src/inspector/format.ts";
import { SessionFileError } from "../../src/inspector/session_error.ts";
import {
  openSession,
  recordingOf,
  type SessionBounds,
  sessionLines,
} from "../../src/inspector/session_file.ts";
import { lampMachine, recorderFor } from "./recorded_machines.ts";

const encoder = new TextEncoder();

function recording(): Message[] {
  const recorder = recorderFor();
  const lamp = createActor(lampMachine, { input: {}, inspect: recorder.observe });
  lamp.start().send({ type: "switch.pressed" });
  return recordingOf(recorder);
}

const lines = [...sessionLines(recording())];
const [header = "", snapshot = "", definition = "", first = "", second = ""] = lines;

function open(text: string | Uint8Array, bounds: SessionBounds = {}) {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  // A byte at a time, where that is quick: characters and lines are cut everywhere.
  const size = bytes.length < 10_000 ? 1 : 1_000;
  const parts = Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.slice(index * size, (index + 1) * size),
  );
  return openSession(ReadableStream.from(parts), { name: "s.jsonl", ...bounds });
}

Deno.test("openSession gives back what sessionLines wrote, byte by byte and with empty lines", async () => {
  const session = await open(lines.join("\n"));
  assertEquals(session, {
    header: JSON.parse(header),
    messages: lines.map((line): Message => JSON.parse(line)),
    isCut: false,
  });
  assertEquals([first, second].map((line) => JSON.parse(line).type), ["started", "transition"]);
});

Deno.test("openSession leaves out a last line that was cut", async () => {
  const { messages, isCut } = await open(`${header}${snapshot}${first.slice(0, 30)}`);
  assertEquals([messages.length, isCut], [2, true]);
});

Deno.test("openSession leaves out members that it does not know", async () => {
  const later = header.replace("{", '{"later":{"a":[1]},');
  assertEquals((await open(later)).messages, [JSON.parse(header)]);
});

const withState = (state: string) =>
  header + second.replace(/"from":"off"/, () => `"from":${state}`);

Deno.test("openSession leaves out members that mean the prototype of what they are in", async () => {
  const { messages } = await open(withState('{"__proto__":"a","b":"c"}'));
  const [, frame] = messages;
  const from = frame?.type === "transition" ? frame.from : null;
  assertEquals([from, Object.getPrototypeOf(from) === Object.prototype], [{ b: "c" }, true]);
});

const faults: readonly (readonly [string, string | Uint8Array, string, SessionBounds?])[] = [
  ["nothing", "", "it is empty"],
  ["text", "hello", "line 1 is not JSON, wanted a message as JSON"],
  ["another JSON", '{"a":1}\n', "line 1 is not the header of a Tidemark session"],
  ["null", "null\n", "line 1 is not the header of a Tidemark session"],
  ["frames alone", first, "line 1 is not the header of a Tidemark session"],
  ["a later version", header.replace('"version":1', '"version":2'), "it has version 2, wanted 1"],
  [
    "bytes that are no text",
    new Uint8Array([0xff, 0xfe]),
    "it is not UTF-8 text, wanted JSON Lines",
  ],
  ["a broken line", `${header}{"type"\n`, "line 2 is not JSON, wanted a message as JSON"],
  ["an unknown message", `${header}{"type":"x"}\n`, "line 2 is not a message of this format"],
  [
    "a wrong value",
    header + first.replace('"seq":1', '"seq":-1'),
    "line 2 is not a message of this format",
  ],
  [
    "a state of endless depth",
    withState(`${'{"a":'.repeat(50_000)}"b"${"}".repeat(50_000)}`),
    "line 2 is not a message of this format",
  ],
  ["two sessions", header + header, "line 2 is a second header, wanted one session in a file"],
  [
    "frames in disorder",
    header + second + first,
    "line 3 has a number that is not higher than the one before",
  ],
  ["too many bytes", header, "it has more than 10 bytes", { bytesMax: 10 }],
  ["a line too long", header + snapshot + first, "it has a line of more than 200 characters", {
    lineMax: 200,
  }],
  ["too many messages", header + definition, "it has more than 1 messages", { messagesMax: 1 }],
];

for (const [what, text, reason, bounds] of faults) {
  Deno.test(`openSession refuses ${what}`, async () => {
    const error = await assertRejects(() => open(text, bounds), SessionFileError);
    assertEquals(error.message, `Cannot open session file "s.jsonl": ${reason}`);
    assertEquals([error.code, error.file], ["SESSION_FILE_UNREADABLE", "s.jsonl"]);
  });
}
