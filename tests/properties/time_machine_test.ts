/**
 * The inspector's time machine on recordings of chance: going back undoes going on, any way to a moment leads to the same
 * fleet, and a session file holds what was recorded, also when its end was cut off.
 *
 * @module
 */

import { assert, assertEquals, equal } from "@std/assert";
import fc from "fast-check";
import { advance, type Fleet, fleetOf, parentsFirst, retreat } from "../../src/inspector/fleet.ts";
import {
  type ActorState,
  type Frame,
  type Header,
  isFrame,
  type Message,
  type Scalar,
  type StateValue,
} from "../../src/inspector/format.ts";
import { openSession, sessionLines } from "../../src/inspector/session_file.ts";
import { actorOf, fleetAt, nextFrame, timelineOf } from "../../src/inspector/timeline.ts";
import { CASES, fewerCases } from "../support/cases.ts";
import { hostileText } from "../support/hostile.ts";

/** zod leaves out a member that is called `__proto__`; it stands for nothing that a recorder writes. */
const text = hostileText.map((each) => each === "__proto__" ? "proto" : each.slice(0, 200));
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  text,
  fc.constantFrom<Scalar>(null, true, false, 0, -1, 1.5),
);
const state: fc.Arbitrary<StateValue> = fc.oneof(
  fc.constantFrom("on", "off", ""),
  fc.dictionary(fc.constantFrom("a", "b", "constructor"), fc.constantFrom("x", "y"), {
    maxKeys: 2,
  }),
);
const names = fc.constantFrom("count", "light.level", "toString");

/** What happens to one of a few actors; the recording is made of it by whoever knows the fleet. */
interface Happening {
  readonly actor: string;
  readonly state: StateValue;
  readonly changed: readonly (readonly [name: string, value: Scalar])[];
  readonly parent: string | null;
  readonly ends: boolean;
  readonly atMs: number;
  readonly words: string;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  actor: fc.constantFrom("p/1", "p/2", "p/3"),
  ...{ state, parent: fc.constantFrom(null, "p/1", "p/9") },
  changed: fc.uniqueArray(fc.tuple(names, scalar), { selector: ([name]) => name, maxLength: 3 }),
  ends: fc.boolean(),
  atMs: fc.nat({ max: 1_000 }),
  words: text,
});

const HEADER: Header = {
  ...{ type: "header", format: "tidemark-inspector", version: 1, instance: "p", startedAtMs: 0 },
};

/** A recording as a recorder would write it: frames that fit to each other, numbered from 1, after an empty fleet. */
function recordingOf(happenings: readonly Happening[]): { messages: Message[]; fleets: Fleet[] } {
  const messages: Message[] = [HEADER, { type: "snapshot", seq: 0, atMs: 0, actors: [] }];
  const fleets: Fleet[] = [fleetOf([])];
  for (const it of happenings) {
    const seq = fleets.length;
    const before = fleets.at(-1) ?? fleetOf([]);
    const frame = frameOf(it, { seq, actor: before.get(it.actor) });
    messages.push(frame);
    const after = new Map(before);
    if (frame.type === "ended") after.delete(it.actor);
    else if (frame.type === "started") after.set(it.actor, frame.actor);
    else {
      const actor = before.get(it.actor);
      assert(actor !== undefined);
      const same = equal(frame.from, frame.to);
      const context: Record<string, Scalar> = { ...actor.context };
      for (const [name, [, value]] of Object.entries(frame.changed)) context[name] = value;
      after.set(it.actor, {
        ...{ ...actor, state: frame.to, context },
        sinceMs: same ? actor.sinceMs : frame.atMs,
      });
    }
    fleets.push(after);
  }
  return { messages, fleets };
}

function frameOf(
  it: Happening,
  { seq, actor }: { readonly seq: number; readonly actor: ActorState | undefined },
): Frame {
  const { atMs, changed, state, words } = it;
  if (actor === undefined) {
    const born: ActorState = {
      ...{ id: it.actor, name: words, systemId: null, machine: "lamp", definition: null },
      ...{ parent: it.parent, place: null, startedAtMs: atMs, sinceMs: atMs, state },
      context: { "count": 0, "light.level": "low", "toString": null },
    };
    return { type: "started", seq, atMs, actor: born, joined: false };
  }
  if (it.ends) return { type: "ended", seq, atMs, ending: "done", message: words, actor };
  const pairs = changed.map(([name, value]): [string, readonly [Scalar, Scalar]] => [
    name,
    [actor.context[name] ?? null, value],
  ]);
  return {
    ...{ type: "transition", seq, atMs, actor: it.actor, from: actor.state, to: state },
    event: { type: words, source: null, data: {} },
    ...{ sinceMs: actor.sinceMs, edges: [], step: 0, rests: true },
    changed: Object.fromEntries(pairs),
  };
}

const anyRecording = fc.array(happening, { maxLength: 30, size: "max" }).map(recordingOf);

Deno.test("any walk over a recording, on and back, shows at each moment what a jump to it shows, and what was true", () => {
  const walk = fc.array(fc.boolean(), { maxLength: 40, size: "max" });
  fc.assert(
    fc.property(anyRecording, walk, ({ messages, fleets }, steps) => {
      const timeline = timelineOf(messages);
      const { frames } = timeline;
      let fleet: Fleet = fleetOf([]);
      let seq = 0;
      for (const isOn of [...frames.map(() => true), ...steps, ...frames.map(() => false)]) {
        const frame = frames[isOn ? seq : seq - 1];
        if (frame === undefined) continue;
        fleet = isOn ? advance(fleet, frame) : retreat(fleet, frame);
        seq += isOn ? 1 : -1;
        const truth = fleets[seq];
        assertEquals(fleet, truth);
        assertEquals(fleetAt(timeline, seq), truth);
      }
      assertEquals([fleetAt(timeline, -1), fleetAt(timeline, frames.length + 1)], [null, null]);
    }),
    fewerCases(4),
  );
});

Deno.test("nextFrame finds the frame that a search of all of them finds", () => {
  const about = fc.record({
    recording: anyRecording,
    seq: fc.integer({ min: -1, max: 32 }),
    actor: fc.option(fc.constantFrom("p/1", "p/2", "p/9"), { nil: undefined }),
    towards: fc.constantFrom("past", "future"),
  });
  fc.assert(
    fc.property(about, ({ recording, seq, actor, towards }) => {
      const timeline = timelineOf(recording.messages);
      const found = timeline.frames.filter((frame) =>
        (actor === undefined || actorOf(frame) === actor) &&
        (towards === "future" ? frame.seq > seq : frame.seq < seq)
      );
      const wanted = towards === "future" ? found[0] : found.at(-1);
      const from = { seq, towards, ...actor === undefined ? {} : { actor } };
      assertEquals(nextFrame(timeline, from), wanted ?? null);
    }),
    CASES,
  );
});

Deno.test("parentsFirst puts each actor behind its parent, and leaves out none", () => {
  fc.assert(
    fc.property(anyRecording, ({ fleets }) => {
      const fleet = fleets.at(-1) ?? fleetOf([]);
      const ordered = parentsFirst(fleet);
      assertEquals(new Set(ordered.map(({ id }) => id)), new Set(fleet.keys()));
      assertEquals(ordered.length, fleet.size);
      for (const [index, { id, parent }] of ordered.entries()) {
        const at = ordered.findIndex((other) => other.id === parent);
        const isCircle = parent === id || fleet.get(parent ?? "")?.parent === id;
        if (at !== -1 && !isCircle) assert(at < index || isBelow(fleet, { id, of: parent ?? "" }));
      }
    }),
    CASES,
  );
});

/** Whether an actor is itself above its parent, in a longer circle. */
function isBelow(fleet: Fleet, { id, of }: { readonly id: string; readonly of: string }): boolean {
  let each: string | null = of;
  for (let steps = 0; each !== null && steps < 10; steps++) {
    each = fleet.get(each)?.parent ?? null;
    if (each === id) return true;
  }
  return false;
}

Deno.test("a session file gives back any recording, and what was whole of one whose end was cut off anywhere", async () => {
  const cases = fc.record({
    recording: anyRecording,
    cutAt: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: 1 }),
    pieces: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ recording: { messages }, cutAt, pieces }) => {
      const lines = [...sessionLines(messages)];
      const whole = new TextEncoder().encode(lines.join(""));
      const firstLine = new TextEncoder().encode(lines[0]).length;
      const bytes = whole.slice(0, Math.max(firstLine, Math.round(cutAt * whole.length)));
      const ends = [...pieces.map((piece) => Math.round(piece * bytes.length)), bytes.length];
      ends.sort((a, b) => a - b);
      const parts = ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
      const session = await openSession(ReadableStream.from(parts), { name: "s.jsonl" });
      const kept = lines.filter((_, index) =>
        new TextEncoder().encode(lines.slice(0, index + 1).join("")).length <= bytes.length
      );
      // The last line end is not needed, where the line itself is there.
      const isWhole = session.messages.length === kept.length + 1 && !session.isCut;
      const expected: Message[] = messages.slice(0, kept.length + (isWhole ? 1 : 0));
      assertEquals(
        JSON.parse(JSON.stringify(session.messages)),
        JSON.parse(JSON.stringify(expected)),
      );
      assertEquals(session.messages.filter(isFrame).length, expected.filter(isFrame).length);
      const restBytes = bytes.length - new TextEncoder().encode(kept.join("")).length;
      assertEquals(session.isCut, restBytes > 0 && !isWhole);
    }),
    fewerCases(4),
  );
});
