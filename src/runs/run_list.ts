/**
 * Listing runs, those of one kind or status.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import { RUN_SPACE, RUN_STATUSES, type RunRecord } from "../domain/run.ts";
import { decodeRunState, runRecordOf } from "../domain/run_state.ts";
import { journalCursor } from "../ports/journal_checks.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { RunList, RunListOptions } from "../ports/run_service.ts";

const LIMIT_MAX = 1_000;

/** How many runs one list looks at, unless all fit. */
const LOOKS_MAX = 10_000;

/** Lists runs. @throws {InvalidOptionError} When an option cannot work. */
export async function listRuns(broker: JournalStore, options: RunListOptions): Promise<RunList> {
  const { kind, status, limit, newestFirst = false } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new InvalidOptionError("limit", limit, `a whole number from 1 to ${LIMIT_MAX}`);
  }
  if (status !== undefined && !RUN_STATUSES.includes(status)) {
    throw new InvalidOptionError("status", status, RUN_STATUSES.join(", "));
  }
  const isFiltered = kind !== undefined || status !== undefined;
  const runs: RunRecord[] = [];
  let next: string | null | undefined = options.after;
  let looks = 0;
  do {
    const list = await broker.listJournals(RUN_SPACE, {
      limit: isFiltered ? LIMIT_MAX : limit,
      newestFirst,
      ...(next === undefined ? {} : { after: next }),
    });
    for (const { createdAtMs, ...snapshot } of list.journals) {
      // One that somebody has damaged is no reason not to see the others.
      if (decodeRunState(snapshot.state).kind !== "valid") continue;
      const record = runRecordOf({ ...snapshot, createdAtMs });
      const matches = (kind ?? record.kind) === record.kind &&
        (status ?? record.status) === record.status;
      if (!matches) continue;
      runs.push(record);
      if (runs.length < limit) continue;
      const isLast = list.next === null && snapshot.journal === list.journals.at(-1)?.journal;
      return { runs, next: isLast ? null : journalCursor(createdAtMs, record.run) };
    }
    next = list.next;
    looks += list.journals.length;
  } while (isFiltered && next !== null && looks < LOOKS_MAX);
  return { runs, next };
}
