/**
 * Traits: what chance alone hardly ever brings about, drawn for some plans as a whole. Each changes a drawn plan in several
 * places at once, because only together they lead to the situation.
 *
 * @module
 */

import type { Fault, FaultKind } from "./fault.ts";
import type { Behaviour, EntryPlan, GroupPlan, MemberPlan, Plan } from "./plan.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** What a trait is drawn from. */
export interface TraitDrawing {
  /** Chance. */
  readonly random: SeededRandom;
  /** Which faults it may bring, `null` for all. */
  readonly kinds: readonly FaultKind[] | null;
  /** Within how long entries come and faults strike, in ms. */
  readonly busyMs: number;
}

type Trait = (plan: Plan, drawing: TraitDrawing) => Plan;

/** How often which trait is drawn. */
const WEIGHTS: readonly (readonly [Trait, number])[] = [
  [(plan) => plan, 100],
  [beginningSideBySide, 6],
  [pausingLong, 5],
  [drainingLong, 4],
  [withWrongClocks, 4],
  [trimmedWhileWaiting, 3],
];

/** Longer than a key may stand still while nothing goes wrong, whatever is left of the other faults. */
const PAUSE_MS = [20_000, 30_000] as const;

/** How long a handler works on while its process drains or is paused, in ms, and less than the grace. */
const LASTING_MS = [18_000, 25_000] as const;
const GRACE_MS = 30_000;

/** How far a clock is set, in ms: much longer than a plan may take. */
const SET_MS = [600_000, 3_600_000] as const;

/** Gives a plan a trait, or none. It has as many entries, processes and faults as before. */
export function withTrait(plan: Plan, drawing: TraitDrawing): Plan {
  return drawing.random.weighted(WEIGHTS)(plan, drawing);
}

/** Groups that begin at their end or at a time, and whose first consumers come at once and take long to make them. */
function beginningSideBySide(plan: Plan, { random, kinds }: TraitDrawing): Plan {
  const groups = plan.groups.map((group): GroupPlan => {
    // A stream that is made anew is read from its first entry: where its group began does not matter any more.
    if (group.onCheckpointLost === "resetToStart") return group;
    const early = plan.entries.filter(({ stream }) => stream === group.stream);
    const first = early[random.int(0, Math.floor(early.length / 2))];
    if (first === undefined || random.chance(0.8)) return { ...group, start: "end" };
    return { ...group, start: { atMs: first.atMs } };
  });
  const processes = plan.processes.map((each) => ({ ...each, startsAtMs: random.int(0, 800) }));
  const slow = processes.map(({ process }): Fault => ({
    kind: "slowRequest",
    call: { process, method: "establish", nth: 1 },
    byMs: random.int(1, 1_500),
  }));
  const faults = withFaults(plan, { faults: slow, kinds }).map((fault): Fault =>
    // An id is never below the time at which a group begins, or nobody could begin it.
    fault.kind === "clockJump" ? { ...fault, byMs: Math.abs(fault.byMs) } : fault
  );
  // Something comes between any two of their steps.
  const times = plan.entries.map(({ atMs }) => random.chance(0.4) ? random.int(0, 2_000) : atMs)
    .sort((one, other) => one - other);
  const entries = plan.entries.map((entry, at) => ({ ...entry, atMs: times[at] ?? entry.atMs }));
  return { ...plan, groups, processes, entries, faults };
}

/** Consumers that are paused for long while they have all that they may hold, or while entries wait for them. */
function pausingLong(plan: Plan, { random, kinds, busyMs }: TraitDrawing): Plan {
  const { process } = random.pick(plan.processes);
  const long = random.chance(0.6) ? random.pick(plan.entries.slice(0, 40)) : null;
  const count = random.pick([1, 2, 5]);
  const small = { workersMax: 1, count, handlerTimeoutMs: 0 };
  const isSmall = (name: string) => name === process && (long !== null || random.chance(0.5));
  const at = long !== null
    ? { atMs: long.atMs + random.int(50, 1_000) }
    : random.chance(0.7)
    ? { process, attempt: random.int(1, 30) }
    : { atMs: random.int(0, busyMs) };
  const pause: Fault = { kind: "operatorPause", process, at, forMs: random.int(...PAUSE_MS) };
  const entries = ofFewKeys(plan, { random, slowChance: 0.3 });
  return {
    ...withMembers(plan, (member, of) => isSmall(of) ? { ...member, ...small } : member),
    entries: entries.map((entry) => entry.number === long?.number ? lasting(entry, random) : entry),
    faults: withFaults(plan, { faults: [pause], kinds }),
  };
}

/** Processes that are told to stop while a handler works on for long, as it may. */
function drainingLong(plan: Plan, { random, kinds }: TraitDrawing): Plan {
  const { process } = random.pick(plan.processes);
  const long = new Set(Array.from({ length: 2 }, () => random.pick(plan.entries).number));
  const atMs = Math.max(
    ...plan.entries.filter(({ number }) => long.has(number)).map((entry) => entry.atMs),
  );
  const at = { atMs: atMs + random.int(50, 1_500) };
  const stop: Fault = { kind: "stop", process, at, now: false, backAfterMs: random.int(0, 3_000) };
  return {
    ...withMembers(plan, (member) => ({
      ...member,
      ...{ graceMs: GRACE_MS, handlerTimeoutMs: 0, workersMax: Math.max(3, member.workersMax) },
    })),
    entries: ofFewKeys(plan, { random, slowChance: 0.4 })
      .map((entry) => long.has(entry.number) ? lasting(entry, random) : entry),
    faults: withFaults(plan, { faults: [stop], kinds }),
  };
}

/**
 * Clocks that are set by up to an hour: that of the broker, of a process, or of a machine on which all of them run. When a
 * deferred entry is due is kept as a time of day: none is deferred, as retries are in groups that keep no order.
 */
function withWrongClocks(plan: Plan, { random, kinds, busyMs }: TraitDrawing): Plan {
  const names = plan.processes.map(({ process }) => process);
  const faults = Array.from({ length: random.int(1, 3) }, (): Fault[] => {
    const atMs = random.int(0, busyMs);
    const byMs = random.int(...SET_MS) * (random.chance(0.8) ? -1 : 1);
    const whose = random.weighted<readonly (string | null)[]>([
      [[null], 2],
      [[random.pick(names)], 2],
      [[null, ...names], 3],
    ]);
    const dead = random.pick(names);
    const crashMs = Math.max(0, atMs - random.int(0, 1_000));
    const crash: Fault = {
      ...{ kind: "crash", process: dead, at: { atMs: crashMs }, moment: "before" },
      backAfterMs: random.chance(0.7) ? null : random.int(0, 3_000),
    };
    return [
      crash,
      ...whose.map((process): Fault => ({ kind: "clockJump", at: { atMs }, process, byMs })),
    ];
  }).flat();
  const entries = plan.entries.map((entry): EntryPlan => {
    const { behaviour } = entry;
    if (behaviour.kind !== "deferring" && behaviour.kind !== "handled") return entry;
    if (behaviour.kind === "handled" && random.chance(0.6)) return entry;
    const { outputs } = behaviour;
    return random.chance(0.6)
      ? { ...entry, behaviour: { kind: "failing", failures: random.int(1, 3), outputs } }
      : { ...entry, behaviour: { kind: "slow", slowMs: random.int(20, 300), outputs } };
  });
  const groups = plan.groups.map((group): GroupPlan => ({ ...group, order: "key" }));
  return { ...plan, groups, entries, faults: withFaults(plan, { faults, kinds }) };
}

/** Streams that are trimmed to little while many of their entries wait for their turn, or were handed back. */
function trimmedWhileWaiting(plan: Plan, { random, kinds }: TraitDrawing): Plan {
  const faults = Array.from({ length: 2 }, (): Fault[] => {
    const { process, members } = random.pick(plan.processes);
    const { stream } = random.pick(members);
    const at = { process, attempt: random.int(1, 20) };
    const lengthMax = random.int(0, 20);
    const trim: Fault = { kind: "streamTrimmed", at, stream, lengthMax };
    const pause: Fault = { kind: "operatorPause", process, at, forMs: random.int(10, 2_000) };
    return random.chance(0.5) ? [pause, trim] : [trim];
  }).flat();
  const entries = ofFewKeys(plan, { random, slowChance: 0.3 });
  return { ...plan, entries, faults: withFaults(plan, { faults, kinds }) };
}

/** Puts faults in the place of others, so that there are as many as before; those that may not be are left out. */
function withFaults(
  plan: Plan,
  { faults, kinds }: { readonly faults: readonly Fault[]; readonly kinds: TraitDrawing["kinds"] },
): Fault[] {
  const own = faults.filter(({ kind }) => kinds?.includes(kind) ?? true)
    .slice(0, plan.faults.length);
  return [...own, ...plan.faults.slice(own.length)];
}

function withMembers(
  plan: Plan,
  change: (member: MemberPlan, process: string) => MemberPlan,
): Plan {
  const processes = plan.processes.map(({ members, ...process }) => ({
    ...process,
    members: members.map((member) => change(member, process.process)),
  }));
  return { ...plan, processes };
}

/** An entry on which a handler works for long, and which nothing else has to wait for. */
function lasting(entry: EntryPlan, random: SeededRandom): EntryPlan {
  const slowMs = random.int(...LASTING_MS);
  return { ...entry, key: null, behaviour: { kind: "slow", slowMs, outputs: 1 } };
}

/** The entries with keys for which they often wait: there are few, and many handlers take their time. */
function ofFewKeys(
  { entries }: Plan,
  { random, slowChance }: { readonly random: SeededRandom; readonly slowChance: number },
): EntryPlan[] {
  return entries.map((entry) => {
    const isSlow = entry.behaviour.kind === "handled" && random.chance(slowChance);
    const behaviour: Behaviour = isSlow
      ? { kind: "slow", slowMs: random.int(20, 200), outputs: 1 }
      : entry.behaviour;
    return { ...entry, key: `key ${random.int(1, 4)}`, behaviour };
  });
}
