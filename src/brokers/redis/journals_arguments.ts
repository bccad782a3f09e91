/**
 * The arguments of the script that makes and changes journals.
 *
 * @module
 */

import type { JournalAddress } from "../../domain/journal.ts";
import {
  JOURNAL_TOKENS_MAX,
  type JournalChange,
  type JournalWrite,
} from "../../ports/journal_store.ts";
import { type Argument, argumentOf } from "./connection.ts";
import { newsChannel } from "./journals_keys.ts";

/** Ten minutes: longer than anybody retries one call. */
const TOKEN_MS = 600_000;

/**
 * The arguments of a change, in the order of `CHANGE_JOURNAL`.
 *
 * @param fresh The incarnation of a new journal; empty to change one that exists.
 */
export function changeArguments(
  journal: JournalAddress,
  change: JournalChange,
  fresh: string,
): Argument[] {
  const { ifVersion, ifIncarnation, state, lengthMax, token, entries = [] } = change;
  const args: Argument[] = [
    journal.name,
    newsChannel(journal),
    fresh,
    String(ifVersion ?? ""),
    ifIncarnation ?? "",
    state === undefined ? "" : "1",
    state ?? "",
    String(lengthMax ?? ""),
    ...expiryOf(change),
    token ?? "",
    String(JOURNAL_TOKENS_MAX),
    String(TOKEN_MS),
    String(entries.length),
  ];
  for (const { id = "*", fields } of entries) {
    args.push(id, String(fields.length), ...fields.map(argumentOf));
  }
  return args;
}

function expiryOf({ expireMs, expireAtMs }: JournalWrite): [kind: string, ms: string] {
  if (expireAtMs !== undefined) return ["at", String(expireAtMs)];
  if (expireMs === undefined) return ["", ""];
  return expireMs === null ? ["never", ""] : ["in", String(expireMs)];
}
