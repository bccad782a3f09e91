/**
 * GET with `live=sse`: one response that tells what a stream holds behind an offset, and then whatever is appended, until
 * the stream is closed, the reader leaves, or a minute is over, when he comes back with his offset.
 *
 * The next page is read when there is room for it, so a slow reader holds no more than the server's bound for streams; one
 * who takes nothing at all for a while is cut by it.
 *
 * @module
 */

import type { HttpBindings } from "../app.ts";
import type { SseStream } from "../sse.ts";
import { nextCursor } from "./cursor.ts";
import { touchMsOf } from "./lifetime.ts";
import { pageFrame, sseEncodingHeaders } from "./page_frame.ts";
import { pageOf, readStream, type ReadWish, type StreamPage, touch } from "./read.ts";
import { type StreamContext, streamOf } from "./stream_context.ts";

/** What is read from the journal for one frame, in bytes, but one entry at least. */
const FRAME_BYTES = 262_144;

/** Proxies may hold back what they may keep, says the protocol (5.8); nobody else may change it. */
const CACHE_CONTROL = "no-cache, no-store, no-transform";

/**
 * Answers a GET with `live=sse`.
 *
 * @throws {ProblemError} When it is refused, too many read live, or the server ends.
 */
export async function liveEvents(
  context: StreamContext,
  name: string,
  { wish, request, env }: {
    readonly wish: ReadWish;
    readonly request: Request;
    readonly env: HttpBindings;
  },
): Promise<Response> {
  // What is wrong with the request is said before the response begins.
  const first = await readStream(context, name, {
    position: wish.position,
    bytesMax: FRAME_BYTES,
  });
  const response = env.streams.open({
    request,
    address: env.address,
    source: (stream) => tellFrom(context, name, { first, cursor: wish.cursor, stream }),
  });
  const headers = {
    ...sseEncodingHeaders(first.state.contentType),
    "cache-control": CACHE_CONTROL,
  };
  for (const [header, value] of Object.entries(headers)) response.headers.set(header, value);
  return response;
}

/** Tells a page and all that follow, until the response is over. */
async function tellFrom(
  context: StreamContext,
  name: string,
  { first, cursor, stream }: {
    readonly first: StreamPage;
    readonly cursor: number | null;
    readonly stream: SseStream;
  },
): Promise<void> {
  const { clock, limits, random } = context;
  // Not all at once: those who came together would come back together.
  const lifeMs = limits.sseMs * (1 - random.next() / 10);
  const timer = clock.after(lifeMs, () => stream.close());
  try {
    let given = cursor;
    for (let page: StreamPage | null = first; page !== null;) {
      const now = { nowMs: clock.nowMs(), random: () => random.next() };
      const frame = pageFrame(page, { cursor: nextCursor(given, now) });
      given = null;
      await stream.room(frame.bytes.byteLength);
      if (!stream.send(frame)) return;
      page = await nextPage(context, name, { page, signal: stream.signal });
    }
  } finally {
    timer.cancel();
  }
}

/** What follows a page; `null` where nothing does, or what would has nothing to do with the reader's offset. */
async function nextPage(
  context: StreamContext,
  name: string,
  options: { readonly page: StreamPage; readonly signal: AbortSignal },
): Promise<StreamPage | null> {
  const next = await following(context, name, options);
  return next?.snapshot.incarnation === options.page.snapshot.incarnation ? next : null;
}

async function following(
  context: StreamContext,
  name: string,
  { page, signal }: { readonly page: StreamPage; readonly signal: AbortSignal },
): Promise<StreamPage | null> {
  const { state, isAtTail, lastId: afterId, snapshot } = page;
  const read = () => readStream(context, name, { position: { afterId }, bytesMax: FRAME_BYTES });
  if (isAtTail && state.closed) return null;
  if (!isAtTail) return await read();
  const touchMs = touchMsOf(state.lifetime);
  const waitMs = Math.min(context.limits.sseMs, touchMs === null ? Infinity : touchMs / 2);
  while (!signal.aborted) {
    const news = await context.liveReaders.next(snapshot, { afterId, waitMs, signal });
    if (news.kind === "over") return null;
    if (news.kind === "behind") return await read();
    if (news.kind === "news") return pageOf(streamOf(news.snapshot), { ...news, afterId });
    if (!signal.aborted) await touch(context, page);
  }
  return null;
}
