/**
 * Histories made by hand, for the tests of the invariants: one that is sound, to be changed by each test in the one thing
 * that must be found.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import type {
  Applied,
  Asked,
  AttemptEnd,
  Happening,
  SettlementSeen,
  Sight,
} from "../../src/testing/happening.ts";
import type { EntryPlan, GroupPlan, MemberPlan, Plan } from "../../src/testing/plan.ts";
import type {
  GroupData,
  SimulationResult,
  StreamData,
} from "../../src/testing/simulation_result.ts";
import { evidenceOf, type Moment } from "./evidence.ts";
import { judge } from "./invariants/all.ts";

/** The only group. */
export const GROUP: GroupPlan = {
  stream: "s",
  group: "g",
  order: "key",
  attemptsMax: 3,
  deliveriesMax: 5,
  leaseMs: 300,
  onCheckpointLost: "resetToStart",
};

const MEMBER: MemberPlan = {
  stream: "s",
  group: "g",
  consumer: "w",
  count: 2,
  workersMax: 1,
  blockMs: 100,
  graceMs: 500,
  handlerTimeoutMs: 0,
  onFenced: "stop",
};

/** A plan of two processes, the second with another consumer, and three entries, two of them of one key. */
export const PLAN: Plan = {
  seed: 1,
  latencyMsMax: 0,
  finishMsMax: 60_000,
  groups: [GROUP],
  processes: [
    { process: "p", startsAtMs: 0, members: [MEMBER] },
    { process: "q", startsAtMs: 0, members: [{ ...MEMBER, consumer: "v" }] },
  ],
  entries: [entry(0, "k"), entry(1, "k"), entry(2, null)],
  faults: [],
};

/** An entry that is handled with one output. */
export function entry(number: number, key: string | null): EntryPlan {
  return { number, stream: "s", key, atMs: 0, behaviour: { kind: "handled", outputs: 1 } };
}

/** Whose a happening is, and when. */
export interface TaleOptions {
  readonly atMs?: number;
  readonly process?: string;
  readonly consumer?: string;
  readonly epoch?: number;
  readonly call?: number;
}

const P = { process: "p", consumer: "w", epoch: 1, call: 1, atMs: 10 };

/** Any happening. */
export function told(sight: Sight, { process, atMs }: TaleOptions = {}): Happening {
  return { ...sight, process: process ?? P.process, atMs: atMs ?? P.atMs };
}

/** An entry is published: its id tells its number in the plan. */
export function published(id: EntryId, incarnation = 1): Happening {
  const { number, key } = PLAN.entries[numberOf(id)] ?? entry(numberOf(id), null);
  return { kind: "published", stream: "s", incarnation, id, number, key, process: null, atMs: 0 };
}

/** The broker has applied a call. */
export function applied(what: Applied, options: TaleOptions = {}): Happening {
  const { process, consumer, epoch, call, atMs } = { ...P, ...options };
  const place = { stream: "s", group: "g", consumer, epoch, call };
  return { kind: "callApplied", applied: what, ...place, process, atMs };
}

/** A call was made. */
export function sent(asked: Asked, options: TaleOptions = {}): Happening {
  const { process, consumer, epoch, call, atMs } = { ...P, ...options };
  const place = { stream: "s", group: "g", consumer, epoch, call };
  return { kind: "callSent", asked, ...place, process, atMs };
}

/** Entries are handed out. */
export function handedOut(ids: readonly EntryId[], options: TaleOptions = {}): Happening {
  const entries = ids.map((id) => ({ id, deliveries: 1, failures: 0 }));
  return applied({ method: "readNew", entries, lost: [] }, options);
}

/** A commit is applied as it was asked for. */
export function committed(
  settlements: readonly SettlementSeen[],
  options: TaleOptions & { readonly position: EntryId },
): Happening {
  const { position } = options;
  const verdicts = settlements.map(() => "committed" as const);
  const what = { method: "commit", result: "committed", token: "1.1" } as const;
  return applied({ ...what, settlements, verdicts, position }, options);
}

/** An entry was handled with one output. */
export function handled(id: EntryId): SettlementSeen {
  return { id, kind: "handled", outputs: 1 };
}

/** A handler begins and ends. */
export function tried(
  id: EntryId,
  options: TaleOptions & { readonly end?: AttemptEnd; readonly attempt?: number } = {},
): Happening[] {
  const { process, consumer, atMs } = { ...P, ...options };
  const { end = "returned", attempt = 1 } = options;
  const place = { stream: "s", group: "g", consumer, process, atMs };
  const of = { id, number: numberOf(id), attempt, deliveries: 1, ...place };
  return [{ kind: "handlerBegan", ...of }, { kind: "handlerEnded", end, ...of }];
}

/** A history in which all is as promised: a process starts, handles three entries in two commits, and stops. */
export const SOUND: readonly Happening[] = [
  told({ kind: "processStarted", life: 1, repair: false }),
  told({ kind: "promised", promise: "start", life: 1 }),
  published("1-0"),
  published("2-0"),
  published("3-0"),
  sent({ method: "join" }),
  applied({ method: "join", epoch: 1 }),
  told({ kind: "promiseSettled", promise: "start", life: 1, thrown: null }),
  sent({ method: "readNew", count: 2, blockMs: 100 }),
  handedOut(["1-0", "2-0"]),
  ...tried("1-0"),
  ...tried("2-0"),
  committed([handled("1-0"), handled("2-0")], { position: "2-0" }),
  handedOut(["3-0"]),
  told({ kind: "faultsOver" }),
  ...tried("3-0"),
  committed([handled("3-0")], { position: "3-0" }),
  told({ kind: "finished" }),
  told({ kind: "stopAsked", life: 1, now: false }),
  told({ kind: "promised", promise: "stop", life: 1 }),
  told({ kind: "promiseSettled", promise: "stop", life: 1, thrown: null }),
  told({ kind: "processEnded", life: 1 }),
];

/** What the broker holds after that of the stream. */
export const STREAM_DATA: StreamData = {
  stream: "s",
  incarnations: 1,
  lastId: "3-0",
  entries: [
    { id: "1-0", number: 0, key: "k" },
    { id: "2-0", number: 1, key: "k" },
    { id: "3-0", number: 2, key: null },
  ],
  letters: [],
};

/** What the broker holds after that of the group. */
export const GROUP_DATA: GroupData = {
  stream: "s",
  group: "g",
  lastDeliveredId: "3-0",
  checkpoint: { kind: "none" },
  lostCount: 0,
  unreadLostCount: 0,
  pending: [],
  outputs: [output("1-0"), output("2-0"), output("3-0")],
};

/** The output of an entry. */
export function output(sourceId: EntryId): GroupData["outputs"][number] {
  const number = numberOf(sourceId);
  const { key } = PLAN.entries[number] ?? { key: null };
  return {
    id: `9-${BigInt(number)}`,
    sourceId,
    key,
    type: "out",
    payload: `{"number":${number},"part":0}`,
  };
}

/** What differs from the sound history. */
export interface TaleChanges {
  readonly plan?: Partial<Plan>;
  readonly happenings?: readonly Happening[];
  readonly stream?: Partial<StreamData>;
  readonly group?: Partial<GroupData>;
  readonly result?: Partial<SimulationResult>;
  readonly moments?: readonly Moment[];
}

/** What is found in the sound history with something changed: the invariant's name and the text, a line each. */
export function findings(changes: TaleChanges): string[] {
  const plan = { ...PLAN, ...changes.plan };
  const result: SimulationResult = {
    happenings: changes.happenings ?? SOUND,
    traceHash: "",
    data: {
      streams: [{ ...STREAM_DATA, ...changes.stream }],
      groups: [{ ...GROUP_DATA, ...changes.group }],
    },
    finishedMs: 0,
    stuck: [],
    ...changes.result,
  };
  return judge(evidenceOf(plan, result, changes.moments ?? []))
    .map(({ invariant, text }) => `${invariant} ${text}`);
}

/** The sound history with something put in after the first happening that fits. */
export function after(
  fits: (happening: Happening) => boolean,
  ...more: readonly Happening[]
): Happening[] {
  const at = SOUND.findIndex(fits);
  return [...SOUND.slice(0, at + 1), ...more, ...SOUND.slice(at + 1)];
}

/** The sound history without what fits. */
export function without(fits: (happening: Happening) => boolean): Happening[] {
  return SOUND.filter((each) => !fits(each));
}

/** Whether a happening is the first commit, of entries 1-0 and 2-0. */
export function isFirstCommit(happening: Happening): boolean {
  return isCommit(happening, "2-0");
}

/** Whether a happening is the last commit, of entry 3-0. */
export function isLastCommit(happening: Happening): boolean {
  return isCommit(happening, "3-0");
}

function isCommit(happening: Happening, position: EntryId): boolean {
  return happening.kind === "callApplied" && "verdicts" in happening.applied &&
    happening.applied.position === position;
}

function numberOf(id: EntryId): number {
  return Number.parseInt(id) - 1;
}
