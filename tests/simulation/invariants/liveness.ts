/**
 * That something happens, and when at the latest, in virtual time: progress (L1), a prompt start (L2), recovery (L3),
 * promises that settle (L4), stops that end (L5).
 *
 * @module
 */

import type { Fault } from "../../../src/testing/fault.ts";
import type { Happening, Promised } from "../../../src/testing/happening.ts";
import type { Plan } from "../../../src/testing/plan.ts";
import { type Evidence, groupNamed, seen } from "../evidence.ts";
import type { GroupHistory } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** What L1 and L3 allow beside the waits that the plan itself contains. */
const RECOVERY_MS = 10_000;

/** What L2 allows. */
const START_MS = 5_000;

/** What L5 allows beside the grace. */
const STOP_MS = 1_000;

/** The longest wait between two attempts of a handler, in ms: the library's default. */
const RETRY_MS = 30_000;

/** L1 */
export const everythingFinishes: Invariant = {
  name: "L1",
  wording: "Progress: with the faults over, everything is finished within the plan's bound.",
  breaches: ({ result: { finishedMs, stuck } }) =>
    finishedMs === null ? [`not finished in time: ${stuck.join("; ")}`] : [],
};

/** L2 */
export const startsPromptly: Invariant = {
  name: "L2",
  wording: "Resume: a process reads at most 5 s after its start, faults not counted.",
  breaches: (evidence) =>
    [...promises(evidence)].filter(({ promise }) => promise === "start").flatMap(
      ({ process, fromMs, toMs }): string[] => {
        if (toMs === null) return []; // L4
        const ownMs = toMs - fromMs - troubledMs(evidence, { process, fromMs, toMs });
        return ownMs > START_MS ? [`${process}, started at ${fromMs}, read only at ${toMs}`] : [];
      },
    ),
};

/** L3 */
export const recovers: Invariant = {
  name: "L3",
  wording:
    "Recovery: with the faults over and entries unfinished, a handler runs or something is " +
    "finished at least every 10 s, beside leases, retries and deferrals that must be waited for.",
  breaches: (evidence) => evidence.groups.flatMap((group) => standstills(evidence, group)),
};

/** L4 */
export const promisesSettle: Invariant = {
  name: "L4",
  wording: "Every promise that the library hands out settles, unless its process was killed.",
  breaches: (evidence) =>
    [...promises(evidence)].filter(({ toMs, isCrashed }) => toMs === null && !isCrashed)
      .map(({ promise, process, life }) =>
        `"${promise}" of life ${life} of ${process} never settled`
      ),
};

/** L5 */
export const stopsInTime: Invariant = {
  name: "L5",
  wording: "Stop: it returns within the grace and 1 s, or within 1 s when told not to wait.",
  breaches: (evidence) =>
    [...promises(evidence)].filter(({ promise }) => promise === "stop").flatMap(
      (stop): string[] => {
        const { process, fromMs, toMs, life } = stop;
        if (toMs === null) return []; // L4
        const asked = [...seen(evidence, "stopAsked")].find((each) =>
          each.process === process && each.life === life
        );
        const graceMs = asked?.now === true ? 0 : graceOf(evidence.plan, process);
        const tookMs = toMs - fromMs - frozenMs(evidence, { process, fromMs, toMs });
        return tookMs > graceMs + STOP_MS
          ? [`${process} was told to stop at ${fromMs} and did at ${toMs}, its grace is ${graceMs}`]
          : [];
      },
    ),
};

/** A promise, from when it was handed out until it settled. */
interface Pledge {
  readonly promise: Promised;
  readonly process: string;
  readonly life: number;
  readonly fromMs: number;
  /** `null`: never. */
  readonly toMs: number | null;
  readonly isCrashed: boolean;
}

function* promises(evidence: Evidence): Generator<Pledge> {
  const settled = [...seen(evidence, "promiseSettled")];
  const crashed = [...seen(evidence, "processCrashed")];
  for (const { promise, process, life, atMs, step } of seen(evidence, "promised")) {
    const end = settled.find((each) =>
      each.step > step && each.process === process && each.life === life &&
      each.promise === promise
    );
    const isCrashed = crashed.some((each) => each.process === process && each.life === life);
    const place = { promise, process: process ?? "", life, isCrashed };
    yield { ...place, fromMs: atMs, toMs: end?.atMs ?? null };
  }
}

/** A span of virtual time in the life of a process. */
interface Span {
  readonly process: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How much of a span any fault lasted that can hold up a process. */
function troubledMs(evidence: Evidence, span: Span): number {
  return lastingMs(
    evidence,
    span,
    (fault) => ownerOf(fault) === null || ownerOf(fault) === span.process,
  );
}

/** How much of a span a process stood still. */
function frozenMs(evidence: Evidence, span: Span): number {
  return lastingMs(
    evidence,
    span,
    (fault) => fault.kind === "freeze" && fault.process === span.process,
  );
}

function lastingMs(evidence: Evidence, span: Span, matters: (fault: Fault) => boolean): number {
  const over = [...seen(evidence, "faultOver")];
  let total = 0;
  for (const { fault: index, atMs, step } of seen(evidence, "faultStruck")) {
    const fault = evidence.plan.faults[index];
    if (fault === undefined || !matters(fault)) continue;
    const ended = over.find((each) => each.fault === index && each.step > step)?.atMs;
    const slowMs = "forMs" in fault || !("byMs" in fault) ? 0 : Math.abs(fault.byMs);
    const toMs = Math.min(span.toMs, ended ?? atMs + slowMs);
    total += Math.max(0, toMs - Math.max(span.fromMs, atMs));
    // A failed call is made again after a wait that grows; each fault costs one at least.
    if (atMs >= span.fromMs && atMs <= span.toMs) total += START_MS;
  }
  return total;
}

function ownerOf(fault: Fault): string | null {
  if ("call" in fault) return fault.call.process;
  return "process" in fault ? fault.process : null;
}

function graceOf(plan: Plan, process: string): number {
  const members = plan.processes.find((each) => each.process === process)?.members ?? [];
  return Math.max(0, ...members.map(({ graceMs }) => graceMs));
}

function standstills(evidence: Evidence, group: GroupHistory): string[] {
  const { happenings, plan } = evidence;
  const over = happenings.findIndex(({ kind }) => kind === "faultsOver");
  if (over < 0) return [];
  const waits = plan.entries.map(({ behaviour }) => {
    if ("deferMs" in behaviour) return behaviour.deferMs;
    return "slowMs" in behaviour ? behaviour.slowMs : 0;
  });
  const most = RECOVERY_MS + RETRY_MS + group.plan.leaseMs + Math.max(0, ...waits);
  const left = group.entries.filter(({ fates, goneStep }) => {
    const done = fates[0];
    return goneStep === null && done !== undefined && done.step > over;
  });
  let beforeMs = happenings[over]?.atMs ?? 0;
  const lastStep = Math.max(...left.map(({ fates }) => fates[0]?.step ?? 0));
  for (const [step, happening] of happenings.entries()) {
    if (step <= over || step > lastStep || !isProgress(happening, group)) continue;
    if (happening.atMs - beforeMs > most) {
      return [`${groupNamed(group.plan)} stood still from ${beforeMs} to ${happening.atMs}`];
    }
    beforeMs = happening.atMs;
  }
  return [];
}

function isProgress(happening: Happening, { plan }: GroupHistory): boolean {
  if (!("stream" in happening) || !("group" in happening)) return false;
  if (happening.stream !== plan.stream || happening.group !== plan.group) return false;
  return happening.kind === "handlerBegan" || happening.kind === "handlerEnded" ||
    (happening.kind === "callApplied" && "verdicts" in happening.applied);
}
