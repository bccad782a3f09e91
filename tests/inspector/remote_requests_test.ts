/**
 * What a process elsewhere is asked to do: once or not at all, and whoever asked knows which.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import type { Broker } from "../../src/ports/broker.ts";
import { silentLog } from "../../src/ports/log.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { BrokerUnavailableError, UnknownOutcomeError } from "../../src/domain/errors.ts";
import { CommandsOffError } from "../../src/inspector/inspector_errors.ts";
import { brokerSources } from "../../src/inspector/remote/broker_sources.ts";
import { encodeCall, encodeDesk } from "../../src/inspector/remote/desk_record.ts";
import { deskOf, requestOf } from "../../src/inspector/remote/inspection_journals.ts";
import {
  InstanceUnreachableError,
  RequestFailedError,
  RequestUnansweredError,
} from "../../src/inspector/remote/remote_errors.ts";
import { encodeRequest } from "../../src/inspector/remote/request_record.ts";
import { openSession, recordingOf, sessionLines } from "../../src/inspector/session_file.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { Ear, HASTY, LampProcess, opened } from "./remote_rig.ts";

/** How many requests a broker holds. */
async function requestCount(broker: Broker): Promise<number> {
  return (await broker.listJournals("inspection-requests", { limit: 100 })).journals.length;
}

testOnEachBroker("a command is done once, answered, and forgotten", async ({ broker }) => {
  await using lamps = new LampProcess(broker);
  await using sources = brokerSources({ broker, clock: HASTY });
  const source = await opened(sources);
  await source.command("pause", { stream: "orders", consumer: "c1" });
  await source.command("resume", {});
  assertEquals(lamps.commands, ['pause {"stream":"orders","consumer":"c1"}', "resume {}"]);
  assertEquals([await requestCount(broker), lamps.attachments.begun], [0, 0]);
});

testOnEachBroker(
  "a command that is rung for many times, or heard by two processes, is done once",
  async ({ broker }) => {
    await using lamps = new LampProcess(broker);
    await using sources = brokerSources({ broker, clock: HASTY });
    const source = await opened(sources);
    const state = encodeRequest({ want: "command", command: "drain", target: {} });
    await broker.createJournal(requestOf("r1"), { state });
    const entries = Array.from({ length: 9 }, () => ({
      fields: encodeCall({ kind: "request", id: "r1" }),
    }));
    await using other = new LampProcess(broker, { instance: "lamps-2" });
    await opened(sources, "lamps-2");
    await broker.changeJournal(deskOf("lamps-1"), { entries });
    await broker.changeJournal(deskOf("lamps-2"), { entries });
    // What is asked later is done later, so all of it was heard.
    await source.command("pause", {});
    await (await opened(sources, "lamps-2")).command("pause", {});
    const all = [...lamps.commands, ...other.commands].sort();
    assertEquals(all, ["drain {}", "pause {}", "pause {}"]);
  },
);

testOnEachBroker(
  "a process that takes no commands, or fails at one, says so",
  async ({ broker }) => {
    await using _off = new LampProcess(broker, { command: null });
    const command = () => {
      throw new BrokerUnavailableError("pause", "LOADING");
    };
    await using _failing = new LampProcess(broker, { instance: "lamps-2", command });
    const secret = () => Promise.reject(new Error("hunter2"));
    await using _secret = new LampProcess(broker, { instance: "lamps-3", command: secret });
    await using sources = brokerSources({ broker, clock: HASTY });
    const off = await opened(sources);
    await assertRejects(() => off.command("pause", {}), CommandsOffError);
    const failing = await opened(sources, "lamps-2");
    await assertRejects(
      () => failing.command("pause", {}),
      RequestFailedError,
      'Cannot do it in "lamps-2": Cannot pause: the broker is not available (LOADING) (BROKER_UNAVAILABLE)',
    );
    const unexpected = await opened(sources, "lamps-3");
    await assertRejects(
      () => unexpected.command("pause", {}),
      RequestFailedError,
      'Cannot do it in "lamps-3": something unexpected went wrong (UNEXPECTED)',
    );
  },
);

testOnEachBroker(
  "what is recorded elsewhere comes whole, and can be opened as a session",
  async ({ broker }) => {
    await using lamps = new LampProcess(broker);
    await using sources = brokerSources({ broker, clock: HASTY });
    const source = await opened(sources);
    await using ear = new Ear(source);
    await ear.hears(1);
    // Redis would be read in one piece of more than 32 KiB, for which its client keeps a timer of its own.
    lamps.press(broker.kind === "sqlite" ? 600 : 50);
    const messages = await source.recording();
    assertEquals(messages, recordingOf(lamps.recorder));
    const file = new Blob([...sessionLines(messages)]);
    const session = await openSession(file.stream(), { name: "s.jsonl" });
    assertEquals([session.messages.length, session.isCut], [messages.length, false]);
    assertEquals(await requestCount(broker), 0);
  },
);

Deno.test("a command that nobody takes is withdrawn, and is not done later", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  // The desk of a process that was killed.
  await broker.createJournal(deskOf("lamps-1"), { state: encodeDesk({ life: "l1" }) });
  const clock = new VirtualClock();
  await using sources = brokerSources({ broker, clock });
  const source = await opened(sources);
  let isOver = false;
  const command = source.command("pause", {}).finally(() => isOver = true);
  command.catch(() => {});
  await eventually("it is given up", async () => {
    await clock.advance(1_000);
    return isOver;
  });
  await assertRejects(() => command, InstanceUnreachableError);
  assertEquals(await requestCount(broker), 0);
});

Deno.test("a command that was taken and never answered may have been done, and says so", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const forever = new Promise<void>(() => {});
  const command = { command: () => forever };
  const clock = new VirtualClock();
  await using lamps = new LampProcess(broker, command);
  await using sources = brokerSources({ broker, clock });
  const source = await opened(sources);
  let isOver = false;
  const asked = source.command("pause", {}).finally(() => isOver = true);
  asked.catch(() => {});
  await eventually("it is taken", async () => {
    const { journals } = await broker.listJournals("inspection-requests", { limit: 1 });
    return journals[0]?.version === 2;
  });
  await eventually("it is given up", async () => {
    await clock.advance(1_000);
    return isOver;
  });
  await assertRejects(() => asked, RequestUnansweredError);
  assertEquals(lamps.commands, []);
});

testOnEachBroker(
  "a command is done once also where every answer of the broker is lost at first",
  async ({ broker }) => {
    const lost = new Set<string>();
    const lossy = faultyBroker(broker, {
      before() {},
      after({ method }) {
        if (method !== "changeJournal" && method !== "createJournal") return;
        // Every second answer is lost.
        if (lost.delete(method)) return;
        lost.add(method);
        throw new UnknownOutcomeError(method, "ECONNRESET");
      },
    });
    // Watching goes past the faults: it is no call.
    const process = new Proxy(lossy, {
      get: (target, name) =>
        name === "watchJournals" ? broker.watchJournals.bind(broker) : Reflect.get(target, name),
    });
    await using lamps = new LampProcess(process, { log: silentLog });
    await using sources = brokerSources({ broker: process, clock: HASTY, random: systemRandom });
    const source = await opened(sources);
    await source.command("pause", {});
    await source.command("resume", {});
    assertEquals(lamps.commands, ["pause {}", "resume {}"]);
  },
);

Deno.test("InspectionSources.open knows no name that cannot be one, and no desk that is rubbish", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using sources = brokerSources({ broker, clock: HASTY });
  await broker.createJournal(deskOf("rubbish"), { state: '{"format":"tidemark-inspection"}' });
  const later = encodeDesk({ life: "l1" }).replace('"schema":1', '"schema":2');
  await broker.createJournal(deskOf("later"), { state: later });
  const names = ["", " ", "a\nb", "x".repeat(300), "nobody", "rubbish", "later"];
  const found = await Promise.all(names.map((name) => sources.open(name)));
  assertEquals(found, names.map(() => null));
});
