/**
 * What a recorder sees: every step and every end, of systems that it was given and of those that run already.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { createActor, fromPromise, fromTransition } from "xstate";
import type { Recorder } from "../../src/inspector/recorder.ts";
import { settle } from "../support/virtual_clock.ts";
import {
  framesOf,
  idOf,
  lampIn,
  lampMachine,
  namesIn,
  recorderFor,
  roomMachine,
  started,
  story,
} from "./recorded_machines.ts";

function storyOf(recorder: Recorder): string[] {
  const frames = framesOf(recorder);
  return story(frames, namesIn(frames));
}

Deno.test("Recorder.observe records every step of an actor whole", () => {
  const recorder = recorderFor();
  const lamp = createActor(lampMachine, { input: {}, id: "lamp-1", inspect: recorder.observe });
  started(lamp).send({ type: "switch.pressed", by: "ada", secret: "hidden" });
  const [first, second] = framesOf(recorder);
  assert(first?.type === "started");
  const { definition, ...actor } = first.actor;
  assertEquals({ ...first, actor }, {
    type: "started",
    seq: 1,
    atMs: 1_000_000,
    actor: {
      id: idOf(lamp),
      name: "lamp-1",
      systemId: null,
      machine: "lamp",
      parent: null,
      place: null,
      startedAtMs: 1_000_000,
      sinceMs: 1_000_000,
      state: "off",
      context: { count: 0, "light.level": 5 },
      taken: {},
    },
    joined: false,
  });
  assertEquals(recorder.definition(definition ?? "")?.chart.machine, "lamp");
  assertEquals(second, {
    type: "transition",
    seq: 2,
    atMs: 1_000_000,
    actor: idOf(lamp),
    event: { type: "switch.pressed", source: null, data: { by: "ada" } },
    from: "off",
    sinceMs: 1_000_000,
    to: { on: "bright" },
    edges: ["lamp.off/switch.pressed/0"],
    step: 0,
    rests: true,
    changed: { count: [0, 1] },
  });
});

Deno.test("Recorder records the steps that one event leads to, and what was ignored", () => {
  const recorder = recorderFor();
  const lamp = started(createActor(lampMachine, { input: {}, inspect: recorder.observe }));
  lamp.send({ type: "dimmer.turned", level: 1 });
  lamp.send({ type: "switch.pressed" });
  lamp.send({ type: "dimmer.turned", level: 0 });
  const steps = framesOf(recorder).flatMap((frame) =>
    frame.type === "transition" ? [[frame.step, frame.rests, frame.edges, frame.changed]] : []
  );
  assertEquals(steps, [
    [0, true, [], {}],
    [0, true, ["lamp.off/switch.pressed/0"], { count: [0, 1] }],
    [0, false, ["lamp.on.bright/dimmer.turned/0"], { "light.level": [5, 0] }],
    [1, true, ["lamp.on.bright//0"], {}],
  ]);
});

Deno.test("Recorder's edges are those of the definition's chart", () => {
  const recorder = recorderFor();
  const lamp = started(createActor(lampMachine, { input: {}, inspect: recorder.observe }));
  lamp.send({ type: "switch.pressed" });
  lamp.send({ type: "dimmer.turned", level: 0 });
  lamp.send({ type: "owner.asks", anything: 1 });
  const chart = recorder.definition(recorder.snapshot().actors[0]?.definition ?? "")?.chart;
  const known = new Set(chart?.transitions.map(({ id }) => id));
  const edges = framesOf(recorder).flatMap((frame) =>
    frame.type === "transition" ? frame.edges : []
  );
  assertEquals(edges.length, 4);
  assertEquals(edges.filter((edge) => !known.has(edge)), []);
});

Deno.test("Recorder records every end: done, stopped, thrown, and all that end with a parent", () => {
  const recorder = recorderFor();
  const room = createActor(roomMachine, { id: "room", inspect: recorder.observe });
  started(room);
  for (const name of ["done", "sold", "broken", "left"]) room.send({ type: "lamp.bought", name });
  lampIn(room, "done").send({ type: "owner.left" });
  room.send({ type: "lamp.sold", name: "sold" });
  lampIn(room, "broken").send({ type: "bulb.broke" });
  room.stop();
  const ends = framesOf(recorder).flatMap((frame) =>
    frame.type === "ended" ? [[frame.actor.name, frame.ending, frame.message]] : []
  );
  assertEquals(ends, [
    ["done", "done", null],
    ["sold", "stopped", null],
    ["broken", "failed", "the filament of redis://***@host broke"],
    ["room", "stopped", null],
    ["left", "stopped", null],
  ]);
  assertEquals(recorder.snapshot().actors, []);
});

Deno.test("Recorder records the end of a root that throws", () => {
  const recorder = recorderFor();
  const lamp = createActor(lampMachine, { input: {}, inspect: recorder.observe });
  started(lamp).send({ type: "bulb.broke" });
  const ends = framesOf(recorder).flatMap((frame) =>
    frame.type === "ended" ? [[frame.ending, frame.message]] : []
  );
  assertEquals(ends, [["failed", "the filament of redis://***@host broke"]]);
});

Deno.test("Recorder leaves the error of a root that nobody listens to as loud as it was", async () => {
  const recorder = recorderFor();
  const lamp = createActor(lampMachine, { input: {}, inspect: recorder.observe });
  const heard = Promise.withResolvers<string>();
  const listener = (event: ErrorEvent) => {
    event.preventDefault();
    heard.resolve(event.error.message);
  };
  addEventListener("error", listener);
  try {
    lamp.start().send({ type: "bulb.broke" });
    assertEquals(await heard.promise, "the filament of redis://user:hunter2@host broke");
  } finally {
    removeEventListener("error", listener);
  }
});

Deno.test("Recorder records one that fails to begin", () => {
  const recorder = recorderFor();
  const broken = fromTransition((state: number) => state, (): number => {
    throw new Error("no bulb");
  });
  started(createActor(broken, { id: "broken", inspect: recorder.observe }));
  assertEquals(storyOf(recorder), ["broken started ", "broken failed"]);
});

Deno.test("Recorder records actors that are no machines", async () => {
  const recorder = recorderFor();
  const work = Promise.withResolvers<number>();
  const actor = createActor(fromPromise(() => work.promise), {
    id: "work",
    inspect: recorder.observe,
  });
  started(actor);
  work.resolve(1);
  await settle();
  assertEquals(storyOf(recorder), [
    "work started ",
    "work xstate.promise.resolve:  > ",
    "work done",
  ]);
});

Deno.test("Recorder.attach joins a system that runs, and detaching leaves nothing behind", () => {
  const recorder = recorderFor();
  const room = started(createActor(roomMachine, { id: "room" }));
  const before = Reflect.get(room.system, "_sendInspectionEvent");
  room.send({ type: "lamp.bought", name: "desk" });
  const detach = recorder.attach(room);
  const detachAgain = recorder.attach(room);
  lampIn(room, "desk").send({ type: "switch.pressed" });
  room.send({ type: "lamp.bought", name: "hall" });
  detach();
  detach();
  lampIn(room, "hall").send({ type: "switch.pressed" });
  detachAgain();
  lampIn(room, "hall").send({ type: "switch.pressed" });
  assertEquals(Reflect.get(room.system, "_sendInspectionEvent"), before);
  assertEquals(storyOf(recorder), [
    "room joined open",
    "desk joined off",
    'desk switch.pressed: off > {"on":"bright"}',
    "room lamp.bought: open > open",
    "hall started off",
    'hall switch.pressed: off > {"on":"bright"}',
    "room unwatched",
    "desk unwatched",
    "hall unwatched",
  ]);
});

Deno.test("Recorder.attach works through XState's inspect where there is nothing to tap", () => {
  const recorder = recorderFor();
  const lamp = started(createActor(lampMachine, { id: "lamp", input: {} }));
  const { system } = lamp;
  const plain = { inspect: system.inspect };
  const detach = recorder.attach(
    new Proxy(lamp, {
      get: (target, name) => name === "system" ? plain : Reflect.get(target, name),
    }),
  );
  lamp.send({ type: "switch.pressed" });
  detach();
  lamp.send({ type: "switch.pressed" });
  assertEquals(storyOf(recorder), [
    "lamp joined off",
    'lamp switch.pressed: off > {"on":"bright"}',
    "lamp unwatched",
  ]);
});

Deno.test("Recorder.close ends every actor and records nothing more, and can be read on", () => {
  const recorder = recorderFor();
  const lamp = createActor(lampMachine, { id: "lamp", input: {}, inspect: recorder.observe });
  started(lamp);
  recorder.close();
  recorder.close();
  lamp.send({ type: "switch.pressed" });
  assertEquals(storyOf(recorder), ["lamp started off", "lamp unwatched"]);
});
