/**
 * The parts of one consumer, put together: the pool that runs the handler, the effects at the broker, and the machine
 * whose actions mean those effects.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import type { ActorHost } from "../workers/actor_host.ts";
import { Pool } from "../workers/pool.ts";
import { Effects } from "./effects.ts";
import { consumerMachine } from "./machine.ts";
import type { ConsumerEvent } from "./machine_events.ts";
import type { Narration } from "./narration.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { within } from "./timers.ts";
import type { Workforce } from "./workforce.ts";

/** So many batches may be in the pool: one that runs, and the one that is read meanwhile. */
const BATCHES_IN_POOL = 2;

/**
 * So many batches, and so many entries, may be there for handlers that finish as many within milliseconds: then the
 * next ones are read, and the last ones committed, while handlers run.
 */
const QUICK_BATCHES_MAX = 16;
const QUICK_COUNT_MAX = 512;

/** Bounds the memory of entries that wait for a later attempt. */
const HELD_MAX = 10_000;

/** Bounds the memory of all entries in the pool. */
const BYTES_MAX = 64 * 1_048_576;

/** How long the end of the workers may hold up a stop, in ms: as long as the end of reading, beside which it runs. */
const WORKERS_END_MS_MAX = 400;

/** What an assembly is made from. */
export interface AssemblyOptions {
  /** The consumer's options. */
  readonly options: ResolvedConsumerOptions;
  /** What runs the user's handler. */
  readonly workforce: Workforce;
  /** The parent of its actors. */
  readonly host: ActorHost;
  /** Tells its story to the log. */
  readonly narration: Narration;
  /** Tells the machine, if it still runs. */
  readonly tell: (event: ConsumerEvent) => void;
}

/** The parts of one consumer. */
export interface Assembly {
  /** Runs the handler. */
  readonly pool: Pool;
  /** Does what the machine asks for. */
  readonly effects: Effects;
  /** The machine, with its actions bound to the effects. */
  readonly logic: typeof consumerMachine;
  /** Ends everything that is open. */
  readonly dispose: () => Promise<void>;
}

/** Puts a consumer together. Its workers wait; nothing is read yet. */
export function assemble(given: AssemblyOptions): Assembly {
  const { options, workforce, host, narration, tell } = given;
  const { place, codec, workers } = workforce;
  const pool: Pool = new Pool({
    ...options,
    place,
    codec,
    workers,
    host,
    windowMax: Math.max(options.count, options.workersMax) * BATCHES_IN_POOL,
    quickWindowMax: Math.min(options.count * QUICK_BATCHES_MAX, QUICK_COUNT_MAX),
    heldMax: HELD_MAX,
    bytesMax: BYTES_MAX,
    backoff: options.retry,
    noticeCount: options.count,
    onSettled: () => {
      if (!effects.isCommitting) tell({ type: "pool.settled", load: pool.load });
    },
    onLoad: () => tell({ type: "pool.load", load: pool.load }),
    onFailure: (id, failures, error) => noteFailure({ id, failures, error }),
  });
  const effects: Effects = new Effects({
    options,
    pool,
    place,
    report: (report: Report) => narration.reported(report, options.onReport),
    onAbandon: (running) => narration.abandoned(running),
    send: tell,
  });

  /** So that a crash does not forget how often an entry has failed. Not waited for: it is a note, not a promise. */
  function noteFailure(
    failed: { readonly id: EntryId; readonly failures: number; readonly error: unknown },
  ): void {
    narration.handlerFailed(failed.id, failed.failures, failed.error);
    const { membership } = effects;
    if (membership === null) return;
    options.broker.recordFailure(membership, failed.id, failed.failures).catch(() => {});
  }

  return {
    pool,
    effects,
    logic: effects.give(consumerMachine),
    dispose: async () => {
      const workersEnd = Promise.all([pool[Symbol.asyncDispose](), workforce.dispose()]);
      await Promise.all([
        effects.dispose(),
        within(options.clock, WORKERS_END_MS_MAX, workersEnd),
      ]);
    },
  };
}
