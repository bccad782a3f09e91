/**
 * Proves from the broker's data that a fault hit the point that it was aimed at: what the broker knows at that instant,
 * while the victim stands still, is what it must know at the point and nowhere else.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Moment, PendingEntry } from "./moment.ts";
import type { Point } from "./points.ts";

/** What of a moment matters here. */
export type Known = Pick<Moment, "pending" | "epochs" | "position">;

/** What is known of a hit. */
export interface Evidence {
  /** The consumer that was hit. */
  readonly name: string;
  /** The entries that it was about. */
  readonly ids: readonly EntryId[];
  /** What the broker said before anybody went to the point. */
  readonly before: Known;
  /** What the broker said when the victim had been stopped there. */
  readonly moment: Known;
  /** Whether an entry had an output or a dead letter. */
  readonly isFinished: (id: EntryId) => boolean;
  readonly leaseMs: number;
}

/** Leases are renewed after a third; what is idle for less than this was renewed just now, or read. */
const RENEWED_SHARE_MAX = 0.25;

/** @returns what does not fit the point; nothing when it was hit. */
export function disproof(point: Point, evidence: Evidence): string | null {
  const { name, ids, before, moment, isFinished, leaseMs } = evidence;
  const own = new Map(moment.pending.filter(({ consumer }) => consumer === name).map(byId));
  const joins = (moment.epochs.get(name) ?? 0) - (before.epochs.get(name) ?? 0);
  const finished = ids.filter(isFinished);
  const unfinished = ids.filter((id) => !isFinished(id));
  const notOwn = ids.filter((id) => !own.has(id));
  const held = ids.flatMap((id) => own.get(id) ?? []);
  const isTaken = ({ id, consumer }: PendingEntry) => consumer !== name && ids.includes(id);
  switch (point) {
    case "start.joining":
      return unless(joins === 0, `its name was joined ${joins} times`);
    case "start.joined":
    case "start.validating":
      return unless(joins === 1, `its name was joined ${joins} times`);
    case "start.established":
      return unless(joins === 1, `its name was joined ${joins} times`) ??
        unless(moment.position !== null, "there is no checkpoint");
    case "commit.unsent":
    case "commit.sent":
    case "letter.sent":
      return unless(ids.length > 0, "it was about nothing") ??
        unless(finished.length === 0, `${some(finished)} finished`) ??
        unless(notOwn.length === 0, `${some(notOwn)} not pending for it`);
    case "commit.applied":
    case "commit.answered":
    case "letter.applied":
      return unless(ids.length > 0, "it was about nothing") ??
        unless(unfinished.length === 0, `${some(unfinished)} not finished`) ??
        unless(held.length === 0, `${some(held.map(({ id }) => id))} pending for it`);
    case "read.handedOut":
    case "renewal.unsent":
      return unless(ids.length > 0, "it was about nothing") ??
        unless(notOwn.length === 0, `${some(notOwn)} not pending for it`);
    case "reclaim.applied":
      return unless(ids.length > 0, "it was about nothing") ??
        unless(notOwn.length === 0, `${some(notOwn)} not pending for it`) ??
        unless(before.pending.some(isTaken), "nothing was another consumer's before");
    case "renewal.applied": {
      const idleMs = Math.max(...held.map((entry) => entry.idleMs));
      return unless(held.length > 0, `${some(notOwn)} not pending for it`) ??
        unless(idleMs < leaseMs * RENEWED_SHARE_MAX, `an entry is idle for ${idleMs} ms`);
    }
    case "stop.unsent":
      return unless(own.size > 0, "it held nothing");
    case "stop.applied":
      return unless(own.size === 0, `${some([...own.keys()])} pending for it`);
  }
}

function byId(entry: PendingEntry): [EntryId, PendingEntry] {
  return [entry.id, entry];
}

/** How many, and one of them. */
function some(ids: readonly EntryId[]): string {
  return ids.length === 1 ? `${ids[0]} is` : `${ids.length} entries, such as ${ids[0]}, are`;
}

function unless(isTrue: boolean, what: string): string | null {
  return isTrue ? null : what;
}
