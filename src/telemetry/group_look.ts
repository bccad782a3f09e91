/**
 * What the broker says of one group, as facts for an explanation. It only reads.
 *
 * @module
 */

import { type EntryId, nextEntryId } from "../domain/entry_id.ts";
import { GroupMissingError, StreamMissingError } from "../domain/stream_errors.ts";
import type { ConsumerInfo, GroupInfo, GroupStore } from "../ports/group_store.ts";
import type { StreamStore } from "../ports/stream_store.ts";
import type { GroupFacts } from "./consumer_facts.ts";

/** Who is asked. */
export type GroupLookBroker = GroupStore & StreamStore;

/** Which group. */
export interface GroupSubject {
  /** The stream. */
  readonly stream: string;
  /** Whether it exists. */
  readonly exists: boolean;
  /** The group, `null` when it does not exist. */
  readonly info: GroupInfo | null;
  /** The time, in ms since 1970. */
  readonly nowMs: number;
}

/** Which group, and for whom. */
export interface GroupQuestion extends GroupSubject {
  /** The consumer that asks, `null` for the group as a whole. */
  readonly consumer: string | null;
}

/** What is told to one consumer of a group; to `null`, of the group as a whole. */
export type GroupSight = (consumer: string | null) => GroupFacts;

/** An id below this is no time: somebody numbers entries by hand. September 2001, in ms since 1970. */
const PLAUSIBLE_MS_MIN = 1_000_000_000_000;

/** Looks for one consumer. A group that vanishes meanwhile is told as missing. */
export async function lookAtGroup(
  broker: GroupLookBroker,
  { consumer, ...subject }: GroupQuestion,
): Promise<GroupFacts> {
  const sight = await sightOfGroup(broker, subject);
  return sight(consumer);
}

/** Looks once for all consumers of a group. A group that vanishes meanwhile is told as missing. */
export async function sightOfGroup(
  broker: GroupLookBroker,
  subject: GroupSubject,
): Promise<GroupSight> {
  const { exists, info } = subject;
  if (info === null) return () => missing(exists);
  try {
    return await present(broker, { ...subject, info });
  } catch (error) {
    if (error instanceof StreamMissingError) return () => missing(false);
    if (error instanceof GroupMissingError) return () => missing(true);
    throw error;
  }
}

async function present(
  broker: GroupLookBroker,
  { stream, info, nowMs }: GroupSubject & { readonly info: GroupInfo },
): Promise<GroupSight> {
  const { group, lag, pendingCount, firstPendingId } = info;
  const consumers = await broker.listConsumers(stream, group);
  const [oldest] = pendingCount > 0 ? await broker.listPending(stream, group, { count: 1 }) : [];
  const first = firstPendingId ?? (lag === 0 ? null : await firstUnread(broker, stream, info));
  return (consumer) => {
    const ofName = (each: ConsumerInfo) => each.consumer === consumer;
    return {
      streamExists: true,
      groupExists: true,
      lag,
      lagConfidence: lag === null ? "unknown" : "exact",
      pendingCount,
      ownPendingCount: consumer === null ? null : consumers.find(ofName)?.pendingCount ?? 0,
      firstPendingId,
      oldestPending: oldest === undefined
        ? null
        : { id: oldest.id, consumer: oldest.consumer, idleMs: oldest.idleMs },
      waitingSinceMs: first === null ? null : timeOf(first, nowMs),
      otherConsumers: consumers.filter((each) => !ofName(each)).map((each) => each.consumer),
    };
  };
}

function missing(streamExists: boolean): GroupFacts {
  return {
    streamExists,
    groupExists: false,
    lag: null,
    lagConfidence: "unknown",
    pendingCount: 0,
    ownPendingCount: null,
    firstPendingId: null,
    oldestPending: null,
    waitingSinceMs: null,
    otherConsumers: [],
  };
}

async function firstUnread(
  broker: StreamStore,
  stream: string,
  { lastDeliveredId }: GroupInfo,
): Promise<EntryId | null> {
  const from = nextEntryId(lastDeliveredId);
  if (from === null) return null;
  const [entry] = await broker.range(stream, { from, count: 1 });
  return entry?.id ?? null;
}

/** When an entry was appended, as its id says; `null` when the id is no time. */
function timeOf(id: EntryId, nowMs: number): number | null {
  const ms = Number(id.slice(0, id.indexOf("-")));
  return ms >= PLAUSIBLE_MS_MIN && ms <= nowMs ? ms : null;
}
