/**
 * Listing runs, those of one kind or status.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import { RUN_SPACE, RUN_STATUSES, type RunRecord, type RunStatus } from "../domain/run.ts";
import { decodeRunState, runRecordOf } from "../domain/run_state.ts";
import { journalCursor } from "../ports/journal_checks.ts";
import type { JournalStore } from "../ports/journal_store.ts";

/** Which runs to list. */
export interface RunListOptions {
  /** Only those of this kind. */
  readonly kind?: string;
  /** Only those that do this. */
  readonly status?: RunStatus;
  /** Only those behind this cursor of an earlier list with the same order. */
  readonly after?: string;
  /** At most so many; 1 to 1,000. */
  readonly limit: number;
  /** The newest first; default the oldest. */
  readonly newestFirst?: boolean;
}

/** Some runs. */
export interface RunList {
  /**
   * By the time of their creation. Fewer than the limit at the end, and where 10,000 were looked at for those of one kind
   * or status: go on with `next`.
   */
  readonly runs: readonly RunRecord[];
  /** The cursor of the next list, `null` at the end. */
  readonly next: string | null;
}

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
