/**
 * Keeps or gives up the entries in a consumer's hands: renew their leases, hand them back, note their failures. Every
 * statement names the owner, so that nothing is taken back from another consumer (T10).
 *
 * @module
 */

import {
  type EntryId,
  entryIdOfSortable,
  parseEntryId,
  sortableEntryId,
} from "../../domain/entry_id.ts";
import type { Membership, RenewResult } from "../../ports/consumer_store.ts";
import type { AppendContext } from "./append.ts";
import { noteEstablished } from "./joining.ts";
import { checkWhole } from "./limits.ts";
import { findPlace } from "./places.ts";
import { setFree } from "./routing.ts";
import { keyOf, textOf } from "./rows.ts";
import { RELEASED_OWNER, WAITING } from "./schema.ts";
import type { Waiters } from "./waiters.ts";

const NOT_OWN = `SELECT j.value AS id FROM json_each(?1) AS j WHERE NOT EXISTS (
  SELECT 1 FROM tidemark_pending AS p WHERE p.group_id = ?2 AND p.id = j.value AND p.consumer_id = ?3)`;
const RENEW = `UPDATE tidemark_pending SET delivered_at = ?
  WHERE group_id = ? AND consumer_id = ? AND id IN (SELECT value FROM json_each(?))`;
/**
 * What only waits for a consumer is not in its hands, but no one else's either. Without data it is nobody's: the claim that
 * finishes it as lost need not wait until its consumer reads again.
 */
const RENEW_KEPT = `UPDATE tidemark_pending INDEXED BY tidemark_pending_kept SET delivered_at = ?
  WHERE group_id = ? AND consumer_id = ? AND kept > 0
    AND EXISTS (SELECT 1 FROM tidemark_entries AS e WHERE e.stream_id = ? AND e.id = tidemark_pending.id)`;
const WAITING_KEYS = `SELECT DISTINCT key FROM tidemark_pending INDEXED BY tidemark_pending_kept
  WHERE group_id = ? AND consumer_id = ? AND kept > 0 AND kept = ${WAITING}`;
/** Entries whose data is gone stay: to nobody could they be handed out. Unread ones have not been counted. */
const RELEASE_ALL =
  `UPDATE tidemark_pending INDEXED BY tidemark_pending_by_consumer SET consumer_id = ${RELEASED_OWNER}, delivered_at = ?1,
  deliveries = max(0, deliveries - (kept = 0)), kept = 0
  WHERE group_id = ?2 AND consumer_id = ?3
    AND EXISTS (SELECT 1 FROM tidemark_entries AS e WHERE e.stream_id = ?4 AND e.id = tidemark_pending.id)`;
/** With what waits for this consumer: whoever reads no more would keep it from all others. */
const RELEASE = `${RELEASE_ALL} AND (kept > 0 OR id IN (SELECT value FROM json_each(?5)))`;
const RECORD_FAILURE = `UPDATE tidemark_pending SET failures = ?, due_at = 0
  WHERE group_id = ? AND consumer_id = ? AND id = ?`;

/** Leases over one connection. */
export class Leases {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;

  constructor(context: AppendContext, waiters: Waiters) {
    this.#context = context;
    this.#waiters = waiters;
  }

  /** See `ConsumerStore.renew`. */
  renew(membership: Membership, ids: readonly EntryId[]): RenewResult {
    const { connection, clock } = this.#context;
    const json = jsonOf(ids);
    let freed = false;
    const result = connection.write(`renew leases of "${membership.consumer}"`, () => {
      const place = findPlace(connection, membership, { checkEpoch: true });
      const { groupId, consumerId, streamId } = place;
      connection.statement(RENEW).run(clock.nowMs(), groupId, consumerId, json);
      connection.statement(RENEW_KEPT).run(clock.nowMs(), groupId, consumerId, streamId);
      const fenced = connection.statement(NOT_OWN).all(json, groupId, consumerId)
        .map(({ id }) => entryIdOfSortable(textOf(id)));
      const waiting = connection.statement(WAITING_KEYS).all(groupId, consumerId);
      freed = setFree(connection, groupId, waiting.map(({ key }) => keyOf(key)));
      return { fenced };
    });
    if (freed) this.#waiters.wake(membership.stream);
    return result;
  }

  /** See `ConsumerStore.release`. */
  release(membership: Membership, ids: readonly EntryId[] | "all"): number {
    const { connection, clock } = this.#context;
    const json = ids === "all" ? null : jsonOf(ids);
    const released = connection.write(`hand back entries of "${membership.consumer}"`, () => {
      const place = findPlace(connection, membership, { checkEpoch: true });
      const { groupId, consumerId, streamId } = place;
      noteEstablished(this.#context, groupId, place.entriesAdded);
      const nowMs = clock.nowMs();
      const { changes } = json === null
        ? connection.statement(RELEASE_ALL).run(nowMs, groupId, consumerId, streamId)
        : connection.statement(RELEASE).run(nowMs, groupId, consumerId, streamId, json);
      return Number(changes);
    });
    this.#waiters.wake(membership.stream);
    return released;
  }

  /** See `ConsumerStore.recordFailure`. */
  recordFailure(membership: Membership, id: EntryId, failures: number): void {
    const { connection } = this.#context;
    checkWhole("failures", failures);
    const sortable = sortableEntryId(parseEntryId(id));
    connection.write(`note a failure of "${membership.consumer}"`, () => {
      const { groupId, consumerId } = findPlace(connection, membership, { checkEpoch: true });
      connection.statement(RECORD_FAILURE).run(failures, groupId, consumerId, sortable);
    });
  }
}

function jsonOf(ids: readonly EntryId[]): string {
  return JSON.stringify(ids.map((id) => sortableEntryId(parseEntryId(id))));
}
