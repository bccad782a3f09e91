/**
 * What a recorder never lets out, and that nothing that a machine holds can make it throw or grow.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { createActor, createMachine } from "xstate";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import type { Scalar } from "../../src/inspector/format.ts";
import { CLOSED_VIEW } from "../../src/inspector/machine_views.ts";
import {
  framesOf,
  lampIn,
  lampMachine,
  recorderFor,
  roomMachine,
  SLIGHT_VIEWS,
  started,
  VIEWS,
} from "./recorded_machines.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const CANARY = "canary-5f3a";

for (const [how, views] of [["copied", VIEWS], ["kept", SLIGHT_VIEWS]] as const) {
  Deno.test(`Recorder lets nothing out that is not listed, of contexts that are ${how}`, () => {
    const recorder = recorderFor({ views });
    const room = createActor(roomMachine, { inspect: recorder.observe });
    started(room).send({ type: "lamp.bought", name: "desk", payload: { text: CANARY } });
    const desk = lampIn(room, "desk");
    desk.send({ type: "switch.pressed", by: `token=${CANARY}`, secret: CANARY });
    desk.send({ type: "owner.asks", anything: CANARY });
    desk.send({ type: "switch.pressed", by: `redis://me:${CANARY}@host/0` });
    const all = JSON.stringify([framesOf(recorder), recorder.snapshot()]);
    assertEquals(all.includes(CANARY), false);
    assertEquals(all.includes("token=***"), true);
    assertEquals(all.includes("redis://***@host/0"), true);
    assertEquals(all.includes("h1dden"), false);
  });
}

Deno.test("Recorder copies at once what may hold more than it shows, and holds on to nothing of it", () => {
  const recorder = recorderFor();
  const lamp = started(createActor(lampMachine, { input: {}, inspect: recorder.observe }));
  const event: { type: "switch.pressed"; by: string } = { type: "switch.pressed", by: "ada" };
  lamp.send(event);
  event.by = "changed";
  Object.assign(lamp.getSnapshot().context, { count: 99 });
  const [, frame] = framesOf(recorder);
  assert(frame?.type === "transition");
  assertEquals([frame.event.data, frame.changed], [{ by: "ada" }, { count: [0, 1] }]);
});

Deno.test("Recorder copies at once where asking whether a context is slight fails", () => {
  const contextIsSlight = () => {
    throw new Error("view");
  };
  const recorder = recorderFor({
    views: { lamp: { ...SLIGHT_VIEWS.lamp ?? CLOSED_VIEW, contextIsSlight } },
  });
  const lamp = started(createActor(lampMachine, { input: {}, inspect: recorder.observe }));
  lamp.send({ type: "switch.pressed" });
  Object.assign(lamp.getSnapshot().context, { count: 99 });
  assertEquals(recorder.snapshot().actors[0]?.context, { count: 1, "light.level": 5 });
});

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
const hostile: readonly (readonly [string, unknown, Scalar])[] = [
  ["a cycle", cyclic, "(object)"],
  ["a function", () => {}, "(function)"],
  ["a symbol", Symbol("s"), "(symbol)"],
  ["a small bigint", 7n, "7"],
  ["a huge bigint", 1n << 1_000_000n, "(bigint)"],
  ["NaN", NaN, "NaN"],
  ["a long text", "a".repeat(1_000_000), `${"a".repeat(255)}…`],
  ["a text with control characters", "a\u001b[2Jb\n", "a\\u001b[2Jb\\n"],
  ["an array", [1, 2], "(object)"],
  ["undefined", undefined, null],
];

for (const [what, value, shown] of hostile) {
  Deno.test(`Recorder shows ${what} as a single value that is small`, () => {
    const recorder = recorderFor({ views: { thing: { context: { it: "value" }, events: {} } } });
    started(createActor(thingWith({ it: value }), { inspect: recorder.observe }));
    assertEquals(recorder.snapshot().actors[0]?.context, { it: shown });
    assert(JSON.stringify(framesOf(recorder)).length < 2_000);
  });
}

Deno.test("Recorder is not harmed by contexts that throw when they are read", () => {
  const views = {
    thing: { context: { a: "value", b: ["c"], d: "value" }, events: { go: ["x"] } },
  } as const;
  const throwing = () => {
    throw new Error("trap");
  };
  const traps: object[] = [
    Object.defineProperty({ d: 1 }, "a", { get: throwing, enumerable: true }),
    { a: 1, d: 1, b: new Proxy({}, { get: throwing, ownKeys: throwing }) },
    new Proxy({}, { get: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
  ];
  const contexts = traps.map((context) => {
    const recorder = recorderFor({ views });
    const actor = started(createActor(thingWith(context), { inspect: recorder.observe }));
    actor.send({ type: "go" });
    actor.send(Object.defineProperty({ type: "go" }, "x", { get: throwing, enumerable: true }));
    assertEquals(actor.getSnapshot().status, "active");
    assertEquals(recorder.lastSeq, 3);
    return recorder.snapshot().actors[0]?.context;
  });
  assertEquals(contexts, [
    { a: "(unreadable)", "b.c": null, d: 1 },
    { a: 1, "b.c": "(unreadable)", d: 1 },
    { a: "(unreadable)", "b.c": null, d: "(unreadable)" },
  ]);
});

Deno.test("Recorder counts what it cannot record, and the machine that it watches goes on", () => {
  class StoppedClock extends VirtualClock {
    isStopped = false;
    override nowMs(): number {
      if (this.isStopped) throw new Error("no time");
      return super.nowMs();
    }
  }
  const clock = new StoppedClock();
  const recorder = recorderFor({ clock });
  const room = started(createActor(roomMachine));
  recorder.attach(room);
  clock.isStopped = true;
  room.send({ type: "lamp.bought", name: "desk" });
  clock.isStopped = false;
  assertEquals([room.getSnapshot().status, recorder.faultCount > 0], ["active", true]);
  assertEquals(lampIn(room, "desk").getSnapshot().status, "active");
});

Deno.test("Recorder.observe takes anything for an event and never throws", () => {
  const recorder = recorderFor();
  const trap = new Proxy({}, {
    get: () => {
      throw new Error("trap");
    },
    has: () => true,
  });
  for (const event of [null, 1, "x", {}, trap, { type: "@xstate.microstep", actorRef: null }]) {
    recorder.observe(event);
  }
  assertEquals([recorder.lastSeq, recorder.faultCount], [0, 2]);
});

Deno.test("Recorder keeps at most so many frames and bytes, and follows at most so many actors", () => {
  const few = recorderFor({ framesMax: 3 });
  const small = recorderFor({ bytesMax: 2_000 });
  const lonely = recorderFor({ actorsMax: 1 });
  const room = started(createActor(roomMachine));
  for (const recorder of [few, small, lonely]) recorder.attach(room);
  room.send({ type: "lamp.bought", name: "desk" });
  for (let count = 0; count < 50; count++) lampIn(room, "desk").send({ type: "switch.pressed" });
  assertEquals([few.firstSeq, few.lastSeq, framesOf(few).length], [51, 53, 3]);
  assert(small.bytes <= 2_000 && framesOf(small).length > 3);
  assertEquals([lonely.lastSeq, lonely.snapshot().actors.length], [2, 1]);
  assert(lonely.overlookedCount > 0);
});

Deno.test("Recorder refuses bounds that cannot work", () => {
  for (const option of ["framesMax", "bytesMax", "actorsMax"]) {
    for (const value of [0, -1, 1.5, NaN]) {
      assertThrows(() => recorderFor({ [option]: value }), InvalidOptionError, option);
    }
  }
});

/** A machine with any context. */
function thingWith(context: object) {
  return createMachine({ id: "thing", context, on: { go: { actions: () => {} } } });
}
