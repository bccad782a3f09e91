/**
 * A group's new life in SQLite, and the checkpoints that its former ones have left.
 *
 * @module
 */

import { entryIdOfSortable, sortableEntryId } from "../../domain/entry_id.ts";
import {
  GroupMissingError,
  PendingEntriesError,
  StreamMissingError,
} from "../../domain/stream_errors.ts";
import { checkName } from "../../domain/names.ts";
import {
  type QuarantinedCheckpoint,
  RESET_CONSUMER,
  type ResetResult,
  type StartPosition,
} from "../../ports/group_store.ts";
import type { AppendContext } from "./append.ts";
import { clearDone, listQuarantined, quarantineCheckpoint, writePosition } from "./checkpoints.ts";
import { moveGroup } from "./group_position.ts";
import { startId } from "./groups.ts";
import { noteEstablished } from "./joining.ts";
import { findGroupRow, findStream } from "./places.ts";
import type { Waiters } from "./waiters.ts";

/** How many checkpoints that were moved aside are listed: each is a rare accident that somebody has to look at. */
const QUARANTINED_MAX = 100;

const DROP_PENDING = "DELETE FROM tidemark_pending WHERE group_id = ?";
const FENCE = `UPDATE tidemark_consumers
  SET epoch = -abs(epoch), position = NULL, token = NULL, verdicts = NULL WHERE group_id = ?`;

/** Resets over one connection. */
export class Resetting {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;

  constructor(context: AppendContext, waiters: Waiters) {
    this.#context = context;
    this.#waiters = waiters;
  }

  /** See `GroupStore.resetGroup`. */
  reset(
    stream: string,
    group: string,
    plan: { readonly start: StartPosition; readonly force: boolean },
  ): ResetResult {
    checkName("stream", stream);
    checkName("group", group);
    const { connection, clock } = this.#context;
    const result = connection.write(`reset group "${group}" of stream "${stream}"`, () => {
      const streamRow = findStream(connection, stream);
      if (streamRow === null) throw new StreamMissingError(stream);
      const row = findGroupRow(connection, streamRow.streamId, group);
      if (row === null) throw new GroupMissingError(stream, group);
      const { groupId } = row;
      // What is thrown below undoes this again.
      const droppedCount = Number(connection.statement(DROP_PENDING).run(groupId).changes);
      if (droppedCount > 0 && !plan.force) {
        throw new PendingEntriesError(`group "${group}"`, droppedCount, { action: "reset" });
      }
      const position = startId(stream, plan.start, entryIdOfSortable(streamRow.lastId));
      const to = sortableEntryId(position);
      const savedAtMs = clock.nowMs();
      quarantineCheckpoint(connection, groupId, { stream, group, nowMs: savedAtMs });
      clearDone(connection, groupId);
      moveGroup(connection, { ...streamRow, groupId, to });
      const { incarnation, entriesAdded } = streamRow;
      const stored = { consumer: RESET_CONSUMER, incarnation, position: to, epoch: 0, savedAtMs };
      writePosition(connection, groupId, stored);
      noteEstablished(this.#context, groupId, entriesAdded);
      const fencedCount = Number(connection.statement(FENCE).run(groupId).changes);
      return { position, droppedCount, fencedCount };
    });
    this.#waiters.wake(stream); // who waits for entries learns at once that it has to join again
    return result;
  }

  /** See `GroupStore.listQuarantined`. */
  listQuarantined(stream: string, group: string): QuarantinedCheckpoint[] {
    const { connection } = this.#context;
    return connection.read(`list what was moved aside of group "${group}"`, () => {
      return listQuarantined(connection, { stream, group, count: QUARANTINED_MAX });
    });
  }
}
