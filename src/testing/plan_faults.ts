/**
 * Draws the faults of a plan.
 *
 * @module
 */

import type { Fault, FaultKind, FaultMoment, StrikableMethod, StruckCall } from "./fault.ts";
import type { GroupPlan } from "./plan.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What faults are drawn from. */
export interface FaultDrawing {
  /** Chance. */
  readonly random: SeededRandom;
  /** The least and the most of them. */
  readonly bounds: readonly [number, number];
  /** Which, `null` for all. */
  readonly kinds: readonly FaultKind[] | null;
  /** Within how long, in ms. */
  readonly busyMs: number;
  /** How often they wait for a call, for an attempt of a handler, for a time. */
  readonly moments: Readonly<Record<"call" | "attempt" | "time", number>>;
  /** How many entries there are. */
  readonly entryCount: number;
  /** The groups. */
  readonly groups: readonly GroupPlan[];
  /** The names of the processes. */
  readonly processes: readonly string[];
}

/** How often which fault is drawn. */
const WEIGHTS: readonly (readonly [FaultKind, number])[] = [
  ["unapplied", 6],
  ["denied", 5],
  ["replyLost", 10],
  ["requestLost", 6],
  ["slowRequest", 5],
  ["slowReply", 5],
  ["late", 5],
  ["repeated", 4],
  ["silent", 4],
  ["crash", 16],
  ["stop", 6],
  ["freeze", 8],
  ["operatorPause", 3],
  ["outage", 6],
  ["groupDestroyed", 4],
  ["streamTrimmed", 2],
  ["streamReplaced", 1],
  ["clockJump", 4],
];

/** How often which call is struck, and up to which one: so many of them there are in an ordinary plan. */
const CALLS: readonly (readonly [readonly [StrikableMethod, number], number])[] = [
  [["commit", 40], 12],
  [["readNew", 40], 6],
  [["readOwnPending", 6], 3],
  [["claim", 30], 3],
  [["renew", 15], 3],
  [["join", 4], 3],
  [["establish", 2], 1],
  [["release", 4], 2],
  [["recordFailure", 6], 2],
  [["leave", 2], 1],
];

/** Draws them. */
export function faultsOf(drawing: FaultDrawing): Fault[] {
  const { random, bounds, kinds } = drawing;
  const weights = WEIGHTS.filter(([kind]) => kinds === null || kinds.includes(kind));
  if (weights.length === 0) return [];
  return Array.from(
    { length: random.int(...bounds) },
    () => faultOf(random.weighted(weights), drawing),
  );
}

function faultOf(kind: FaultKind, drawing: FaultDrawing): Fault {
  const { random, processes, groups } = drawing;
  const process = random.pick(processes);
  const { stream, group } = random.pick(groups);
  const call = callOf(process, drawing);
  const at = momentFor(process, drawing);
  const atMs = random.int(0, drawing.busyMs);
  const byMs = random.weighted([[random.int(1, 50), 2], [random.int(50, 3_000), 3]]);
  const forMs = random.weighted([[random.int(10, 300), 2], [random.int(300, 4_000), 3]]);
  const backAfterMs = random.chance(0.85) ? random.int(0, 3_000) : null;
  switch (kind) {
    case "unapplied":
    case "denied":
    case "replyLost":
    case "requestLost":
      return { kind, call };
    case "slowRequest":
    case "slowReply":
    case "late":
    case "repeated":
    case "silent":
      return { kind, call, byMs };
    case "crash": {
      const moment = random.chance(0.5) ? "before" : "after";
      return { kind, process, at, moment, backAfterMs };
    }
    case "stop":
      return { kind, process, at, now: random.chance(0.3), backAfterMs };
    case "freeze":
    case "operatorPause":
      return { kind, process, at, forMs };
    case "outage":
      return { kind, at, forMs };
    case "groupDestroyed":
      return { kind, at, stream, group };
    case "streamTrimmed":
      return { kind, at, stream, lengthMax: random.int(0, 50) };
    case "streamReplaced":
      return { kind, at: { atMs }, stream };
    case "clockJump": {
      // More would only make the durable deadlines of retries and leases longer than the bound of the plan.
      const jumpMs = random.int(-5_000, 5_000);
      return { kind, at, process: random.chance(0.3) ? null : process, byMs: jumpMs };
    }
  }
}

function momentFor(process: string, drawing: FaultDrawing): FaultMoment {
  const { random, busyMs, entryCount, moments } = drawing;
  const call = callOf(process, { random, entryCount });
  const attempt = early(random, entryCount);
  return random.weighted<FaultMoment>([
    [call, moments.call],
    [{ process, attempt }, moments.attempt],
    [{ atMs: random.int(0, busyMs) }, moments.time],
  ]);
}

function callOf(
  process: string,
  { random, entryCount }: Pick<FaultDrawing, "random" | "entryCount">,
): StruckCall {
  const [method, nthMax] = random.weighted(CALLS);
  return { process, method, nth: early(random, Math.min(nthMax, 2 + entryCount)) };
}

/** A number from 1 to a bound, rather a small one: the later ones may never come. */
function early(random: SeededRandom, max: number): number {
  return 1 + Math.floor(max * random.next() ** 2);
}
