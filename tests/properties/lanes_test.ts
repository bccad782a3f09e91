/**
 * Lanes by key, driven by random commands beside a model that knows only the promise: of each key one entry at a time has
 * its turn, the lowest first, and every entry gets its turn in the end.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import { type Slot, slotFor } from "../../src/workers/lane.ts";
import { Schedule } from "../../src/workers/schedule.ts";
import { CASES } from "../support/cases.ts";
import { delivery } from "../support/pool_rig.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** What is expected of one entry. */
interface Expected {
  readonly key: string | null;
  where: "waiting" | "turn" | "gone";
  dueAtMs: number;
}

/** What the promise says, entry by entry. */
interface Model {
  readonly entries: Map<EntryId, Expected>;
  nowMs: number;
}

/** The schedule, and the slots that it was given. */
interface Real {
  readonly schedule: Schedule;
  readonly clock: VirtualClock;
  readonly slots: Map<EntryId, Slot>;
}

type Command = fc.AsyncCommand<Model, Real>;

/** Entries of one key that are not gone, the lowest first. */
function laneOf({ entries }: Model, key: string | null): [EntryId, Expected][] {
  return [...entries].filter(([, each]) => each.key === key && each.where !== "gone")
    .sort(([a], [b]) => compareEntryIds(a, b));
}

/** Which entries may have their turn now. */
function mayRun(model: Model): EntryId[] {
  const keys = new Set([...model.entries.values()].map(({ key }) => key));
  return [...keys].flatMap((key) => {
    const lane = laneOf(model, key);
    const free = key === null
      ? lane.filter(([, { where }]) => where === "waiting")
      : lane.slice(0, 1);
    // A later entry that has its turn keeps it; those before it wait until it has ended.
    if (key !== null && lane.some(([, { where }]) => where === "turn")) return [];
    return free.filter(([, { dueAtMs }]) => dueAtMs <= model.nowMs).map(([id]) => id);
  });
}

/** Gives all the turns that there are. */
function takeAll(model: Model, { schedule }: Real): void {
  const taken: EntryId[] = [];
  for (let slot = schedule.next(); slot !== null; slot = schedule.next()) {
    slot.state = "running";
    taken.push(slot.delivery.id);
  }
  assertEquals(taken.sort(compareEntryIds), mayRun(model).sort(compareEntryIds));
  for (const id of taken) entryOf(model, id).where = "turn";
  assertEquals(schedule.readyCount, 0);
}

function entryOf({ entries }: Model, id: EntryId): Expected {
  const entry = entries.get(id);
  assert(entry !== undefined);
  return entry;
}

function withTurn(model: Model): EntryId[] {
  return [...model.entries].filter(([, { where }]) => where === "turn").map(([id]) => id);
}

/** A batch arrives, in any order and perhaps late. */
class Add implements Command {
  readonly #number: number;
  readonly #key: string | null;
  readonly #restMs: number;

  constructor(number: number, key: string | null, { restMs }: { readonly restMs: number }) {
    this.#number = number;
    this.#key = key;
    this.#restMs = restMs;
  }

  get #id(): EntryId {
    return `${BigInt(this.#number)}-0`;
  }

  check({ entries }: Readonly<Model>): boolean {
    return !entries.has(this.#id);
  }

  async run(model: Model, real: Real): Promise<void> {
    const key = this.#key;
    const dueAtMs = this.#restMs === 0 ? 0 : model.nowMs + this.#restMs;
    const entry = delivery(this.#id, { dueAtMs, ...key === null ? {} : { key } });
    const slot = slotFor(entry, { lane: real.schedule.laneFor(entry) });
    real.slots.set(this.#id, slot);
    model.entries.set(this.#id, { key, where: "waiting", dueAtMs });
    real.schedule.add(slot);
    takeAll(model, real);
  }

  toString(): string {
    return `add ${this.#id} ${this.#key} rests ${this.#restMs}`;
  }
}

/** An entry that has its turn ends it: for good, to rest, or taken away. */
class End implements Command {
  readonly #pick: number;
  readonly #how: "finish" | "rest" | "remove";

  constructor(pick: number, how: "finish" | "rest" | "remove") {
    this.#pick = pick;
    this.#how = how;
  }

  check(model: Readonly<Model>): boolean {
    return withTurn(model).length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const ids = withTurn(model);
    const id = ids[this.#pick % ids.length];
    const slot = id === undefined ? undefined : real.slots.get(id);
    assert(id !== undefined && slot !== undefined);
    const entry = entryOf(model, id);
    if (this.#how === "rest") {
      entry.where = "waiting";
      entry.dueAtMs = slot.dueAtMs = model.nowMs + 1 + this.#pick % 50;
      slot.state = "settled";
      real.schedule.rest(slot);
    } else {
      entry.where = "gone";
      if (this.#how === "finish") {
        slot.state = "settled";
        real.schedule.endTurn(slot);
      }
      real.schedule.remove(slot);
    }
    takeAll(model, real);
  }

  toString(): string {
    return `${this.#how} ${this.#pick}`;
  }
}

/** An entry that waits is lost to somebody else. */
class Lose implements Command {
  readonly #pick: number;

  constructor(pick: number) {
    this.#pick = pick;
  }

  check({ entries }: Readonly<Model>): boolean {
    return [...entries.values()].some(({ where }) => where === "waiting");
  }

  async run(model: Model, real: Real): Promise<void> {
    const waiting = [...model.entries].filter(([, { where }]) => where === "waiting");
    const [id, entry] = waiting[this.#pick % waiting.length] ?? [];
    const slot = id === undefined ? undefined : real.slots.get(id);
    assert(entry !== undefined && slot !== undefined);
    entry.where = "gone";
    real.schedule.remove(slot);
    takeAll(model, real);
  }

  toString(): string {
    return `lose ${this.#pick}`;
  }
}

/** Time goes by. */
class Wait implements Command {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    model.nowMs += this.#ms;
    await real.clock.advance(this.#ms);
    takeAll(model, real);
  }

  toString(): string {
    return `wait ${this.#ms}`;
  }
}

const commands = fc.commands<Model, Real, false>([
  fc.record({
    number: fc.integer({ min: 1, max: 60 }),
    key: fc.constantFrom("a", "a", "b", "__proto__", null),
    restMs: fc.constantFrom(0, 0, 0, 10, 40),
  }).map(({ number, key, restMs }) => new Add(number, key, { restMs })),
  fc.tuple(fc.nat({ max: 99 }), fc.constantFrom("finish", "finish", "rest", "remove"))
    .map(([pick, how]) => new End(pick, how)),
  fc.nat({ max: 99 }).map((pick) => new Lose(pick)),
  fc.integer({ min: 1, max: 30 }).map((ms) => new Wait(ms)),
], { maxCommands: 60, size: "max" });

Deno.test("Schedule gives each key one turn at a time, its lowest entry first, whatever comes late, rests or is lost", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (given) => {
      const clock = new VirtualClock();
      const schedule = new Schedule({
        ...{ order: "key", workersMax: 4, codec: "event", place: { stream: "orders" }, clock },
        onDue: () => {},
      });
      const model: Model = { entries: new Map(), nowMs: clock.nowMs() };
      const real: Real = { schedule, clock, slots: new Map() };
      await fc.asyncModelRun(() => ({ model, real }), given);
      // Nothing is stuck: all that is left gets its turn, and nothing is held when all is over.
      for (
        let turn = 0;
        turn < 500 && [...model.entries.values()].some(({ where }) => where !== "gone");
        turn++
      ) {
        if (withTurn(model).length > 0) await new End(turn, "finish").run(model, real);
        else await new Wait(50).run(model, real);
      }
      assertEquals([...model.entries.values()].filter(({ where }) => where !== "gone"), []);
      assertEquals([schedule.readyCount, schedule.heldCount, clock.timerCount], [0, 0, 0]);
    }),
    CASES,
  );
});
