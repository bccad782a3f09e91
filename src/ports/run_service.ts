/**
 * The port for runs, as those see them who show them to people: start, follow, cancel, and what is stored of them. The run
 * manager is one; what serves runs over HTTP knows only this.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import type {
  NewRunEvent,
  RunEndStatus,
  RunEvent,
  RunGap,
  RunRecord,
  RunStatus,
} from "../domain/run.ts";

/** How to start a run. */
export interface StartOptions {
  /** Its id; default one that nobody else has. */
  readonly run?: string;
}

/** A run whose events come from outside. */
export interface NewRun {
  /** What it is one of. */
  readonly kind: string;
  /** How long it is kept after its end, in ms; `null`: for good. Default: 86,400,000, a day. */
  readonly ttlMs?: number | null;
}

/** How a run ends. */
export interface RunEnd {
  /** How. Default `completed`. */
  readonly status?: RunEndStatus;
  /** Why, for people; cut to 500 characters. */
  readonly reason?: string;
}

/** How to add events. */
export interface AddOptions {
  /**
   * The caller's own mark of this one call, 1 to 64 bytes of visible ASCII: made again with the same mark, the call adds
   * nothing and tells the ids that the first one gave. The last 256 changes of a run are remembered, for ten minutes. Only
   * for lists that are one change: at most 500 events and 4 MiB.
   */
  readonly idempotencyKey?: string;
}

/** Which run to delete. */
export interface DeleteOptions {
  /** Not one that runs. Default no: whatever it does. */
  readonly unlessRunning?: boolean;
}

/** Which events to read. */
export interface RunRange {
  /** The first, inclusive. Default: the beginning. */
  readonly startId?: EntryId;
  /** The last, inclusive. Default: the end. */
  readonly endId?: EntryId;
  /** At most so many; 1 to 1,000. Fewer where they are large. */
  readonly limit: number;
}

/** Some events of a run, and the run, at one moment. */
export interface RunPage {
  /** In order. An event of type `run.gap` stands for those that were never stored, and says which. */
  readonly events: readonly RunEvent[];
  /** Whether there are more in the range. */
  readonly hasMore: boolean;
  /** The `startId` of the next page, `null` when there are no more for now. */
  readonly nextId: EntryId | null;
  /** What was trimmed from the start of the range on, `null` for nothing. All of it is before the first event. */
  readonly gap: RunGap | null;
  /** The run. */
  readonly record: RunRecord;
}

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

/** What a follower is told. */
export type RunItem =
  | { readonly kind: "event"; readonly event: RunEvent }
  /** Events that he will not get; the next one lies behind them. */
  | { readonly kind: "gap"; readonly gap: RunGap }
  /** The last item: how the run ended, why, and the position to resume from. */
  | {
    readonly kind: "end";
    readonly status: RunEndStatus | "deleted";
    readonly reason: string | null;
    readonly lastId: EntryId;
  };

/** Whom to tell. A promise is waited for before more is told; one that rejects, or a throw, ends the subscription. */
export type RunListener = (item: RunItem) => void | Promise<void>;

/** Who follows, and from where. */
export interface SubscribeOptions {
  /** What he has seen last; `0-0` for nothing. A position beyond the end is the end. */
  readonly afterId: EntryId;
  /** Whom to tell. */
  readonly listener: RunListener;
  /** Ends it as `close` does; also from within the listener, which may be called before the subscription is returned. */
  readonly signal?: AbortSignal;
}

/** One who follows a run. */
export interface RunFollowing extends Disposable {
  /** Resolves at its end: `null` at the end of the run or after `close`, the error when it broke off. */
  readonly closed: Promise<Error | null>;
  /** The id of what was told last: where to go on later. */
  readonly position: EntryId;
  /** Ends it; nothing is told any more. Idempotent. */
  close(): void;
}

/** Runs and their events as they are stored. What each method throws is told at the class `EventStore`. */
export interface RunStore {
  /** Adds events to a run whose events come from outside. @returns Their ids, in order. */
  add(
    run: string,
    events: NewRunEvent | readonly NewRunEvent[],
    options?: AddOptions,
  ): Promise<EntryId[]>;

  /** Ends a run whose events come from outside. */
  end(run: string, end?: RunEnd): Promise<RunRecord>;

  /** Reads events. */
  getEvents(run: string, range: RunRange): Promise<RunPage>;

  /** Reads events above an id; `0-0` for all. @param limit At most so many; 1 to 1,000. Fewer where they are large. */
  getEventsAfter(run: string, afterId: EntryId, limit: number): Promise<RunPage>;

  /** Lets a run expire so long from now, in ms; `null`: it stays. */
  setExpire(run: string, expireMs: number | null): Promise<RunRecord>;

  /** Deletes a run and its events. @returns `false` when nothing was deleted. */
  delete(run: string, options?: DeleteOptions): Promise<boolean>;
}

/** Runs. What each method throws is told at the class `RunManager`. */
export interface RunService {
  /** The names of the kinds that can be started here. */
  readonly kinds: readonly string[];

  /** Runs and their events as they are stored. */
  readonly store: RunStore;

  /** Starts a run. @param kind Its name. @param input What its code gets. @returns Its id. */
  start(kind: string, input: unknown, options?: StartOptions): Promise<string>;

  /** Tells a run of any process to end. @returns `false` when it has ended already. */
  cancel(run: string, reason?: string): Promise<boolean>;

  /** What is known of a run. */
  get(run: string): Promise<RunRecord>;

  /** Lists runs as they are stored. */
  list(options: RunListOptions): Promise<RunList>;

  /** Follows a run of any process: history, then live, without gap and without double; at last its end. */
  subscribe(run: string, options: SubscribeOptions): Promise<RunFollowing>;
}
