/**
 * One fault, struck and watched: how hard the service knocked meanwhile, when it had recovered, and what it said.
 *
 * @module
 */

import type { Attempts } from "../support/counting_proxy.ts";
import { CONSUMERS } from "./layout.ts";
import { openRecoveries, type Recoveries } from "./recoveries.ts";
import type { Appointment } from "./scenario.ts";
import type { Service } from "./service.ts";
import type { View } from "./view.ts";

/** What became of one fault. */
export interface Struck {
  readonly name: string;
  readonly strikes: "broker" | "service";
  /** Since the begin, in s. */
  readonly atS: number;
  readonly lastedS: number;
  /** Commands and connections begun per consumer and second while it lasted; `null` where nobody can count. */
  readonly attempts: number | null;
  /** From its end until every consumer had committed again, in s; `null` when it did not in time. */
  readonly recoveredS: number | null;
  /** Who had not, if any. */
  readonly waiting: readonly string[];
  /** Lines that the service wrote to its log from its begin until then. */
  readonly logLines: number;
}

/** What a fault is watched with. */
export interface Watched {
  readonly service: Service;
  readonly view: View;
  readonly attempts: () => Attempts | null;
}

/** Recovery is waited for no longer than this, in ms; it is late long before. */
const RECOVERY_MS_MAX = 15_000;

const LOOK_MS = 50;

/** Strikes, waits, ends it, and waits for the recovery. A signal that aborts ends the waiting, not the fault. */
export async function strike(
  { fault, lastsMs }: Appointment,
  watched: Watched & {
    readonly atS: number;
    readonly signal: AbortSignal;
    /** Told when the fault is over. */
    readonly onEnd: () => void;
  },
): Promise<Struck> {
  const { service, view, signal } = watched;
  const linesBefore = service.linesCount;
  await fault.begin();
  const begunMs = performance.now();
  const before = watched.attempts();
  let after = before;
  try {
    await rest(lastsMs, signal);
    after = watched.attempts();
  } finally {
    await fault.end();
    watched.onEnd();
  }
  const lastedS = (performance.now() - begunMs) / 1_000;
  const { recoveredMs, waiting } = await recovery(view, signal);
  return {
    name: fault.name,
    strikes: fault.strikes,
    atS: watched.atS,
    lastedS,
    attempts: before === null || after === null
      ? null
      : (total(after) - total(before)) / lastedS / CONSUMERS,
    recoveredS: recoveredMs === null ? null : recoveredMs / 1_000,
    waiting,
    logLines: service.linesCount - linesBefore,
  };
}

/** Waits, no longer than the signal lets it. Leaves no listener behind: one would keep the process alive. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, ms);
  signal.addEventListener("abort", end);
  await promise;
  signal.removeEventListener("abort", end);
  clearTimeout(timer);
}

async function recovery(
  view: View,
  signal: AbortSignal,
): Promise<{ readonly recoveredMs: number | null; readonly waiting: readonly string[] }> {
  const endedMs = performance.now();
  let recoveries: Recoveries | null = null;
  let waiting: readonly string[] = ["everybody"];
  while (performance.now() - endedMs < RECOVERY_MS_MAX && !signal.aborted) {
    try {
      recoveries ??= await openRecoveries(view);
      waiting = await recoveries.waiting();
      if (waiting.length === 0) return { recoveredMs: performance.now() - endedMs, waiting };
    } catch {
      // The broker cannot be looked at yet, which counts.
    }
    await rest(LOOK_MS, signal);
  }
  return { recoveredMs: null, waiting };
}

function total({ connections, requests }: Attempts): number {
  return connections + requests;
}
