/**
 * A recorder at a service or at a single consumer: it comes and goes while they run, and knows every actor and its place.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { StreamConsumer } from "../../mod.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { ActorState, Frame } from "../../src/inspector/format.ts";
import { Recorder } from "../../src/inspector/recorder.ts";
import { eventually } from "../support/eventually.ts";
import { assertHandled, JOBS, plan, publish, service } from "../support/supervised_service.ts";
import { framesOf } from "./recorded_machines.ts";

const JOBS_OF = (group: string) => ({ stream: "jobs", group, consumer: "main" });

/** An actor as `machine under machine at group`. */
function inWords(actors: readonly ActorState[]): string[] {
  const machines = new Map(actors.map(({ id, machine }) => [id, machine]));
  return actors.map(({ machine, parent, place }) => {
    const owner = parent === null ? "nobody" : machines.get(parent) ?? "somebody";
    return `${machine} under ${owner} at ${place === null ? "no place" : place.group}`;
  }).sort();
}

/** The states that one machine was seen in, one after the other. */
function statesOf(frames: readonly Frame[], machine: string): unknown[] {
  const ids = new Set(
    frames.flatMap((frame) =>
      frame.type === "started" && frame.actor.machine === machine ? [frame.actor.id] : []
    ),
  );
  const states = frames.flatMap((frame) =>
    frame.type === "transition" && ids.has(frame.actor) ? [frame.to] : []
  );
  return states.filter((state, index) => state !== states[index - 1]);
}

const FLEET = [
  "consumer under supervisor at calm",
  "consumer under supervisor at quick",
  "orchestrator under nobody at no place",
  "supervisor under orchestrator at calm",
  "supervisor under orchestrator at quick",
  "worker under supervisor at calm",
  "worker under supervisor at quick",
];

Deno.test("Orchestrator.inspect shows every actor from its start to its end, and its place", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { orchestrator } = service(broker, { consumers: [plan("calm"), plan("quick")] });
  using recorder = new Recorder({ instance: "p1", framesMax: 100_000 });
  orchestrator.inspect(recorder);
  assertEquals(recorder.lastSeq, 0);
  await publish(broker);
  await orchestrator.start();
  await assertHandled(broker, ["calm", "quick"]);
  assertEquals(inWords(recorder.snapshot().actors), FLEET);
  await orchestrator.stop();
  assertEquals(recorder.snapshot().actors, []);
  const frames = framesOf(recorder);
  assertEquals(frames.filter((frame) => frame.type === "started" && frame.joined), []);
  const endings = frames.flatMap((frame) => frame.type === "ended" ? [frame.ending] : []);
  assertEquals([endings.length, endings.includes("unwatched")], [FLEET.length, false]);
  assertEquals(statesOf(frames, "orchestrator"), [
    "starting",
    { running: "healthy" },
    "draining",
    "stopped",
  ]);
});

Deno.test("Orchestrator.inspect joins a service that runs, leaves it, and comes back", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { orchestrator } = service(broker, { consumers: [plan("calm"), plan("quick")] });
  await publish(broker);
  await orchestrator.start();
  using recorder = new Recorder({ instance: "p1" });
  const detach = orchestrator.inspect(recorder);
  assertEquals(inWords(recorder.snapshot().actors), FLEET);
  detach();
  detach();
  assertEquals(recorder.snapshot().actors, []);
  const left = recorder.lastSeq;
  await assertHandled(broker, ["calm", "quick"]);
  assertEquals(recorder.lastSeq, left);
  orchestrator.inspect(recorder);
  assertEquals(inWords(recorder.snapshot().actors), FLEET);
  await orchestrator.stop();
  assertEquals(recorder.snapshot().actors, []);
});

Deno.test("Orchestrator.inspect shows a drained consumer that comes back", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { orchestrator } = service(broker, { consumers: [plan("calm")] });
  using recorder = new Recorder({ instance: "p1" });
  orchestrator.inspect(recorder);
  await orchestrator.start();
  orchestrator.drain();
  const facts = () => orchestrator.facts().map(({ supervision, state }) => [supervision, state]);
  await eventually("it is drained", () => String(facts()) === "stopped,stopped");
  orchestrator.restart();
  await eventually("it runs again", () => String(facts()[0]?.[0]) === "running");
  assertEquals(statesOf(framesOf(recorder), "supervisor"), [
    "starting",
    "running",
    "halting",
    "halted",
    "starting",
    "running",
  ]);
  await orchestrator.stop();
});

Deno.test("StreamConsumer.inspect shows its machine and its workers, before it runs and while it does", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await publish(broker);
  using early = new Recorder({ instance: "p1" });
  using late = new Recorder({ instance: "p1" });
  const done = Promise.withResolvers<void>();
  let handled = 0;
  const consumer = new StreamConsumer({ broker, stream: "jobs", group: "calm" });
  consumer.inspect(early);
  await consumer.subscribe(() => {
    if (++handled === JOBS) done.resolve();
  });
  consumer.inspect(late);
  await done.promise;
  for (const recorder of [early, late]) {
    const { actors } = recorder.snapshot();
    assertEquals(actors.map(({ place }) => place), [JOBS_OF("calm"), JOBS_OF("calm")]);
    assertEquals(inWords(actors), [
      "consumer under nobody at calm",
      "worker under nobody at calm",
    ]);
  }
  await consumer.stop();
  assertEquals([early.snapshot().actors, late.snapshot().actors], [[], []]);
  assertEquals(framesOf(early).filter((frame) => frame.type === "started" && frame.joined), []);
});

Deno.test("StreamConsumer.inspect is harmed by no observer", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await publish(broker);
  const fail = () => {
    throw new Error("observer");
  };
  const done = Promise.withResolvers<void>();
  let handled = 0;
  await using consumer = new StreamConsumer({ broker, stream: "jobs", group: "calm" });
  consumer.inspect({ attach: fail });
  consumer.inspect({ attach: () => fail });
  await consumer.subscribe(() => {
    if (++handled === JOBS) done.resolve();
  });
  await done.promise;
  await consumer.stop();
  assertEquals([handled, consumer.state], [JOBS, "stopped"]);
});

Deno.test("Recorder.attach records an actor that is made and never started as none at all", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  using recorder = new Recorder({ instance: "p1" });
  const { orchestrator } = service(broker, { consumers: [plan("calm")] });
  orchestrator.inspect(recorder);
  await orchestrator.stop();
  assertEquals(recorder.lastSeq, 0);
});
