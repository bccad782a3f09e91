/**
 * What a consumer holds and asks for at most (I10).
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../../../src/domain/entry_id.ts";
import type { Applied, Happening } from "../../../src/testing/happening.ts";
import type { MemberPlan, Plan } from "../../../src/testing/plan.ts";
import { type Evidence, groupNamed, seen } from "../evidence.ts";
import type { Invariant } from "./invariant.ts";

/** The batch that runs, and the one that is read meanwhile. */
const BATCHES_IN_POOL = 2;

/** Of a backlog a read may take so many batches, and so many entries. */
const BACKLOG_TIMES_MAX = 16;
const BACKLOG_COUNT_MAX = 64;

/** Where handlers finish at once, so many batches and so many entries may be there. */
const QUICK_BATCHES_MAX = 16;
const QUICK_COUNT_MAX = 512;

/** How many calls a consumer may make in one second beside those that bring or finish something. */
const IDLE_CALLS_A_SECOND = 200;

/** How many calls each entry that is brought or finished may cost: its read, its notes, its commit, and retries of them. */
const CALLS_AN_ENTRY = 10;

/** Where a happening was. */
interface Place {
  readonly process: string | null;
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
}

/** I10 */
export const memoryIsBounded: Invariant = {
  name: "I10",
  wording:
    "Bounds: a consumer never asks for more than a read may bring, never reads on while it holds " +
    "as much as its pool may, and makes no hot loop of calls.",
  breaches: (evidence) => [...asksTooMuch(evidence), ...readsTooMuch(evidence), ...loops(evidence)],
};

function asksTooMuch(evidence: Evidence): string[] {
  return [...seen(evidence, "callSent")].flatMap((sent): string[] => {
    const { asked, consumer, process } = sent;
    if (!("count" in asked)) return [];
    const { count = 0 } = memberOf(evidence.plan, sent) ?? {};
    const countMax = Math.max(count, Math.min(count * BACKLOG_TIMES_MAX, BACKLOG_COUNT_MAX));
    return asked.count <= countMax ? [] : [
      `${consumer} of ${process} asked for ${asked.count} entries, at most ${countMax} are allowed`,
    ];
  });
}

/** Follows what each consumer of each life of a process was given and has not settled, lost or handed back. */
function readsTooMuch(evidence: Evidence): string[] {
  const keys = new Map<EntryId, string | null>();
  const deferred = new Set<EntryId>();
  const hands = new Map<string, Hands>();
  const handsOf = (place: Place) => {
    const name = JSON.stringify([place.process, place.stream, place.group, place.consumer]);
    const known = hands.get(name) ?? new Hands(keys, deferred);
    hands.set(name, known);
    return known;
  };
  for (const happening of evidence.happenings) {
    if (happening.kind === "published") keys.set(happening.id, happening.key);
    else if (happening.kind === "processStarted") {
      for (const name of hands.keys()) {
        if (JSON.parse(name)[0] === happening.process) hands.delete(name);
      }
    } else if (happening.kind === "callApplied") handsOf(happening).applied(happening);
    else if (happening.kind === "callAnswered") handsOf(happening).answered(happening);
    else if (happening.kind === "callSent") {
      const held = handsOf(happening);
      held.asked(happening);
      const { asked } = happening;
      if (asked.method !== "readNew") continue;
      if (held.runnableCount < inHandMax(memberOf(evidence.plan, happening))) continue;
      return [
        `${happening.consumer} of ${happening.process} in ${groupNamed(happening)} read on at ` +
        `${happening.atMs} with ${held.runnableCount} entries in hand that can run`,
      ];
    }
  }
  return [];
}

/** What may be there to run, as much that waits for its commit, and as much that is being committed. */
function inHandMax(member: MemberPlan | undefined): number {
  const { count = 0, workersMax = 0 } = member ?? {};
  const most = Math.max(count, workersMax) * BATCHES_IN_POOL;
  return 3 * Math.max(most, Math.min(count * QUICK_BATCHES_MAX, QUICK_COUNT_MAX));
}

/** What one consumer holds, as far as it was answered. */
class Hands {
  readonly #keys: ReadonlyMap<EntryId, string | null>;
  /** What any consumer has put off: whoever is handed it waits for its time. */
  readonly #deferred: Set<EntryId>;
  readonly #entries = new Set<EntryId>();
  /** What waits for a later attempt. */
  readonly #resting = new Set<EntryId>();
  /** What a commit held behind an earlier entry of its key: it rests as well, until it is in a commit again. */
  readonly #held = new Set<EntryId>();
  readonly #released = new Map<number, readonly EntryId[] | "all">();
  readonly #underWay = new Map<number, Applied>();

  constructor(keys: ReadonlyMap<EntryId, string | null>, deferred: Set<EntryId>) {
    this.#keys = keys;
    this.#deferred = deferred;
  }

  /** How much it can work on now: what waits for a later attempt is in the way of its key only. */
  get runnableCount(): number {
    const resting = this.#resting.union(this.#held).intersection(this.#entries);
    const keys = new Set([...resting].map((id) => this.#keys.get(id) ?? null));
    keys.delete(null);
    return [...this.#entries].filter((id) =>
      !resting.has(id) && !keys.has(this.#keys.get(id) ?? null)
    ).length;
  }

  asked({ asked, call }: Extract<Happening, { kind: "callSent" }>): void {
    if (asked.method === "release") this.#released.set(call, asked.ids);
    if (asked.method === "recordFailure") this.#resting.add(asked.id);
    if (asked.method !== "commit") return;
    for (const { id, kind } of asked.settlements) {
      this.#held.delete(id);
      if (kind !== "deferred") continue;
      this.#resting.add(id);
      this.#deferred.add(id);
    }
  }

  applied({ applied, call }: Extract<Happening, { kind: "callApplied" }>): void {
    if (!this.#underWay.has(call)) this.#underWay.set(call, applied);
    if (applied.method === "join") this.#entries.clear();
    if ("fenced" in applied) this.#letGo(applied.fenced);
    if (applied.method !== "release") return;
    const ids = this.#released.get(call) ?? [];
    if (ids === "all") this.#entries.clear();
    else this.#letGo(ids);
  }

  answered({ call, thrown }: Extract<Happening, { kind: "callAnswered" }>): void {
    const applied = this.#underWay.get(call);
    if (applied === undefined || thrown !== null) return;
    if ("entries" in applied) {
      for (const { id, failures } of applied.entries) {
        this.#entries.add(id);
        if (failures > 0 || this.#deferred.has(id)) this.#resting.add(id);
      }
    }
    if (!("verdicts" in applied)) return;
    for (const [at, { id }] of applied.settlements.entries()) {
      if (applied.verdicts[at] === "held") this.#held.add(id);
    }
    const over = applied.settlements.filter(({ kind }, at) => {
      const verdict = applied.verdicts[at];
      return verdict !== "failed" && verdict !== "held" &&
        (verdict !== "committed" || kind !== "deferred");
    });
    this.#letGo(over.map(({ id }) => id));
  }

  #letGo(ids: readonly EntryId[]): void {
    for (const id of ids) this.#entries.delete(id);
  }
}

/** A loop that does not wait makes thousands of calls that bring nothing. */
function loops(evidence: Evidence): string[] {
  const idle = new Map<string, number>();
  const nameOf = ({ process, consumer }: Place, atMs: number) =>
    `${consumer} of ${process} in second ${Math.floor(atMs / 1_000)}`;
  const count = (name: string, by: number) => idle.set(name, (idle.get(name) ?? 0) + by);
  for (const sent of seen(evidence, "callSent")) {
    // The next page of a list, which has an end, may bring nothing: what only waits is passed over.
    const isNextPage = "afterId" in sent.asked && sent.asked.afterId !== ENTRY_ID_ZERO;
    if (!isNextPage) count(nameOf(sent, sent.atMs), 1);
  }
  for (const happening of seen(evidence, "callApplied")) {
    const { applied, atMs } = happening;
    const entries = "entries" in applied
      ? applied.entries.length
      : "settlements" in applied
      ? applied.settlements.length
      : 0;
    count(nameOf(happening, atMs), -entries * CALLS_AN_ENTRY);
  }
  return [...idle].filter(([, calls]) => calls > IDLE_CALLS_A_SECOND)
    .map(([name, calls]) => `${name} made ${calls} calls more than its entries account for`);
}

/** A consumer may have taken a new name since; then all of its process in that group are meant. */
function memberOf(
  plan: Plan,
  at: Omit<Place, "consumer">,
): MemberPlan | undefined {
  const process = plan.processes.find((each) => each.process === at.process);
  return process?.members.filter(({ stream, group }) => stream === at.stream && group === at.group)
    .reduce<MemberPlan | undefined>(
      (most, each) => most === undefined || each.count > most.count ? each : most,
      undefined,
    );
}
