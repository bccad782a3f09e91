/**
 * Random calls of the journal port, as plain data: chosen, made on a broker, and made on the model.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import { TidemarkError } from "../../src/domain/errors.ts";
import type { JournalSnapshot } from "../../src/domain/journal.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type {
  JournalChange,
  JournalEntry,
  JournalRange,
  NewJournal,
} from "../../src/ports/journal_store.ts";
import type { Dice } from "./dice.ts";
import { byName, type JournalModel, type ModelSnapshot } from "./journal_model.ts";
import { LONG_MS, run } from "./journal_words.ts";

/** A call. */
export type JournalOperation =
  | { readonly method: "create"; readonly name: string; readonly args: NewJournal }
  | { readonly method: "change"; readonly name: string; readonly args: JournalChange }
  | { readonly method: "load"; readonly name: string }
  | { readonly method: "read"; readonly name: string; readonly args: JournalRange }
  | { readonly method: "list"; readonly name: "" }
  | { readonly method: "delete"; readonly name: string; readonly ifVersion?: number };

const NAMES = ["a", "{a}", "a:b"] as const;

/** Ids begin here, centuries ahead: behind them the broker assigns the next one, and not the time. */
const FUTURE_MS = 9_000_000_000_000;

/** Chooses calls. */
export class JournalWorld {
  readonly #dice: Dice;
  readonly #model: JournalModel;
  readonly #withToken: JournalOperation[] = [];
  #tokenCount = 0;

  constructor(dice: Dice, model: JournalModel) {
    this.#dice = dice;
    this.#model = model;
  }

  /** Chooses the next call. */
  next(): JournalOperation {
    const dice = this.#dice;
    const name = dice.pick(NAMES);
    const choice = dice.roll(100);
    if (choice < 15) {
      const state = JSON.stringify(dice.roll(1_000));
      return this.#noted({ method: "create", name, args: { state, ...this.#write(name, true) } });
    }
    if (choice < 60) return this.#noted({ method: "change", name, args: this.#change(name) });
    if (choice < 65) return { method: "load", name };
    if (choice < 85) return { method: "read", name, args: this.#range(name) };
    if (choice < 89) return { method: "list", name: "" };
    if (choice < 94) {
      return dice.once(2)
        ? { method: "delete", name }
        : { method: "delete", name, ifVersion: 1 + dice.roll(4) };
    }
    const again = this.#withToken.length === 0 ? undefined : dice.pick(this.#withToken);
    return again === undefined || this.#asksForTheTime(again) ? { method: "load", name } : again;
  }

  /** The first id of an empty journal must not be assigned: it would be the time. */
  #asksForTheTime(operation: JournalOperation): boolean {
    if (operation.method !== "change") return false;
    const last = this.#model.lastIdOf(operation.name);
    return last === "0-0" && operation.args.entries?.[0]?.id === undefined;
  }

  /** What is to be called again must be called so as it was. */
  #noted(operation: JournalOperation): JournalOperation {
    if ("args" in operation && "token" in operation.args) this.#withToken.push(operation);
    return operation;
  }

  #change(name: string): JournalChange {
    const dice = this.#dice;
    const version = this.#model.versionOf(name);
    return {
      ...this.#write(name, false),
      ...(dice.once(2) ? { state: JSON.stringify([dice.roll(1_000)]) } : {}),
      ...(dice.once(3) ? { ifVersion: Math.max(1, version - (dice.once(4) ? 1 : 0)) } : {}),
      ...(dice.once(40) ? { ifIncarnation: "another" } : {}),
    };
  }

  #write(name: string, isNew: boolean): JournalChange {
    const dice = this.#dice;
    return {
      ...(dice.once(4) ? {} : { entries: this.#entries(name, isNew) }),
      ...(dice.once(3) ? { lengthMax: dice.roll(8) } : {}),
      ...(dice.once(5)
        ? { expireMs: dice.once(2) ? null : LONG_MS }
        : dice.once(25)
        ? { expireAtMs: 1 + dice.roll(1_000) }
        : {}),
      ...(dice.once(5) ? { token: `token-${++this.#tokenCount}` } : {}),
    };
  }

  #entries(name: string, isNew: boolean): JournalEntry[] {
    const dice = this.#dice;
    const last = isNew ? null : this.#model.lastIdOf(name);
    const isFirst = last === null || last === "0-0";
    let ms = isFirst ? FUTURE_MS : Number(last.split("-")[0]);
    return Array.from({ length: 1 + dice.roll(4) }, (_, index) => {
      ms += dice.once(30) ? -1 : 1 + dice.roll(2);
      const fields = ["n", "x".repeat(dice.roll(40))];
      const isAssigned = dice.once(3) && (!isFirst || index > 0);
      return isAssigned ? { fields } : { fields, id: `${BigInt(ms)}-${BigInt(dice.roll(3))}` };
    });
  }

  #range(name: string): JournalRange {
    const dice = this.#dice;
    const near = (): EntryId => {
      const ms = Number((this.#model.lastIdOf(name) ?? "0-0").split("-")[0]);
      return `${BigInt(Math.max(0, ms - dice.roll(15)))}-${BigInt(dice.roll(3))}`;
    };
    const start = dice.once(2) ? { afterId: near() } : dice.once(2) ? { from: near() } : {};
    return {
      ...start,
      ...(dice.once(3) ? { to: near() } : {}),
      ...(dice.once(3) ? { bytesMax: 1 + dice.roll(200) } : {}),
      ...(dice.once(12) ? { touchMs: LONG_MS } : {}),
      count: 1 + dice.roll(12),
    };
  }
}

/** Makes a call on the model. */
export function performOnModel(model: JournalModel, operation: JournalOperation): unknown {
  const { method, name } = operation;
  if (method === "create") return model.create(name, operation.args);
  if (method === "change") return model.change(name, operation.args);
  if (method === "load") return model.load(name);
  if (method === "read") return model.read(name, operation.args);
  if (method === "list") return model.list();
  return model.delete(name, operation.ifVersion);
}

/** Makes a call on a broker. @returns Its answer without what varies, or the error as data. */
export async function performOnBroker(
  broker: Broker,
  operation: JournalOperation,
): Promise<unknown> {
  try {
    return await call(broker, operation);
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error;
    if (!("snapshot" in error)) return { error: error.name };
    return { error: error.name, snapshot: plain(Object(error.snapshot)) };
  }
}

async function call(broker: Broker, operation: JournalOperation): Promise<unknown> {
  const { method, name } = operation;
  const journal = run(name);
  switch (method) {
    case "create": {
      const { created, snapshot, ids } = await broker.createJournal(journal, operation.args);
      return { created, snapshot: plain(snapshot), ids: [...ids] };
    }
    case "change": {
      const { already, snapshot, ids } = await broker.changeJournal(journal, operation.args);
      return { already, snapshot: plain(snapshot), ids: [...ids] };
    }
    case "load": {
      const snapshot = await broker.loadJournal(journal);
      return snapshot === null ? null : plain(snapshot);
    }
    case "read": {
      const page = await broker.readJournal(journal, operation.args);
      return page === null ? null : { entries: page.entries, snapshot: plain(page.snapshot) };
    }
    case "list": {
      const { journals } = await broker.listJournals("runs", { limit: 1_000 });
      // Those of one millisecond are in order of their names, and the clocks differ.
      return journals.map(plain).sort(byName);
    }
    case "delete": {
      const { ifVersion } = operation;
      return await broker.deleteJournal(journal, ifVersion === undefined ? {} : { ifVersion });
    }
  }
}

function plain(snapshot: JournalSnapshot): ModelSnapshot {
  const { journal, incarnation: _life, createdAtMs: _time, expiresInMs, ...rest } = snapshot;
  return { name: journal.name, ...rest, expires: expiresInMs !== null };
}
