/**
 * The names of the Redis keys and channels of journals. All of a space lie in one cluster slot, so that a journal and its
 * place in the list change in one step. After the slot's braces a second brace follows at once, which no key of a stream
 * or a group has, whatever they are named; and the journal's name comes last, so that no two journals meet either. A user
 * of an ACL reaches them with the patterns `~{tidemark:journals:*` and `&{tidemark:journals:*`.
 *
 * @module
 */

import type { JournalAddress } from "../../domain/journal.ts";

/** What every key of a journal begins with. */
const SLOT_PREFIX = "{tidemark:journals:";

/**
 * What stands before the name of a journal in a key or channel:
 * `meta` hash: its facts and its state;
 * `entries` stream: its entries; missing until there was one;
 * `tokens` hash: `n` how many there were, `r:` number modulo {@linkcode JOURNAL_TOKENS_MAX} to token, `t:` token to what
 * its ids were made of; expires by itself;
 * `news` channel: something has changed.
 */
type Part = "meta" | "entries" | "tokens" | "news";

function partPrefix(space: string, part: Part | "index" | "expiries"): string {
  return `${SLOT_PREFIX}${space}}{${part}}`;
}

/** The keys of one journal and of its space's list, in the order in which the scripts name them. */
export function journalKeys({ space, name }: JournalAddress): string[] {
  return [
    partPrefix(space, "meta") + name,
    entriesKey({ space, name }),
    partPrefix(space, "tokens") + name,
    ...listKeys(space),
  ];
}

/**
 * The keys of a space's list:
 * `index` zset of cursors, all with score 0: its journals by creation;
 * `expiries` zset of cursors by the time at which the journal vanishes, in ms since 1970.
 */
export function listKeys(space: string): string[] {
  return [partPrefix(space, "index"), partPrefix(space, "expiries")];
}

/** What stands before the names of a space's journals in the keys of their facts, and in those of their entries. */
export function journalPrefixes(space: string): string[] {
  return [partPrefix(space, "meta"), partPrefix(space, "entries")];
}

/** Where a journal's entries are. */
export function entriesKey({ space, name }: JournalAddress): string {
  return partPrefix(space, "entries") + name;
}

/** Where it is said that a journal has changed. */
export function newsChannel({ space, name }: JournalAddress): string {
  return partPrefix(space, "news") + name;
}

/** Whether a Redis stream holds a journal's entries, and is no stream of a user's. */
export function isJournalKey(key: string): boolean {
  return key.startsWith(SLOT_PREFIX);
}
