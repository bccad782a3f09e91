/**
 * The smaller forms of a plan, for shrinking: without faults, processes, groups or entries, and with simpler ones. Each
 * form is a plan that makes sense: what speaks of a part that was left out is left out with it.
 *
 * @module
 */

import type { Fault } from "../../src/testing/fault.ts";
import type { Behaviour, EntryPlan, Plan, ProcessPlan } from "../../src/testing/plan.ts";
import { withoutPart } from "../../src/testing/shrinking.ts";

/** The plainest thing that a handler can do. */
const PLAIN: Behaviour = { kind: "handled", outputs: 1 };

/** Every smaller form of a plan, the boldest first. */
export function* smallerPlans(plan: Plan): Generator<Plan> {
  for (const faults of withoutPart(plan.faults)) yield { ...plan, faults };
  for (const processes of withoutPart(plan.processes, { lengthMin: 1 })) {
    yield coherent({ ...plan, processes });
  }
  for (const groups of withoutPart(plan.groups, { lengthMin: 1 })) {
    const smaller = coherent({ ...plan, groups });
    if (smaller.processes.length > 0) yield smaller;
  }
  for (const entries of withoutPart(plan.entries, { lengthMin: 1 })) yield { ...plan, entries };
  yield* withShorterFaults(plan);
  yield* withFewerMembers(plan);
  yield* withPlainerEntries(plan);
}

/** Leaves out what speaks of processes or groups that are not there. */
function coherent(plan: Plan): Plan {
  const isGroup = (place: { readonly stream: string; readonly group: string }) =>
    plan.groups.some(({ stream, group }) => place.stream === stream && place.group === group);
  const processes = plan.processes.flatMap((process): ProcessPlan[] => {
    const members = process.members.filter(isGroup);
    return members.length === 0 ? [] : [{ ...process, members }];
  });
  const hasProcess = (name: string) => processes.some(({ process }) => process === name);
  const hasStream = (name: string) => plan.groups.some(({ stream }) => stream === name);
  return {
    ...plan,
    processes,
    entries: plan.entries.filter(({ stream }) => hasStream(stream)),
    faults: plan.faults.filter((fault) =>
      processesOf(fault).every(hasProcess) && (!("stream" in fault) || hasStream(fault.stream)) &&
      (fault.kind !== "groupDestroyed" || isGroup(fault))
    ),
  };
}

function processesOf(fault: Fault): string[] {
  if ("call" in fault) return [fault.call.process];
  const own = "process" in fault && fault.process !== null ? [fault.process] : [];
  return "process" in fault.at ? [...own, fault.at.process] : own;
}

function* withFewerMembers(plan: Plan): Generator<Plan> {
  for (const [at, process] of plan.processes.entries()) {
    for (const members of withoutPart(process.members, { lengthMin: 1 })) {
      yield { ...plan, processes: plan.processes.with(at, { ...process, members }) };
    }
  }
}

/** All entries plainer at once, then one by one; the same with their times. */
function* withPlainerEntries(plan: Plan): Generator<Plan> {
  const isPlain = ({ behaviour }: EntryPlan) => JSON.stringify(behaviour) === JSON.stringify(PLAIN);
  const plainer = (entry: EntryPlan): EntryPlan => ({ ...entry, behaviour: PLAIN });
  const sooner = (entry: EntryPlan): EntryPlan => ({ ...entry, atMs: 0 });
  if (!plan.entries.every(isPlain)) yield { ...plan, entries: plan.entries.map(plainer) };
  if (plan.entries.some(({ atMs }) => atMs > 0)) {
    yield { ...plan, entries: plan.entries.map(sooner) };
  }
  for (const [at, entry] of plan.entries.entries()) {
    if (!isPlain(entry)) yield { ...plan, entries: plan.entries.with(at, plainer(entry)) };
  }
}

/** Lets faults strike at an earlier call, and last half as long. */
function* withShorterFaults(plan: Plan): Generator<Plan> {
  for (const [at, fault] of plan.faults.entries()) {
    for (const smaller of smallerFaults(fault)) {
      yield { ...plan, faults: plan.faults.with(at, smaller) };
    }
  }
}

function* smallerFaults(fault: Fault): Generator<Fault> {
  if ("call" in fault) {
    for (const nth of lower(fault.call.nth)) yield { ...fault, call: { ...fault.call, nth } };
  } else if ("method" in fault.at) {
    for (const nth of lower(fault.at.nth)) yield { ...fault, at: { ...fault.at, nth } };
  }
  if ("forMs" in fault && fault.forMs > 1) yield { ...fault, forMs: half(fault.forMs) };
  if ("byMs" in fault && Math.abs(fault.byMs) > 1) yield { ...fault, byMs: half(fault.byMs) };
}

function lower(nth: number): number[] {
  return nth === 1 ? [] : [...new Set([1, Math.ceil(nth / 2), nth - 1])];
}

function half(ms: number): number {
  return Math.trunc(ms / 2);
}
