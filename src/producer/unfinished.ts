/**
 * What a stream's groups still need: the safety question before entries are removed. Groups only move forward, so that
 * an answer "nothing below this id" stays true, unless somebody makes a new group in between.
 *
 * @module
 */

import { compareEntryIds, ENTRY_ID_MAX, type EntryId, nextEntryId } from "../domain/entry_id.ts";
import type { GroupInfo, GroupStore } from "../ports/group_store.ts";
import type { StreamStore } from "../ports/stream_store.ts";

/** Streams and their groups. */
export type StreamAndGroups = StreamStore & GroupStore;

/**
 * Finds a group that has not finished an entry below an id.
 *
 * @param bound `beforeId`: only entries below it matter; default all.
 * @returns The first such group's name in text order, `undefined` for none.
 */
export async function groupThatNeeds(
  broker: StreamAndGroups,
  stream: string,
  bound: { readonly beforeId?: EntryId } = {},
): Promise<string | undefined> {
  for (const info of await broker.listGroups(stream)) {
    const id = await firstUnfinished(broker, stream, info);
    if (id === undefined) continue;
    if (bound.beforeId === undefined || compareEntryIds(id, bound.beforeId) < 0) return info.group;
  }
  return undefined;
}

/** The lowest entry that a group has not finished: its first pending one, or else the first not handed out. */
async function firstUnfinished(
  broker: StreamAndGroups,
  stream: string,
  info: GroupInfo,
): Promise<EntryId | undefined> {
  // Pending ids lie at or below the last delivered one, and so below everything that was not handed out.
  if (info.firstPendingId !== null) return info.firstPendingId;
  const from = nextEntryId(info.lastDeliveredId) ?? ENTRY_ID_MAX;
  const [entry] = await broker.range(stream, { from, count: 1 });
  return entry?.id;
}
