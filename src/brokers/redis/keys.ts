/**
 * The names of our Redis keys. Those of a stream all lie in its cluster slot (T23), and a user of an ACL reaches them
 * with the two patterns `~<stream>` and `~<slot prefix>*`. Those of the announced processes belong to no stream: they lie
 * in a slot of their own, and are reached with the pattern `~{tidemark}:instances:*`.
 *
 * @module
 */

import { slotPrefix } from "../../domain/names.ts";
import { isJournalKey } from "./journals_keys.ts";

/**
 * The consumer that holds handed-back entries until somebody takes them. It is not a process: nobody can join under
 * its name, because names with this prefix are ours.
 */
export const RELEASED_CONSUMER = "tidemark:released";

/** What stands before every key of ours that belongs to a stream. */
function ownPrefix(stream: string): string {
  const prefix = slotPrefix(stream);
  // "orders" and "{orders}" are two streams with one slot prefix; their keys must not be the same.
  return prefix === stream ? `${prefix}:tidemark:tagged` : `${prefix}:tidemark`;
}

/** The mark of the stream's present life: a string. */
export function incarnationKey(stream: string): string {
  return `${ownPrefix(stream)}:incarnation`;
}

/** The names of all groups that ever had a key of ours, so that deleting the stream finds them: a set. */
export function groupsKey(stream: string): string {
  return `${ownPrefix(stream)}:groups`;
}

/** The first append with this idempotency key: a string `<incarnation> <id>` that expires. */
export function idempotencyKey(stream: string, key: string): string {
  return `${ownPrefix(stream)}:idempotency:${key}`;
}

/** What stands before the keys of one group. The group's name may hold colons; the last part tells the key apart. */
export function groupPrefix(stream: string, group: string): string {
  return `${ownPrefix(stream)}:group:${group}`;
}

/** What stands before the name of a group in its keys; the rest is the name, a colon and one of {@linkcode GROUP_KEYS}. */
export function groupsPrefix(stream: string): string {
  return `${ownPrefix(stream)}:group:`;
}

/**
 * Whether a stream is one of ours beside the users' streams: the one that wakes the readers of a group, or a journal's
 * entries.
 */
export function isOwnStream(key: string): boolean {
  if (isJournalKey(key)) return true;
  return key.endsWith(":wake") && /:tidemark:(?:tagged:)?group:/.test(key);
}

/**
 * The last part of every key of a group:
 * `checkpoint` hash: the checkpoint's fields, `added`, `lost`, and per consumer `e:` epoch (negative when the group was
 * reset since) and ticket of its last join, `p:` position, `t:` token;
 * `done` zset of sortable ids: finished above the position;
 * `retries` hash: id to "failures dueAtMs";
 * `keys` zset of key mark + sortable id: unfinished entries that have a key, in order of their key;
 * `keyof` hash: id to key mark, so that an entry is forgotten without its body; and one field `-`, see lanes.lua.ts;
 * `waiting` zset of consumer mark + sortable id: pending for a consumer, but behind an unfinished entry of their key;
 * `free` zset of the same: waiting no more, to be read by their consumer;
 * `wake` stream of one entry: a new one when entries were set free or handed back, for those who wait for entries;
 * `quarantined` list: checkpoints that could not be used (V9).
 */
export const GROUP_KEYS = [
  "checkpoint",
  "done",
  "retries",
  "keys",
  "keyof",
  "waiting",
  "free",
  "wake",
  "quarantined",
] as const;

/** All keys that a consumer's script may touch, in the order in which the scripts name them. */
export function consumerKeys(stream: string, group: string): string[] {
  const prefix = groupPrefix(stream, group);
  return [
    stream,
    incarnationKey(stream),
    groupsKey(stream),
    ...GROUP_KEYS.map((part) => `${prefix}:${part}`),
  ];
}

/** The keys of the announced processes, in the order in which their scripts name them. Both expire with the last lease. */
export const INSTANCE_KEYS: readonly string[] = [
  // Hash: name to `<announced at, in ms> <text>`.
  "{tidemark}:instances:texts",
  // Zset: names by the end of their lease, in ms.
  "{tidemark}:instances:leases",
];
