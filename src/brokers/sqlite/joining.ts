/**
 * A consumer's first two calls: take its name and learn the facts (`join`), then make stream, group and checkpoint as
 * the start-up table decided (`establish`).
 *
 * @module
 */

import { entryIdOfSortable, parseEntryId, sortableEntryId } from "../../domain/entry_id.ts";
import { InvalidNameError } from "../../domain/errors.ts";
import {
  GroupMissingError,
  StartBeyondEndError,
  StreamMissingError,
} from "../../domain/stream_errors.ts";
import { checkName } from "../../domain/names.ts";
import { checkpointMark } from "../../domain/checkpoint.ts";
import { CheckpointChangedError } from "../../domain/start_errors.ts";
import type { EstablishPlan, JoinFacts, Membership, Order } from "../../ports/consumer_store.ts";
import type { AppendContext } from "./append.ts";
import {
  addDone,
  clearDone,
  quarantineCheckpoint,
  readCheckpoint,
  readPosition,
  trimDone,
  writePosition,
} from "./checkpoints.ts";
import { moveGroup } from "./group_position.ts";
import { accountFor, unreadLossOf } from "./losses.ts";
import {
  checkEpoch,
  ensureGroupRow,
  ensureStream,
  ensureStreamRow,
  findGroupRow,
  findStream,
  findStreamRow,
  type GroupRow,
  type LivingStreamRow,
} from "./places.ts";
import { integerOf, textOrNullOf } from "./rows.ts";
import { RELEASED_CONSUMER } from "./schema.ts";
import type { Streams } from "./streams.ts";
import type { Waiters } from "./waiters.ts";

const RAISE_EPOCH =
  `INSERT INTO tidemark_consumers (group_id, name, ticket, epoch) VALUES (?, ?, ?, 1)
  ON CONFLICT (group_id, name) DO UPDATE SET epoch = abs(epoch) + 1, ticket = excluded.ticket
  RETURNING consumer_id, epoch`;
const FIND_EPOCH = "SELECT epoch, ticket FROM tidemark_consumers WHERE group_id = ? AND name = ?";
const UNKEEP = `UPDATE tidemark_pending INDEXED BY tidemark_pending_kept SET kept = 0
  WHERE group_id = ? AND consumer_id = ? AND kept > 0`;
const COUNT_PENDING = `SELECT count(*) AS pending, count(*) FILTER (WHERE consumer_id = ?2) AS own,
  min(id) AS first FROM tidemark_pending WHERE group_id = ?1`;
const NOTE_ESTABLISHED =
  "UPDATE tidemark_groups SET entries_added_at_checkpoint = ? WHERE group_id = ?";

type WrittenCheckpoint = Exclude<EstablishPlan["checkpoint"], string>;

/** Who joins. */
export interface Joiner {
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
  readonly order: Order;
}

/** `join` and `establish` over one connection. */
export class Joining {
  readonly #context: AppendContext;
  readonly #streams: Streams;
  readonly #waiters: Waiters;

  constructor(
    context: AppendContext,
    parts: { readonly streams: Streams; readonly waiters: Waiters },
  ) {
    this.#context = context;
    this.#streams = parts.streams;
    this.#waiters = parts.waiters;
  }

  /** See `ConsumerStore.join`. */
  join(joiner: Joiner): JoinFacts {
    const { stream, group, consumer, order } = joiner;
    checkName("stream", stream);
    checkName("group", group);
    checkName("consumer", consumer);
    if (consumer === RELEASED_CONSUMER) {
      throw new InvalidNameError("consumer", consumer, "wanted another name, this one is reserved");
    }
    const { connection, clock, random } = this.#context;
    const ticket = random.uniqueText();
    const facts = connection.write(`join group "${group}" of stream "${stream}"`, () => {
      const streamRow = ensureStreamRow(connection, stream);
      const groupRow = ensureGroupRow(connection, streamRow.streamId, group);
      const raised = connection.statement(RAISE_EPOCH).get(groupRow.groupId, consumer, ticket);
      const consumerId = integerOf(raised?.consumer_id);
      connection.statement(UNKEEP).run(groupRow.groupId, consumerId);
      const living = findStream(connection, stream);
      return {
        membership: { stream, group, consumer, epoch: integerOf(raised?.epoch), ticket, order },
        nowMs: clock.nowMs(),
        stream: living === null ? null : this.#streams.infoOf(stream, living),
        group: this.#groupFacts(groupRow, { consumerId, living }),
        checkpoint: readCheckpoint(connection, { stream, group }),
        entriesAddedAtCheckpoint: groupRow.entriesAddedAtCheckpoint,
      };
    });
    this.#waiters.wake(stream); // readers of an older epoch learn at once that they are fenced
    return facts;
  }

  /** See `ConsumerStore.establish`. */
  establish(membership: Membership, plan: EstablishPlan): number {
    const { stream, group } = membership;
    const { connection, clock } = this.#context;
    const accounted = connection.write(`establish group "${group}" of stream "${stream}"`, () => {
      this.#checkEpoch(membership);
      const streamRow = this.#establishStream(stream, plan.createStream);
      const groupRow = ensureGroupRow(connection, streamRow.streamId, group);
      this.#checkDecidedOn(membership, plan);
      if (plan.quarantine) {
        const call = { stream, group, nowMs: clock.nowMs() };
        quarantineCheckpoint(connection, groupRow.groupId, call);
      }
      this.#establishGroup(membership, { streamRow, groupRow, wanted: plan.group });
      const writes = checkpointToWrite(plan, groupRow);
      if (writes !== null) {
        this.#establishCheckpoint(membership, { streamRow, groupRow, plan, writes });
      }
      noteEstablished(this.#context, groupRow.groupId, streamRow.entriesAdded);
      const countMax = plan.group === "keep" ? plan.accountFor ?? 0 : 0;
      return accountFor(connection, { stream: streamRow, group: groupRow, countMax });
    });
    this.#waiters.wake(stream);
    return accounted;
  }

  #groupFacts(
    row: GroupRow,
    of: { readonly consumerId: number; readonly living: LivingStreamRow | null },
  ): JoinFacts["group"] {
    if (row.lastDelivered === null) return null;
    const { connection } = this.#context;
    const counts = connection.statement(COUNT_PENDING).get(row.groupId, of.consumerId);
    const first = textOrNullOf(counts?.first);
    return {
      lastDeliveredId: entryIdOfSortable(row.lastDelivered),
      entriesRead: row.entriesRead,
      unreadLoss: of.living === null ? null : unreadLossOf(connection, of.living, row),
      pendingCount: integerOf(counts?.pending),
      firstPendingId: first === null ? null : entryIdOfSortable(first),
      ownPendingCount: integerOf(counts?.own),
    };
  }

  /** Like every call but `join`, `establish` is refused to an older process; but here the group need not exist. */
  #checkEpoch(membership: Membership): void {
    const { connection } = this.#context;
    const { stream, group, consumer } = membership;
    const streamRow = findStreamRow(connection, stream);
    const groupRow = streamRow && findGroupRow(connection, streamRow.streamId, group);
    const row = groupRow && connection.statement(FIND_EPOCH).get(groupRow.groupId, consumer);
    if (row === null || row === undefined) throw new GroupMissingError(stream, group);
    const { epoch, ticket } = row;
    checkEpoch(membership, { epoch: integerOf(epoch), ticket: textOrNullOf(ticket) });
  }

  /** Two consumers that both decided to begin anew: the second one has to look again. */
  #checkDecidedOn({ stream, group }: Membership, plan: EstablishPlan): void {
    const beginsAnew = plan.quarantine ||
      (typeof plan.group === "object" && "reset" in plan.group);
    if (plan.decidedOn === undefined || !beginsAnew) return;
    const found = checkpointMark(readCheckpoint(this.#context.connection, { stream, group }));
    const wanted = checkpointMark(plan.decidedOn);
    if (found.incarnation !== wanted.incarnation || found.position !== wanted.position) {
      throw new CheckpointChangedError(stream, group);
    }
  }

  #establishStream(stream: string, create: boolean): LivingStreamRow {
    const { connection, random } = this.#context;
    if (create) return ensureStream(connection, stream, () => random.uniqueText());
    const row = findStream(connection, stream);
    if (row === null) throw new StreamMissingError(stream);
    return row;
  }

  #establishGroup(
    { stream, group }: Membership,
    call: {
      readonly streamRow: LivingStreamRow;
      readonly groupRow: GroupRow;
      readonly wanted: EstablishPlan["group"];
    },
  ): void {
    const { streamRow, groupRow, wanted } = call;
    const { lastDelivered } = groupRow;
    if (wanted === "keep") return;
    const move = (to: string) => {
      // A group beyond the end would skip entries without a word (T4).
      if (to > streamRow.lastId) {
        throw new StartBeyondEndError(
          stream,
          entryIdOfSortable(to),
          entryIdOfSortable(streamRow.lastId),
        );
      }
      moveGroup(this.#context.connection, { ...streamRow, groupId: groupRow.groupId, to });
    };
    if ("create" in wanted) {
      if (lastDelivered === null) move(sortableEntryId(parseEntryId(wanted.create)));
    } else if ("advance" in wanted) {
      if (lastDelivered === null) throw new GroupMissingError(stream, group);
      const to = sortableEntryId(parseEntryId(wanted.advance));
      if (lastDelivered < to) move(to);
    } else {
      move(sortableEntryId(parseEntryId(wanted.reset)));
    }
  }

  #establishCheckpoint(
    { consumer, epoch }: Membership,
    call: {
      readonly streamRow: LivingStreamRow;
      readonly groupRow: GroupRow;
      readonly plan: EstablishPlan;
      readonly writes: WrittenCheckpoint;
    },
  ): void {
    const { streamRow: { incarnation }, groupRow: { groupId }, plan, writes } = call;
    const { connection, clock } = this.#context;
    const position = sortableEntryId(parseEntryId(writes.position));
    const done = [...new Set(writes.done.map((id) => sortableEntryId(parseEntryId(id))))]
      .filter((id) => id > position);
    const stored = readPosition(connection, groupId, incarnation);
    const isReset = typeof plan.group === "object" && "reset" in plan.group;
    if (isReset || !stored.exists) clearDone(connection, groupId);
    else if (position < stored.position) return;
    addDone(connection, groupId, done);
    trimDone(connection, groupId, position);
    const savedAtMs = clock.nowMs();
    writePosition(connection, groupId, { consumer, incarnation, position, epoch, savedAtMs });
  }
}

/** What a plan writes as the checkpoint, `null` for nothing. */
function checkpointToWrite(
  { group, checkpoint }: EstablishPlan,
  { lastDelivered }: GroupRow,
): WrittenCheckpoint | null {
  if (checkpoint === "keep") return null;
  if (checkpoint !== "ofNewGroup") return checkpoint;
  if (lastDelivered !== null || group === "keep" || "advance" in group) return null;
  return { position: "create" in group ? group.create : group.reset, done: [] };
}

/** Notes how many entries the stream had when the checkpoint was last established or released. */
export function noteEstablished(
  { connection }: Pick<AppendContext, "connection">,
  groupId: number,
  entriesAdded: number,
): void {
  connection.statement(NOTE_ESTABLISHED).run(entriesAdded, groupId);
}
