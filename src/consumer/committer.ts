/**
 * Committing for one consumer: gathers settlements into one atomic commit and keeps it until the broker has answered.
 * After an unknown outcome the same commit is sent again under the same token, never a new one.
 *
 * @module
 */

import type { Checkpoint } from "../domain/checkpoint.ts";
import { deadLetterCause, readDeadLetter } from "../domain/dead_letter.ts";
import type { EntryId } from "../domain/entry_id.ts";
import { recoveryOf } from "../domain/errors.ts";
import type { Settlement } from "../domain/settlement.ts";
import type { Broker } from "../ports/broker.ts";
import type { CommitResult, Membership } from "../ports/consumer_store.ts";
import type { Pool } from "../workers/pool.ts";
import type { Slot } from "../workers/lane.ts";
import { tellLost } from "./lost_entries.ts";
import type { Report } from "./report.ts";

/** The most ids of one commit: the broker's script takes no more (T22). */
export const COMMIT_COUNT_MAX = 1_000;

/** About so many bytes of outputs a commit: while a script copies them, the server does nothing else. */
const COMMIT_BYTES_MAX = 4_194_304;

/** What a commit did. */
export interface Committed {
  /** How many entries are finished by it. */
  readonly count: number;
  /** How many of them were given up. */
  readonly deadLettered: number;
  /** How many entries were found to be another consumer's. */
  readonly fenced: number;
  /** Whether an entry was held by an earlier one of its key that is this consumer's, and is not here. */
  readonly missesEarlier: boolean;
  /** The checkpoint after it, `null` when there was nothing to commit. */
  readonly checkpoint: Checkpoint | null;
}

/** What a commit of nothing does. */
const NOTHING: Committed = {
  count: 0,
  deadLettered: 0,
  fenced: 0,
  missesEarlier: false,
  checkpoint: null,
};

/** What a committer needs. */
export interface CommitterOptions {
  /** The broker. */
  readonly broker: Broker;
  /** Whose settlements are committed. */
  readonly pool: Pool;
  /** Whether the whole checkpoint is wanted, for a separate store. */
  readonly withDone: boolean;
  /** Whom to tell. */
  readonly report: (report: Report) => void;
  /** Told of each entry that is finished. */
  readonly onFinished: (id: EntryId) => void;
}

interface Pending {
  readonly token: string;
  readonly slots: readonly Slot[];
  readonly settlements: readonly Settlement[];
}

/** Commits for one consumer. */
export class Committer {
  readonly #options: CommitterOptions;
  #pending: Pending | null = null;
  #underWay: Promise<Committed> | null = null;
  #count = 0;

  /** @param options Broker, pool, whom to tell. */
  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Whether a commit was sent and not answered yet. */
  get isUnderWay(): boolean {
    return this.#underWay !== null;
  }

  /**
   * Commits what is settled, or sends the commit again whose outcome is unknown. While one is under way, as when a drain
   * begins, its answer is the answer.
   *
   * @throws What the broker throws; the commit is kept unless it is known to have failed for good.
   */
  commit(membership: Membership): Promise<Committed> {
    this.#underWay ??= this.#send(membership).finally(() => this.#underWay = null);
    return this.#underWay;
  }

  async #send(membership: Membership): Promise<Committed> {
    const { broker, withDone } = this.#options;
    const pending = this.#pending ??= this.#gather(membership);
    if (pending === null) return NOTHING;
    const { token, settlements } = pending;
    try {
      const result = await broker.commit(membership, { token, settlements, withDone });
      this.#pending = null;
      return this.#apply(pending, result);
    } catch (error) {
      const recovery = recoveryOf(error);
      if (recovery === "rejoin" || recovery === "fatal") this.#pending = null;
      throw error;
    }
  }

  /** Forgets a commit whose entries were let go of. */
  forget(): void {
    this.#pending = null;
  }

  #gather(membership: Membership): Pending | null {
    const slots = this.#options.pool.takeSettled({
      countMax: COMMIT_COUNT_MAX,
      bytesMax: COMMIT_BYTES_MAX,
    });
    if (slots.length === 0) return null;
    const settlements: Settlement[] = [];
    for (const slot of slots) if (slot.settlement !== null) settlements.push(slot.settlement);
    this.#count++;
    return { token: `${membership.epoch}.${this.#count}`, slots, settlements };
  }

  #apply(pending: Pending, result: CommitResult): Committed {
    const { pool, report, onFinished } = this.#options;
    let count = 0;
    let deadLettered = 0;
    const fenced: EntryId[] = [];
    const lost: EntryId[] = [];
    for (const [index, settlement] of pending.settlements.entries()) {
      const verdict = result.verdicts[index];
      if (verdict === "fenced") fenced.push(settlement.id);
      if (verdict === "done") onFinished(settlement.id);
      if (verdict !== "committed" || settlement.kind === "deferred") continue;
      onFinished(settlement.id);
      count++;
      if (settlement.kind === "lost") lost.push(settlement.id);
      if (settlement.kind === "deadLettered") {
        deadLettered++;
        const { id, reason, letter } = settlement;
        // As the letter keeps it: cut, and without what must not be shown.
        const meta = readDeadLetter(letter)?.meta;
        const error = meta === undefined ? null : deadLetterCause(meta);
        report({ kind: "deadLettered", id, reason, error });
      }
    }
    const missesEarlier = pool.resolve(pending.slots, result.verdicts, result.workErrors);
    if (fenced.length > 0) report({ kind: "fenced", ids: fenced });
    const { checkpoint } = result;
    tellLost(lost, { stream: checkpoint.stream, report });
    return { count, deadLettered, fenced: fenced.length, missesEarlier, checkpoint };
  }
}
