/**
 * `LocalSource`: it records only while somebody looks, or always; it says how this process is, whatever the broker does.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createActor } from "xstate";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { ConsumerFacts } from "../../src/telemetry/consumer_facts.ts";
import { CommandsOffError } from "../../src/inspector/inspector_errors.ts";
import type { Inspected } from "../../src/inspector/inspected.ts";
import { LocalSource, type LocalSourceOptions } from "../../src/inspector/local_source.ts";
import type { Message } from "../../src/inspector/format.ts";
import type { ActorObserver } from "../../src/ports/actor_observer.ts";
import type { GroupLookBroker } from "../../src/telemetry/group_look.ts";
import { eventually } from "../support/eventually.ts";
import { service } from "../support/supervised_service.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { lampMachine } from "./recorded_machines.ts";

/** A process with one lamp, and a note of all that it was told. */
class Room implements Inspected {
  readonly instance = "p1";
  readonly story: string[] = [];
  readonly lamp = createActor(lampMachine, { input: {} }).start();
  facts: () => readonly ConsumerFacts[] = () => [];
  attachCount = 0;

  inspect(observer: ActorObserver): () => void {
    this.attachCount++;
    const detach = observer.attach(this.lamp);
    return () => {
      this.attachCount--;
      detach();
    };
  }

  pause = (which: object) => void this.story.push(`pause ${JSON.stringify(which)}`);
  resume = () => void this.story.push("resume");
  drain = () => void this.story.push("drain");
  reclaim = () => void this.story.push("reclaim");
  restart = () => void this.story.push("restart");
}

const nobody: GroupLookBroker = new Proxy(Object.create(null), {
  get: () => () => new Promise(() => {}),
});

function sourceFor(room: Room, options: Partial<LocalSourceOptions> = {}) {
  const clock = new VirtualClock();
  const given = { broker: nobody, takesCommands: false, recordsAlways: false, clock };
  return { clock, source: new LocalSource({ inspected: room, ...given, ...options }) };
}

Deno.test("LocalSource records while somebody looks, and a little longer", async () => {
  const room = new Room();
  const { clock, source } = sourceFor(room);
  using _ = source;
  assertEquals([room.attachCount, source.isRecording], [0, false]);
  const leave = source.attach();
  const other = source.attach();
  assertEquals([room.attachCount, source.isRecording], [1, true]);
  leave();
  leave();
  await clock.advance(60_000);
  assertEquals(source.isRecording, true, "the other one looks");
  other();
  await clock.advance(9_999);
  const again = source.attach();
  await clock.advance(60_000);
  assertEquals(source.isRecording, true, "who comes back within 10 s goes on without a hole");
  assertEquals(source.recorder.lastSeq, 1);
  again();
  await clock.advance(10_000);
  assertEquals([room.attachCount, source.isRecording], [0, false]);
  room.lamp.send({ type: "switch.pressed" });
  assertEquals(source.recorder.lastSeq, 2, "the lamp was started, and looked at no more");
});

Deno.test("LocalSource records from its beginning where it is to, until it is closed", async () => {
  const room = new Room();
  const { clock, source } = sourceFor(room, { recordsAlways: true });
  assertEquals(room.attachCount, 1);
  source.attach()();
  await clock.advance(60_000);
  assertEquals(source.isRecording, true);
  source[Symbol.dispose]();
  source[Symbol.dispose]();
  assertEquals([room.attachCount, source.isRecording], [0, false]);
  source.attach();
  assertEquals(room.attachCount, 0, "nobody looks at what is closed");
});

Deno.test("LocalSource.follow ends with its signal and with the source, and lets go of everything", async () => {
  const room = new Room();
  const { clock, source } = sourceFor(room);
  const ends = new AbortController();
  const told: Message[][] = [[], []];
  const signals = [ends.signal, new AbortController().signal];
  const following = signals.map(async (signal, index) => {
    for await (const messages of source.follow({ signal })) told[index]?.push(...messages);
  });
  await eventually("both are told", () => told.every(({ length }) => length === 3));
  assertEquals(told[0]?.map(({ type }) => type), ["header", "definition", "snapshot"]);
  ends.abort();
  await following[0];
  room.lamp.send({ type: "switch.pressed" });
  await clock.advance(50);
  await eventually("the other is told", () => told[1]?.at(-1)?.type === "transition");
  assertEquals(told[0]?.length, 3);
  source[Symbol.dispose]();
  await following[1];
  assertEquals([room.attachCount, clock.timerCount], [0, 0]);
});

Deno.test("LocalSource.recording holds the actors also where nobody has looked before", async () => {
  const room = new Room();
  const { source } = sourceFor(room);
  using _ = source;
  const messages = await source.recording();
  assertEquals(messages.map(({ type }) => type), ["header", "snapshot", "definition", "started"]);
});

Deno.test("LocalSource.command does what it is told, where it takes commands", async () => {
  const room = new Room();
  const [deaf, hears] = [sourceFor(room), sourceFor(room, { takesCommands: true })];
  using _ = deaf.source;
  using source = hears.source;
  await assertRejects(() => deaf.source.command("drain", {}), CommandsOffError);
  await source.command("pause", { stream: "jobs" });
  for (const command of ["resume", "drain", "reclaim", "restart"] as const) {
    await source.command(command, {});
  }
  assertEquals(room.story, ['pause {"stream":"jobs"}', "resume", "drain", "reclaim", "restart"]);
});

/** The facts of a consumer that has not been started. */
async function someFacts(): Promise<ConsumerFacts> {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const { orchestrator } = service(broker, {
    consumers: [{ stream: "jobs", group: "calm", handler: () => {} }],
  });
  await orchestrator.start();
  const [facts] = orchestrator.facts();
  await orchestrator.stop();
  assert(facts !== undefined);
  return facts;
}

Deno.test("LocalSource.status comes within 300 ms while the broker says nothing, and asks it once in 2 s", async () => {
  const facts = await someFacts();
  const room = new Room();
  room.facts = () => [facts, { ...facts, consumer: "other" }];
  let asked = 0;
  let hangs = true;
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const moody: GroupLookBroker = new Proxy(broker, {
    get(target, name) {
      if (name === "streamInfo") asked++;
      if (hangs) return () => new Promise(() => {});
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { clock, source } = sourceFor(room, { broker: moody });
  using _ = source;
  const pending = source.status();
  await clock.advance(300);
  const { consumers } = await pending;
  assertEquals(consumers.map(({ facts }) => [facts.consumer, facts.broker]), [
    [facts.consumer, null],
    ["other", null],
  ]);
  assertEquals(asked, 1);
  hangs = false;
  const { clock: time, source: lucky } = sourceFor(room, { broker: moody });
  using __ = lucky;
  asked = 0;
  const first = await lucky.status();
  assertEquals(first.consumers.map(({ facts }) => facts.broker?.streamExists), [false, false]);
  for (let times = 0; times < 8; times++) {
    await lucky.status();
    await time.advance(249);
  }
  assertEquals(asked, 1);
  hangs = true;
  await time.advance(10_000);
  const later = await lucky.status();
  assertEquals(
    later.consumers.map(({ facts }) => facts.broker),
    [null, null],
    "what is old is told no more",
  );
});
