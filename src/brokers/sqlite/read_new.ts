/**
 * Hands out entries that nobody has read, and waits for them. In a group that keeps the order of keys, entries that
 * waited and are free come first, then those that were handed back, and a new entry waits behind an unfinished one of
 * its key that is elsewhere.
 *
 * @module
 */

import type { Delivery } from "../../domain/entry.ts";
import { type EntryId, entryIdOfSortable } from "../../domain/entry_id.ts";
import type { Membership, ReadNewOptions } from "../../ports/consumer_store.ts";
import type { AppendContext } from "./append.ts";
import type { Breather } from "./breather.ts";
import type { Connection } from "./connection.ts";
import { decodeFields } from "./fields.ts";
import { noteDelivered } from "./group_position.ts";
import {
  type Candidate,
  countWaiting,
  deliverOrKeep,
  freeCandidates,
  PAGE_MAX,
  releasedCandidates,
} from "./hand_out.ts";
import { checkCount, checkWhole } from "./limits.ts";
import { noteSkipped } from "./losses.ts";
import { findPlace, type Place } from "./places.ts";
import { finishLost } from "./progress.ts";
import { keepWaiting, Router } from "./routing.ts";
import { integerOf, keyOf, type Row, textOf } from "./rows.ts";
import { FREE, RELEASED_OWNER } from "./schema.ts";
import type { Waiters } from "./waiters.ts";

const ANY_RELEASED = `SELECT 1 FROM tidemark_pending
  WHERE group_id = ? AND consumer_id = ${RELEASED_OWNER} LIMIT 1`;
const ANY_FREE = `SELECT 1 FROM tidemark_pending INDEXED BY tidemark_pending_kept
  WHERE group_id = ? AND consumer_id = ? AND kept > 0 AND kept = ${FREE} LIMIT 1`;
const FORGET = "DELETE FROM tidemark_pending WHERE group_id = ? AND id = ?";
const NEW = `SELECT id, ordinal, key, fields FROM tidemark_entries
  WHERE stream_id = ? AND id > ? ORDER BY id LIMIT ?`;
/** An entry that is pending already, after the group was set back, moves to the reader and counts anew (T3). */
const REGISTER = `
  INSERT INTO tidemark_pending
    (group_id, id, consumer_id, delivered_at, deliveries, kept, failures, due_at, key)
  SELECT ?1, id, ?2, ?3, 1, 0, 0, 0, iif(?4, key, NULL) FROM tidemark_entries
  WHERE stream_id = ?5 AND id > ?6 AND id <= ?7
  ON CONFLICT (group_id, id) DO UPDATE SET consumer_id = excluded.consumer_id,
    delivered_at = excluded.delivered_at, deliveries = 1, kept = 0, key = excluded.key`;
const KNOWN_FAILURES = `SELECT id, failures, due_at FROM tidemark_pending
  WHERE group_id = ? AND id > ? AND id <= ?`;
const UNCOUNT = "UPDATE tidemark_pending SET deliveries = 0 WHERE group_id = ? AND id = ?";

/** `readNew` over one connection. */
export class ReadNew {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;
  readonly #breather: Breather;

  constructor(
    context: AppendContext,
    parts: { readonly waiters: Waiters; readonly breather: Breather },
  ) {
    this.#context = context;
    this.#waiters = parts.waiters;
    this.#breather = parts.breather;
  }

  /** See `ConsumerStore.readNew`. */
  async read(membership: Membership, options: ReadNewOptions): Promise<Delivery[]> {
    const { count, blockMs, signal } = options;
    checkCount("count", count, PAGE_MAX);
    checkWhole("blockMs", blockMs);
    await this.#breather.breathe();
    const { clock } = this.#context;
    const endMs = clock.nowMs() + blockMs;
    while (!signal.aborted) {
      const read = this.#readAtOnce(membership, count);
      if (read !== null) {
        if (read.lost.length > 0) options.onLost?.(read.lost);
        return read.entries;
      }
      // A clock that jumps back must not make the wait longer than was asked for.
      const timeoutMs = Math.min(blockMs, endMs - clock.nowMs());
      if (timeoutMs <= 0) break;
      const { stream } = membership;
      const owner = ownerOf(membership);
      if (await this.#waiters.wait({ stream, owner, timeoutMs, signal }) === "over") break;
    }
    return [];
  }

  /** @returns `null` when there is nothing. */
  #readAtOnce(
    membership: Membership,
    count: number,
  ): { readonly entries: Delivery[]; readonly lost: readonly EntryId[] } | null {
    const { connection } = this.#context;
    const action = `read stream "${membership.stream}"`;
    // In an unordered group a process that was replaced is told by its commit, as on Redis.
    const checkEpoch = membership.order === "key";
    // A look without the write lock: a reader that waits is woken often for nothing.
    const isWorthIt = connection.glance(action, () => {
      const place = findPlace(connection, membership, { checkEpoch });
      const { groupId, consumerId } = place;
      if (place.lastDelivered < place.lastId && !tooMuchWaits(connection, place, checkEpoch)) {
        return true;
      }
      return checkEpoch &&
        (connection.statement(ANY_RELEASED).get(groupId) !== undefined ||
          connection.statement(ANY_FREE).get(groupId, consumerId) !== undefined);
    });
    if (!isWorthIt) return null;
    return connection.write(action, () => {
      const place = findPlace(connection, membership, { checkEpoch });
      const entries: Delivery[] = [];
      const lost: Candidate[] = [];
      let waiting = 0;
      const add = (taken: Taken) => {
        entries.push(...taken.entries);
        lost.push(...taken.lost);
        waiting += taken.waiting;
      };
      if (checkEpoch) {
        add(this.#takeOver(place, freeCandidates(connection, place, count)));
        const rest = count - entries.length;
        if (rest > 0) add(this.#takeOver(place, releasedCandidates(connection, place, rest)));
      }
      const rest = count - entries.length;
      if (rest > 0 && !tooMuchWaits(connection, place, checkEpoch)) {
        add(this.#takeNew(place, { count: rest, keepOrder: checkEpoch }));
      }
      const now = lost.length === 0 ? place : findPlace(connection, membership, { checkEpoch });
      const losses = finishLost(this.#context, lost, { place: now, membership });
      if (losses.freed) this.#waiters.wake(membership.stream);
      // Behind lost entries there may be more for this reader, which does not wait yet and hears no call: it reads again.
      const isNothing = entries.length + waiting + lost.length === 0;
      return isNothing ? null : { entries, lost: losses.ids.map(entryIdOfSortable) };
    });
  }

  /** Hands out entries that are pending already, as far as their keys allow. */
  #takeOver(place: Place, page: readonly Candidate[]): Taken {
    if (page.length === 0) return NOTHING;
    const { connection, clock } = this.#context;
    const { groupId, consumerId } = place;
    const nowMs = clock.nowMs();
    const router = new Router(connection, { groupId, consumerId });
    const entries: Delivery[] = [];
    const lost: Candidate[] = [];
    let waiting = 0;
    for (const candidate of page) {
      const { id, key, fields, failures, dueAtMs } = candidate;
      if (fields === null) {
        connection.statement(FORGET).run(groupId, id);
        lost.push(candidate);
        continue;
      }
      const deliveries = candidate.deliveries + 1;
      const handOut = { groupId, consumerId, nowMs, deliveries };
      if (deliverOrKeep(connection, { id, key, router }, handOut)) {
        const delivery = { deliveries, failures, dueAtMs };
        entries.push({ id: entryIdOfSortable(id), fields: decodeFields(fields), ...delivery });
      } else {
        waiting++;
      }
    }
    return { entries, waiting, lost };
  }

  #takeNew(place: Place, call: { readonly count: number; readonly keepOrder: boolean }): Taken {
    const { connection, clock } = this.#context;
    const { streamId, groupId, consumerId, lastDelivered, entriesRead } = place;
    const rows = connection.statement(NEW).all(streamId, lastDelivered, call.count);
    const last = rows.at(-1);
    if (last === undefined) return NOTHING;
    const lastId = textOf(last.id);
    const nowMs = clock.nowMs();
    const retries = this.#knownRetries(groupId, { after: lastDelivered, to: lastId });
    connection.statement(REGISTER).run(
      groupId,
      consumerId,
      nowMs,
      call.keepOrder ? 1 : 0,
      streamId,
      lastDelivered,
      lastId,
    );
    const ordinal = integerOf(last.ordinal);
    noteDelivered(connection, groupId, { lastDelivered: lastId, entriesRead: ordinal });
    const skipped = ordinal - entriesRead - rows.length;
    if (skipped > 0) noteSkipped(connection, groupId, { count: skipped, after: lastDelivered });
    const mine = call.keepOrder ? this.#route(rows, { groupId, consumerId, nowMs }) : rows;
    const entries = mine.map((row): Delivery => {
      const id = textOf(row.id);
      const { failures = 0, dueAtMs = 0 } = retries.get(id) ?? {};
      const fields = decodeFields(textOf(row.fields));
      return { id: entryIdOfSortable(id), fields, deliveries: 1, failures, dueAtMs };
    });
    return { entries, waiting: rows.length - mine.length, lost: [] };
  }

  /** What handlers made of entries that were pending before the group was set back. Nearly always empty. */
  #knownRetries(
    groupId: number,
    range: { readonly after: string; readonly to: string },
  ): ReadonlyMap<string, { readonly failures: number; readonly dueAtMs: number }> {
    const rows = this.#context.connection.statement(KNOWN_FAILURES)
      .all(groupId, range.after, range.to);
    return new Map(rows.map((row) => [textOf(row.id), {
      failures: integerOf(row.failures),
      dueAtMs: integerOf(row.due_at),
    }]));
  }

  /** The rows that this consumer may have now; the others wait for it. */
  #route<Entry extends Row>(
    rows: readonly Entry[],
    to: { readonly groupId: number; readonly consumerId: number; readonly nowMs: number },
  ): Entry[] {
    const { connection } = this.#context;
    const router = new Router(connection, to);
    return rows.filter((row) => {
      const id = textOf(row.id);
      if (!router.mustWait({ id, key: keyOf(row.key) })) return true;
      keepWaiting(connection, { ...to, id });
      connection.statement(UNCOUNT).run(to.groupId, id);
      return false;
    });
  }
}

/** What one step of a read took. */
interface Taken {
  readonly entries: readonly Delivery[];
  /** How many must wait. */
  readonly waiting: number;
  /** Those whose data is gone; they are off the pending list. */
  readonly lost: readonly Candidate[];
}

const NOTHING: Taken = { entries: [], waiting: 0, lost: [] };

/** For so many the consumer need not read more: most of it would wait as well. */
const WAITING_MAX = 1_000;

function tooMuchWaits(connection: Connection, place: Place, keepOrder: boolean): boolean {
  return keepOrder && countWaiting(connection, place) >= WAITING_MAX;
}

/** Names the waits of a membership, so that `leave` can end them. Names hold no control characters (T25). */
export function ownerOf({ stream, group, consumer, ticket }: Membership): string {
  return [stream, group, consumer, ticket].join("\0");
}
