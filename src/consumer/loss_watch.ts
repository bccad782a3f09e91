/**
 * Looks, while a consumer works, for entries that somebody trimmed or deleted before its group read them: the usual way
 * in which a slow consumer of a bounded stream loses events. A start sees them too (V8); but a consumer that works for
 * weeks must not keep them to itself until then.
 *
 * @module
 */

import { DataLossError } from "../domain/start_errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock } from "../ports/clock.ts";
import type { Membership } from "../ports/consumer_store.ts";
import type { Report } from "./report.ts";
import { Rounds } from "./rounds.ts";
import type { DataLossPolicy } from "./start_up_decision.ts";

/**
 * How long between two looks, in ms. A look costs the server some microseconds, so that a hundred consumers are not felt;
 * and where only a look between trim and read can see a loss, a lagging group is caught by a short time rather than a
 * long one.
 */
const LOOK_MS = 2_000;

/** What a watch needs. */
export interface LossWatchOptions {
  /** The broker. */
  readonly broker: Broker;
  /** Time. */
  readonly clock: Clock;
  /** What to do about a loss. */
  readonly onDataLoss: DataLossPolicy;
  /** Whom to tell. */
  readonly report: (report: Report) => void;
  /** Told that the consumer has to stop. The loss stays for the next start to see. */
  readonly onStop: (error: DataLossError) => void;
}

/** Watches for losses of one consumer's group. Suspended, it does not look: a start looks by itself. */
export class LossWatch extends Rounds {
  readonly #options: LossWatchOptions;

  /** @param options Broker, time, policy, whom to tell. */
  constructor(options: LossWatchOptions) {
    super({ clock: options.clock, everyMs: LOOK_MS });
    this.#options = options;
  }

  /**
   * A look that fails is nothing: the next one comes, and what a working consumer cannot reach its reading side tells. What
   * was accounted for is told in any case, also when the consumer has joined again meanwhile: nobody else will find it.
   */
  protected override async round(membership: Membership): Promise<void> {
    const { broker, onDataLoss, report, onStop } = this.#options;
    const account = onDataLoss === "continue";
    const loss = await broker.findUnreadLoss(membership, { account }).catch(() => null);
    if (loss === null || (!account && !this.isCurrent(membership))) return;
    const { stream } = membership;
    report({ kind: "dataLoss", stream, ...loss });
    if (!account) onStop(new DataLossError(stream, loss.lost));
  }
}
