/**
 * The workload: which entries a campaign publishes, and what their handler does with each. What a handler does stands
 * in the entry itself, so that every worker process does the same.
 *
 * @module
 */

import type { NewEvent } from "../../src/domain/event.ts";
import type { HandlerFunction } from "../../src/workers/handler.ts";
import { OUTPUTS, USER_TABLE } from "./moment.ts";
import type { Seeded } from "./seeded.ts";

/** What is told to the handler of an entry. */
export interface Orders {
  /** Its number, from 0. */
  readonly number: number;
  /** How long the handler takes, in ms. */
  readonly handleMs: number;
  /** So many first attempts throw. */
  readonly throws: number;
  /** Defer it once per process for so long, in ms; 0 does not. */
  readonly deferMs: number;
  /** Must end as a dead letter: always throw, or, where it `isRefused`, be given up at once. */
  readonly isPoison: boolean;
  readonly isRefused: boolean;
}

/** Keys; the first ones are much more frequent, so that some lanes are always full. */
const KEYS = 50;

/** Every so many entries one is poison, so that a few end as dead letters after many attempts. */
const POISON_EVERY = 250;

/** Every so many entries one is given up at once, so that there is always a dead letter for a fault to hit. */
const REFUSED_EVERY = 20;

/**
 * Every so many entries one takes longer than the lease, which must be renewed meanwhile. Few, because a worker is hit
 * about once a second: each of them is begun many times, and holds back the checkpoint until it gets through.
 */
const LONG_EVERY = 500;

/** How many leases it takes. */
const LONG_LEASES = 1.2;

/** Makes the entry with a number. */
export function makeEvent(
  number: number,
  options: { readonly random: Seeded; readonly leaseMs: number },
): NewEvent<Orders> {
  const { random, leaseMs } = options;
  const isRefused = number % REFUSED_EVERY === 7;
  const isPoison = isRefused || number % POISON_EVERY === 77;
  const isLong = number % LONG_EVERY === 33;
  return {
    type: "chaos.entry",
    key: `k${Math.floor(KEYS * random.next() ** 1.7)}`,
    data: {
      number,
      isPoison,
      isRefused,
      handleMs: isLong ? Math.ceil(leaseMs * LONG_LEASES) : random.between(0, 30),
      throws: random.chance(0.08) ? random.between(1, 2) : 0,
      deferMs: random.chance(0.04) ? random.between(20, 400) : 0,
    },
  };
}

/** What the handler tells of itself. */
export interface HandlerNotes {
  readonly started: (id: string) => void;
  readonly ended: (id: string) => void;
}

/**
 * The handler: exactly one output per entry, with its key; on SQLite also one row.
 *
 * @param options `hasDatabase`: whether to write the row.
 */
export function chaosHandler(
  notes: HandlerNotes,
  options: { readonly hasDatabase: boolean },
): HandlerFunction<Orders> {
  const deferred = new Set<string>();
  return async (event, context) => {
    const { id, key, data } = event;
    notes.started(id);
    try {
      if (data.handleMs > 0) await new Promise((resolve) => setTimeout(resolve, data.handleMs));
      if (data.isRefused) return context.deadLetter("this entry is refused");
      if (data.isPoison) throw new Error("this entry is poison");
      if (context.attempt <= data.throws) throw new Error("this attempt was to fail");
      if (data.deferMs > 0 && !deferred.has(id)) {
        deferred.add(id);
        return context.defer(data.deferMs);
      }
      context.publish(OUTPUTS, { type: "chaos.output", key, data: { number: data.number } });
      if (!options.hasDatabase) return;
      context.database((transaction) => {
        const insert = `INSERT INTO ${USER_TABLE} (source_id, key) VALUES (?, ?)`;
        transaction.run(insert, id, key ?? "");
      });
    } finally {
      notes.ended(id);
    }
  };
}
