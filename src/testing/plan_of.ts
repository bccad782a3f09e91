/**
 * Draws a plan from a seed: who works, what there is to do, and what goes wrong. The draws are weighted so that all that
 * can happen does happen within some hundred seeds.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import type { FaultKind } from "./fault.ts";
import type { Behaviour, EntryPlan, GroupPlan, MemberPlan, Plan, ProcessPlan } from "./plan.ts";
import { faultsOf } from "./plan_faults.ts";
import { withTrait } from "./plan_traits.ts";
import { SeededRandom } from "./seeded_random.ts";

/** Bounds of the draws; each pair is the least and the most. */
export interface PlanOptions {
  /** How many entries; default 60 to 200. */
  readonly entries?: readonly [number, number];
  /** How many processes; default 2 to 4. */
  readonly processes?: readonly [number, number];
  /** How many faults; default 4 to 20. */
  readonly faults?: readonly [number, number];
  /** Which faults; default all. */
  readonly kinds?: readonly FaultKind[];
}

/** Entries come and faults strike within so long, in ms. */
const BUSY_MS = [2_000, 6_000] as const;

/** From the last fault on, everything must be finished within so long, in ms: several leases and the longest backoffs. */
const FINISH_MS_MAX = 60_000;

/**
 * Draws a plan.
 *
 * @param seed Whole number.
 * @param options Bounds.
 * @returns The same for the same seed and options.
 * @throws {InvalidOptionError} When the seed is not whole.
 */
export function planOf(seed: number, options: PlanOptions = {}): Plan {
  if (!Number.isSafeInteger(seed)) throw new InvalidOptionError("seed", seed, "a whole number");
  const random = new SeededRandom(seed, "plan");
  const busyMs = random.int(...BUSY_MS);
  const streams = random.chance(0.2) ? ["orders", "parcels"] : ["orders"];
  const groups = groupsOf(streams, random);
  const processes = processesOf(groups, { random, bounds: options.processes ?? [2, 4], busyMs });
  const entries = entriesOf(streams, { random, bounds: options.entries ?? [60, 200], busyMs });
  const faults = faultsOf({
    random: new SeededRandom(seed, "faults"),
    bounds: options.faults ?? [4, 20],
    kinds: options.kinds ?? null,
    busyMs,
    entryCount: entries.length,
    // More than half of them strike at a call or within a handler, where they hurt most.
    moments: { call: 5, attempt: 2, time: 4 },
    groups,
    processes: processes.map(({ process }) => process),
  });
  const replaced = faults.flatMap((fault) => fault.kind === "streamReplaced" ? fault.stream : []);
  const plan: Plan = {
    seed,
    latencyMsMax: random.weighted([[0, 1], [2, 4], [20, 2]]),
    finishMsMax: FINISH_MS_MAX,
    groups: groups.map((group) =>
      replaced.includes(group.stream) ? { ...group, onCheckpointLost: "resetToStart" } : group
    ),
    processes,
    entries,
    faults,
  };
  const traits = new SeededRandom(seed, "trait");
  return withTrait(plan, { random: traits, kinds: options.kinds ?? null, busyMs });
}

function groupsOf(streams: readonly string[], random: SeededRandom): GroupPlan[] {
  return streams.flatMap((stream) => {
    const names = random.chance(0.2) ? ["billing", "shipping"] : ["billing"];
    return names.map((group): GroupPlan => ({
      stream,
      group,
      order: random.chance(0.75) ? "key" : "none",
      attemptsMax: random.int(2, 4),
      deliveriesMax: random.weighted([[3, 1], [10, 4]]),
      leaseMs: random.weighted([[600, 1], [1_500, 3], [3_000, 2]]),
      onCheckpointLost: "stop",
    }));
  });
}

function processesOf(
  groups: readonly GroupPlan[],
  { random, bounds, busyMs }: Drawing,
): ProcessPlan[] {
  const sharesNames = random.chance(0.25);
  return Array.from({ length: random.int(...bounds) }, (_, at) => {
    const process = `p${at + 1}`;
    // The first one attends to every group, so that each has somebody.
    const own = groups.filter(() => random.chance(0.85) || at === 0);
    const members = (own.length === 0 ? groups.slice(0, 1) : own).map((group): MemberPlan => ({
      stream: group.stream,
      group: group.group,
      consumer: sharesNames && random.chance(0.6) ? "main" : process,
      count: random.weighted([[1, 1], [5, 2], [20, 3], [100, 2]]),
      workersMax: random.weighted([[1, 2], [3, 3], [8, 1]]),
      blockMs: random.weighted([[200, 1], [1_000, 3]]),
      graceMs: random.pick([0, 200, 1_000]),
      handlerTimeoutMs: random.weighted([[0, 3], [400, 1]]),
      onFenced: random.chance(0.5) ? "rename" : "stop",
    }));
    return { process, startsAtMs: at === 0 ? 0 : random.int(0, Math.floor(busyMs / 4)), members };
  });
}

function entriesOf(
  streams: readonly string[],
  { random, bounds, busyMs }: Drawing,
): EntryPlan[] {
  const count = random.int(...bounds);
  const keys = random.pick([1, 3, 8, 30]);
  const calm = random.chance(0.3);
  const entries: EntryPlan[] = [];
  let atMs = 0;
  while (entries.length < count) {
    const burst = Math.min(count - entries.length, random.weighted([[1, 2], [5, 3], [30, 2]]));
    for (let at = 0; at < burst; at++) {
      entries.push({
        number: entries.length,
        stream: random.pick(streams),
        key: random.chance(0.8) ? `key ${random.int(1, keys)}` : null,
        atMs,
        behaviour: calm ? { kind: "handled", outputs: 1 } : behaviourOf(random),
      });
    }
    atMs = Math.min(busyMs, atMs + random.int(0, Math.floor(busyMs * 2 * burst / count)));
  }
  return entries;
}

function behaviourOf(random: SeededRandom): Behaviour {
  const outputs = random.weighted([[0, 1], [1, 6], [3, 1]]);
  return random.weighted<Behaviour>([
    [{ kind: "handled", outputs }, 70],
    [{ kind: "failing", failures: random.int(1, 3), outputs }, 6],
    [{ kind: "poison" }, 2],
    [{ kind: "slow", slowMs: random.int(1, 50), outputs }, 12],
    [{ kind: "slow", slowMs: random.int(300, 1_200), outputs }, 2],
    [{ kind: "deaf", slowMs: random.int(100, 1_200), outputs }, 1],
    [{ kind: "deferring", deferMs: random.int(0, 1_000), outputs }, 3],
    [{ kind: "refused" }, 1],
    [{ kind: "malformed" }, 1],
  ]);
}

interface Drawing {
  readonly random: SeededRandom;
  readonly bounds: readonly [number, number];
  readonly busyMs: number;
}
