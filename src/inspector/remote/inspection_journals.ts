/**
 * Where a process that lets others follow it and those who follow it meet: three kinds of journals on the broker they
 * share. A user of an ACL reaches them with the patterns of all journals, `~{tidemark:journals:*` and
 * `&{tidemark:journals:*`.
 *
 * | journal | made by | holds | vanishes |
 * | --- | --- | --- | --- |
 * | `inspections/INSTANCE`, the desk | the process | who it is; entries: somebody follows, somebody has a request | a minute after the process |
 * | `inspection-tellings/LIFE` | who comes first | entries: messages of `format.ts`, its status | half a minute after the last follower |
 * | `inspection-requests/ID` | who asks | the request, then its outcome; entries: a recording | a minute after it was asked |
 *
 * What can go wrong, and what then holds:
 *
 * | what | then |
 * | --- | --- |
 * | a follower dies | its lease runs out, 10 s after its last word; then the process records for nobody |
 * | the process dies | its announcement runs out after 10 s; whoever follows it is told the end within 14 s |
 * | it starts again under the same name | its desk has another life: who followed the former one is told its end |
 * | the broker is away | nothing is told; the process records on, bounded, and detaches when the leases run out; afterwards followers get the frames that are left, and an exact gap for the others |
 * | the broker is slow | one call at a time; what the recorder drops meanwhile is an exact gap |
 * | several follow | they share one telling, and one recorder |
 * | a follower is too slow for the cap | it asks for the present, and is told an exact gap |
 * | clocks differ | no time of one process is compared with another's: leases count from when they were heard |
 * | rubbish in a journal | it is dropped; where frames are missing after it, see above |
 * | a journal is deleted | it is made again, by whose it is |
 * | an answer is lost | a request is a journal: it is taken by raising its version, so by one process, once; who asks no more deletes it, unless it was taken |
 *
 * @module
 */

import type { JournalAddress } from "../../domain/journal.ts";

/** The space of desks. */
export const DESK_SPACE = "inspections";

/** How long a desk outlives its last renewal, in ms. */
export const DESK_LEASE_MS = 60_000;

/** The wait between two renewals of a desk, in ms: with its watch, all that an idle process costs. */
export const DESK_RENEW_MS = 20_000;

/** So many entries stay on a desk: each is needed only until it was heard. */
export const DESK_LENGTH_MAX = 256;

/** How long a follower counts after its last word, in ms. */
export const FOLLOW_LEASE_MS = 10_000;

/** The wait between two words of a follower, in ms: one may get lost. */
export const FOLLOW_RENEW_MS = 3_000;

/** How long a telling outlives its last entry, in ms: longer than a follower is, so that it need not be made again. */
export const TELLING_EXPIRE_MS = 30_000;

/** The longest silence of a process that is followed, in ms; a page takes it for gone after three. */
export const BEAT_MS = 3_000;

/** How long a request counts, in ms: longer than anybody waits for it. */
export const REQUEST_EXPIRE_MS = 60_000;

/** Where a process hears that it is followed. */
export function deskOf(instance: string): JournalAddress {
  return { space: DESK_SPACE, name: instance };
}

/** Where a life of a process tells what happens in it. */
export function tellingOf(life: string): JournalAddress {
  return { space: "inspection-tellings", name: life };
}

/** Where a request is, and what became of it. */
export function requestOf(id: string): JournalAddress {
  return { space: "inspection-requests", name: id };
}
