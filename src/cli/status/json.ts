/**
 * What was seen, for programs. Times are ISO 8601 in UTC, spans are in ms, counts are numbers; what is not known is null.
 *
 * @module
 */

import type { ConsumerFacts, UnattendedFacts } from "../../telemetry/consumer_facts.ts";
import { explain } from "../../telemetry/explain.ts";
import { explained } from "./screen.ts";
import type { Survey } from "./survey.ts";

/** The record that `tidemark status --json` prints; its help names the fields. */
export function surveyRecord(survey: Survey): unknown {
  return {
    at: isoTime(survey.takenAtMs),
    broker: survey.broker,
    processes: survey.processes.map(({ record, ageMs }) => ({
      instance: record.instance,
      host: record.host,
      pid: record.pid,
      version: record.version,
      state: record.state,
      pressure: record.pressure,
      startedAt: isoTime(record.startedAtMs),
      heardMsAgo: ageMs,
      consumers: record.consumers.map(consumerRecord),
      consumersDropped: record.consumersDropped,
    })),
    unattended: survey.unattended.map(unattendedRecord),
    unreadable: survey.unreadable,
  };
}

/** The record that `tidemark explain --json` prints. */
export function sentencesRecord(survey: Survey): unknown {
  return {
    at: isoTime(survey.takenAtMs),
    consumers: explained(survey).map(({ facts, instance, explanation }) => ({
      stream: facts.stream,
      group: groupOf(facts),
      consumer: facts.consumer,
      instance,
      ...explanation,
    })),
  };
}

function consumerRecord(facts: ConsumerFacts): unknown {
  const { broker, load } = facts;
  return {
    stream: facts.stream,
    group: facts.group,
    consumer: facts.consumer,
    supervision: facts.supervision,
    state: facts.state,
    stateSince: isoTime(facts.stateSinceMs),
    position: facts.position,
    lag: broker?.lag ?? null,
    lagConfidence: broker?.lagConfidence ?? "unknown",
    pending: broker?.pendingCount ?? null,
    inFlight: load.inFlight,
    running: load.running,
    committed: facts.committedCount,
    deadLettered: facts.deadLetteredCount,
    restarts: facts.restarts,
    explain: explain(facts),
  };
}

function unattendedRecord(facts: UnattendedFacts): unknown {
  const { lag, pendingCount, waitingSinceMs } = facts.broker;
  return {
    stream: facts.stream,
    group: groupOf(facts),
    lag,
    pending: pendingCount,
    waitingSince: waitingSinceMs === null ? null : isoTime(waitingSinceMs),
    explain: explain(facts),
  };
}

/** A stream that does not exist is told of without a group. */
function groupOf({ group }: ConsumerFacts | UnattendedFacts): string | null {
  return group === "" ? null : group;
}

/** What another process says may be no time at all. */
function isoTime(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
