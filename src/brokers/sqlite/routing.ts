/**
 * The order of keys across a group. An entry is handed to a consumer only if every earlier unfinished entry of its key
 * is in that consumer's hands, whose lanes keep them in order. Otherwise it is *kept*: pending for the consumer that
 * asked, it waits until a commit sets it free, and comes with the next `readNew`.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { integerOf, type StoredKey, textOf } from "./rows.ts";
import { FREE, IN_HANDS, WAITING } from "./schema.ts";

/**
 * How many entries of a key one commit sets free at most, as on Redis, so that one commit stays short. The next one goes
 * on.
 */
const FREED_MAX = 100;

const PREDECESSOR = `SELECT id, consumer_id, kept
  FROM tidemark_pending INDEXED BY tidemark_pending_by_key
  WHERE group_id = ? AND key = ? AND id < ? ORDER BY id DESC`;
const ELSEWHERE = `SELECT 1 FROM tidemark_pending INDEXED BY tidemark_pending_by_key
  WHERE group_id = ? AND key = ? AND id > ? AND id < ? AND (consumer_id <> ? OR kept > 0) LIMIT 1`;
const ANY_ELSEWHERE = `SELECT
  EXISTS (SELECT 1 FROM tidemark_pending INDEXED BY tidemark_pending_by_consumer
    WHERE group_id = ?1 AND consumer_id < ?2)
  OR EXISTS (SELECT 1 FROM tidemark_pending INDEXED BY tidemark_pending_by_consumer
    WHERE group_id = ?1 AND consumer_id > ?2)
  OR EXISTS (SELECT 1 FROM tidemark_pending INDEXED BY tidemark_pending_kept
    WHERE group_id = ?1 AND kept > 0) AS found`;
const KEEP_WAITING = `UPDATE tidemark_pending
  SET consumer_id = ?, delivered_at = ?, kept = ${WAITING} WHERE group_id = ? AND id = ?`;
const ANY_WAITING = `SELECT 1 FROM tidemark_pending INDEXED BY tidemark_pending_kept
  WHERE group_id = ? AND kept > 0 AND kept = ${WAITING} LIMIT 1`;
const LOWEST = `SELECT id, consumer_id, kept
  FROM tidemark_pending INDEXED BY tidemark_pending_by_key
  WHERE group_id = ? AND key = ? ORDER BY id LIMIT ${FREED_MAX}`;
const SET_FREE = `UPDATE tidemark_pending SET kept = ${FREE} WHERE group_id = ? AND id = ?`;

/** An unfinished entry, seen from a later one of its key. */
export interface Predecessor {
  readonly consumerId: number;
  /** It is pending for its owner, but not in its hands. */
  readonly isKept: boolean;
}

/** The unfinished entry of the same key nearest before an id, passing over those that count as finished. */
export function predecessorOf(
  connection: Connection,
  groupId: number,
  entry: {
    readonly id: string;
    readonly key: StoredKey;
    readonly isFinished: (id: string) => boolean;
  },
): Predecessor | null {
  if (entry.key === null) return null;
  for (const row of connection.statement(PREDECESSOR).iterate(groupId, entry.key, entry.id)) {
    if (entry.isFinished(textOf(row.id))) continue;
    return { consumerId: integerOf(row.consumer_id), isKept: row.kept !== IN_HANDS };
  }
  return null;
}

/** The one who asks. */
export interface Asker {
  readonly groupId: number;
  readonly consumerId: number;
}

/**
 * Decides which entries must wait, for one call of one consumer. Entries must be asked for in id order, and what was
 * decided for one must be done before the next is asked for.
 */
export class Router {
  readonly #connection: Connection;
  readonly #asker: Asker;
  /** `true`: everything that is pending is in this consumer's hands, so no key need be looked up. */
  readonly #isAlone: boolean;
  readonly #keys = new Map<string, { mustWait: boolean; seenTo: string }>();

  constructor(connection: Connection, asker: Asker) {
    const { groupId, consumerId } = asker;
    this.#connection = connection;
    this.#asker = asker;
    this.#isAlone = connection.statement(ANY_ELSEWHERE).get(groupId, consumerId)?.found === 0;
  }

  /** Whether an unfinished entry of the key before it is elsewhere, or waits itself. */
  mustWait(entry: { readonly id: string; readonly key: StoredKey }): boolean {
    const { id, key } = entry;
    if (key === null || this.#isAlone) return false;
    const name = nameOf(key);
    const state = this.#keys.get(name) ?? { mustWait: false, seenTo: "" };
    this.#keys.set(name, state);
    if (!state.mustWait) {
      const { groupId, consumerId } = this.#asker;
      state.mustWait = this.#connection.statement(ELSEWHERE)
        .get(groupId, key, state.seenTo, id, consumerId) !== undefined;
      state.seenTo = id;
    }
    return state.mustWait;
  }
}

/** Keeps a pending entry for a consumer until what comes before it is finished. */
export function keepWaiting(
  connection: Connection,
  entry: Asker & { readonly id: string; readonly nowMs: number },
): void {
  const { groupId, consumerId, id, nowMs } = entry;
  connection.statement(KEEP_WAITING).run(consumerId, nowMs, groupId, id);
}

/**
 * Entries of these keys were finished: of each key, those that wait and now come first are set free, with what follows
 * them at the same consumer.
 *
 * @returns Whether there were any.
 */
export function setFree(
  connection: Connection,
  groupId: number,
  keys: Iterable<StoredKey>,
): boolean {
  if (connection.statement(ANY_WAITING).get(groupId) === undefined) return false;
  const byName = new Map<string, string | Uint8Array>();
  for (const key of keys) if (key !== null) byName.set(nameOf(key), key);
  let isAnyFree = false;
  for (const key of byName.values()) {
    const rows = connection.statement(LOWEST).all(groupId, key);
    for (const { id, consumer_id: owner, kept } of rows) {
      if (owner !== rows[0]?.consumer_id) break;
      if (kept !== WAITING) continue;
      connection.statement(SET_FREE).run(groupId, textOf(id));
      isAnyFree = true;
    }
  }
  return isAnyFree;
}

function nameOf(key: string | Uint8Array): string {
  return typeof key === "string" ? `text ${key}` : `bytes ${key.toHex()}`;
}
