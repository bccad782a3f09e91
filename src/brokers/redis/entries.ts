/**
 * Entries on the wire. They are read as text, which is fast, and the decoder puts U+FFFD where bytes are not valid
 * UTF-8 (I14). Entries with that character are read again as bytes, so that nothing is corrupted: a value is text where
 * its bytes are valid UTF-8, otherwise the bytes.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Delivery, Entry, FieldValue } from "../../domain/entry.ts";
import type { EntryId } from "../../domain/entry_id.ts";
import type { RedisConnection } from "./connection.ts";
import type { CallContext } from "./errors.ts";
import { countOf, idOf, listOf, orNull, textOf } from "./replies.ts";

/** An entry whose values may be damaged by the text decoder. */
interface ReadEntry extends Entry {
  readonly fields: FieldValue[];
}

const REPLACEMENT = "\uFFFD";
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads `[id, [name, value, …]]`. */
export function entryOf(reply: unknown): ReadEntry {
  const [id, fields] = listOf(reply);
  return { id: idOf(id), fields: listOf(fields).map(textOf) };
}

/** Reads a script's hand-out: entries, how often each was handed out, "failures dueAtMs" of each. */
export function deliveriesOf(reply: unknown): Delivery[] {
  const [entries, counts, retries] = listOf(reply);
  const countList = orNull(counts, listOf);
  const retryList = orNull(retries, listOf);
  return listOf(entries).map((row, index) => {
    const { id, fields } = entryOf(row);
    const deliveries = countList === null ? 1 : countOf(countList[index]);
    const retry = retryList?.[index];
    const [failures, dueAtMs] = typeof retry === "string" ? retry.split(" ", 2) : ["0", "0"];
    return { id, fields, deliveries, failures: countOf(failures), dueAtMs: countOf(dueAtMs) };
  });
}

/**
 * Reads again, as bytes, the entries that may have been damaged.
 *
 * @returns The entries, and the ids of those that vanished in between.
 */
export async function withBytes<E extends Entry>(
  connection: RedisConnection,
  entries: E[],
  options: { readonly stream: string; readonly context: CallContext },
): Promise<{ entries: E[]; gone: EntryId[] }> {
  if (!entries.some(mayBeDamaged)) return { entries, gone: [] };
  const { stream, context } = options;
  const gone: EntryId[] = [];
  const whole = await Promise.all(entries.map(async (entry): Promise<E | null> => {
    if (!mayBeDamaged(entry)) return entry;
    const args = [stream, entry.id, entry.id];
    const [found] = listOf(await connection.callBytes("XRANGE", args, context));
    if (found === undefined) {
      gone.push(entry.id);
      return null;
    }
    return { ...entry, fields: listOf(listOf(found)[1]).map(valueOfBytes) };
  }));
  return { entries: whole.filter((entry) => entry !== null), gone };
}

/** Whether the text decoder may have damaged a value. */
export function mayBeDamaged(entry: Entry): boolean {
  for (const part of entry.fields) {
    if (typeof part === "string" && part.includes(REPLACEMENT)) return true;
  }
  return false;
}

/** A value that was read as bytes: text where it is valid UTF-8. */
export function valueOfBytes(bytes: unknown): FieldValue {
  if (!Buffer.isBuffer(bytes)) return textOf(bytes);
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}
