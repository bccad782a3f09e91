/**
 * A pool under a test's control: a clock that stands still, handlers that wait until they are told, and the story of
 * what happened in words.
 *
 * @module
 */

import type { Delivery, FieldValue } from "../../src/domain/entry.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Event } from "../../src/domain/event.ts";
import type { Settlement, Verdict } from "../../src/domain/settlement.ts";
import { silentLog } from "../../src/ports/log.ts";
import type { AttemptOptions } from "../../src/workers/attempt.ts";
import type { HandlerContext, HandlerDefinition } from "../../src/workers/handler.ts";
import { inlineWorkers } from "../../src/workers/inline_worker.ts";
import type { Slot } from "../../src/workers/lane.ts";
import { Pool } from "../../src/workers/pool.ts";
import type { PoolOptions } from "../../src/workers/pool_options.ts";
import { WatchedHost } from "./pool_host.ts";
import { BreakableWorkers } from "./pool_workers.ts";
import { settle, VirtualClock } from "./virtual_clock.ts";

/** Where all entries of these tests are from. */
export const place = {
  stream: "orders",
  group: "billing",
  consumer: "main",
  incarnation: "first",
} as const;

/** An entry with an event whose data is its id. */
export function delivery(
  id: EntryId,
  differs: Partial<Delivery> & { readonly key?: string } = {},
): Delivery {
  const { key, ...rest } = differs;
  const fields: FieldValue[] = ["event_type", "placed", "payload", JSON.stringify(id)];
  if (key !== undefined) fields.push("key", key);
  return { id, fields, deliveries: 1, failures: 0, dueAtMs: 0, ...rest };
}

/** One run of a handler, which waits until it is told how to end. */
export interface Run {
  /** What it was given. */
  readonly event: Event;
  /** What it was given beside. */
  readonly context: HandlerContext;
  /** Returns. */
  readonly finish: () => Promise<void>;
  /** Throws. */
  readonly fail: (error?: unknown) => Promise<void>;
}

/** A pool with everything around it. */
export class PoolRig {
  readonly clock = new VirtualClock();
  readonly pool: Pool;
  /** What happened, oldest first. */
  story: string[] = [];
  /** The runs under way. */
  readonly runs = new Map<EntryId, Run>();
  /** The actors of the workers. */
  readonly host = new WatchedHost();
  /** What the handlers run on, where workers can break. */
  readonly workers = new BreakableWorkers();

  /**
   * @param options What differs from one worker in this isolate, as many at least as at most, window 10, five attempts,
   * retry after 50 ms; `canBreak`: its workers are {@linkcode BreakableWorkers}.
   */
  constructor(given: Partial<PoolOptions & AttemptOptions> & { readonly canBreak?: boolean } = {}) {
    const { canBreak = false, ...options } = given;
    const waitForTest: HandlerDefinition = {
      handle: (event, context) => this.#begin(event, context),
    };
    const attempts: AttemptOptions = {
      handler: waitForTest,
      codec: "event",
      place,
      timeoutMs: 0,
      hasDatabase: true,
      clock: this.clock,
      log: silentLog,
      ...options,
    };
    this.pool = new Pool({
      ...attempts,
      workers: canBreak
        ? (listener) => this.workers.make(attempts, listener)
        : inlineWorkers(attempts),
      host: this.host,
      order: "key",
      workersMin: options.workersMax ?? 1,
      workersMax: 1,
      windowMax: 10,
      heldMax: 100,
      bytesMax: 1_000_000,
      attemptsMax: 5,
      deliveriesMax: 10,
      backoff: { initialMs: 100, maxMs: 1_000, multiplier: 2 },
      random: { next: () => 0.5, uniqueText: () => "chance" },
      noticeCount: 100,
      onSettled: () => this.story.push("told"),
      onLoad: () => {},
      onFailure: (id, failures) => this.story.push(`failure ${failures} of ${id}`),
      ...options,
    });
  }

  /** What happened since the last look. */
  look(): string[] {
    const seen = this.story;
    this.story = [];
    return seen;
  }

  /** Admits entries, and lets what can start start. */
  async admit(...entries: readonly Delivery[]): Promise<void> {
    this.pool.admit(entries);
    await settle();
  }

  /** The run of an entry. */
  run(id: EntryId): Run {
    const run = this.runs.get(id);
    if (run === undefined) throw new Error(`${id} does not run`);
    return run;
  }

  /** Takes settlements for a commit. */
  take(): Slot[] {
    return this.pool.takeSettled({ countMax: 1_000, bytesMax: 1_000_000 });
  }

  /** Answers a commit; by default all of it was committed. */
  async answer(
    slots: readonly Slot[],
    verdicts: readonly Verdict[] = slots.map(() => "committed"),
    errors: ReadonlyMap<EntryId, unknown> = new Map(),
  ): Promise<void> {
    this.pool.resolve(slots, verdicts, errors);
    await settle();
  }

  /** Takes and answers. @returns what was committed. */
  async commit(...verdicts: readonly Verdict[]): Promise<Settlement[]> {
    const slots = this.take();
    const settlements = slots.flatMap(({ settlement }) => settlement === null ? [] : [settlement]);
    await this.answer(slots, verdicts.length === 0 ? undefined : verdicts);
    return settlements;
  }

  #begin(event: Event, context: HandlerContext): Promise<void> {
    const { id } = event;
    this.story.push(`begin ${id}`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = (word: string, how: () => void) => {
      this.runs.delete(id);
      this.story.push(`${word} ${id}`);
      how();
      return settle();
    };
    this.runs.set(id, {
      event,
      context,
      finish: () => end("finish", resolve),
      fail: (error = new Error("no")) => end("fail", () => reject(error)),
    });
    return promise;
  }
}

/** Settlements in words. */
export function words(settlements: readonly Settlement[]): string[] {
  return settlements.map(({ kind, id }) => `${kind} ${id}`);
}
