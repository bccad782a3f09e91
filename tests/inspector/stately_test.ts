/**
 * A recording in the format of `@statelyai/inspect`: compared with the messages that the package itself makes of the same
 * events, field by field, as its `convertXStateEvent` of version 0.7.2 does.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { createActor, createMachine, type InspectionEvent } from "xstate";
import { recordingOf } from "../../src/inspector/session_file.ts";
import { type StatelyMessage, statelyMessages } from "../../src/inspector/stately.ts";
import { lampMachine, recorderFor, roomMachine, VIEWS } from "./recorded_machines.ts";

/** What the package does with what XState tells, without definitions: those are compared by what they make. */
function converted(event: InspectionEvent): Record<string, unknown> | null {
  const base = {
    _version: "0.7.2",
    createdAt: "1000000",
    id: null,
    rootId: `p1/${event.rootId}`,
    sessionId: `p1/${event.actorRef.sessionId}`,
  };
  if (event.type === "@xstate.event") {
    const { sourceRef } = event;
    const sender = sourceRef === undefined ? {} : { sourceId: `p1/${sourceRef.sessionId}` };
    return { type: event.type, event: event.event, ...sender, ...base };
  }
  if (event.type !== "@xstate.snapshot") return null;
  const { status } = event.snapshot;
  const value = "value" in event.snapshot ? event.snapshot.value : undefined;
  const { count, light } = "context" in event.snapshot ? Object(event.snapshot.context) : {};
  const context = { count, "light.level": light.level };
  return { type: event.type, event: event.event, snapshot: { status, value, context }, ...base };
}

Deno.test("statelyMessages says of a machine's steps what the package says", () => {
  const recorder = recorderFor();
  const told: (Record<string, unknown> | null)[] = [];
  const lamp = createActor(lampMachine, {
    input: {},
    inspect: (event) => {
      recorder.observe(event);
      told.push(converted(event));
    },
  });
  lamp.start();
  told.length = 0;
  lamp.send({ type: "switch.pressed", by: "ada" });
  lamp.send({ type: "dimmer.turned", level: 0 });
  lamp.send({ type: "owner.left" });
  const [start, ...rest] = statelyMessages(recordingOf(recorder));
  assertEquals<unknown>(rest, told.filter((each) => each !== null));
  assertEquals<unknown>({ ...start, definition: "" }, {
    type: "@xstate.actor",
    name: lamp.sessionId,
    definition: "",
    snapshot: { status: "active", value: "off", context: { count: 0, "light.level": 5 } },
    _version: "0.7.2",
    createdAt: "1000000",
    id: null,
    rootId: `p1/${lamp.sessionId}`,
    sessionId: `p1/${lamp.sessionId}`,
  });
});

Deno.test("statelyMessages gives a definition that XState takes for the same machine", () => {
  const recorder = recorderFor();
  createActor(lampMachine, { input: {}, inspect: recorder.observe }).start();
  const [start] = statelyMessages(recordingOf(recorder));
  const definition = start?.type === "@xstate.actor" ? JSON.parse(start.definition) : {};
  const again = createMachine(definition);
  const shape = (machine: { root: { states: object }; events: unknown }) => [
    Object.keys(machine.root.states),
    machine.events,
  ];
  assertEquals(shape(again), shape(lampMachine));
  assertEquals(again.root.initial.target.map(({ id }) => id), ["lamp.off"]);
  const onStates = again.root.states.on?.states.bright?.always?.map(({ target }) =>
    target?.[0]?.id
  );
  assertEquals(onStates, ["lamp.on.dark"]);
});

Deno.test("statelyMessages tells of children, and of how actors ended", () => {
  const recorder = recorderFor({ views: { lamp: { ...VIEWS.lamp, context: {}, events: {} } } });
  const room = createActor(roomMachine, { inspect: recorder.observe });
  room.start();
  room.send({ type: "lamp.bought", name: "desk" });
  room.getSnapshot().children.desk?.send({ type: "bulb.broke" });
  const told = Array.from(statelyMessages(recordingOf(recorder)), (message: StatelyMessage) => {
    const { type, sessionId, rootId } = message;
    const who = sessionId === rootId ? "room" : "desk";
    if (type === "@xstate.actor") return [who, type, message.parentId === rootId];
    if (type === "@xstate.event") return [who, type, message.event.type];
    return [who, type, message.event.type, message.snapshot.status, message.snapshot.error ?? null];
  });
  assertEquals(told.slice(-6), [
    ["room", "@xstate.event", "lamp.bought"],
    ["room", "@xstate.snapshot", "lamp.bought", "active", null],
    ["desk", "@xstate.actor", true],
    ["desk", "@xstate.snapshot", "", "error", "the filament of redis://***@host broke"],
    ["room", "@xstate.event", "xstate.error.actor.desk"],
    ["room", "@xstate.snapshot", "xstate.error.actor.desk", "active", null],
  ]);
});
