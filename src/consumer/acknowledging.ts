/**
 * Acknowledging by hand, for entries that a person has dealt with.
 *
 * @module
 */

import { compareEntryIds, type EntryId, parseEntryId } from "../domain/entry_id.ts";
import type { ConsumerStore, Membership } from "../ports/consumer_store.ts";
import { COMMIT_COUNT_MAX } from "./committer.ts";

/** How entries are acknowledged. */
export interface AcknowledgeOptions {
  /** Where. */
  readonly broker: Pick<ConsumerStore, "commit">;
  /** Whose they are. */
  readonly membership: Membership;
  /** Told of those that are not this consumer's to hold any more. */
  readonly onLetGo: (ids: readonly EntryId[]) => void;
}

/**
 * Commits entries without outputs, 1,000 at a time.
 *
 * @param ids Canonical entry ids, in any order.
 * @returns How many were committed.
 * @throws {InvalidEntryIdError} When an id is not canonical.
 */
export async function acknowledge(
  ids: readonly string[],
  { broker, membership, onLetGo }: AcknowledgeOptions,
): Promise<number> {
  const unique = [...new Set(ids.map(parseEntryId))].sort(compareEntryIds);
  let count = 0;
  for (let from = 0; from < unique.length; from += COMMIT_COUNT_MAX) {
    const page = unique.slice(from, from + COMMIT_COUNT_MAX);
    const { verdicts } = await broker.commit(membership, {
      token: null, // that of the consumer's own commit is kept: it may be sent again
      settlements: page.map((id) => ({ kind: "handled", id, outputs: [], work: [] })),
      withDone: false,
    });
    onLetGo(page.filter((_, index) => verdicts[index] !== "held"));
    count += verdicts.filter((verdict) => verdict === "committed").length;
  }
  return count;
}
