/**
 * What travels between a process and those who follow it, piece by piece: texts in parts, the tape, and hostile words.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createActor } from "xstate";
import type { Message } from "../../src/inspector/format.ts";
import { FrameReader } from "../../src/inspector/frame_reader.ts";
import { recordingOf } from "../../src/inspector/session_file.ts";
import {
  decodeCall,
  decodeDesk,
  encodeCall,
  encodeDesk,
} from "../../src/inspector/remote/desk_record.ts";
import { entriesOf, PartJoiner } from "../../src/inspector/remote/parts.ts";
import { decodeOutcome, decodeRequest } from "../../src/inspector/remote/request_record.ts";
import { decodeStatus, withoutTime } from "../../src/inspector/remote/status_record.ts";
import { Tape } from "../../src/inspector/remote/tape.ts";
import { lampMachine, recorderFor } from "./recorded_machines.ts";

/** A text of about so many units, of characters of all widths. */
const texts = fc.tuple(fc.string({ unit: "binary" }), fc.nat(600_000)).map(([text, length]) =>
  text.repeat(Math.ceil(length / Math.max(1, text.length))).slice(0, length).toWellFormed()
);

Deno.test("PartJoiner puts together what entriesOf has cut, with no part through a character", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const joiner = new PartJoiner();
      const entries = entriesOf({ kind: "messages", text });
      const wholes = entries.map((fields) => joiner.take(fields));
      assertEquals(wholes.pop(), { kind: "messages", text });
      assert(wholes.every((each) => each === null));
      assert(entries.every((fields) => fields.every((part) => String(part).isWellFormed())));
    }),
    { numRuns: 30 },
  );
});

Deno.test("PartJoiner leaves out a text of which a part is missing, and takes the next one", () => {
  const [one, two] = entriesOf({ kind: "status", text: "x".repeat(300_000) });
  assert(one !== undefined && two !== undefined);
  const joiner = new PartJoiner();
  const beat = entriesOf({ kind: "beat", text: "" })[0] ?? [];
  assertEquals([two, one, beat, two].map((fields) => joiner.take(fields)), [
    null,
    null,
    { kind: "beat", text: "" },
    null,
  ]);
  assertEquals(joiner.take(one), null);
  assertEquals(joiner.take(two)?.text.length, 300_000);
  assertEquals(entriesOf({ kind: "status", text: "x".repeat(17_000_000) }), []);
});

Deno.test("Tape tells its readers what the recorder tells, or an exact gap, whatever gets lost on the way", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(8), fc.boolean(), fc.boolean()), { maxLength: 40 }),
      (rounds) => {
        const recorder = recorderFor({ framesMax: 30 });
        const lamp = createActor(lampMachine, { input: {}, inspect: recorder.observe }).start();
        const tape = new Tape({ ...recorder.header, startedAtMs: 0 });
        let source = new FrameReader(recorder);
        tape.take(source.read(), 100);
        const reader = new FrameReader(tape);
        const heard: Message[] = reader.read();
        for (const [presses, isLost, isTold] of [...rounds, [1, false, true] as const]) {
          for (let count = 0; count < presses; count++) lamp.send({ type: "switch.pressed" });
          const batch = source.read();
          if (!isLost) tape.take(batch, 100);
          if (tape.needsSnapshot || isLost) {
            tape.take((source = new FrameReader(recorder)).read(), 9);
          }
          if (isTold) heard.push(...reader.read());
        }
        let next = 2;
        for (const message of heard) {
          if (message.type === "transition") {
            assertEquals(message.seq, next++);
            assertEquals(message.actor, `p1/${lamp.sessionId}`);
          } else if (message.type === "gap") {
            assertEquals([message.from, message.count], [next, message.until - next + 1]);
            next = message.until + 1;
          } else if (message.type === "snapshot") assertEquals(message.seq, next - 1);
        }
        assertEquals(next, recorder.lastSeq + 1);
        assertEquals(tape.snapshot(), { ...recorder.snapshot(), atMs: tape.snapshot().atMs });
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("Tape can be saved like a recorder, and shows the moments before", () => {
  const recorder = recorderFor();
  const lamp = createActor(lampMachine, { input: {}, inspect: recorder.observe }).start();
  const tape = new Tape({ ...recorder.header, startedAtMs: 0 });
  const source = new FrameReader(recorder);
  tape.take(source.read(), 100);
  for (let count = 0; count < 5; count++) lamp.send({ type: "switch.pressed" });
  tape.take(source.read(), 100);
  assertEquals([tape.firstSeq, tape.lastSeq], [2, 6]);
  assertEquals(recordingOf(tape).map((each) => "seq" in each ? each.seq : each.type), [
    "header",
    "definition",
    1,
    ...[2, 3, 4, 5, 6],
  ]);
  assertEquals(tape.snapshot(3).actors, recorder.snapshot(3).actors);
});

Deno.test("desk, requests, outcomes and status are read from anything without a throw", () => {
  assertEquals(decodeDesk(encodeDesk({ life: "l-1" })), { life: "l-1" });
  const calls = [
    { kind: "follow", lacks: "history" },
    { kind: "follow", lacks: "nothing" },
    { kind: "request", id: "r1" },
  ] as const;
  assertEquals(calls.map((call) => decodeCall(encodeCall(call))), [...calls]);
  const command = { want: "command", command: "pause", target: { stream: "s", x: 1 } };
  assertEquals(decodeRequest(JSON.stringify(command)), {
    want: "command",
    command: "pause",
    target: { stream: "s" },
  });
  const failed = { outcome: "failed", code: "\u001b[31m", message: "redis://u:hunter2@h\n" };
  assertEquals(decodeOutcome(JSON.stringify(failed)), {
    outcome: "failed",
    code: "\\u001b[31m",
    message: "redis://***@h\\n",
  });
  const hostile = fc.oneof(fc.string(), fc.json(), fc.constant("[".repeat(100_000)));
  fc.assert(
    fc.property(hostile, (text) => {
      assertEquals(
        [decodeDesk(text), decodeRequest(text), decodeOutcome(text), decodeStatus(text)],
        [null, null, null, null],
      );
      assertEquals(decodeCall(["request", `/${text}`]), null);
    }),
  );
});

Deno.test("withoutTime makes texts equal that differ in the time, and no others", () => {
  const text = (atMs: number, name: string) => JSON.stringify({ atMs, f: [{ nowMs: atMs }], name });
  assertEquals(withoutTime(text(1, "a")), withoutTime(text(1.5e21, "a")));
  assert(withoutTime(text(1, "a")) !== withoutTime(text(1, "b")));
  assert(withoutTime(text(1, '"atMs":1')) !== withoutTime(text(1, '"atMs":2')));
});
