/**
 * How a group's checkpoint moves: the rule of `advanceWatermark` (domain/watermark.ts), computed from the ends of the
 * pending list and the done-set, so that its cost grows with the batch and not with the set.
 *
 * One thing is added to that rule: a finished id counts only up to the last one handed out. After a group was made
 * again at its watermark (V5) or set back (V6), entries below a finished one may not have been read yet (I6).
 *
 * @module
 */

import type { Membership } from "../../ports/consumer_store.ts";
import type { AppendContext } from "./append.ts";
import { addDone, readPosition, trimDone, writePosition } from "./checkpoints.ts";
import type { Connection } from "./connection.ts";
import type { Place } from "./places.ts";
import { setFree } from "./routing.ts";
import { type StoredKey, textOrNullOf } from "./rows.ts";

const FIRST_PENDING = "SELECT id FROM tidemark_pending WHERE group_id = ? ORDER BY id LIMIT 1";
const HIGHEST_DONE_BELOW = `SELECT id FROM tidemark_done
  WHERE group_id = ? AND id < ? AND id <= ? ORDER BY id DESC LIMIT 1`;
const HIGHEST_DONE_TO =
  "SELECT id FROM tidemark_done WHERE group_id = ? AND id <= ? ORDER BY id DESC LIMIT 1";
const IS_DONE = "SELECT 1 FROM tidemark_done WHERE group_id = ? AND id = ?";
const COUNT_LOST = "UPDATE tidemark_groups SET lost_count = lost_count + ? WHERE group_id = ?";

/** Whose call moves it, and when. */
export interface Mover {
  readonly place: Place;
  readonly membership: Membership;
}

/** Where the checkpoint stands after a move. */
export interface Progress {
  /** Sortable. */
  readonly position: string;
  readonly doneCount: number;
  readonly savedAtMs: number;
}

/**
 * Moves the checkpoint over finished entries, which must be off the pending list already, and saves it.
 *
 * @param finished Sortable ids, ascending.
 */
export function advanceProgress(
  { connection, clock }: AppendContext,
  finished: readonly string[],
  { place, membership }: Mover,
): Progress {
  const { groupId, incarnation, lastDelivered } = place;
  const savedAtMs = clock.nowMs();
  const stored = readPosition(connection, groupId, incarnation);
  const firstPending = textOrNullOf(connection.statement(FIRST_PENDING).get(groupId)?.id);
  const isBehindAll = (id: string) =>
    id <= lastDelivered && (firstPending === null || id < firstPending);
  let position = stored.position;
  const highest = finished.findLast(isBehindAll);
  if (highest !== undefined && highest > position) position = highest;
  if (place.doneCount > 0) {
    const done = highestDone(connection, groupId, { firstPending, lastDelivered });
    if (done !== null && done > position) position = done;
  }
  let { doneCount } = place;
  if (doneCount > 0) doneCount -= trimDone(connection, groupId, position);
  doneCount += addDone(connection, groupId, finished.filter((id) => id > position));
  const { consumer, epoch } = membership;
  writePosition(connection, groupId, { consumer, incarnation, position, epoch, savedAtMs });
  return { position, doneCount, savedAtMs };
}

/** What {@linkcode finishLost} found. */
export interface Losses {
  /** Ids that are lost; sortable, ascending. */
  readonly ids: readonly string[];
  /** Whether anything was set free. */
  readonly freed: boolean;
}

/**
 * Finishes entries whose data is gone and that were taken off the pending list: counts them as lost, and sets free what
 * waited behind them (T7). What was handled before, and only came again after the group was set back, is not lost.
 */
export function finishLost(
  context: AppendContext,
  gone: readonly { readonly id: string; readonly key: StoredKey }[],
  mover: Mover,
): Losses {
  if (gone.length === 0) return { ids: [], freed: false };
  const { connection } = context;
  const { groupId, incarnation, doneCount } = mover.place;
  const { position } = readPosition(connection, groupId, incarnation);
  const ids = gone.map(({ id }) => id).sort();
  const lost = ids.filter((id) =>
    id > position &&
    (doneCount === 0 || connection.statement(IS_DONE).get(groupId, id) === undefined)
  );
  countLost(connection, groupId, lost.length);
  advanceProgress(context, ids, mover);
  return { ids: lost, freed: setFree(connection, groupId, gone.map(({ key }) => key)) };
}

/** Counts lost entries of a group. */
export function countLost(connection: Connection, groupId: number, count: number): void {
  connection.statement(COUNT_LOST).run(count, groupId);
}

function highestDone(
  connection: Connection,
  groupId: number,
  bounds: { readonly firstPending: string | null; readonly lastDelivered: string },
): string | null {
  const { firstPending, lastDelivered } = bounds;
  const row = firstPending === null
    ? connection.statement(HIGHEST_DONE_TO).get(groupId, lastDelivered)
    : connection.statement(HIGHEST_DONE_BELOW).get(groupId, firstPending, lastDelivered);
  return textOrNullOf(row?.id);
}
