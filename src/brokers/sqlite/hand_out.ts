/**
 * Hands out entries that are pending already: a consumer's own, and those whose owner is dead. One page at a time, in
 * id order, each entry by the rule of `routing.ts`.
 *
 * @module
 */

import type { Delivery } from "../../domain/entry.ts";
import {
  ENTRY_ID_ZERO,
  type EntryId,
  entryIdOfSortable,
  parseEntryId,
  sortableEntryId,
} from "../../domain/entry_id.ts";
import type { Deliveries, Membership } from "../../ports/consumer_store.ts";
import type { AppendContext } from "./append.ts";
import type { Connection } from "./connection.ts";
import { decodeFields } from "./fields.ts";
import { checkCount, checkWhole } from "./limits.ts";
import { findPlace, type Place } from "./places.ts";
import { finishLost } from "./progress.ts";
import { keepWaiting, Router } from "./routing.ts";
import { integerOf, keyOf, type StoredKey, textOf, textOrNullOf } from "./rows.ts";
import { FREE, IN_HANDS, RELEASED_OWNER, WAITING } from "./schema.ts";
import type { Waiters } from "./waiters.ts";

/** How many entries one call hands out at most. */
export const PAGE_MAX = 1_000;

/** SQLite would rather walk the whole pending list of the group: the index is named. */
function pageOf(index: string, which: string): string {
  return `SELECT p.id, p.key, p.deliveries, p.failures, p.due_at, p.kept, e.fields
    FROM tidemark_pending AS p ${index}
    LEFT JOIN tidemark_entries AS e ON e.stream_id = ?1 AND e.id = p.id
    WHERE p.group_id = ?2 AND ${which} ORDER BY p.id LIMIT ?4`;
}

const BY_CONSUMER = "INDEXED BY tidemark_pending_by_consumer";
const OWN = pageOf(BY_CONSUMER, "p.id > ?3 AND p.consumer_id = ?5");
/** What waited for a consumer and is free, for `readNew`. SQLite takes the partial index only for its own words, `kept > 0`. */
const SET_FREE = pageOf(
  "INDEXED BY tidemark_pending_kept",
  `p.id <= ?3 AND p.consumer_id = ?5 AND p.kept > 0 AND p.kept = ${FREE}`,
);
const IDLE = pageOf(
  "",
  `p.id > ?3 AND (p.consumer_id = ${RELEASED_OWNER} OR p.delivered_at <= ?5)`,
);
/** What was handed back, for `readNew`. */
const RELEASED = pageOf(BY_CONSUMER, `p.id <= ?3 AND p.consumer_id = ${RELEASED_OWNER}`);
/**
 * Leases that begin in the future are from before the clock was set back. Those of the dead would last for as long as it
 * was ahead; they begin anew now. The living have renewed theirs, or are about to.
 */
const SHORTEN =
  `UPDATE tidemark_pending SET delivered_at = ?1 WHERE group_id = ?2 AND delivered_at > ?1`;
const DELIVER = `UPDATE tidemark_pending
  SET consumer_id = ?, delivered_at = ?, deliveries = ?, kept = 0 WHERE group_id = ? AND id = ?`;
const SEEN = "UPDATE tidemark_pending SET kept = 0 WHERE group_id = ? AND id = ? AND kept > 0";
const REMOVE = "DELETE FROM tidemark_pending WHERE group_id = ? AND id = ?";
const COUNT_WAITING = `SELECT count(*) AS waiting FROM tidemark_pending
  INDEXED BY tidemark_pending_kept WHERE group_id = ? AND consumer_id = ? AND kept > 0 AND kept = ${WAITING}`;

/** A pending entry with its data, as it is before it is handed out. */
export interface Candidate {
  /** Sortable. */
  readonly id: string;
  readonly key: StoredKey;
  readonly deliveries: number;
  readonly failures: number;
  readonly dueAtMs: number;
  /** It was only kept for its owner, and not delivered. */
  readonly isKept: boolean;
  /** JSON; `null` when the entry was trimmed or deleted. */
  readonly fields: string | null;
}

/** Which own pending entries to read. */
export interface OwnPage {
  readonly afterId: EntryId;
  readonly count: number;
  readonly countDelivery: boolean;
}

/** Which entries to take over. */
export interface ClaimPage {
  readonly idleMsMin: number;
  readonly afterId: EntryId;
  readonly count: number;
}

/** Hand-outs over one connection. */
export class HandOut {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;

  constructor(context: AppendContext, waiters: Waiters) {
    this.#context = context;
    this.#waiters = waiters;
  }

  /** See `ConsumerStore.readOwnPending`. */
  own(membership: Membership, options: OwnPage): Deliveries {
    const { connection } = this.#context;
    const { count, countDelivery } = options;
    checkCount("count", count, PAGE_MAX);
    const after = sortableEntryId(parseEntryId(options.afterId));
    return connection.write(`read what is pending for "${membership.consumer}"`, () => {
      const place = findPlace(connection, membership, { checkEpoch: true });
      const { streamId, groupId, consumerId } = place;
      const page = candidates(connection, OWN, [streamId, groupId, after, count, consumerId]);
      const handedOut = this.#handOut(page, { place, countDelivery, removeLost: false });
      return { ...handedOut, next: nextPage(page, count) };
    });
  }

  /** See `ConsumerStore.claim`. */
  claim(membership: Membership, options: ClaimPage): Deliveries {
    const { connection, clock } = this.#context;
    const { count, idleMsMin } = options;
    checkCount("count", count, PAGE_MAX);
    checkWhole("idleMsMin", idleMsMin);
    const after = sortableEntryId(parseEntryId(options.afterId));
    return connection.write(`claim entries of group "${membership.group}"`, () => {
      const place = findPlace(connection, membership, { checkEpoch: true });
      const { streamId, groupId } = place;
      const nowMs = clock.nowMs();
      if (options.afterId === ENTRY_ID_ZERO) connection.statement(SHORTEN).run(nowMs, groupId);
      // A clock that was set back must not hide an entry that is claimed without a lease.
      const before = idleMsMin === 0 ? Number.MAX_SAFE_INTEGER : nowMs - idleMsMin;
      const page = candidates(connection, IDLE, [streamId, groupId, after, count, before]);
      const handedOut = this.#handOut(page, { place, countDelivery: true, removeLost: true });
      const gone = page.filter(({ fields }) => fields === null);
      const losses = finishLost(this.#context, gone, { place, membership });
      if (losses.freed) this.#waiters.wake(membership.stream);
      const lost = losses.ids.map(entryIdOfSortable);
      return { ...handedOut, lost, next: nextPage(page, count) };
    });
  }

  #handOut(
    page: readonly Candidate[],
    call: {
      readonly place: Place;
      readonly countDelivery: boolean;
      /** Lost entries are taken off by the caller, otherwise they stay pending until they are settled. */
      readonly removeLost: boolean;
    },
  ): Omit<Deliveries, "next"> {
    const { connection, clock } = this.#context;
    const { place: { groupId, consumerId }, removeLost } = call;
    const nowMs = clock.nowMs();
    const router = new Router(connection, { groupId, consumerId });
    const entries: Delivery[] = [];
    const lost: EntryId[] = [];
    for (const candidate of page) {
      if (candidate.fields === null) {
        connection.statement(removeLost ? REMOVE : SEEN).run(groupId, candidate.id);
        lost.push(entryIdOfSortable(candidate.id));
        continue;
      }
      const { id, key, fields, deliveries, failures, dueAtMs, isKept } = candidate;
      const counted = call.countDelivery || isKept ? deliveries + 1 : deliveries;
      const handOut = { groupId, consumerId, nowMs, deliveries: counted };
      if (!deliverOrKeep(connection, { id, key, router }, handOut)) continue;
      entries.push({
        id: entryIdOfSortable(id),
        fields: decodeFields(fields),
        deliveries: counted,
        failures,
        dueAtMs,
      });
    }
    return { entries, lost };
  }
}

/**
 * Hands a pending entry to a consumer, or keeps it for that consumer until it is set free.
 *
 * @returns `false` when it must wait.
 */
export function deliverOrKeep(
  connection: Connection,
  entry: { readonly id: string; readonly key: StoredKey; readonly router: Router },
  call: {
    readonly groupId: number;
    readonly consumerId: number;
    readonly nowMs: number;
    readonly deliveries: number;
  },
): boolean {
  const { groupId, consumerId, nowMs, deliveries } = call;
  if (entry.router.mustWait(entry)) {
    keepWaiting(connection, { groupId, id: entry.id, consumerId, nowMs });
    return false;
  }
  connection.statement(DELIVER).run(consumerId, nowMs, deliveries, groupId, entry.id);
  return true;
}

/** How many entries wait for a consumer. */
export function countWaiting(
  connection: Connection,
  place: Pick<Place, "groupId" | "consumerId">,
): number {
  return integerOf(
    connection.statement(COUNT_WAITING).get(place.groupId, place.consumerId)?.waiting,
  );
}

/** A full page may have another one behind it. */
function nextPage(page: readonly Candidate[], count: number): EntryId | null {
  const last = page.length === count ? page.at(-1) : undefined;
  return last === undefined ? null : entryIdOfSortable(last.id);
}

/**
 * The lowest entries that waited for a consumer and are free. After a group was set back, pending entries above its
 * position are new as well; they are handed out once, as new ones.
 */
export function freeCandidates(
  connection: Connection,
  { streamId, groupId, consumerId, lastDelivered }: Place,
  count: number,
): Candidate[] {
  const parameters = [streamId, groupId, lastDelivered, count, consumerId];
  return candidates(connection, SET_FREE, parameters);
}

/** The lowest entries that were handed back and that nobody has taken yet, but for new ones. */
export function releasedCandidates(
  connection: Connection,
  { streamId, groupId, lastDelivered }: Place,
  count: number,
): Candidate[] {
  return candidates(connection, RELEASED, [streamId, groupId, lastDelivered, count]);
}

function candidates(
  connection: Connection,
  sql: string,
  parameters: readonly (string | number)[],
): Candidate[] {
  return connection.statement(sql).all(...parameters).map((row) => ({
    id: textOf(row.id),
    key: keyOf(row.key),
    deliveries: integerOf(row.deliveries),
    failures: integerOf(row.failures),
    dueAtMs: integerOf(row.due_at),
    isKept: row.kept !== IN_HANDS,
    fields: textOrNullOf(row.fields),
  }));
}
