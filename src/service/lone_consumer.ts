/**
 * A consumer that nobody supervises, as the inspector shows it: everything but starting it again, which nobody can.
 *
 * @module
 */

import type { StreamConsumer } from "../consumer/consumer.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import type { Inspected } from "../inspector/inspected.ts";
import type { CommandTarget } from "../inspector/source.ts";
import type { ActorObserver } from "../ports/actor_observer.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConsumerFacts, SupervisionState } from "../telemetry/consumer_facts.ts";

/** What its process makes of its states; in all others it runs. */
const SUPERVISION: Readonly<Record<string, SupervisionState>> = {
  draining: "draining",
  stopped: "stopped",
  failed: "failed",
};

/** A lone consumer. */
export class LoneConsumer implements Inspected {
  /** What its process is called. It is announced nowhere. */
  readonly instance: string;
  readonly #consumer: StreamConsumer;
  readonly #clock: Clock;

  /** Looks at one. */
  constructor(
    consumer: StreamConsumer,
    { instance, clock }: { readonly instance: string; readonly clock: Clock },
  ) {
    this.instance = instance;
    this.#consumer = consumer;
    this.#clock = clock;
  }

  /** {@linkcode Inspected.inspect} */
  inspect(observer: ActorObserver): () => void {
    return this.#consumer.inspect(observer);
  }

  /** {@linkcode Inspected.facts}; none before it has been subscribed. What only a supervisor knows is `null` or 0. */
  facts(): ConsumerFacts[] {
    const { context, state, stateSinceMs, backOffUntilMs, load, view } = this.#consumer;
    if (context === null) return [];
    const { stream, group, consumer, failures, failure, pauseWanted, position } = context;
    const { committedCount, deadLetteredCount, fencedCount, ownPendingDrained } = context;
    return [{
      ...{ stream, group, consumer, state, stateSinceMs, backOffUntilMs, load },
      ...{ failures, failure, pauseWanted, position, ownPendingDrained },
      ...{ committedCount, deadLetteredCount, fencedCount },
      supervision: SUPERVISION[state] ?? "running",
      nowMs: this.#clock.nowMs(),
      restarts: 0,
      restartsMax: null,
      restartAtMs: null,
      // How many there may be, and where they run, is its own affair.
      workers: { count: view.workers.total, max: 0, mode: "unknown" },
      running: view.running.map(({ id, key, sinceMs, attempt }) => ({ id, key, sinceMs, attempt })),
      resting: view.resting,
      attemptsMax: null,
      leaseMs: null,
      pressure: "ok",
      broker: null,
    }];
  }

  /** Reads no more until `resume`. */
  pause(which: CommandTarget): void {
    if (this.#isMeant(which)) this.#consumer.pause();
  }

  /** Goes on after `pause`. */
  resume(which: CommandTarget): void {
    if (this.#isMeant(which)) this.#consumer.resume();
  }

  /** Looks for the entries of dead consumers now. */
  reclaim(which: CommandTarget): void {
    if (this.#isMeant(which)) this.#consumer.reclaim();
  }

  /** Finishes what runs, commits it, hands back the rest and ends, for good. */
  drain(which: CommandTarget): void {
    if (this.#isMeant(which)) void this.#consumer.stop();
  }

  /** @throws {InvalidOptionError} Always: whoever wants that runs an `Orchestrator`. */
  restart(_which: CommandTarget): void {
    throw new InvalidOptionError(
      "command",
      "restart",
      "a consumer of an Orchestrator, which can start it again",
    );
  }

  #isMeant({ stream, group, consumer }: CommandTarget): boolean {
    const context = this.#consumer.context;
    return context !== null && (stream ?? context.stream) === context.stream &&
      (group ?? context.group) === context.group &&
      (consumer ?? context.consumer) === context.consumer;
  }
}
