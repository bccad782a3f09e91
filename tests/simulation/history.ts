/**
 * The history of every entry in every group, gathered from what was seen: when it was published and handed out, what its
 * handlers did, and what became of it. The invariants are told in these words, so that each stays a few lines.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import type { Applied, AttemptEnd, Happening, MemberPlace } from "../../src/testing/happening.ts";
import type { EntryPlan, GroupPlan, Plan } from "../../src/testing/plan.ts";

/** Where something stands among the happenings. */
export type Step = number;

/** A call or an attempt, and whose it was. */
interface Deed {
  readonly step: Step;
  readonly atMs: number;
  readonly process: string;
  readonly consumer: string;
}

/** The broker handed an entry to a consumer. */
export interface HandOut extends Deed {
  readonly method: "readOwnPending" | "readNew" | "claim";
  readonly epoch: number;
  readonly deliveries: number;
  readonly failures: number;
  /** When the answer came to its consumer, `null` when it never did. */
  readonly cameStep: Step | null;
}

/** A handler ran. */
export interface Attempt extends Deed {
  readonly attempt: number;
  readonly deliveries: number;
  /** When it ended, `null` when it never did. */
  readonly endStep: Step | null;
  readonly end: AttemptEnd | null;
}

/** The broker was told how often an entry has failed, by the consumer that had it. */
export interface FailureNote {
  readonly step: Step;
  /** When the entry had been handed out to it, in ms. */
  readonly handOutAtMs: number;
  readonly failures: number;
}

/** What a commit made of an entry, for good. */
export interface Fate extends Deed {
  readonly kind: Exclude<Settlement["kind"], "deferred">;
  readonly epoch: number;
  readonly outputs: number;
}

/** One entry in one group and one life of its stream. */
export interface EntryHistory {
  readonly id: EntryId;
  /** Which life of the stream, from 1. */
  readonly incarnation: number;
  readonly plan: EntryPlan;
  readonly publishedStep: Step;
  /** From when on its data is gone: trimmed, or its stream replaced; `null` for still there. */
  readonly goneStep: Step | null;
  /** The broker told somebody that its data is gone. */
  readonly lostStep: Step | null;
  readonly handOuts: readonly HandOut[];
  readonly attempts: readonly Attempt[];
  readonly notes: readonly FailureNote[];
  /** When a commit held it behind an earlier entry of its key. */
  readonly heldSteps: readonly Step[];
  /** When a commit found it to be another's, or behind an entry of its key that is another's: it waits for its turn. */
  readonly fencedSteps: readonly Step[];
  readonly fates: readonly Fate[];
}

/** A commit that the broker applied for the first time. */
export interface CommitSeen extends Deed {
  readonly epoch: number;
  readonly incarnation: number;
  readonly position: EntryId;
  readonly applied: Extract<Applied, { readonly method: "commit"; readonly result: unknown }>;
}

/** One group. */
export interface GroupHistory {
  readonly plan: GroupPlan;
  /** In the order in which they were published. */
  readonly entries: readonly EntryHistory[];
  readonly commits: readonly CommitSeen[];
  /** When it was destroyed. */
  readonly destroyedSteps: readonly Step[];
  /** The same, in ms: what is under way at that instant may come before it. */
  readonly destroyedAtMs: readonly number[];
}

type Writable<Value> = {
  -readonly [Name in keyof Value]: Value[Name] extends readonly (infer Item)[] ? Item[]
    : Value[Name];
};

type Draft = Omit<Writable<EntryHistory>, "attempts"> & { attempts: Writable<Attempt>[] };

/** Gathers the history of every group of a plan. */
export function historiesOf(plan: Plan, happenings: readonly Happening[]): GroupHistory[] {
  const books = plan.groups.map((group) => new GroupBook(group, plan));
  for (const [step, happening] of happenings.entries()) {
    for (const book of books) book.note(happening, step);
  }
  return books.map((book) => book.history);
}

/** Keeps the history of one group while happenings are told in their order. */
class GroupBook {
  readonly #group: GroupPlan;
  readonly #faults: Plan["faults"];
  readonly #plans: ReadonlyMap<number, EntryPlan>;
  #all: Draft[] = [];
  /** The entries that an id means now: those of the newest life that has it. */
  readonly #byId = new Map<EntryId, Draft>();
  readonly #commits: CommitSeen[] = [];
  readonly #destroyed: Step[] = [];
  readonly #destroyedAtMs: number[] = [];
  /** What is asked for by the calls that note a failure. */
  readonly #noting = new Map<number, { readonly id: EntryId; readonly failures: number }>();
  /** Where the calls that make the group would have it begin. */
  readonly #beginnings = new Map<number, EntryId>();
  /** Behind which entry the group begins, `null` while it is not made. */
  #beginning: EntryId | null = null;
  /** What was handed out by a call, until its answer comes. */
  readonly #coming = new Map<number, Writable<HandOut>[]>();
  /** Whoever may have given entries to another consumer than the one that has them: the last time. */
  #movedStep: Step = -1;
  #incarnation = 1;

  constructor(group: GroupPlan, plan: Plan) {
    this.#group = group;
    this.#faults = plan.faults;
    this.#plans = new Map(plan.entries.map((entry) => [entry.number, entry]));
  }

  get history(): GroupHistory {
    return {
      plan: this.#group,
      entries: this.#all,
      commits: this.#commits,
      destroyedSteps: this.#destroyed,
      destroyedAtMs: this.#destroyedAtMs,
    };
  }

  note(happening: Happening, step: Step): void {
    if (happening.kind === "published") this.#published(happening, step);
    else if (happening.kind === "faultStruck") this.#struck(happening, step);
    else if (happening.kind === "handlerBegan" && this.#isOurs(happening)) {
      const { process, consumer, atMs, attempt, deliveries, id } = happening;
      const began = { step, atMs, process: process ?? "", consumer, attempt, deliveries };
      this.#byId.get(id)?.attempts.push({ ...began, endStep: null, end: null });
    } else if (happening.kind === "handlerEnded" && this.#isOurs(happening)) {
      this.#ended(happening, step);
    } else if (happening.kind === "callSent" && happening.asked.method === "recordFailure") {
      this.#noting.set(happening.call, happening.asked);
    } else if (happening.kind === "callSent" && happening.asked.method === "establish") {
      const { group } = happening.asked.plan;
      if (typeof group === "object" && "create" in group) {
        this.#beginnings.set(happening.call, group.create);
      }
    } else if (happening.kind === "callApplied" && this.#isOurs(happening)) {
      this.#applied(happening, step);
    } else if (happening.kind === "callAnswered" && happening.thrown === null) {
      for (const handOut of this.#coming.get(happening.call) ?? []) handOut.cameStep = step;
      this.#coming.delete(happening.call);
    }
  }

  #isOurs(place: MemberPlace): boolean {
    return place.stream === this.#group.stream && place.group === this.#group.group;
  }

  #published(happening: Extract<Happening, { kind: "published" }>, step: Step): void {
    const { stream, id, number, incarnation } = happening;
    const plan = this.#plans.get(number);
    if (stream !== this.#group.stream || plan === undefined) return;
    this.#incarnation = incarnation;
    const entry: Draft = {
      id,
      incarnation,
      plan,
      publishedStep: step,
      goneStep: null,
      lostStep: null,
      handOuts: [],
      attempts: [],
      notes: [],
      heldSteps: [],
      fencedSteps: [],
      fates: [],
    };
    this.#all.push(entry);
    this.#byId.set(id, entry);
  }

  #struck(happening: Extract<Happening, { kind: "faultStruck" }>, step: Step): void {
    const fault = this.#faults[happening.fault];
    if (fault === undefined || !("stream" in fault) || fault.stream !== this.#group.stream) return;
    const present = this.#all.filter(({ goneStep }) => goneStep === null);
    if (fault.kind === "groupDestroyed") {
      if (fault.group !== this.#group.group) return;
      this.#destroyed.push(step);
      this.#destroyedAtMs.push(happening.atMs);
    } else if (fault.kind === "streamReplaced") {
      for (const entry of present) entry.goneStep = step;
      this.#incarnation++;
    } else {
      const goneCount = Math.max(0, present.length - fault.lengthMax);
      for (const entry of present.slice(0, goneCount)) entry.goneStep = step;
    }
  }

  #ended(happening: Extract<Happening, { kind: "handlerEnded" }>, step: Step): void {
    const { id, process, consumer, end } = happening;
    const attempt = this.#byId.get(id)?.attempts.findLast((each) =>
      each.process === process && each.consumer === consumer && each.endStep === null
    );
    if (attempt === undefined) return;
    attempt.endStep = step;
    attempt.end = end;
  }

  #applied(happening: Extract<Happening, { kind: "callApplied" }>, step: Step): void {
    const { process, consumer, epoch, applied, atMs, call } = happening;
    const deed = { step, atMs, process: process ?? "", consumer, epoch };
    if (applied.method === "claim" || applied.method === "release") this.#movedStep = step;
    if (applied.method === "establish" && !("thrown" in applied)) this.#made(call);
    const noted = this.#noting.get(call);
    if (noted !== undefined && !("thrown" in applied)) this.#noteFailure(noted, deed);
    if ("entries" in applied) {
      const { method, entries, lost } = applied;
      const handOuts = entries.map(({ id, deliveries, failures }) => {
        const handOut = { ...deed, method, deliveries, failures, cameStep: null };
        this.#byId.get(id)?.handOuts.push(handOut);
        return handOut;
      });
      this.#coming.set(call, handOuts);
      for (const id of lost) this.#lose(id, step);
    } else if ("verdicts" in applied && applied.result === "committed") {
      const { position, settlements, verdicts } = applied;
      this.#commits.push({ ...deed, position, applied, incarnation: this.#incarnation });
      for (const [at, { id, kind, outputs }] of settlements.entries()) {
        if (verdicts[at] === "held") this.#byId.get(id)?.heldSteps.push(step);
        if (verdicts[at] === "fenced") this.#byId.get(id)?.fencedSteps.push(step);
        if (verdicts[at] !== "committed" || kind === "deferred") continue;
        this.#byId.get(id)?.fates.push({ ...deed, kind, outputs });
        if (kind === "lost") this.#lose(id, step);
      }
    }
  }

  /** Whoever comes first makes it. What is before its beginning is none of its entries. */
  #made(call: number): void {
    const beginning = this.#beginnings.get(call);
    if (beginning === undefined || this.#beginning !== null) return;
    this.#beginning = beginning;
    const isBefore = ({ id }: EntryHistory) => compareEntryIds(id, beginning) <= 0;
    for (const { id } of this.#all.filter(isBefore)) this.#byId.delete(id);
    this.#all = this.#all.filter((entry) => !isBefore(entry));
  }

  /** Counts for an entry that is this consumer's, as it is while none was moved since it was handed out. */
  #noteFailure(
    { id, failures }: { readonly id: EntryId; readonly failures: number },
    { step, consumer, epoch }: Deed & { readonly epoch: number },
  ): void {
    const entry = this.#byId.get(id);
    const owner = entry?.handOuts.at(-1);
    if (entry === undefined || owner?.consumer !== consumer || owner.epoch !== epoch) return;
    if (this.#movedStep > owner.step) {
      entry.notes = []; // nobody knows whether it counts
      return;
    }
    entry.notes.push({ step, failures, handOutAtMs: owner.atMs });
  }

  #lose(id: EntryId, step: Step): void {
    const entry = this.#byId.get(id);
    if (entry !== undefined) entry.lostStep ??= step;
  }
}
