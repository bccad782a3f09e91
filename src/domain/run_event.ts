/**
 * How events of runs are written into entries: as events of streams are, in the fields `event_type` and `payload`.
 *
 * @module
 */

import { decodeEntry } from "./codec.ts";
import { type Entry, type EntryFields, fieldValue } from "./entry.ts";
import type { EntryId } from "./entry_id.ts";
import { InvalidEventError, UndecodableEntryError } from "./event_errors.ts";
import { encodeEvent } from "./event.ts";
import { JSON_LEVELS_MAX, nestsTooDeeply } from "./json_nesting.ts";
import type { NewRunEvent, RunEndStatus, RunEvent } from "./run.ts";
import { runEventAtMs } from "./run.ts";
import { InvalidRunEventError } from "./run_errors.ts";

/** Types that begin so tell of the run itself. */
const OWN_PREFIX = "run.";

/** Stands, at the id of the last one, for events that were never stored. */
export const RUN_GAP_TYPE = "run.gap";

/** What an entry that is no event is shown as. */
export const RUN_UNDECODABLE_TYPE = "run.undecodable";

const END_TYPES: ReadonlySet<string> = new Set([
  "run.completed",
  "run.failed",
  "run.cancelled",
  "run.interrupted",
]);

/**
 * Writes a user's event.
 *
 * @throws {InvalidRunEventError} When a part is missing, too large, nested too deeply, Tidemark's own, or no JSON.
 */
export function encodeRunEvent({ type, data }: NewRunEvent): EntryFields {
  if (typeof type === "string" && type.startsWith(OWN_PREFIX)) {
    throw new InvalidRunEventError('its type begins with "run.", wanted one that does not');
  }
  const fields = encoded({ type, data });
  if (isTooDeep(fields)) {
    throw new InvalidRunEventError(
      `its data is nested too deeply, wanted at most ${JSON_LEVELS_MAX} levels`,
    );
  }
  return fields;
}

/** The event of a run's end. */
export function encodeRunEnd(status: RunEndStatus, reason: string | null): EntryFields {
  return encodeEvent({ type: `${OWN_PREFIX}${status}`, data: { reason } });
}

/** What stands for events that were never stored: its own id is that of the last one. */
export function encodeRunGap(
  gap: { readonly firstId: EntryId; readonly lastId: EntryId; readonly count: number },
): EntryFields {
  const data = { first_id: gap.firstId, last_id: gap.lastId, count: gap.count };
  return encodeEvent({ type: RUN_GAP_TYPE, data });
}

/** Whether an event tells of its run's end. */
export function isRunEnd({ type }: RunEvent): boolean {
  return END_TYPES.has(type);
}

/** Reads an entry. Total: what is no event is shown as {@linkcode RUN_UNDECODABLE_TYPE}, with the reason. */
export function decodeRunEvent(entry: Entry): RunEvent {
  const { id } = entry;
  const atMs = runEventAtMs(id);
  try {
    const { type, data } = decodeEntry(entry, "", "event");
    // A foreign hand may have stored it; whoever is shown it could not be told of anything behind it.
    if (isTooDeep(entry.fields)) {
      throw new UndecodableEntryError('field "payload" is nested too deeply');
    }
    return { id, type, data, atMs };
  } catch (error) {
    if (!(error instanceof UndecodableEntryError)) throw error;
    return { id, type: RUN_UNDECODABLE_TYPE, data: { reason: error.reason }, atMs };
  }
}

function encoded(event: NewRunEvent): EntryFields {
  try {
    return encodeEvent(event);
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    throw new InvalidRunEventError(error.reason, { cause: error.cause });
  }
}

/** Every event is written again for each way in which it is shown. */
function isTooDeep(fields: EntryFields): boolean {
  const payload = fieldValue(fields, "payload");
  return typeof payload === "string" && nestsTooDeeply(payload);
}
