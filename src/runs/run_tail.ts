/**
 * The end of a run of another process, as it grows: what those who follow it here read from. There is one for each such
 * run, however many follow it.
 *
 * @module
 */

import { compareEntryIds } from "../domain/entry_id.ts";
import type { JournalSnapshot } from "../domain/journal.ts";
import { runStateOf } from "../domain/run_state.ts";
import type { JournalNews } from "../ports/journal_watch.ts";
import { RunLog } from "./run_log.ts";
import type { RunWatch, RunWatcher } from "./run_watch.ts";

/** Nothing waits here to be stored. */
const NOTHING_WAITS = { eventsMax: Infinity, bytesMax: Infinity };

/** The end of a run of another process. */
export class RunTail implements RunWatcher, Disposable {
  /** Its newest events. */
  readonly events: RunLog;
  readonly #watch: RunWatch;
  readonly #run: string;
  readonly #onBroken: (error: Error) => void;

  /** Begins to watch. @param snapshot The run as it is; what comes later is watched for. */
  constructor(
    snapshot: JournalSnapshot,
    options: { readonly watch: RunWatch; readonly onBroken: (error: Error) => void },
  ) {
    this.#run = snapshot.journal.name;
    this.#watch = options.watch;
    this.#onBroken = options.onBroken;
    this.events = new RunLog(snapshot.lastId, NOTHING_WAITS);
    this.#closeIfEnded(snapshot);
    if (this.events.end !== null) return;
    this.#watch.add(this.#run, { afterId: snapshot.lastId, watcher: this });
  }

  news({ gap, entries, snapshot }: JournalNews): void {
    if (gap !== null) this.events.restart(gap.untilId);
    this.events.pushStored(entries);
    if (snapshot === null) this.events.close({ status: "deleted", reason: null });
    else this.#closeIfEnded(snapshot);
  }

  broken(error: Error): void {
    this.#onBroken(error);
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    this.#watch.remove(this.#run, this);
  }

  /** News may tell of the end before they have told of all events. */
  #closeIfEnded(snapshot: JournalSnapshot): void {
    const { status, reason } = runStateOf(snapshot);
    if (status === "running") return;
    if (compareEntryIds(this.events.lastId, snapshot.lastId) >= 0) {
      this.events.close({ status, reason });
    }
  }
}
