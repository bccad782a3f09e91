/**
 * Hands out entries that nobody has read, and waits for them. In a group that keeps the order of keys, entries that
 * were handed back come first, and every new entry follows the unfinished one of its key.
 *
 * @module
 */

import type { Delivery } from "../../domain/entry.ts";
import { entryIdOfSortable } from "../../domain/entry_id.ts";
import type { Membership, ReadNewOptions } from "../../ports/consumer_store.ts";
import type { AppendContext } from "./append.ts";
import type { Breather } from "./breather.ts";
import { decodeFields } from "./fields.ts";
import { noteDelivered } from "./group_position.ts";
import { deliverOrAssign, PAGE_MAX, releasedCandidates } from "./hand_out.ts";
import { checkCount, checkWhole } from "./limits.ts";
import { findPlace, type Place } from "./places.ts";
import { finishLost } from "./progress.ts";
import { assignAfter, mayHandOut, type Predecessor, predecessorOf } from "./routing.ts";
import { integerOf, keyOf, type Row, type StoredKey, textOf } from "./rows.ts";
import { RELEASED_OWNER } from "./schema.ts";
import type { Waiters } from "./waiters.ts";

const ANY_RELEASED = `SELECT 1 FROM tidemark_pending
  WHERE group_id = ? AND consumer_id = ${RELEASED_OWNER} LIMIT 1`;
const FORGET = "DELETE FROM tidemark_pending WHERE group_id = ? AND id = ?";
const NEW = `SELECT id, ordinal, key, fields FROM tidemark_entries
  WHERE stream_id = ? AND id > ? ORDER BY id LIMIT ?`;
/** An entry that is pending already, after the group was set back, moves to the reader and counts anew (T3). */
const REGISTER = `
  INSERT INTO tidemark_pending
    (group_id, id, consumer_id, delivered_at, deliveries, assigned, failures, due_at, key)
  SELECT ?1, id, ?2, ?3, 1, 0, 0, 0, iif(?4, key, NULL) FROM tidemark_entries
  WHERE stream_id = ?5 AND id > ?6 AND id <= ?7
  ON CONFLICT (group_id, id) DO UPDATE SET consumer_id = excluded.consumer_id,
    delivered_at = excluded.delivered_at, deliveries = 1, assigned = 0, key = excluded.key`;
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
      const entries = this.#readAtOnce(membership, count);
      if (entries !== null) return entries;
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
  #readAtOnce(membership: Membership, count: number): Delivery[] | null {
    const { connection } = this.#context;
    const action = `read stream "${membership.stream}"`;
    // In an unordered group a process that was replaced is told by its commit, as on Redis.
    const checkEpoch = membership.order === "key";
    // A look without the write lock: a reader that waits is woken often for nothing.
    const isWorthIt = connection.glance(action, () => {
      const place = findPlace(connection, membership, { checkEpoch });
      return place.lastDelivered < place.lastId ||
        (checkEpoch && connection.statement(ANY_RELEASED).get(place.groupId) !== undefined);
    });
    if (!isWorthIt) return null;
    return connection.write(action, () => {
      const place = findPlace(connection, membership, { checkEpoch });
      const released = checkEpoch ? this.#takeReleased(place, { membership, count }) : NOTHING;
      const fresh = count === released.seen ? NOTHING : this.#takeNew(place, {
        count: count - released.seen,
        keepOrder: checkEpoch,
      });
      const entries = [...released.entries, ...fresh.entries];
      const isNothing = entries.length === 0 && released.assigned + fresh.assigned === 0;
      return isNothing ? null : entries;
    });
  }

  #takeReleased(
    place: Place,
    call: { readonly membership: Membership; readonly count: number },
  ): Taken {
    const { connection, clock } = this.#context;
    const { groupId, consumerId } = place;
    const page = releasedCandidates(connection, place, call.count);
    const nowMs = clock.nowMs();
    const entries: Delivery[] = [];
    const lost: string[] = [];
    let assigned = 0;
    for (const { id, key, fields, failures, dueAtMs, ...candidate } of page) {
      if (fields === null) {
        connection.statement(FORGET).run(groupId, id);
        lost.push(id);
        continue;
      }
      const deliveries = candidate.deliveries + 1;
      const handOut = { groupId, consumerId, nowMs, deliveries };
      if (deliverOrAssign(connection, { id, key }, handOut)) {
        const delivery = { deliveries, failures, dueAtMs };
        entries.push({ id: entryIdOfSortable(id), fields: decodeFields(fields), ...delivery });
      } else {
        assigned++;
      }
    }
    finishLost(this.#context, lost, { place, membership: call.membership });
    return { entries, assigned, seen: page.length };
  }

  #takeNew(place: Place, call: { readonly count: number; readonly keepOrder: boolean }): Taken {
    const { connection, clock } = this.#context;
    const { streamId, groupId, consumerId, lastDelivered } = place;
    const rows = connection.statement(NEW).all(streamId, lastDelivered, call.count);
    const last = rows.at(-1);
    if (last === undefined) return NOTHING;
    const lastId = textOf(last.id);
    const retries = this.#knownRetries(groupId, { after: lastDelivered, to: lastId });
    connection.statement(REGISTER).run(
      groupId,
      consumerId,
      clock.nowMs(),
      call.keepOrder ? 1 : 0,
      streamId,
      lastDelivered,
      lastId,
    );
    noteDelivered(connection, groupId, {
      lastDelivered: lastId,
      entriesRead: integerOf(last.ordinal),
    });
    const mine = call.keepOrder ? this.#route(rows, { groupId, consumerId }) : rows;
    const entries = mine.map((row): Delivery => {
      const id = textOf(row.id);
      const { failures = 0, dueAtMs = 0 } = retries.get(id) ?? {};
      const fields = decodeFields(textOf(row.fields));
      return { id: entryIdOfSortable(id), fields, deliveries: 1, failures, dueAtMs };
    });
    return { entries, assigned: rows.length - mine.length, seen: rows.length };
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

  /** Keeps the rows that this consumer may have, and assigns the others. All new entries of a key follow the first. */
  #route<Entry extends Row>(
    rows: readonly Entry[],
    to: { readonly groupId: number; readonly consumerId: number },
  ): Entry[] {
    const { connection } = this.#context;
    const leaders = new Map<StoredKey, Predecessor | null>();
    return rows.filter((row) => {
      const key = keyOf(row.key);
      if (key === null) return true;
      const id = textOf(row.id);
      let leader = leaders.get(key);
      if (leader === undefined) {
        leader = predecessorOf(connection, to.groupId, { id, key });
        leaders.set(key, leader);
      }
      if (leader === null || mayHandOut(leader, to.consumerId)) return true;
      assignAfter(connection, leader, { groupId: to.groupId, id });
      connection.statement(UNCOUNT).run(to.groupId, id);
      return false;
    });
  }
}

/** What one step of a read took. */
interface Taken {
  readonly entries: Delivery[];
  /** How many went to others. */
  readonly assigned: number;
  /** How many it looked at. */
  readonly seen: number;
}

const NOTHING: Taken = { entries: [], assigned: 0, seen: 0 };

/** Names the waits of a membership, so that `leave` can end them. Names hold no control characters (T25). */
export function ownerOf({ stream, group, consumer, epoch }: Membership): string {
  return [stream, group, consumer, epoch].join("\0");
}
