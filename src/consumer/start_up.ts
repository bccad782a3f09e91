/**
 * The start-up table: what a consumer does with the checkpoint, the group and the stream that it finds. Pure, so that
 * every row is a plain test. The rows V1 to V11 are named in {@linkcode StartUpDecision.rows}.
 *
 * @module
 */

import { type Checkpoint, checkpointIsNewer, decodeCheckpoint } from "../domain/checkpoint.ts";
import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  previousEntryId,
} from "../domain/entry_id.ts";
import { StartBeyondEndError, StreamMissingError } from "../domain/stream_errors.ts";
import {
  CheckpointBeyondEndError,
  DataLossError,
  StreamReplacedError,
} from "../domain/start_errors.ts";
import type { JoinFacts } from "../ports/consumer_store.ts";
import { RESET_CONSUMER, type StartPosition } from "../ports/group_store.ts";
import type { StreamInfo } from "../ports/stream_store.ts";
import {
  type Loss,
  type StartUpDecision,
  StartUpDraft,
  type StartUpPolicy,
} from "./start_up_decision.ts";

/** What was found. */
export interface StartUpFacts {
  /** What the broker said at the join. */
  readonly join: JoinFacts;
  /** What a separate checkpoint store holds; `null` for nothing, no store, or a store that is down. */
  readonly mirror: unknown;
  /** The stream's incarnation at an earlier join of this process, `null` for the first join. */
  readonly previousIncarnation: string | null;
}

/**
 * Decides how a consumer starts.
 *
 * @returns One decision; never throws.
 */
export function decideStartUp(facts: StartUpFacts, policy: StartUpPolicy): StartUpDecision {
  const { join, mirror, previousIncarnation } = facts;
  const { stream, membership } = join;
  const found = decodeCheckpoint(join.checkpoint, membership);
  const mirrored = decodeCheckpoint(mirror, membership);
  const draft = new StartUpDraft({
    quarantine: found.kind === "unusable",
    quarantineMirror: mirrored.kind === "unusable",
    mirrorIsEmpty: mirrored.kind === "none",
  });
  if (found.kind === "unusable") draft.unusable(found.reason, "broker");
  if (mirrored.kind === "unusable") draft.unusable(mirrored.reason, "store");

  const stored = found.kind === "valid" ? found.checkpoint : null;
  const outside = mirrored.kind === "valid" ? mirrored.checkpoint : null;
  if (stream === null) {
    const wentUnderUs = previousIncarnation !== null;
    const gone = { checkpoint: stored ?? outside, stream: membership.stream, wentUnderUs };
    return withoutStream(draft, gone, policy);
  }

  const replaced = stored !== null
    ? stored.incarnation !== stream.incarnation ||
      stream.entriesAdded < join.entriesAddedAtCheckpoint
    : outside !== null && outside.incarnation !== stream.incarnation;
  if (replaced) return draft.row("V7").lost(new StreamReplacedError(stream.stream), stream, policy);

  // A store that only goes forward would stay where the group was before its reset, and give that back.
  if (stored?.consumer === RESET_CONSUMER && isBeyond(outside, stored)) draft.quarantineStore();

  const checkpoint = stored ?? (groupContradicts(join.group, outside) ? null : outside);
  if (checkpoint === null) {
    const replacedUnderUs = previousIncarnation !== null &&
      previousIncarnation !== stream.incarnation;
    return withoutCheckpoint(draft, { join, stream, replacedUnderUs }, policy);
  }
  return withCheckpoint(draft, { join, stream, checkpoint, moved: checkpoint !== stored }, policy);
}

/** V11: nothing to read yet, or, with a checkpoint, a stream that was deleted. */
function withoutStream(
  draft: StartUpDraft,
  found: { checkpoint: Checkpoint | null; stream: string; wentUnderUs: boolean },
  policy: StartUpPolicy,
): StartUpDecision {
  const { checkpoint, stream, wentUnderUs } = found;
  draft.row("V11");
  if (checkpoint !== null) {
    return draft.row("V7").lost(new StreamReplacedError(stream), null, policy);
  }
  if (!policy.createStream) return draft.fail(new StreamMissingError(stream));
  const start = policy.start;
  if (typeof start === "object" && "afterId" in start && start.afterId !== ENTRY_ID_ZERO) {
    return draft.fail(new StartBeyondEndError(stream, start.afterId, ENTRY_ID_ZERO));
  }
  if (wentUnderUs) draft.reports.push({ kind: "streamReplaced", stream });
  return draft.establish(ENTRY_ID_ZERO, {
    createStream: true,
    group: { create: ENTRY_ID_ZERO },
    checkpoint: "ofNewGroup",
  });
}

/** V1 and V2: a group without a checkpoint. */
function withoutCheckpoint(
  draft: StartUpDraft,
  found: { join: JoinFacts; stream: StreamInfo; replacedUnderUs: boolean },
  policy: StartUpPolicy,
): StartUpDecision {
  const { join: { group }, stream, replacedUnderUs } = found;
  if (group === null) {
    draft.row("V1");
    // A stream that came back empty while we were reading it: all of it is new, wherever a first start would begin.
    if (replacedUnderUs) draft.reports.push({ kind: "streamReplaced", stream: stream.stream });
    const position = replacedUnderUs ? ENTRY_ID_ZERO : startId(policy.start, stream.lastId);
    if (compareEntryIds(position, stream.lastId) > 0) {
      return draft.fail(new StartBeyondEndError(stream.stream, position, stream.lastId));
    }
    const lossCheck = replacedUnderUs
      ? afterLossCheck(draft, { stream, readTo: position, done: [], group }, policy)
      : null;
    return lossCheck ?? draft.establish(position, {
      group: { create: position },
      checkpoint: "ofNewGroup",
    });
  }
  draft.row("V2");
  if (compareEntryIds(group.lastDeliveredId, stream.lastId) > 0) {
    const error = new CheckpointBeyondEndError(stream.stream, group.lastDeliveredId, stream.lastId);
    return draft.row("V6").lost(error, stream, policy);
  }
  // A group that an operator moved back has pending entries above what it will hand out again.
  const position = group.firstPendingId === null ||
      compareEntryIds(group.firstPendingId, group.lastDeliveredId) > 0
    ? group.lastDeliveredId
    : previousEntryId(group.firstPendingId);
  return afterLossCheck(
    draft,
    { stream, readTo: group.lastDeliveredId, done: [], group },
    policy,
  ) ??
    draft.establish(position, { group: "keep", checkpoint: { position, done: [] } });
}

/** V3 to V6: a checkpoint of this very stream. */
function withCheckpoint(
  draft: StartUpDraft,
  found: { join: JoinFacts; stream: StreamInfo; checkpoint: Checkpoint; moved: boolean },
  policy: StartUpPolicy,
): StartUpDecision {
  const { join: { group }, stream, checkpoint, moved } = found;
  const { position, done } = checkpoint;
  const furthestKnown = group === null || compareEntryIds(position, group.lastDeliveredId) > 0
    ? position
    : group.lastDeliveredId;
  if (compareEntryIds(furthestKnown, stream.lastId) > 0) {
    const error = new CheckpointBeyondEndError(stream.stream, furthestKnown, stream.lastId);
    return draft.row("V6").lost(error, stream, policy);
  }
  const write = moved ? { position, done } : "keep";
  if (group === null) {
    draft.row("V5");
    draft.reports.push({ kind: "groupRecreated", stream: stream.stream, position });
    return afterLossCheck(draft, { stream, readTo: position, done, group }, policy) ??
      draft.establish(position, { group: { create: position }, checkpoint: write });
  }
  if (compareEntryIds(position, group.lastDeliveredId) > 0) {
    draft.row("V4");
    draft.reports.push({
      kind: "groupRolledBack",
      stream: stream.stream,
      position,
      lastDeliveredId: group.lastDeliveredId,
    });
    return afterLossCheck(draft, { stream, readTo: position, done, group: null }, policy) ??
      draft.establish(position, { group: { advance: position }, checkpoint: write });
  }
  draft.row("V3");
  return afterLossCheck(draft, { stream, readTo: group.lastDeliveredId, done, group }, policy) ??
    draft.establish(position, { group: "keep", checkpoint: write });
}

/**
 * V8: were entries trimmed before this group read them? Exact where the broker counts what the group has read (T6), and
 * for a group that begins at the very first entry. Elsewhere (T14, V4, V5) "unknown": the stream begins beyond what the
 * group has read, and nobody can tell whether there was anything in between.
 */
function afterLossCheck(
  draft: StartUpDraft,
  found: {
    stream: StreamInfo;
    readTo: EntryId;
    done: readonly EntryId[];
    group: JoinFacts["group"];
  },
  policy: StartUpPolicy,
): StartUpDecision | null {
  const { stream: { stream }, group } = found;
  const isCounted = group !== null && group.entriesRead !== null;
  const loss: Omit<Loss, "kind" | "stream"> | null = isCounted
    ? group.unreadLoss
    : uncountedLoss(found);
  if (loss === null) return null;
  draft.row("V8");
  const report: Loss = { kind: "dataLoss", stream, ...loss };
  if (isCounted && policy.onDataLoss === "continue") {
    draft.accountFor(report);
    return null;
  }
  draft.reports.push(report);
  return policy.onDataLoss === "stop" ? draft.fail(new DataLossError(stream, loss.lost)) : null;
}

/** What is lost of a stream of which nobody knows how much the group has read. */
function uncountedLoss(
  found: { stream: StreamInfo; readTo: EntryId; done: readonly EntryId[] },
): Omit<Loss, "kind" | "stream"> | null {
  const { stream, readTo, done } = found;
  const removed = stream.entriesAdded - stream.length;
  const firstId = stream.firstId;
  const untouched = removed <= 0 || (firstId !== null && compareEntryIds(firstId, readTo) <= 0) ||
    compareEntryIds(readTo, stream.lastId) >= 0;
  if (untouched) return null;
  const where = { afterId: readTo, beforeId: firstId };
  if (readTo !== ENTRY_ID_ZERO) return { lost: "unknown", ...where };
  const gone = (id: EntryId) => firstId === null || compareEntryIds(id, firstId) < 0;
  const lost = Math.max(0, removed - done.filter(gone).length);
  return lost === 0 ? null : { lost, ...where };
}

/**
 * The broker's own checkpoint always goes before the separate store's: a commit writes it first, so it is behind only
 * where the server lost commits, and there it lost their outputs too (T18). The separate store's stands in where the
 * broker has none, unless an entry at or below it is pending: then the server lost commits, and the group is right.
 */
function groupContradicts(group: JoinFacts["group"], outside: Checkpoint | null): boolean {
  const firstPendingId = group?.firstPendingId ?? null;
  return outside !== null && firstPendingId !== null &&
    compareEntryIds(firstPendingId, outside.position) <= 0;
}

/** Whether the separate store is further than the broker, so that it would pass over what comes. */
function isBeyond(outside: Checkpoint | null, stored: Checkpoint): boolean {
  return outside !== null && outside.incarnation === stored.incarnation &&
    checkpointIsNewer({ ...outside, epoch: 0 }, { ...stored, epoch: 1 });
}

/** The id after which a new group reads. A time in the future means the end. */
function startId(start: StartPosition, lastId: EntryId): EntryId {
  if (start === "beginning") return ENTRY_ID_ZERO;
  if (start === "end") return lastId;
  if ("afterId" in start) return start.afterId;
  const before = previousEntryId(`${BigInt(Math.max(0, Math.trunc(start.fromTimeMs)))}-0`);
  return compareEntryIds(before, lastId) > 0 ? lastId : before;
}
