/**
 * Appending: one plain entry by XADD, everything else by a script that is all or nothing.
 *
 * @module
 */

import { InvalidOptionError, WrongTypeError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import type { AppendEntry, AppendOptions, AppendResult } from "../../ports/stream_store.ts";
import { type Argument, argumentOf } from "./connection.ts";
import { idempotencyKey, incarnationKey } from "./keys.ts";
import { idOf, listOf, textOf } from "./replies.ts";
import { APPEND } from "./scripts/streams.lua.ts";
import type { Session } from "./session.ts";

/** A day: longer than any outage that a producer would sit out. */
const WINDOW_MS_DEFAULT = 86_400_000;

/** Entries of one call, so that one script stays below some milliseconds. */
const ENTRIES_MAX = 1_000;

/** Lua hands on about 8,000 values at once (T22); this leaves room for the words around them. */
export const SCRIPT_PARTS_MAX = 7_900;

/** Appends entries, all or none. See `StreamStore.append`. */
export async function appendEntries(
  session: Session,
  stream: string,
  request: AppendOptions & { readonly entries: readonly AppendEntry[] },
): Promise<AppendResult[]> {
  checkName("stream", stream);
  const { entries, lengthMax } = request;
  if (entries.length < 1 || entries.length > ENTRIES_MAX) {
    throw new InvalidOptionError("entries", entries.length, `1 to ${ENTRIES_MAX}`);
  }
  const [only] = entries;
  if (
    only !== undefined && entries.length === 1 && only.idempotencyKey === undefined &&
    lengthMax === undefined
  ) {
    const id = await appendPlain(session, stream, only);
    if (id !== null) return [{ id, duplicate: false }];
  }
  return await appendAll(session, stream, request);
}

/** One XADD; `null` when the stream is missing or is none, which the script then sorts out. */
async function appendPlain(session: Session, stream: string, entry: AppendEntry) {
  const args = [stream, "NOMKSTREAM", entry.id ?? "*", ...partsOf(entry, 0, Infinity)];
  const context = { action: `append to stream "${stream}"`, stream, ids: [entry.id ?? "*"] };
  try {
    const id = await session.commands.call("XADD", args, context);
    return id === null ? null : idOf(id);
  } catch (error) {
    if (error instanceof WrongTypeError) return null;
    throw error;
  }
}

async function appendAll(
  session: Session,
  stream: string,
  request: AppendOptions & { readonly entries: readonly AppendEntry[] },
): Promise<AppendResult[]> {
  const { entries, idempotencyWindowMs = WINDOW_MS_DEFAULT, lengthMax } = request;
  const keys = [stream, incarnationKey(stream)];
  const args: Argument[] = [
    session.random.uniqueText(),
    String(idempotencyWindowMs),
    lengthMax === undefined ? "" : String(lengthMax),
    String(entries.length),
  ];
  for (const [index, entry] of entries.entries()) {
    const parts = partsOf(entry, index, SCRIPT_PARTS_MAX);
    let keyNumber = 0;
    if (entry.idempotencyKey !== undefined) {
      keys.push(idempotencyKey(stream, entry.idempotencyKey));
      keyNumber = keys.length - 2;
    }
    args.push(entry.id ?? "*", String(keyNumber), String(parts.length), ...parts);
  }
  const ids = entries.map((entry) => entry.id ?? "*");
  const context = { action: `append to stream "${stream}"`, stream, ids };
  const reply = await session.commands.run(APPEND, keys, args, context);
  return listOf(reply).map((result) => {
    const text = textOf(result);
    return { id: idOf(text.slice(1)), duplicate: text.startsWith("=") };
  });
}

function partsOf(entry: AppendEntry, index: number, partsMax: number): Argument[] {
  const { fields } = entry;
  if (fields.length < 2 || fields.length % 2 !== 0 || fields.length > partsMax) {
    const wanted = `names and values in turn, at least one pair, at most ${partsMax} in all`;
    throw new InvalidOptionError(`entries[${index}].fields`, `${fields.length} parts`, wanted);
  }
  return fields.map(argumentOf);
}
