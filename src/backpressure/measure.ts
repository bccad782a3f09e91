/**
 * Measures the groups of a stream through the broker port: two calls for the stream, and up to four more for each
 * group that is neither at the end nor before the first entry.
 *
 * @module
 */

import type { GroupMeasure } from "../domain/pressure.ts";
import type { GroupInfo, GroupStore } from "../ports/group_store.ts";
import type { StreamInfo, StreamStore } from "../ports/stream_store.ts";
import { PendingAges } from "./pending_age.ts";
import { measureUnread } from "./unread.ts";

/** Streams and their groups. */
export type StreamsAndGroups = StreamStore & GroupStore;

/** What to measure of a stream. */
export interface MeasureOptions {
  /** Only these groups, in this order. Default: all. */
  readonly groups?: readonly string[];
  /** This machine's time, in ms since 1970: whether ids can be times, and how long entries have been pending. */
  readonly nowMs: number;
  /** What earlier measures have seen. Default: nothing, so that no age is known. */
  readonly ages?: PendingAges;
}

/**
 * Measures groups. A stream or a group that is missing measures as zero, because nothing waits in it.
 *
 * @returns One measure per group; for a stream without groups, when none are named, one with group `null`.
 * @throws As every call of a broker.
 *
 * @example How far behind is a group?
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSqliteBroker } from "../brokers/sqlite/sqlite_broker.ts";
 * import { measureStream } from "./measure.ts";
 *
 * await using broker = await openSqliteBroker({ path: ":memory:" });
 * await broker.append("orders", [{ fields: ["n", "1"] }, { fields: ["n", "2"] }]);
 * await broker.createGroup("orders", "billing", "beginning");
 * const [billing] = await measureStream(broker, "orders", { nowMs: Date.now() });
 * assertEquals([billing?.group, billing?.lag, billing?.lagConfidence], ["billing", 2, "exact"]);
 * ```
 */
export async function measureStream(
  broker: StreamsAndGroups,
  stream: string,
  options: MeasureOptions,
): Promise<GroupMeasure[]> {
  const { nowMs, ages = new PendingAges() } = options;
  // Asked in this order and in one go: a group only moves forward, so that one that had been handed out what is now the
  // last entry has lag 0, whatever is appended in between.
  const [groups, info] = await Promise.all([
    broker.listGroups(stream),
    broker.streamInfo(stream),
  ]);
  const names = options.groups ?? groups.map(({ group }) => group);
  const measures: GroupMeasure[] = [];
  for (const name of names) {
    const group = groups.find((found) => found.group === name) ?? null;
    measures.push(await measureGroup(broker, { stream, name, info, group, nowMs, ages }));
  }
  if (options.groups === undefined && measures.length === 0) {
    measures.push({ ...nothing(stream, null), length: info?.length ?? 0 });
  }
  ages.keepOnly(new Set(names));
  return measures;
}

async function measureGroup(
  broker: StreamsAndGroups,
  of: {
    readonly stream: string;
    readonly name: string;
    readonly info: StreamInfo | null;
    readonly group: GroupInfo | null;
    readonly nowMs: number;
    readonly ages: PendingAges;
  },
): Promise<GroupMeasure> {
  const { stream, name, info, group, nowMs, ages } = of;
  const firstPendingId = group?.firstPendingId ?? null;
  const incarnation = info?.incarnation ?? "";
  const oldestPendingMs = ages.look(name, { firstPendingId, incarnation, atMs: nowMs });
  const zero = { ...nothing(stream, name), length: info?.length ?? 0 };
  if (info === null || group === null) return zero;
  const unread = await measureUnread(broker, { info, group, nowMs });
  return { ...zero, ...unread, pendingCount: group.pendingCount, oldestPendingMs };
}

function nothing(stream: string, group: string | null): GroupMeasure {
  return {
    stream,
    group,
    lag: 0,
    lagConfidence: "exact",
    lagMin: 0,
    pendingCount: 0,
    oldestPendingMs: 0,
    length: 0,
  };
}
