/**
 * For how long the lowest pending entry of a group has been the lowest one, as one observer sees it.
 *
 * Not by the entry's id: an id tells when an entry was appended, not when it was handed out, so that the first entry
 * after a quiet night would look stuck; ids may be no times at all (`1-1`), and the broker's clock is not ours (T17).
 * Not by the broker's idle time either, because a living consumer renews its leases. What is seen here never says more
 * than is true: an entry that was the lowest at two looks was pending for at least the time between them.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";

/** What was seen of a group at the last look. */
interface Seen {
  readonly id: EntryId | null;
  readonly incarnation: string;
  /** How long it has been the lowest, in ms; `null` at the first look at the group. */
  readonly ageMs: number | null;
  readonly atMs: number;
}

/** The ages of the groups of one stream. */
export class PendingAges {
  readonly #seen = new Map<string, Seen>();

  /**
   * Takes a look at a group.
   *
   * @param group The group.
   * @param now Its lowest pending id, `null` for none; the stream's incarnation, because ids begin anew with it; and
   * the time. A clock that jumps back adds nothing.
   * @returns In ms; 0 when nothing is pending, `null` when the group was seen for the first time.
   */
  look(
    group: string,
    now: { readonly firstPendingId: EntryId | null; incarnation: string; readonly atMs: number },
  ): number | null {
    const { firstPendingId: id, incarnation, atMs } = now;
    const before = this.#seen.get(group);
    const isSame = before?.id === id && before.incarnation === incarnation;
    const addedMs = isSame ? Math.max(0, atMs - before.atMs) : 0;
    const ageMs = id === null
      ? 0
      : before === undefined
      ? null
      : isSame
      ? (before.ageMs ?? 0) + addedMs
      : 0;
    this.#seen.set(group, { id, incarnation, ageMs, atMs });
    return ageMs;
  }

  /** Forgets groups that are no longer looked at. */
  keepOnly(groups: ReadonlySet<string>): void {
    for (const group of this.#seen.keys()) if (!groups.has(group)) this.#seen.delete(group);
  }
}
