/**
 * Any moment of a recording is as it was, forward and back, for any sequence of events.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AnyActorRef, createActor } from "xstate";
import { advance, type Fleet, fleetOf, retreat } from "../../src/inspector/fleet.ts";
import { isFrame, type Message } from "../../src/inspector/format.ts";
import type { Recorder } from "../../src/inspector/recorder.ts";
import { openSession, recordingOf, sessionLines } from "../../src/inspector/session_file.ts";
import { actorAt, fleetAt, nextFrame, timelineOf } from "../../src/inspector/timeline.ts";
import { idOf, recorderFor, roomMachine, SLIGHT_VIEWS, VIEWS } from "./recorded_machines.ts";

const name = fc.constantFrom("a", "b", "c");

/** What happens in a room; not everything changes something. */
const happening = fc.oneof(
  fc.record({ do: fc.constant("buy" as const), name }),
  fc.record({ do: fc.constant("sell" as const), name }),
  fc.record({ do: fc.constant("press" as const), name }),
  fc.record({ do: fc.constant("dim" as const), name, level: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant("break" as const), name }),
  fc.record({ do: fc.constant("leave" as const), name }),
);

type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

/** Lets it happen. XState overwrites a child of the same name, so one that lives is not bought again. */
function happen(room: AnyActorRef, it: Happening): void {
  const lamp: AnyActorRef | undefined = room.getSnapshot().children[it.name];
  const lives = lamp?.getSnapshot().status === "active";
  if (it.do === "buy") {
    if (!lives) room.send({ type: "lamp.bought", name: it.name });
  } else if (it.do === "sell") room.send({ type: "lamp.sold", name: it.name });
  else if (!lives || lamp === undefined) return;
  else if (it.do === "press") lamp.send({ type: "switch.pressed", by: "x" });
  else if (it.do === "dim") lamp.send({ type: "dimmer.turned", level: it.level });
  else lamp.send({ type: it.do === "break" ? "bulb.broke" : "owner.left" });
}

/** What is true now, read from the actors themselves. */
function truthOf(room: AnyActorRef): Record<string, unknown> {
  const lamps: AnyActorRef[] = Object.values(room.getSnapshot().children);
  return Object.fromEntries(
    lamps.filter((lamp) => lamp.getSnapshot().status === "active").map((lamp) => {
      const { value, context } = lamp.getSnapshot();
      const seen = { count: context.count, "light.level": context.light.level };
      return [idOf(lamp), { state: value, context: seen }];
    }),
  );
}

function lampsOf(fleet: Fleet | null): Record<string, unknown> | null {
  if (fleet === null) return null;
  const lamps = [...fleet.values()].filter(({ machine }) => machine === "lamp");
  return Object.fromEntries(lamps.map(({ id, state, context }) => [id, { state, context }]));
}

/** Lets all of it happen. @returns what was true after each frame at which it stopped for a moment. */
function live(recorder: Recorder, happenings: readonly Happening[]) {
  const room = createActor(roomMachine);
  room.start();
  const detach = recorder.attach(room);
  const truths = new Map<number, Record<string, unknown>>();
  for (const it of happenings) {
    happen(room, it);
    truths.set(recorder.lastSeq, truthOf(room));
  }
  detach();
  room.stop();
  return truths;
}

const happenings = fc.array(happening, { maxLength: 40 });

Deno.test("fleetAt shows every moment as it was, also of a recording that has lost its beginning", () => {
  const views = fc.constantFrom(VIEWS, SLIGHT_VIEWS);
  const bound = fc.integer({ min: 5, max: 60 });
  fc.assert(fc.property(happenings, bound, views, (given, framesMax, views) => {
    const recorder = recorderFor({ framesMax, views });
    const truths = live(recorder, given);
    const timeline = timelineOf(recordingOf(recorder));
    for (const [seq, truth] of truths) {
      if (seq < recorder.firstSeq - 1) assertEquals(fleetAt(timeline, seq), null);
      else assertEquals(lampsOf(fleetAt(timeline, seq)), truth);
    }
    assertEquals(fleetAt(timeline, recorder.lastSeq + 1), null);
  }));
});

Deno.test("a recording is the same whether contexts are copied at once or kept until somebody reads", () => {
  fc.assert(fc.property(happenings, (given) => {
    const copying = recorderFor();
    const keeping = recorderFor({ views: SLIGHT_VIEWS });
    const room = createActor(roomMachine);
    room.start();
    for (const recorder of [copying, keeping]) recorder.attach(room);
    for (const it of given) happen(room, it);
    room.stop();
    assertEquals(recordingOf(keeping), recordingOf(copying));
  }));
});

Deno.test("retreat undoes advance, for every frame", () => {
  fc.assert(fc.property(happenings, (given) => {
    const recorder = recorderFor();
    live(recorder, given);
    let fleet = fleetOf([]);
    for (const frame of recordingOf(recorder).filter(isFrame)) {
      const next = advance(fleet, frame);
      assertEquals(retreat(next, frame), fleet);
      fleet = next;
    }
    assertEquals(fleet, new Map());
  }));
});

Deno.test("a session file holds a recording whole, for anything that happened", async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (given) => {
      const recorder = recorderFor();
      live(recorder, given);
      const messages = recordingOf(recorder);
      const bytes = ReadableStream.from(sessionLines(messages)).pipeThrough(
        new TextEncoderStream(),
      );
      const session = await openSession(bytes, { name: "s.jsonl" });
      assertEquals<readonly Message[]>(session.messages, messages);
    }),
    { numRuns: 30 },
  );
});

Deno.test("fleetAt knows nothing of a gap, and goes on behind it", () => {
  const recorder = recorderFor();
  live(recorder, [
    { do: "buy", name: "a" },
    { do: "press", name: "a" },
    { do: "press", name: "a" },
    { do: "press", name: "a" },
  ]);
  const [header, ...rest] = recordingOf(recorder);
  const early = rest.filter((each) => !isFrame(each) || each.seq <= 4);
  const late = rest.filter((each) => isFrame(each) && each.seq > 5);
  const gap: Message = { type: "gap", from: 5, until: 5, count: 1 };
  if (header === undefined) throw new Error("There is no header");
  const timeline = timelineOf([header, ...early, gap, recorder.snapshot(5), ...late]);
  const counts = [0, 3, 4, 5, 6].map((seq) => {
    const lamps = [...fleetAt(timeline, seq)?.values() ?? []];
    return lamps.find(({ machine }) => machine === "lamp")?.context.count ?? null;
  });
  assertEquals(counts, [null, 0, 1, 2, 3]);
  const broken = timelineOf([header, ...early, gap, ...late]);
  assertEquals([fleetAt(broken, 4) === null, fleetAt(broken, 5), fleetAt(broken, 6)], [
    false,
    null,
    null,
  ]);
});

Deno.test("fleetAt knows nothing behind a gap until the next snapshot, however long that takes", () => {
  const recorder = recorderFor();
  const press = { do: "press", name: "a" } as const;
  live(recorder, [{ do: "buy", name: "a" }, ...Array<typeof press>(1_200).fill(press)]);
  const messages = recordingOf(recorder).filter((each) => !isFrame(each) || each.seq !== 5);
  const at = messages.findIndex((each) => isFrame(each) && each.seq === 6);
  const timeline = timelineOf(
    messages.toSpliced(at, 0, { type: "gap", from: 5, until: 5, count: 1 }),
  );
  const known = [4, 6, 600, 1_100].map((seq) => fleetAt(timeline, seq) !== null);
  assertEquals(known, [true, false, false, false]);
});

Deno.test("fleetAt jumps in a long recording, and nextFrame steps both ways through one actor's frames", () => {
  const recorder = recorderFor();
  const presses = Array.from({ length: 1_200 }, () => ({ do: "press", name: "a" }) as const);
  live(recorder, [{ do: "buy", name: "a" }, { do: "buy", name: "b" }, ...presses]);
  const timeline = timelineOf(recordingOf(recorder));
  const lamp = timeline.frames.find((frame) =>
    frame.type === "started" && frame.actor.name === "a"
  );
  const actor = lamp?.type === "started" ? lamp.actor.id : "";
  const counts = [700, 699, 1_100, 6].map((seq) =>
    actorAt(timeline, { actor, seq })?.context.count
  );
  assertEquals(counts, [695, 694, 1_095, 1]);
  const steps = [
    nextFrame(timeline, { seq: 2, actor, towards: "future" })?.seq,
    nextFrame(timeline, { seq: 6, actor, towards: "past" })?.seq,
    nextFrame(timeline, { seq: 6, towards: "past" })?.seq,
    nextFrame(timeline, { seq: 2, actor, towards: "past" })?.seq,
    nextFrame(timeline, { seq: 99_999, towards: "future" })?.seq,
  ];
  assertEquals(steps, [3, 3, 5, undefined, undefined]);
});
