/**
 * Runs as an operator sees them who looks at the broker from outside: he executes none and looks after none, so that
 * looking leaves nothing behind.
 *
 * @module
 */

import { type Clock, systemClock } from "../ports/clock.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import { type Log, silentLog } from "../ports/log.ts";
import { type Random, systemRandom } from "../ports/random.ts";
import type { RunFollowing, SubscribeOptions } from "../ports/run_service.ts";
import { cancelElsewhere } from "../runs/cancelling.ts";
import { EventStore } from "../runs/event_store.ts";
import { RunChanger } from "../runs/run_change.ts";
import { RunFeed } from "../runs/run_feed.ts";
import { RunWatch } from "../runs/run_watch.ts";

/** What an operator needs. */
export interface RunOperatorOptions {
  /** Where. It stays open for longer. */
  readonly broker: JournalStore;
  /** Told of trouble while a run is followed. Default: nobody. */
  readonly log?: Log;
  /** Time; for tests. */
  readonly clock?: Clock;
  /** Chance; for tests. */
  readonly random?: Random;
}

/** Looks at runs of other processes, follows and cancels them. */
export class RunOperator implements AsyncDisposable {
  /** Runs and their events as they are stored. */
  readonly store: EventStore;
  readonly #watch: RunWatch;
  readonly #feed: RunFeed;
  readonly #changer: RunChanger;

  /** Nothing is sent yet. */
  constructor(options: RunOperatorOptions) {
    const { broker, log = silentLog, clock = systemClock, random = systemRandom } = options;
    this.store = new EventStore({ broker, clock, random });
    this.#watch = new RunWatch(broker, { log, clock });
    const [store, watch] = [this.store, this.#watch];
    this.#feed = new RunFeed({ broker, clock, random, store, watch, ownEvents: () => undefined });
    this.#changer = new RunChanger(broker, { clock, random });
  }

  /** Tells a run to end. @returns `false` when it has ended already. @throws As `RunManager.cancel`. */
  async cancel(run: string, reason: string): Promise<boolean> {
    return await cancelElsewhere(run, { reason, store: this.store, changer: this.#changer });
  }

  /** Follows a run: history, then live. @throws As `RunManager.subscribe`. */
  async subscribe(run: string, options: SubscribeOptions): Promise<RunFollowing> {
    return await this.#feed.subscribe(run, options);
  }

  /** Ends what is followed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#feed.close();
    await this.#watch[Symbol.asyncDispose]();
  }
}
