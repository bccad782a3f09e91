/**
 * How many entries a group has not been handed out. The broker's own word for it is not trusted: Redis answers no lag
 * at all after a restart, and a wrong one after trimming (T6, T14). What is counted here is exact, everything else says
 * that it is not.
 *
 * @module
 */

import { fieldsByteLength } from "../domain/entry.ts";
import { compareEntryIds, type EntryId, entryIdParts, nextEntryId } from "../domain/entry_id.ts";
import type { LagConfidence } from "../domain/pressure.ts";
import type { GroupInfo } from "../ports/group_store.ts";
import type { StreamInfo, StreamStore } from "../ports/stream_store.ts";

/** A lag, and how far it can be trusted. */
export interface Unread {
  /** How many entries were not handed out; `null` when nothing can be said beyond `lagMin`. */
  readonly lag: number | null;
  /** How far `lag` can be trusted. */
  readonly lagConfidence: LagConfidence;
  /** So many entries were surely not handed out. */
  readonly lagMin: number;
}

/**
 * How many entries are read in one call. Entries come with their payloads, of which nobody knows the size before; so
 * the first page is small, and the later ones are as large as the largest entry seen allows.
 */
const PAGES: readonly number[] = [10, 90, 200, 200];

/** So many entries are counted at most: enough for a tight bound, and little beside a lag that is worth watching. */
export const COUNTED_MAX: number = PAGES.reduce((sum, count) => sum + count);

/** So many bytes are read for counting: a few milliseconds on any network. */
const COUNTED_BYTES_MAX = 262_144;

/** Ids before 2010 are no times: Redis has had streams since 2018. */
const PLAUSIBLE_MS_MIN = 1_262_304_000_000n;

/** Ids may lie so far ahead of this machine's clock and still be times. */
const CLOCK_SKEW_MS_MAX = 86_400_000n;

/** Numbered ids are dense when at most every so manieth number is an id. */
const DENSE_GAP_MAX = 2n;

/**
 * Tells how many entries of a stream a group was not handed out.
 *
 * Exact: when it was handed out everything, or nothing that is still there, or when fewer than {@linkcode COUNTED_MAX}
 * entries follow, of at most 256 KiB. Otherwise estimated: by the broker's own lag, or by where the position lies
 * between the first and the last id; within what is certain.
 *
 * @param of `info` read after or together with `group`; `nowMs`: this machine's time.
 */
export async function measureUnread(
  broker: StreamStore,
  of: { readonly info: StreamInfo; readonly group: GroupInfo; readonly nowMs: number },
): Promise<Unread> {
  const { info, group } = of;
  const after = group.lastDeliveredId;
  if (info.firstId === null || compareEntryIds(after, info.lastId) >= 0) return exactly(0);
  if (compareEntryIds(after, info.firstId) < 0) return exactly(info.length);
  const { count, isWhole } = await countAfter(broker, info.stream, after);
  if (isWhole) return exactly(count);
  // The first entry was handed out, so that at most all others were not.
  const most = Math.max(count, info.length - 1);
  const lag = group.lag ?? unreadByPosition({ ...info, firstId: info.firstId }, after, of.nowMs);
  if (lag === null) return { lag, lagConfidence: "unknown", lagMin: count };
  const within = Math.min(Math.max(lag, count), most);
  return { lag: within, lagConfidence: "estimated", lagMin: count };
}

function exactly(lag: number): Unread {
  return { lag, lagConfidence: "exact", lagMin: lag };
}

/** Counts the entries behind an id, as far as that is cheap. */
async function countAfter(
  broker: StreamStore,
  stream: string,
  after: EntryId,
): Promise<{ count: number; isWhole: boolean }> {
  let count = 0;
  let bytes = 0;
  let bytesMax = 1;
  let from = nextEntryId(after);
  for (const page of PAGES) {
    const wanted = Math.min(page, Math.floor((COUNTED_BYTES_MAX - bytes) / bytesMax));
    if (from === null) return { count, isWhole: true };
    if (wanted < 1) break;
    const entries = await broker.range(stream, { from, count: wanted });
    for (const { fields } of entries) {
      const size = fieldsByteLength(fields);
      bytes += size;
      bytesMax = Math.max(bytesMax, size);
    }
    count += entries.length;
    const last = entries.at(-1);
    if (last === undefined || entries.length < wanted) return { count, isWhole: true };
    from = nextEntryId(last.id);
  }
  return { count, isWhole: false };
}

/**
 * The share of the ids that lies behind a position, of all entries but the first. Good where ids grow evenly: times of the broker's
 * clock, or numbers without large gaps. Of other ids, such as a single one far ahead of all clocks (T17), it would be
 * nonsense, and nonsense must not hold back a producer.
 */
function unreadByPosition(
  { firstId, lastId, length }: { firstId: EntryId; lastId: EntryId; length: number },
  position: EntryId,
  nowMs: number,
): number | null {
  const [first, at, last] = [entryIdParts(firstId), entryIdParts(position), entryIdParts(lastId)];
  const nowest = BigInt(Math.trunc(nowMs)) + CLOCK_SKEW_MS_MAX;
  const areTimes = first.ms >= PLAUSIBLE_MS_MIN && last.ms <= nowest && first.ms < last.ms;
  const isOneTime = first.ms === last.ms;
  const [low, middle, high] = isOneTime
    ? [first.seq, at.seq, last.seq]
    : [first.ms, at.ms, last.ms];
  const areDense = high - low <= BigInt(length) * DENSE_GAP_MAX;
  if ((!areTimes && !areDense) || low === high) return null;
  return Math.round((length - 1) * Number(high - middle) / Number(high - low));
}
