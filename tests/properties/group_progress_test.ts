/**
 * How far a group is, beside a recount that knows everything: several consumers, settlements in any order, entries that
 * vanish, processes that come back. The position is always the highest finished entry with nothing unfinished below it,
 * it never falls, and what is stored is always a checkpoint that can be resumed from.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { type Checkpoint, decodeCheckpoint } from "../../src/domain/checkpoint.ts";
import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import { advanceWatermark } from "../../src/domain/watermark.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership } from "../../src/ports/consumer_store.ts";
import { claimAll, commit, join, readNew } from "../contracts/contract.ts";
import { CASES } from "../support/cases.ts";

type Kind = Settlement["kind"];

/** What happens next; `pick` and `share` choose among what is there. */
type Step =
  | { readonly do: "append"; readonly gaps: readonly number[] }
  | { readonly do: "read"; readonly who: number; readonly count: number }
  | { readonly do: "settle"; readonly who: number; readonly kinds: readonly (Kind | null)[] }
  | { readonly do: "claim"; readonly who: number }
  | { readonly do: "restart"; readonly who: number }
  | { readonly do: "trim"; readonly share: number };

const who = fc.nat({ max: 1 });
const kind = fc.constantFrom<Kind | null>(
  "handled",
  "handled",
  "deadLettered",
  "lost",
  "deferred",
  null,
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 })
      .map((gaps) => ({ do: "append" as const, gaps })),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      who,
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      who,
      kinds: fc.array(kind, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("claim" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("trim" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);

const NAMES = ["ann", "bob"] as const;

/** A group in a broker, and everything that ever happened to it. */
class Story {
  readonly #broker: Broker;
  readonly #stream: string;
  readonly #members: Membership[];
  readonly #delivered = new Set<EntryId>();
  readonly #finished = new Set<EntryId>();
  readonly #held: Set<EntryId>[] = [new Set(), new Set()];
  #lastMs = 0n;
  #position: EntryId = ENTRY_ID_ZERO;

  private constructor(broker: Broker, stream: string, members: Membership[]) {
    this.#broker = broker;
    this.#stream = stream;
    this.#members = members;
  }

  static async begin(broker: Broker, stream: string): Promise<Story> {
    const members: Membership[] = [];
    for (const name of NAMES) members.push(await join(broker, name, { stream }));
    return new Story(broker, stream, members);
  }

  async go(step: Step): Promise<void> {
    const broker = this.#broker;
    switch (step.do) {
      case "append": {
        const entries = step.gaps.map((gap) => {
          this.#lastMs += BigInt(gap);
          return { id: `${this.#lastMs}-0` as const, fields: ["event_type", "t", "payload", "1"] };
        });
        await broker.append(this.#stream, entries);
        return;
      }
      case "read":
        return this.#take(step.who, await readNew(broker, this.#member(step.who), step.count));
      case "claim": {
        const { entries, lost } = await claimAll(broker, this.#member(step.who));
        for (const held of this.#held) held.clear();
        // What a claim finds without its data is finished by it.
        for (const id of lost) this.#finished.add(id);
        return this.#take(step.who, entries);
      }
      case "restart":
        // What is pending for it stays so.
        this.#members[step.who] = await join(broker, NAMES[step.who] ?? "", {
          stream: this.#stream,
        });
        return;
      case "trim": {
        const kept = Math.floor(step.share * 5);
        await broker.trim(this.#stream, { lengthMax: kept });
        return;
      }
      case "settle":
        return await this.#settle(step.who, step.kinds);
    }
  }

  #member(who: number): Membership {
    const member = this.#members[who];
    assert(member !== undefined);
    return member;
  }

  #take(who: number, entries: readonly { readonly id: EntryId }[]): void {
    for (const { id } of entries) {
      this.#delivered.add(id);
      this.#held[who]?.add(id);
    }
  }

  async #settle(who: number, kinds: readonly (Kind | null)[]): Promise<void> {
    const held = [...this.#held[who] ?? []].sort(compareEntryIds);
    const settlements = held.flatMap((id, index): Settlement[] => {
      const kind = kinds[index % kinds.length];
      return kind === null || kind === undefined ? [] : [settlementOf(kind, id)];
    });
    if (settlements.length === 0) return;
    const { checkpoint, verdicts } = await commit(this.#broker, this.#member(who), settlements);
    assertEquals(verdicts, settlements.map(() => "committed"));
    for (const { id, kind } of settlements) {
      if (kind === "deferred") continue;
      this.#finished.add(id);
      this.#held[who]?.delete(id);
    }
    await this.#check(checkpoint);
  }

  /** By recounting all of it. */
  async #check(checkpoint: Checkpoint): Promise<void> {
    const delivered = [...this.#delivered].sort(compareEntryIds);
    const open = delivered.findIndex((id) => !this.#finished.has(id));
    const closed = open === -1 ? delivered : delivered.slice(0, open);
    const position = closed.at(-1) ?? ENTRY_ID_ZERO;
    const done = delivered.slice(closed.length).filter((id) => this.#finished.has(id));
    assertEquals([checkpoint.position, checkpoint.done], [position, done]);
    assert(compareEntryIds(position, this.#position) >= 0);
    this.#position = position;
    const names = { stream: this.#stream, group: "billing" };
    const stored = decodeCheckpoint(
      await this.#broker.loadCheckpoint(names.stream, names.group),
      names,
    );
    assertEquals(stored, { kind: "valid", checkpoint });
  }
}

function settlementOf(kind: Kind, id: EntryId): Settlement {
  switch (kind) {
    case "handled":
      return { kind, id, outputs: [], work: [] };
    case "deadLettered":
      return { kind, id, letter: { stream: "dead", fields: ["a", "b"] }, reason: "no" };
    case "deferred":
      return { kind, id, dueAtMs: 1, failures: 1 };
    case "lost":
      return { kind, id };
  }
}

Deno.test("the position of a group is what a recount of all settlements says, through everything", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 30, size: "max" }),
      async (steps) => {
        const story = await Story.begin(broker, `s${number++}`);
        for (const each of steps) await story.go(each);
      },
    ),
    CASES,
  );
});

/** One group without any broker: `advanceWatermark` alone, with its state written down and read back at each step. */
Deno.test("advanceWatermark finds the position of any order of settlements, also when it begins anew from what was saved", () => {
  const story = fc.record({
    gaps: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 20 }),
    order: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
    twice: fc.boolean(),
  });
  fc.assert(
    fc.property(story, ({ gaps, order, sizes, twice }) => {
      let ms = 0n;
      const ids = gaps.map((gap): EntryId => `${ms += BigInt(gap)}-${BigInt(gap % 3)}`);
      const settled = ids.toSorted((a, b) => rank(a) - rank(b));
      const finished = new Set<EntryId>();
      let saved = { position: ENTRY_ID_ZERO, done: [] as readonly EntryId[] };
      for (let from = 0, turn = 0; from < settled.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        const batch = settled.slice(from, from + size);
        from += size;
        for (const id of batch) finished.add(id);
        const again = twice ? [...batch, ...batch, ...saved.done] : batch;
        const next = advanceWatermark({
          position: saved.position,
          finished: [...saved.done, ...again],
          firstPending: ids.find((id) => !finished.has(id)) ?? null,
        });
        const open = ids.findIndex((id) => !finished.has(id));
        const closed = open === -1 ? ids : ids.slice(0, open);
        assertEquals(next, {
          position: closed.at(-1) ?? ENTRY_ID_ZERO,
          done: ids.slice(closed.length).filter((id) => finished.has(id)),
        });
        saved = JSON.parse(JSON.stringify(next));
      }
      assertEquals(saved, { position: ids.at(-1) ?? ENTRY_ID_ZERO, done: [] });

      function rank(id: EntryId): number {
        return order[ids.indexOf(id) % order.length] ?? 0;
      }
    }),
    CASES,
  );
});
