/**
 * Redis read raw: plain commands through a client of our own, all in one MULTI, so that they show one instant.
 *
 * @module
 */

import { Redis } from "ioredis";
import { ENTRY_ID_ZERO, type EntryId, entryIdOfSortable } from "../../src/domain/entry_id.ts";
import { groupPrefix } from "../../src/brokers/redis/keys.ts";
import {
  type BrokerData,
  type Cursor,
  GROUP,
  idOf,
  letterOf,
  LETTERS,
  type Moment,
  outputOf,
  OUTPUTS,
  type PendingEntry,
  SOURCE,
  sourceEntryOf,
} from "./moment.ts";

/** More than four workers can ever hold. */
const PENDING_MAX = 10_000;

/** See `GROUP_KEYS`. */
const EPOCH_MARK = "e:";

/** Before the first worker has come there is no group to ask about. */
const NOT_YET = /^NOGROUP|no such key/;

/** Where a group's data is. */
export interface RedisDataNames {
  readonly source: string;
  readonly group: string;
  readonly outputs: string;
  readonly letters: string;
}

/** Those of the kill campaign. */
const CAMPAIGN: RedisDataNames = {
  source: SOURCE,
  group: GROUP,
  outputs: OUTPUTS,
  letters: LETTERS,
};

/** Opens a plain client. @param url `redis://127.0.0.1:PORT`. */
export function openRedisData(url: string, names: RedisDataNames = CAMPAIGN): BrokerData {
  const redis = new Redis(url);
  const { source, group, outputs, letters } = names;
  const prefix = groupPrefix(source, group);
  return {
    async read(after) {
      const replies = await redis.multi()
        .xrange(source, `(${after.entries}`, "+")
        .xrange(outputs, `(${after.outputs}`, "+")
        .xrange(letters, `(${after.letters}`, "+")
        .hgetall(`${prefix}:checkpoint`)
        .zrange(`${prefix}:done`, 0, -1)
        .xpending(source, group, "-", "+", PENDING_MAX)
        .xinfo("GROUPS", source)
        .xinfo("STREAM", source)
        .exec();
      return momentOf((replies ?? []).map(replyOf), { after, group });
    },
    async [Symbol.asyncDispose]() {
      await redis.quit();
    },
  };
}

function replyOf([error, reply]: [Error | null, unknown]): unknown {
  if (error !== null && !NOT_YET.test(error.message)) throw error;
  return error === null ? reply : null;
}

function momentOf(
  replies: readonly unknown[],
  { after, group: name }: { readonly after: Cursor; readonly group: string },
): Moment {
  const [source, outputs, letters, checkpoint, done, pending, groups, stream] = replies;
  const entries = entriesOf(source);
  const appended = entriesOf(outputs);
  const dead = entriesOf(letters);
  const group = listOf(groups).map(namesOf).find((facts) => facts.get("name") === name);
  const stored = recordOf(checkpoint);
  const { position } = stored;
  return {
    entries: entries.map(({ id, fields }) => sourceEntryOf(id, fields)),
    outputs: appended.map(({ fields }) => outputOf(fields)),
    letters: dead.map(({ fields }) => letterOf(fields)),
    rows: null,
    position: position === undefined ? null : idOf(position),
    done: listOf(done).map((member) => entryIdOfSortable(String(member))),
    pending: listOf(pending).map(pendingOf),
    epochs: epochsOf(stored),
    lastDelivered: group === undefined ? null : idOf(group.get("last-delivered-id")),
    lastId: idOf(namesOf(stream).get("last-generated-id") ?? ENTRY_ID_ZERO),
    next: {
      entries: entries.at(-1)?.id ?? after.entries,
      outputs: appended.at(-1)?.id ?? after.outputs,
      letters: dead.at(-1)?.id ?? after.letters,
      rows: 0,
    },
  };
}

function entriesOf(reply: unknown): { id: EntryId; fields: readonly unknown[] }[] {
  return listOf(reply).map((entry) => {
    const [id, fields] = listOf(entry);
    return { id: idOf(id), fields: listOf(fields) };
  });
}

function pendingOf(row: unknown): PendingEntry {
  const [id, consumer, idleMs, deliveries] = listOf(row);
  return {
    id: idOf(id),
    consumer: String(consumer),
    idleMs: Number(idleMs),
    deliveries: Number(deliveries),
  };
}

/** Epochs lie in the checkpoint's hash, each under the mark of a consumer and before its ticket. */
function epochsOf(stored: Readonly<Record<string, unknown>>): Map<string, number> {
  const marked = Object.entries(stored).filter(([field]) => field.startsWith(EPOCH_MARK));
  return new Map(
    marked.map(([field, value]) => [field.slice(EPOCH_MARK.length), parseInt(String(value))]),
  );
}

function namesOf(flat: unknown): Map<unknown, unknown> {
  const names = new Map<unknown, unknown>();
  const parts = listOf(flat);
  for (let at = 0; at + 1 < parts.length; at += 2) names.set(parts[at], parts[at + 1]);
  return names;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
