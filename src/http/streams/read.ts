/**
 * GET: what a stream holds behind an offset, at once (catch-up) or as soon as there is something (long-poll).
 *
 * @module
 */

import type { Entry } from "../../domain/entry.ts";
import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  laterEntryId,
} from "../../domain/entry_id.ts";
import type { HttpBindings } from "../app.ts";
import { serviceEnding } from "../event_streams.ts";
import { bodyOf } from "./chunks.ts";
import { contentKind } from "./content_type.ts";
import { nextCursor } from "./cursor.ts";
import { touchMsOf } from "./lifetime.ts";
import { offsetOf, type ReadPosition } from "./offset.ts";
import { offsetGone, streamMissing, tryLater } from "./refusals.ts";
import { journalOf, type LoadedStream, type StreamContext, streamOf } from "./stream_context.ts";

/** The most entries that one response holds. */
const ENTRIES_MAX = 10_000;

/** A stream at one moment, with some of its entries. */
export interface StreamPage extends LoadedStream {
  /** Where they were read from. */
  readonly afterId: EntryId;
  /** What lies behind that, ascending. */
  readonly entries: readonly Entry[];
  /** The last of them, or where they were read from. */
  readonly lastId: EntryId;
  /** There is nothing behind them. */
  readonly isAtTail: boolean;
}

/** What a GET asks for. */
export interface ReadWish {
  /** From where. */
  readonly position: ReadPosition;
  /** The reader's cursor, `null` for none. */
  readonly cursor: number | null;
}

/**
 * Reads a stream, which lets one with a sliding lifetime live on.
 *
 * @param options `position`: from where. `bytesMax`: how much.
 * @throws {ProblemError} When there is none, or what lies there was trimmed (410).
 */
export async function readStream(
  context: StreamContext,
  name: string,
  { position, bytesMax }: { readonly position: ReadPosition; readonly bytesMax: number },
): Promise<StreamPage> {
  const { broker } = context;
  const journal = journalOf(name);
  const afterId = position === "tail"
    ? (streamOf(await broker.loadJournal(journal))).snapshot.lastId
    : position === "beginning"
    ? ENTRY_ID_ZERO
    : position.afterId;
  const read = await broker.readJournal(journal, { afterId, count: ENTRIES_MAX, bytesMax });
  if (read === null) throw streamMissing();
  const { snapshot, state } = streamOf(read.snapshot);
  const trimmedId = laterEntryId(snapshot.trimmedId, state.floorId);
  if (position !== "beginning" && compareEntryIds(afterId, trimmedId) < 0) {
    throw offsetGone({ "stream-next-offset": offsetOf(trimmedId) });
  }
  await touch(context, { snapshot, state });
  const page = { afterId: laterEntryId(afterId, trimmedId), entries: read.entries };
  return pageOf({ snapshot, state }, page);
}

/** Lets a stream with a sliding lifetime live on from now. */
export async function touch(
  { broker }: StreamContext,
  { snapshot, state }: LoadedStream,
): Promise<void> {
  const touchMs = touchMsOf(state.lifetime);
  if (touchMs === null) return;
  await broker.readJournal(snapshot.journal, { afterId: snapshot.lastId, count: 1, touchMs });
}

/** Entries of a stream as a page. */
export function pageOf(
  { snapshot, state }: LoadedStream,
  { afterId, entries }: { readonly afterId: EntryId; readonly entries: readonly Entry[] },
): StreamPage {
  const reachedId = entries.at(-1)?.id ?? afterId;
  const isAtTail = compareEntryIds(reachedId, snapshot.lastId) >= 0;
  // An offset beyond the tail, as of a broker that has lost its latest appends, is the tail.
  return {
    snapshot,
    state,
    afterId,
    entries,
    lastId: isAtTail ? snapshot.lastId : reachedId,
    isAtTail,
  };
}

/** Answers a GET without `live`. */
export async function catchUp(
  context: StreamContext,
  name: string,
  { wish, request }: { readonly wish: ReadWish; readonly request: Request },
): Promise<Response> {
  const { position } = wish;
  const page = await readStream(context, name, {
    position,
    bytesMax: context.limits.chunkBytesMax,
  });
  const headers = pageHeaders(page);
  const body = bodyOf(page.entries, contentKind(page.state.contentType));
  if (position === "tail") {
    return new Response(body, { headers: { ...headers, "cache-control": "no-store" } });
  }
  const etag = etagOf(page);
  // What ends before the tail never changes; what reaches it is asked for again, by its tag.
  const cached = {
    ...headers,
    etag,
    "cache-control": page.isAtTail ? `${context.cacheScope}, no-cache` : cacheable(context),
  };
  if (matches(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers: cached });
  }
  return new Response(body, { headers: cached });
}

/**
 * Answers a GET with `live=long-poll`.
 *
 * @throws {ProblemError} When it is refused, too many read live, or the server ends.
 */
export async function longPoll(
  context: StreamContext,
  name: string,
  { wish, request, env }: {
    readonly wish: ReadWish;
    readonly request: Request;
    readonly env: HttpBindings;
  },
): Promise<Response> {
  const { clock, limits, liveReaders } = context;
  using held = env.streams.hold({ request, address: env.address });
  const { signal } = held;
  const endMs = clock.nowMs() + limits.longPollMs;
  let { position } = wish;
  for (;;) {
    const page = await readStream(context, name, { position, bytesMax: limits.chunkBytesMax });
    if (page.entries.length > 0 || page.state.closed) return polled(context, page, { wish });
    const waitMs = Math.max(0, endMs - clock.nowMs());
    const news = await liveReaders.next(page.snapshot, { afterId: page.lastId, waitMs, signal });
    // Either way nobody waits for an empty answer: the server ends, or the client is gone.
    if (signal.aborted) throw serviceEnding();
    if (news.kind === "over") throw tryLater("WATCH_ENDED", "The stream cannot be watched");
    if (news.kind === "nothing") return polled(context, page, { wish });
    position = { afterId: page.lastId };
    if (news.kind === "behind") continue;
    const fresh = pageOf(streamOf(news.snapshot), { ...news, afterId: page.lastId });
    const isOver = fresh.isAtTail && fresh.state.closed;
    if (fresh.entries.length > 0 || isOver) return polled(context, fresh, { wish });
  }
}

function polled(
  context: StreamContext,
  page: StreamPage,
  { wish }: { readonly wish: ReadWish },
): Response {
  const { clock, random } = context;
  const cursor = nextCursor(wish.cursor, { nowMs: clock.nowMs(), random: () => random.next() });
  const headers = { ...pageHeaders(page), "stream-cursor": cursor };
  if (page.entries.length === 0) {
    return new Response(null, {
      status: 204,
      headers: { ...headers, "cache-control": "no-store" },
    });
  }
  return new Response(bodyOf(page.entries, contentKind(page.state.contentType)), {
    headers: {
      ...headers,
      etag: etagOf(page),
      "cache-control": wish.position === "tail" ? "no-store" : cacheable(context),
    },
  });
}

function pageHeaders(page: StreamPage): Record<string, string> {
  const { state, lastId, isAtTail } = page;
  return {
    "content-type": state.contentType,
    "stream-next-offset": offsetOf(lastId),
    ...(isAtTail ? { "stream-up-to-date": "true" } : {}),
    ...(isAtTail && state.closed ? { "stream-closed": "true" } : {}),
  };
}

function etagOf({ snapshot, state, afterId, lastId, isAtTail }: StreamPage): string {
  const end = isAtTail && state.closed ? ":c" : "";
  return `"${snapshot.incarnation}:${offsetOf(afterId)}:${offsetOf(lastId)}${end}"`;
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const wanted = ifNoneMatch.split(",").map((each) => each.trim().replace(/^W\//, ""));
  return wanted.includes(etag) || wanted.includes("*");
}

function cacheable({ cacheScope }: StreamContext): string {
  return `${cacheScope}, max-age=60, stale-while-revalidate=300`;
}
