/**
 * Following a stream without being one of its groups: a group would hold back trimming, have to be cleaned up, and take
 * entries out of nobody's hands only to print them. So the stream is asked again and again what is behind the last id:
 * one small call while nothing happens, and nothing to go wrong with a connection that was cut while it waited.
 *
 * Whether entries vanished before they were read is told by counting: the broker knows how many were ever added.
 *
 * @module
 */

import { backoffMs, BROKER_BACKOFF } from "../../domain/backoff.ts";
import type { Entry } from "../../domain/entry.ts";
import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  nextEntryId,
  previousEntryId,
} from "../../domain/entry_id.ts";
import { BrokerUnavailableError, UnknownOutcomeError } from "../../domain/errors.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type { StartPosition } from "../../ports/group_store.ts";
import type { StreamInfo, StreamStore } from "../../ports/stream_store.ts";
import { nextPageCount } from "../entry_pages.ts";

/** Something to print, or to tell. */
export type Happening =
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  /** Entries behind an id vanished unread; `count` is `null` where it cannot be told whether and how many. */
  | { readonly kind: "missed"; readonly count: number | null; readonly afterId: EntryId }
  /** The stream was deleted and made again. */
  | { readonly kind: "replaced" }
  /** The stream was deleted. */
  | { readonly kind: "gone" }
  /** The broker cannot be reached. */
  | { readonly kind: "away"; readonly reason: string }
  /** It can again. */
  | { readonly kind: "back" };

/** How to follow. */
export interface FollowOptions {
  /** Where to begin. */
  readonly start: StartPosition;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Time; default that of this machine. */
  readonly clock?: Clock;
}

/** Between two questions while nothing happens: at once for people, next to nothing for the broker. */
const POLL_MS = 250;

/** A file that another process has locked for a moment is not worth a word: so many failures are about a second. */
const FAILURES_TOLD = 3;

/** A first page; the next ones go by what it took. */
const PAGE_ENTRIES = 32;

/** Follows a stream until the signal. Never throws because the broker is away. */
export async function* follow(
  broker: StreamStore,
  stream: string,
  options: FollowOptions,
): AsyncGenerator<Happening> {
  const { signal, clock = systemClock } = options;
  const follower = new Follower(broker, stream, options.start);
  let failures = 0;
  let isAwayTold = false;
  while (!signal.aborted) {
    let waitMs = POLL_MS;
    try {
      const happenings = await follower.poll();
      if (isAwayTold) yield { kind: "back" };
      failures = 0;
      isAwayTold = false;
      yield* happenings;
      if (follower.hasMore) continue;
    } catch (error) {
      const isAway = error instanceof BrokerUnavailableError ||
        error instanceof UnknownOutcomeError;
      if (!isAway) throw error;
      failures++;
      if (failures === FAILURES_TOLD) {
        isAwayTold = true;
        yield { kind: "away", reason: error.reason };
      }
      waitMs = Math.max(POLL_MS, backoffMs(failures, { ...BROKER_BACKOFF, random: 1 }));
    }
    await sleep(waitMs, { signal, clock });
  }
}

/** Where a follower is in one life of a stream. */
interface Life {
  readonly incarnation: string;
  /** The last id that was read. */
  lastId: EntryId;
  /** Where the counting began: the end of the stream at some time, or where reading did. */
  countedFromId: EntryId;
  /** How many entries there are to be read since then, minus how many the stream ever had; `null`: not known yet. */
  ahead: number | null;
  /** How many were read since then. */
  read: number;
  /** The end of the stream when it was last looked at. */
  knownEnd: EntryId;
}

/** Reads on from poll to poll. */
class Follower {
  /** Whether the last poll did not come to the end of the stream. */
  hasMore = false;
  readonly #broker: StreamStore;
  readonly #stream: string;
  readonly #start: StartPosition;
  #life: Life | null = null;
  #wasGone = false;
  #pageEntries = PAGE_ENTRIES;

  constructor(broker: StreamStore, stream: string, start: StartPosition) {
    this.#broker = broker;
    this.#stream = stream;
    this.#start = start;
  }

  /** Looks what is new. Changes nothing when it throws. */
  async poll(): Promise<Happening[]> {
    const info = await this.#broker.streamInfo(this.#stream);
    if (info === null) return this.#noteGone();
    const happenings: Happening[] = [];
    let life = this.#life;
    if (life === null || life.incarnation !== info.incarnation) {
      if (life !== null) happenings.push({ kind: "replaced" });
      life = beginLife(info, life === null && !this.#wasGone ? this.#start : "beginning");
      if (startsBelow(life, info)) {
        happenings.push({ kind: "missed", count: null, afterId: life.lastId });
      }
    }
    const count = this.#pageEntries;
    const from = nextEntryId(life.lastId);
    const isBehind = compareEntryIds(life.lastId, info.lastId) < 0;
    const page = isBehind && from !== null
      ? await this.#broker.range(this.#stream, { from, to: info.lastId, count })
      : [];
    this.#life = life;
    this.#wasGone = false;
    const isAtEnd = page.length < count;
    happenings.push(...this.#account(life, { info, page, isAtEnd }));
    this.#pageEntries = page.length === 0 ? PAGE_ENTRIES : nextPageCount(page, count);
    this.hasMore = !isAtEnd;
    return happenings;
  }

  #noteGone(): Happening[] {
    this.hasMore = false;
    const isNews = !this.#wasGone;
    this.#wasGone = true;
    this.#life = null;
    return isNews ? [{ kind: "gone" }] : [];
  }

  #account(
    life: Life,
    seen: { readonly info: StreamInfo; readonly page: readonly Entry[]; readonly isAtEnd: boolean },
  ): Happening[] {
    const { info, page, isAtEnd } = seen;
    const happenings: Happening[] = [];
    const afterId = life.lastId;
    const isCounted = life.ahead !== null;
    life.read += page.length;
    if (isAtEnd) {
      // Everything up to the end that `info` saw has been read, or is gone.
      const missed = life.ahead === null ? 0 : info.entriesAdded + life.ahead - life.read;
      if (missed > 0) {
        happenings.push({ kind: "missed", count: missed, afterId: life.countedFromId });
      }
      // A start that lies ahead of the stream's end has not been reached yet.
      const isReached = compareEntryIds(life.lastId, info.lastId) <= 0;
      if (isReached) {
        life.lastId = info.lastId;
        life.countedFromId = info.lastId;
        life.ahead = -info.entriesAdded;
        life.read = 0;
      }
    } else {
      life.lastId = page.at(-1)?.id ?? life.lastId;
    }
    if (!isCounted && wereTrimmed(life, info, afterId)) {
      happenings.push({ kind: "missed", count: null, afterId });
    }
    life.knownEnd = info.lastId;
    if (page.length > 0) happenings.push({ kind: "entries", entries: page });
    return happenings;
  }
}

/** Whether the stream now begins behind an id that had entries behind it when it was looked at last. */
function wereTrimmed(life: Life, info: StreamInfo, afterId: EntryId): boolean {
  const { firstId } = info;
  return compareEntryIds(life.knownEnd, afterId) > 0 &&
    (firstId === null || compareEntryIds(firstId, afterId) > 0);
}

/** Whether reading was to begin behind an id below which the stream was trimmed. */
function startsBelow({ lastId }: Life, { firstId, length, entriesAdded }: StreamInfo): boolean {
  return entriesAdded > length && lastId !== ENTRY_ID_ZERO && firstId !== null &&
    compareEntryIds(lastId, firstId) < 0;
}

/** Where reading begins, and how many entries there are to be read. */
function beginLife(info: StreamInfo, start: StartPosition): Life {
  const { incarnation, lastId, firstId, entriesAdded, length } = info;
  const life = { incarnation, read: 0, knownEnd: ENTRY_ID_ZERO };
  if (start === "end") return { ...life, lastId, countedFromId: lastId, ahead: -entriesAdded };
  const afterId = start === "beginning"
    ? ENTRY_ID_ZERO
    : "afterId" in start
    ? start.afterId
    : previousEntryId(`${BigInt(start.fromTimeMs)}-0`);
  // From the first entry on, all that are there are to be read; from another one on, nobody knows how many those are.
  const isWhole = firstId === null || compareEntryIds(afterId, firstId) < 0;
  const ahead = isWhole ? length - entriesAdded : null;
  return { ...life, lastId: afterId, countedFromId: afterId, ahead };
}

function sleep(
  delayMs: number,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal.addEventListener("abort", done, { once: true });
  });
}
