/**
 * What a log says while a broker is away or refuses: each trouble once, whoever and however many it strikes, and what a
 * person can do about it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import { AccessDeniedError, BrokerUnavailableError } from "../../src/domain/errors.ts";
import type { JournalWatchOptions } from "../../src/ports/journal_watch.ts";
import { defineRun } from "../../src/runs/run_definition.ts";
import { RunManager } from "../../src/runs/run_manager.ts";
import { RunWatch } from "../../src/runs/run_watch.ts";
import { eventually } from "../support/eventually.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { StoryLog } from "../support/story_log.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { BrokenLine } from "./broken_line.ts";

/** The lines that a person sees, as `level message error`. */
function shown(log: StoryLog): string[] {
  return log.lines.filter(({ level }) => level !== "debug")
    .map(({ level, message, fields }) => [level, message, fields?.error ?? ""].join(" ").trim());
}

const echo = defineRun({ kind: "echo", start: (ctx) => void ctx.emit("echo") });

Deno.test("RunManager: an outage under many runs is two lines of the log", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const line = new BrokenLine(broker);
  const log = new StoryLog();
  await using runs = new RunManager({ broker: line.broker, kinds: [echo], log });
  line.state = "down";
  const started = await Promise.all(Array.from({ length: 50 }, () => runs.start("echo", null)));
  await eventually("all have tried", () => line.faultCount >= 50);
  line.state = "up";
  for (const run of started) {
    await eventually("it is stored", async () => {
      return (await runs.store.get(run).catch(() => null))?.status === "completed";
    });
  }
  assertEquals(shown(log), [
    "warn runs cannot be stored for now BrokerUnavailableError: Cannot change: the broker is not available (ECONNREFUSED)",
    "info runs are stored again",
  ]);
});

Deno.test("RunManager: a broker that refuses is told at once, once, and with what helps", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const clock = new VirtualClock();
  const log = new StoryLog();
  const refusing = faultyBroker(broker, () => {
    throw new AccessDeniedError("change", "NOPERM");
  });
  const runs = new RunManager({ broker: refusing, kinds: [], log, clock });
  for (let second = 0; second < 30; second++) await clock.advance(1_000);
  const help = "the broker refuses access (NOPERM), check user, password and permissions";
  assertEquals(shown(log), [
    `error runs cannot be looked after AccessDeniedError: Cannot change: ${help}`,
  ]);
  await runs.stop();
});

Deno.test("RunWatch tells an outage once, that it is over, and each run that it loses", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const clock = new VirtualClock();
  const log = new StoryLog();
  const opened: JournalWatchOptions[] = [];
  const watched = new Proxy(broker, {
    get(target, name) {
      if (name !== "watchJournals") return Reflect.get(target, name);
      return (options: JournalWatchOptions) => {
        opened.push(options);
        return broker.watchJournals(options);
      };
    },
  });
  await using watch = new RunWatch(watched, { log, clock });
  const broken: string[] = [];
  const watcher = { news: () => {}, broken: (error: Error) => void broken.push(error.name) };
  watch.add("a", { afterId: ENTRY_ID_ZERO, watcher });
  const [options] = opened;
  const away = new BrokerUnavailableError("watch journals", "connection closed");
  for (let tries = 0; tries < 20; tries++) {
    options?.onTrouble(away, null);
    clock.jump(2_000);
  }
  const journal = { space: "runs", name: "a" };
  const news = { journal, gap: null, entries: [], snapshot: null };
  await options?.onNews(news);
  await options?.onNews(news);
  options?.onTrouble(new TypeError("odd"), journal);
  assertEquals(shown(log), [
    "warn runs cannot be watched for now BrokerUnavailableError: Cannot watch journals: the broker is not available (connection closed)",
    "info runs are watched again",
    "warn a run cannot be watched TypeError: odd",
  ]);
  assertEquals(broken, ["TypeError"]);
});
