/**
 * What may be done with each settlement of a commit: is the entry finished already, is it this consumer's, and is
 * nothing of its key unfinished before it. Two queries for the whole commit; only a key whose order is in doubt costs
 * one of its own.
 *
 * @module
 */

import type { Membership } from "../../ports/consumer_store.ts";
import { readPosition } from "./checkpoints.ts";
import type { Connection } from "./connection.ts";
import type { Place } from "./places.ts";
import { type Predecessor, predecessorOf } from "./routing.ts";
import { integerOf, keyOf, type Row, type StoredKey, textOf, textOrNullOf } from "./rows.ts";

// CROSS JOIN keeps the order: the list of ids outside, one seek for each inside.
const PENDING = `SELECT p.id, p.consumer_id, p.key, NULL AS predecessor
  FROM json_each(?1) AS j CROSS JOIN tidemark_pending AS p ON p.group_id = ?2 AND p.id = j.value`;
const PENDING_IN_ORDER = `SELECT p.id, p.consumer_id, p.key,
  iif(p.key IS NULL, NULL, (SELECT q.id FROM tidemark_pending AS q
    WHERE q.group_id = ?2 AND q.key = p.key AND q.id < p.id ORDER BY q.id DESC LIMIT 1)) AS predecessor
  FROM json_each(?1) AS j CROSS JOIN tidemark_pending AS p ON p.group_id = ?2 AND p.id = j.value`;
const DONE = `SELECT d.id FROM json_each(?1) AS j
  CROSS JOIN tidemark_done AS d ON d.group_id = ?2 AND d.id = j.value`;

/** What may be done with a settlement. */
export type Judgement =
  | { readonly verdict: "apply" }
  /** It was finished before; still to be acknowledged when it is pending for this consumer. */
  | { readonly verdict: "done"; readonly isPending: boolean }
  /** `mustWait`: it is this consumer's, but an earlier entry of its key is elsewhere. */
  | { readonly verdict: "fenced"; readonly mustWait: boolean }
  | { readonly verdict: "held" };

interface PendingRow {
  readonly consumerId: number;
  readonly key: StoredKey;
  /** The nearest unfinished entry of its key before the commit. */
  readonly predecessorId: string | null;
}

/** Judges the settlements of one commit, one after the other, in id order. */
export class Judge {
  readonly #connection: Connection;
  readonly #place: Place;
  readonly #position: string;
  readonly #pending: ReadonlyMap<string, PendingRow>;
  readonly #done: ReadonlySet<string>;
  /** Entries that this commit finishes, with all that comes before them; they are on the pending list until its end. */
  readonly #finished = new Set<string>();
  /** Entries that were finished before or are lost, and that this commit acknowledges, whatever comes before them. */
  readonly #acknowledged = new Set<string>();

  constructor(
    connection: Connection,
    call: {
      readonly membership: Membership;
      readonly place: Place;
      readonly ids: readonly string[];
    },
  ) {
    const { place, membership } = call;
    const json = JSON.stringify(call.ids);
    this.#connection = connection;
    this.#place = place;
    this.#position = readPosition(connection, place.groupId, place.incarnation).position;
    const pending = membership.order === "key" ? PENDING_IN_ORDER : PENDING;
    this.#pending = new Map(
      connection.statement(pending).all(json, place.groupId).map((
        row,
      ) => [textOf(row.id), pendingOf(row)]),
    );
    this.#done = place.doneCount === 0 ? new Set() : new Set(
      connection.statement(DONE).all(json, place.groupId).map(({ id }) => textOf(id)),
    );
  }

  /**
   * Judges one settlement. What became of the earlier ones must have been noted.
   *
   * @param isLost Its data is gone: nothing comes of it that could be out of order, so it waits for nobody.
   */
  judge(id: string, isLost: boolean): Judgement {
    const row = this.#pending.get(id);
    const isPending = row !== undefined && row.consumerId === this.#place.consumerId;
    if (id <= this.#position || this.#done.has(id)) {
      if (isPending) this.#acknowledged.add(id);
      return { verdict: "done", isPending };
    }
    if (row === undefined || !isPending) return { verdict: "fenced", mustWait: false };
    const before = isLost ? null : this.#predecessorOf(id, row);
    if (before === null) return { verdict: "apply" };
    return before.consumerId === this.#place.consumerId && !before.isKept
      ? { verdict: "held" }
      : { verdict: "fenced", mustWait: true };
  }

  /** Notes that an applied settlement finished its entry. */
  noteFinished(id: string, isLost: boolean): void {
    if (isLost) this.#acknowledged.add(id);
    else this.#finished.add(id);
  }

  /** The keys of all pending entries of this commit. */
  *keys(): Iterable<StoredKey> {
    for (const { key } of this.#pending.values()) yield key;
  }

  /** The nearest entry of its key before an entry that this commit does not finish. */
  #predecessorOf(id: string, { key, predecessorId }: PendingRow): Predecessor | null {
    if (predecessorId === null || this.#finished.has(predecessorId)) return null;
    const isFinished = (before: string) =>
      this.#finished.has(before) || this.#acknowledged.has(before);
    return predecessorOf(this.#connection, this.#place.groupId, { id, key, isFinished });
  }
}

function pendingOf(row: Row): PendingRow {
  return {
    consumerId: integerOf(row.consumer_id),
    key: keyOf(row.key),
    predecessorId: textOrNullOf(row.predecessor),
  };
}
