/**
 * A small plan to put faults into: one process, one consumer, and entries that come at once.
 *
 * @module
 */

import type { Fault } from "../../src/testing/fault.ts";
import type { Happening } from "../../src/testing/happening.ts";
import type { Behaviour, EntryPlan, GroupPlan, MemberPlan, Plan } from "../../src/testing/plan.ts";
import { simulatePlan } from "../../src/testing/simulation.ts";
import type { SimulationHooks, SimulationResult } from "../../src/testing/simulation_result.ts";

/** The place of everything. */
export const PLACE = { stream: "orders", group: "billing" } as const;

/** Its one group. */
export const GROUP: GroupPlan = {
  ...PLACE,
  ...{ order: "key", attemptsMax: 3, deliveriesMax: 10, leaseMs: 600, onCheckpointLost: "stop" },
};

/** A consumer of it. */
export function member(consumer: string, options: Partial<MemberPlan> = {}): MemberPlan {
  return {
    ...{ ...PLACE, consumer, count: 100, workersMax: 1, blockMs: 1_000, graceMs: 100 },
    ...{ handlerTimeoutMs: 0, onFenced: "stop" },
    ...options,
  };
}

/** Entries that all come at once, with what is done with each. */
export function entries(behaviours: readonly Behaviour[], atMs = 0): EntryPlan[] {
  return behaviours.map((behaviour, number) => ({
    ...{ number, stream: PLACE.stream, key: `key ${number % 2}`, atMs, behaviour },
  }));
}

/** A handler that has one output. */
export const HANDLED: Behaviour = { kind: "handled", outputs: 1 };

/** A plan of so many handled entries, with what is said otherwise. */
export function smallPlan(options: Partial<Plan> = {}): Plan {
  return {
    ...{ seed: 1, latencyMsMax: 0, finishMsMax: 20_000, groups: [GROUP] },
    processes: [{ process: "p1", startsAtMs: 0, members: [member("main")] }],
    entries: entries([HANDLED, HANDLED, HANDLED]),
    faults: [],
    ...options,
  };
}

/** Runs a small plan with faults. */
export function withFaults(
  faults: readonly Fault[],
  options: Partial<Plan> = {},
  hooks: SimulationHooks = {},
): Promise<SimulationResult> {
  return simulatePlan(smallPlan({ ...options, faults }), { hooks });
}

/** What was committed: the numbers of the entries with an output, in the order of the outputs. */
export function outputNumbers({ data }: SimulationResult): number[] {
  return data.groups.flatMap(({ outputs }) =>
    outputs.map(({ payload }): number => JSON.parse(payload).number)
  );
}

/** What happened to the calls of a method, one line each. */
export function callsOf(
  { happenings }: { readonly happenings: readonly Happening[] },
  method: string,
): string[] {
  return happenings.flatMap((seen) => {
    if (seen.kind === "callSent" && seen.asked.method === method) {
      return `${seen.atMs} ${seen.call} sent`;
    }
    if (seen.kind === "callApplied" && seen.applied.method === method) {
      return `${seen.atMs} ${seen.call} ${appliedText(seen.applied)}`;
    }
    if (seen.kind === "callAnswered" && seen.method === method) {
      return `${seen.atMs} ${seen.call} answered${seen.thrown === null ? "" : ` ${seen.thrown}`}`;
    }
    return [];
  });
}

function appliedText(
  applied: Extract<Happening, { readonly kind: "callApplied" }>["applied"],
): string {
  if ("thrown" in applied) return `refused ${applied.thrown}`;
  return applied.method === "commit" ? `applied ${applied.result}` : "applied";
}

/** What happened to processes and promises, one line each. */
export function livesOf({ happenings }: { readonly happenings: readonly Happening[] }): string[] {
  return happenings.flatMap((seen) => {
    switch (seen.kind) {
      case "processStarted":
        return `${seen.atMs} ${seen.process} starts${seen.repair ? " as a repair" : ""}`;
      case "processCrashed":
        return `${seen.atMs} ${seen.process} crashed`;
      case "stopAsked":
        return `${seen.atMs} ${seen.process} is to stop`;
      case "processEnded":
        return `${seen.atMs} ${seen.process} ended`;
      case "promiseSettled":
        return `${seen.atMs} ${seen.process} ${seen.promise} ${seen.thrown ?? "resolved"}`;
      case "faultsOver":
        return `${seen.atMs} faults over`;
      case "finished":
        return `${seen.atMs} finished`;
      default:
        return [];
    }
  });
}
