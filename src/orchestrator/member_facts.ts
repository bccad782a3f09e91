/**
 * What is known of a supervised consumer, as plain data for `explain`, the command line and the page.
 *
 * @module
 */

import type { PressureLevel } from "../domain/pressure.ts";
import type { ConsumerFacts, SupervisionState } from "../telemetry/consumer_facts.ts";
import type { Supervision } from "./supervision.ts";
import type { SupervisorState } from "./supervisor_events.ts";

/** The states of a supervisor in the words of those who look at it. */
const SUPERVISION: Readonly<Record<SupervisorState, SupervisionState>> = {
  starting: "starting",
  running: "running",
  restarting: "restarting",
  givenUp: "failed",
  halting: "draining",
  halted: "stopped",
  draining: "draining",
  stopping: "draining",
  stopped: "stopped",
  failed: "failed",
};

/** The facts of one consumer. */
export function factsOf(
  supervision: Supervision,
  at: { readonly nowMs: number; readonly pressure: PressureLevel },
): ConsumerFacts {
  const { context: supervised, consumer, settings } = supervision;
  const machine = consumer?.context ?? null;
  const view = consumer?.view ?? null;
  const isBackingOff = consumer?.state === "backingOff";
  return {
    stream: supervised.stream,
    group: supervised.group,
    consumer: supervised.consumer,
    supervision: SUPERVISION[supervision.state],
    state: consumer?.state ?? (SUPERVISION[supervision.state] === "stopped" ? "stopped" : "failed"),
    stateSinceMs: consumer?.stateSinceMs ?? supervision.stateSinceMs,
    nowMs: at.nowMs,
    failures: machine?.failures ?? 0,
    failure: machine?.failure ?? failureOf(supervised.failure),
    backOffUntilMs: isBackingOff ? consumer.backOffUntilMs : null,
    restarts: supervised.failedAtMs.length,
    restartsMax: supervised.restartsMax,
    restartAtMs: supervised.restartAtMs,
    pauseWanted: machine?.pauseWanted ?? false,
    position: machine?.position ?? null,
    committedCount: machine?.committedCount ?? 0,
    deadLetteredCount: machine?.deadLetteredCount ?? 0,
    fencedCount: machine?.fencedCount ?? 0,
    ownPendingDrained: machine?.ownPendingDrained ?? false,
    load: consumer?.load ?? { demand: 0, inFlight: 0, running: 0, settled: 0 },
    workers: {
      count: view?.workers.total ?? 0,
      max: settings?.workersMax ?? 0,
      mode: settings?.mode ?? "inline",
    },
    running:
      view?.running.map(({ id, key, sinceMs, attempt }) => ({ id, key, sinceMs, attempt })) ??
        [],
    resting: view?.resting ?? [],
    attemptsMax: settings?.attemptsMax ?? null,
    leaseMs: settings?.leaseMs ?? null,
    pressure: at.pressure,
    broker: null,
  };
}

function failureOf(
  failure: { readonly code: string; readonly message: string } | null,
): { readonly code: string; readonly message: string } | null {
  return failure === null ? null : { code: failure.code, message: failure.message };
}
