/**
 * Telling about a few of many ids.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";
import { counted } from "../shown.ts";
import { writeNote } from "../terminal.ts";

/** Named on one line; a program gets all. */
const SHOWN_MAX = 10;

/** Notes what is the matter with some ids; nothing when there are none. */
export function noteIds(what: string, ids: readonly EntryId[]): void {
  if (ids.length === 0) return;
  const some = ids.slice(0, SHOWN_MAX).join(", ");
  const rest = ids.length - SHOWN_MAX;
  writeNote(`${what}: ${some}${rest > 0 ? ` and ${counted(rest, "other")}` : ""}`);
}
