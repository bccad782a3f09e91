/**
 * That no entry stands still because of somebody who does not work (L6): one who is paused, or drains, or is gone. Looks at
 * all of a simulation, also at what comes before the last fault is over, and so before L1 and L3 begin.
 *
 * @module
 */

import type { Happening } from "../../../src/testing/happening.ts";
import type { MemberPlan, Plan } from "../../../src/testing/plan.ts";
import { type Evidence, groupNamed, named } from "../evidence.ts";
import type { EntryHistory, GroupHistory } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** What is allowed beside leases and deferrals; longer than any fault lasts, but for pauses and drains. */
const STANDSTILL_MS = 10_000;

/** L6 */
export const nobodyIsWaitedFor: Invariant = {
  name: "L6",
  wording:
    "No standstill: while a consumer reads and has a free worker, no entry waits for 10 s, " +
    "beside leases and deferrals, for anything but a running handler of its key.",
  breaches: (evidence) => evidence.groups.flatMap((group) => standstillsIn(evidence, group)),
};

function standstillsIn({ happenings, plan }: Evidence, group: GroupHistory): string[] {
  const most = STANDSTILL_MS + group.plan.leaseMs + waitsMs(plan, group);
  const shift = new Shift(plan, group);
  let since = 0;
  for (const [step, happening] of happenings.entries()) {
    const sinceMs = happenings[since]?.atMs ?? 0;
    if (happening.atMs - sinceMs > most && shift.isAble(sinceMs + most / 2)) {
      const waiting = group.entries.find((entry) =>
        isWaiting(entry, since, step) && !shift.isInHand(entry)
      );
      if (waiting !== undefined) {
        const where = groupNamed(group.plan);
        const { atMs } = happening;
        return [`${named(waiting)} in ${where} stood still from ${sinceMs} to ${atMs}`];
      }
    }
    shift.note(happening);
    if (isNews(happening, group)) since = step;
  }
  return [];
}

/**
 * How long an entry may wait by itself. When it is due is kept as a time of day where it was deferred, as all are that failed
 * in a group without order: a clock that was set back meanwhile makes the wait longer.
 */
function waitsMs({ entries, faults }: Plan, { plan: { order } }: GroupHistory): number {
  const deferMs = Math.max(
    0,
    ...entries.map(({ behaviour }) => "deferMs" in behaviour ? behaviour.deferMs : 0),
  );
  if (deferMs === 0 && order === "key") return 0;
  return faults.reduce(
    (sum, fault) => sum + (fault.kind === "clockJump" ? Math.abs(fault.byMs) : 0),
    deferMs,
  );
}

/** Whether an entry was to be worked on all the time from one step to another. */
function isWaiting(entry: EntryHistory, from: number, to: number): boolean {
  const { publishedStep, goneStep, fates } = entry;
  const isOver = fates.some(({ step }) => step < to);
  return publishedStep <= from && (goneStep === null || goneStep > to) && !isOver;
}

/** Something that goes on, or after which everything may take its time again. */
function isNews(happening: Happening, { plan: { stream, group } }: GroupHistory): boolean {
  switch (happening.kind) {
    case "handlerBegan":
    case "handlerEnded":
      return happening.stream === stream && happening.group === group;
    case "callApplied":
      return happening.stream === stream && happening.group === group &&
        (happening.applied.method === "commit" || happening.applied.method === "join");
    case "callAnswered":
      return happening.thrown !== null;
    case "callSent":
    case "published":
    case "logged":
    case "promised":
      return false;
    default:
      return true;
  }
}

/** What is known of those who work for a group at a moment. */
class Shift {
  readonly #group: GroupHistory;
  readonly #plan: Plan;
  readonly #keys: ReadonlyMap<number, string | null>;
  /** The keys that handlers run on, of each process. */
  readonly #running = new Map<string, { readonly id: string; readonly key: string | null }[]>();
  /** Who has tried an entry last, and failed: it keeps it for the next attempt, also while it is paused. */
  readonly #failed = new Map<string, { readonly process: string; readonly key: string | null }>();
  readonly #lastReadMs = new Map<string, number>();
  /** Whoever is paused or drains. */
  readonly #resting = new Set<string>();

  constructor(plan: Plan, group: GroupHistory) {
    this.#plan = plan;
    this.#keys = new Map(plan.entries.map(({ number, key }) => [number, key]));
    this.#group = group;
  }

  note(happening: Happening): void {
    const { process } = happening;
    if (happening.kind === "faultOver") {
      const fault = this.#plan.faults[happening.fault];
      if (fault?.kind === "operatorPause") this.#resting.delete(fault.process);
    }
    if (process === null) return;
    switch (happening.kind) {
      case "processStarted":
        this.#resting.delete(process);
        return this.#forget(process);
      case "processCrashed":
      case "processEnded":
        return this.#forget(process);
      case "stopAsked":
        return void this.#resting.add(process);
      case "faultStruck":
        if (happening.name === "operatorPause") this.#resting.add(process);
        return;
      case "callSent":
        if (!this.#isOurs(happening) || happening.asked.method !== "readNew") return;
        return void this.#lastReadMs.set(process, happening.atMs);
      case "handlerBegan":
      case "handlerEnded":
        if (this.#isOurs(happening)) this.#noteHandler(process, happening);
    }
  }

  /** Whether somebody has read since then and has a free worker, and nobody is at work who has none. */
  isAble(sinceMs: number): boolean {
    let isAnyAble = false;
    for (const { process, members } of this.#plan.processes) {
      if (this.#resting.has(process)) continue;
      if (this.#isBusy(process, members)) return false;
      if ((this.#lastReadMs.get(process) ?? -1) >= sinceMs) isAnyAble = true;
    }
    return isAnyAble;
  }

  /**
   * Whether a handler runs on an entry, or on one of its key that keeps its order; or such a one has failed and waits for a
   * worker of whoever tried it.
   */
  isInHand({ id, plan: { key } }: EntryHistory): boolean {
    const isOrdered = this.#group.plan.order === "key" && key !== null;
    if (
      [...this.#running.values()].flat().some((each) =>
        each.id === id || (isOrdered && each.key === key)
      )
    ) return true;
    return this.#plan.processes.some(({ process, members }) =>
      this.#isBusy(process, members) &&
      [...this.#failed].some(([failed, by]) =>
        by.process === process && (failed === id || (isOrdered && by.key === key))
      )
    );
  }

  #isBusy(process: string, members: readonly MemberPlan[]): boolean {
    const { stream, group } = this.#group.plan;
    const own = members.filter((each) => each.stream === stream && each.group === group);
    const workersMax = Math.min(...own.map((member) => member.workersMax));
    return (this.#running.get(process)?.length ?? 0) >= workersMax;
  }

  #noteHandler(
    process: string,
    happening: Extract<Happening, { kind: "handlerBegan" | "handlerEnded" }>,
  ): void {
    const running = this.#running.get(process) ?? [];
    this.#running.set(process, running);
    const { id, number } = happening;
    const key = this.#keys.get(number) ?? null;
    if (happening.kind === "handlerBegan") {
      running.push({ id, key });
      this.#failed.delete(id);
    } else {
      const at = running.findIndex((each) => each.id === id);
      if (at >= 0) running.splice(at, 1);
      if (happening.end === "threw") this.#failed.set(id, { process, key });
    }
  }

  #forget(process: string): void {
    this.#running.delete(process);
    this.#lastReadMs.delete(process);
  }

  #isOurs(place: { readonly stream: string; readonly group: string }): boolean {
    return place.stream === this.#group.plan.stream && place.group === this.#group.plan.group;
  }
}
