/**
 * What happened in simulations, counted: a run in which nothing was ever fenced says nothing about fencing.
 *
 * @module
 */

import type { Applied, Happening } from "../../src/testing/happening.ts";

/** How often each thing happened, by its name. */
export type Counts = Readonly<Record<string, number>>;

/** What can happen, in the order in which it is shown. All of it is to happen in a long run. */
export const COVERED = [
  "entries published",
  "handlers begun",
  "handlers that threw",
  "handlers that deferred",
  "handlers that refused",
  "commits",
  "commits of several entries",
  "commits answered again",
  "commits refused",
  "entries handled",
  "entries dead-lettered",
  "entries lost",
  "entries deferred",
  "entries fenced in a commit",
  "entries fenced in a renewal",
  "entries finished before",
  "entries held",
  "redeliveries after a start",
  "entries taken over",
  "entries handed back",
  "calls refused for a newer process",
  "calls refused for a missing group",
  "calls of unknown outcome",
  "processes started",
  "processes started again",
  "processes killed",
  "processes told to stop",
  "groups made again",
  "groups begun anew",
  "losses reported",
  "entries lost unread",
] as const;

/** Something that can happen. */
export type Covered = typeof COVERED[number];

/** What was counted, as plain data. */
export interface CoverageFigures {
  /** How often everything of {@linkcode COVERED} happened. */
  readonly counts: Counts;
  /** How many faults of each kind struck. */
  readonly struck: Counts;
  /** How often each transition of each machine was taken. */
  readonly transitions: Counts;
}

/** Counts what happened. */
export class Coverage implements CoverageFigures {
  readonly #counts = new Map<string, number>();
  readonly #struck = new Map<string, number>();
  readonly #transitions = new Map<string, number>();

  /** How often everything happened. */
  get counts(): Counts {
    return Object.fromEntries(COVERED.map((name) => [name, this.#counts.get(name) ?? 0]));
  }

  /** How many faults of each kind struck. */
  get struck(): Counts {
    return sorted(this.#struck);
  }

  /** How often each transition of each machine was taken. */
  get transitions(): Counts {
    return sorted(this.#transitions);
  }

  /** Notes a happening. */
  note(happening: Happening): void {
    if (happening.kind === "faultStruck") raise(this.#struck, happening.name);
    for (const [name, count] of covered(happening)) raise(this.#counts, name, count);
  }

  /** Notes a transition. */
  noteTransition(name: string): void {
    raise(this.#transitions, name);
  }

  /** Adds what another one counted. */
  add(other: CoverageFigures): void {
    for (const [name, count] of Object.entries(other.counts)) raise(this.#counts, name, count);
    for (const [name, count] of Object.entries(other.struck)) raise(this.#struck, name, count);
    for (const [name, count] of Object.entries(other.transitions)) {
      raise(this.#transitions, name, count);
    }
  }
}

/** What a happening counts as. */
function covered(happening: Happening): (readonly [Covered, number])[] {
  switch (happening.kind) {
    case "published":
      return [["entries published", 1]];
    case "handlerBegan":
      return [["handlers begun", 1]];
    case "handlerEnded":
      return happening.end === "returned" ? [] : [[ENDS[happening.end], 1]];
    case "callApplied":
      return ofCall(happening);
    case "callAnswered":
      return happening.thrown === "UNKNOWN_OUTCOME" ? [["calls of unknown outcome", 1]] : [];
    case "processStarted":
      return [[happening.life === 1 ? "processes started" : "processes started again", 1]];
    case "processCrashed":
      return [["processes killed", 1]];
    case "stopAsked":
      return [["processes told to stop", 1]];
    case "logged":
      return ofReport(happening.fields.report);
    default:
      return [];
  }
}

const ENDS = {
  threw: "handlers that threw",
  deferred: "handlers that deferred",
  refused: "handlers that refused",
} as const;

const FATES = {
  handled: "entries handled",
  deadLettered: "entries dead-lettered",
  lost: "entries lost",
  deferred: "entries deferred",
} as const;

const VERDICTS = {
  done: "entries finished before",
  fenced: "entries fenced in a commit",
  held: "entries held",
  failed: "entries held",
} as const;

function ofCall({ applied }: Extract<Happening, { kind: "callApplied" }>): [Covered, number][] {
  if ("thrown" in applied) {
    const { thrown, method } = applied;
    return [
      ...some("calls refused for a newer process", thrown === "CONSUMER_FENCED" ? 1 : 0),
      ...some("calls refused for a missing group", thrown === "GROUP_MISSING" ? 1 : 0),
      ...some("commits refused", method === "commit" ? 1 : 0),
    ];
  }
  switch (applied.method) {
    case "readOwnPending":
      return some("redeliveries after a start", applied.entries.length);
    case "claim":
      return [
        ...some("entries taken over", applied.entries.length),
        ...some("entries lost", applied.lost.length),
      ];
    case "release":
      return some("entries handed back", applied.count);
    case "establish":
      return some("entries lost unread", applied.accounted);
    case "findUnreadLoss":
      return some("entries lost unread", applied.lost);
    case "renew":
      return some("entries fenced in a renewal", applied.fenced.length);
    case "commit":
      return ofCommit(applied);
    default:
      return [];
  }
}

function ofCommit(
  { result, settlements, verdicts }: Extract<Applied, { method: "commit"; result: unknown }>,
): [Covered, number][] {
  if (result === "already") return [["commits answered again", 1]];
  return [
    ["commits", 1],
    ...some("commits of several entries", settlements.length > 1 ? 1 : 0),
    ...settlements.flatMap(({ kind }, at): [Covered, number][] => {
      const verdict = verdicts[at] ?? "fenced";
      return [[verdict === "committed" ? FATES[kind] : VERDICTS[verdict], 1]];
    }),
  ];
}

function ofReport(report: unknown): [Covered, number][] {
  if (report === "groupRecreated") return [["groups made again", 1]];
  if (report === "checkpointReset" || report === "streamReplaced") {
    return [["groups begun anew", 1]];
  }
  return report === "dataLoss" ? [["losses reported", 1]] : [];
}

function some(name: Covered, count: number): [Covered, number][] {
  return count === 0 ? [] : [[name, count]];
}

function raise(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

function sorted(counts: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries([...counts].sort(([one], [other]) => one < other ? -1 : 1));
}
