/**
 * Causes that lie in the work of a consumer that runs: handlers, entries that wait, what other consumers hold.
 *
 * @module
 */

import type { ConsumerFacts, GroupFacts, RunningHandler } from "./consumer_facts.ts";
import { earliest } from "./earliest.ts";
import type { Cause } from "./explanation.ts";
import {
  counted,
  duration,
  entries,
  entriesWait,
  entryNamed,
  grouped,
  inTime,
  named,
} from "./phrases.ts";

/** From here on a handler is worth naming, in ms: most take milliseconds, and people begin to ask. */
const LONG_HANDLER_MS = 10_000;

/** A consumer renews every third of its lease: past half of it, it has missed one. */
const SILENT_SHARE = 0.5;

/** The owner of entries that were handed back, as the brokers name it: nobody. */
const HANDED_BACK = "tidemark:released";

/** Every worker runs a handler, one of them for long. */
export const workersBusy: Cause = {
  code: "workersBusy",
  kind: "waiting",
  tell: (facts) => {
    const { load, workers } = facts;
    const longest = longHandler(facts);
    if (longest === null || workers.max < 1 || load.running < workers.max) return null;
    const isAlone = workers.max === 1;
    const all = isAlone
      ? "The only worker is busy"
      : `All ${grouped(workers.max)} workers are busy`;
    const count = waitingCount(facts);
    const waiting = count > 0 ? `, ${entriesWait(count)} for ${isAlone ? "it" : "one"}` : "";
    const full = load.demand > 0 ? "" : ` it reads on when ${isAlone ? "that" : "one"} ends,`;
    return `${all}${waiting}: ${
      handlerPhrase(longest, facts)
    };${full} for more at once raise workers_max`;
  },
};

/** A handler runs for long, beside others. */
export const handlerRuns: Cause = {
  code: "handlerRuns",
  kind: "waiting",
  tell: (facts) => {
    const longest = longHandler(facts);
    if (longest === null) return null;
    const others = facts.load.running > 1 ? ` beside ${grouped(facts.load.running - 1)} more` : "";
    return `A handler runs for long${others}: ${handlerPhrase(longest, facts)}; ` +
      "see what it waits for, or set handler_timeout_ms";
  },
};

/** Nothing runs, and an entry waits for its next attempt. */
export const keyBlocked: Cause = {
  code: "keyBlocked",
  kind: "waiting",
  tell: ({ load, resting, attemptsMax, nowMs }) => {
    const next = earliest(resting, ({ dueAtMs }) => dueAtMs);
    if (next === undefined || load.running > 0 || load.settled > 0) return null;
    const failed = next.failures > 0
      ? `failed ${grouped(next.failures)}${
        attemptsMax === null ? " times" : ` of ${grouped(attemptsMax)} times`
      } and is tried again`
      : "was put off by its handler and runs";
    const key = next.key === null ? "" : `, until then its key waits`;
    const more = resting.length > 1
      ? `, as do ${counted(resting.length - 1, "other entry", "other entries")} later`
      : "";
    const subject = entryNamed(next).replace(/^e/, "E");
    const where = next.failures > 0 ? "; the log says why it failed" : "";
    return `${subject} ${failed} ${inTime(next.dueAtMs - nowMs)}${key}${more}${where}`;
  },
};

/** It takes in nothing more, or its group is too far behind. */
export const saturated: Cause = {
  code: "saturated",
  kind: "waiting",
  tell: (facts) => {
    const { load, workers, pressure, broker, resting } = facts;
    if (load.demand <= 0 && load.running < workers.max && load.settled <= 0 && load.inFlight > 0) {
      const waiting = waitingCount(facts);
      const parts = [
        load.running > 0 ? `${grouped(load.running)} ${load.running === 1 ? "runs" : "run"}` : "",
        resting.length > 0 ? `${grouped(resting.length)} will be tried again` : "",
        waiting === 1 ? "1 waits behind another of its key" : "",
        waiting > 1 ? `${grouped(waiting)} wait behind others of their keys` : "",
      ];
      const what = parts.filter((part) => part !== "").join(", ");
      const held = `of the ${entries(load.inFlight)} that it holds ${what}`;
      return `Full: ${held}; it reads on when some are finished`;
    }
    if (pressure !== "saturated") return null;
    const behind = broker === null ? "" : ` with ${backlogPhrase(broker)}`;
    return `Cannot keep up${behind}: add workers or processes, or let producers wait`;
  },
};

/** Its own entries wait behind entries of their keys that another consumer holds. */
export const waitsForOther: Cause = {
  code: "waitsForOther",
  kind: "waiting",
  tell: (facts) => {
    const other = otherHolder(facts);
    if (other === null || (facts.broker?.ownPendingCount ?? 0) <= 0) return null;
    const waiting = entriesWait(facts.broker?.ownPendingCount ?? 0);
    return `${waiting} behind earlier ones of the same keys: ${holderPhrase(other, facts)}`;
  },
};

/** All that is left is with another consumer. */
export const leaseHeld: Cause = {
  code: "leaseHeld",
  kind: "waiting",
  tell: (facts) => {
    const other = otherHolder(facts);
    if (other === null || (facts.broker?.lag ?? 1) > 0) return null;
    const held = entries(facts.broker?.pendingCount ?? 0);
    return `Nothing is left to read, ${held} pending with others: ${holderPhrase(other, facts)}`;
  },
};

/** There is nothing. */
export const nothingToDo: Cause = {
  code: "nothingToDo",
  kind: "working",
  tell: (facts) => {
    const { load, broker, position, committedCount } = facts;
    if (load.inFlight > 0 || load.running > 0) return null;
    if (broker !== null && (broker.pendingCount > 0 || (broker.lag ?? 0) > 0)) return null;
    if (broker !== null && broker.lag !== null) {
      const count = entries(committedCount);
      // It hears of what others commit with its own next commit: until then its position is an old one.
      const [at, by] = broker.otherConsumers.length > 0
        ? ["", " by it"]
        : [position === null ? "" : ` up to ${position}`, ""];
      return `Nothing to do: everything${at} is handled, ${count}${by} since its start${
        deaths(facts)
      }`;
    }
    return `Nothing in hand: it waits for entries, ${
      entries(committedCount)
    } committed since its start${deaths(facts)}`;
  },
};

/** What remains. */
export const makingProgress: Cause = {
  code: "makingProgress",
  kind: "working",
  tell: (facts) => {
    const { load, resting, broker, committedCount, deadLetteredCount } = facts;
    const parts = [
      load.running > 0 ? `${counted(load.running, "handler")} at work` : "",
      `${entries(committedCount)} committed since its start`,
      deadLetteredCount > 0 ? `${grouped(deadLetteredCount)} of them given up` : "",
      broker === null ? "" : backlogPhrase(broker),
      resting.length > 0 ? `${entries(resting.length)} to be tried again` : "",
    ];
    return `Making progress: ${parts.filter((part) => part !== "").join(", ")}`;
  },
};

/** How many of the entries in its hands wait for a worker. */
function waitingCount({ load, resting }: ConsumerFacts): number {
  return Math.max(0, load.inFlight - load.running - load.settled - resting.length);
}

/** How many were given up, and where to look at them. */
function deaths({ deadLetteredCount, stream }: ConsumerFacts): string {
  if (deadLetteredCount <= 0) return "";
  const place = /^[\w.:-]+$/.test(stream) ? stream : named(stream);
  return `, ${
    grouped(deadLetteredCount)
  } of them given up: see tidemark dead-letters list ${place}`;
}

function longHandler({ running, nowMs }: ConsumerFacts): RunningHandler | null {
  const longest = earliest(running, ({ sinceMs }) => sinceMs);
  return longest !== undefined && nowMs - longest.sinceMs >= LONG_HANDLER_MS ? longest : null;
}

function handlerPhrase(handler: RunningHandler, { nowMs, attemptsMax }: ConsumerFacts): string {
  const { attempt, sinceMs } = handler;
  const of = attemptsMax === null ? "" : ` of ${grouped(attemptsMax)}`;
  const which = attempt > 1 ? `, attempt ${grouped(attempt)}${of},` : "";
  return `the handler of ${entryNamed(handler)}${which} has been running for ${
    duration(nowMs - sinceMs)
  }`;
}

/** The other consumer that holds the oldest pending entry while this one has nothing in hand. */
function otherHolder(facts: ConsumerFacts): GroupFacts["oldestPending"] {
  const { load, broker, consumer } = facts;
  if (load.inFlight > 0 || broker === null || broker.pendingCount <= 0) return null;
  const oldest = broker.oldestPending;
  if (oldest === null || oldest.consumer === consumer) return null;
  return oldest.consumer === HANDED_BACK ? null : oldest;
}

function holderPhrase(
  { id, consumer, idleMs }: NonNullable<GroupFacts["oldestPending"]>,
  { leaseMs }: ConsumerFacts,
): string {
  const holder = `consumer ${named(consumer)} holds ${entryNamed({ id, key: null })}`;
  if (leaseMs === null || idleMs < leaseMs * SILENT_SHARE) {
    return `${holder} and is alive, heard ${duration(idleMs)} ago`;
  }
  return `${holder} and has been silent for ${duration(idleMs)}, it is taken over ${
    inTime(leaseMs - idleMs)
  }`;
}

/** What is left of a group. */
function backlogPhrase({ lag, lagConfidence, pendingCount }: GroupFacts): string {
  const about = lagConfidence === "estimated" ? "about " : "";
  const unread = lag === null ? "an unknown number of entries" : `${about}${entries(lag)}`;
  return `${unread} to be read and ${grouped(pendingCount)} pending in the group`;
}
