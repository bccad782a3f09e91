/**
 * GET with `live=sse`: one response that tells what a stream holds behind an offset, and then whatever is appended, until
 * the stream is closed, the reader leaves, or a minute is over, when he comes back with his offset.
 *
 * Nothing is made before the reader takes it, so a slow one holds one piece of at most about 1 MiB and no more; one who
 * takes nothing at all for a while is cut off.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";
import type { Timer } from "../../ports/clock.ts";
import { contentKind } from "./content_type.ts";
import { nextCursor } from "./cursor.ts";
import { touchMsOf } from "./lifetime.ts";
import { pageOf, readStream, type ReadWish, type StreamPage, touch } from "./read.ts";
import { HEARTBEAT, pageEvents } from "./sse_format.ts";
import { type StreamContext, streamOf } from "./stream_context.ts";

/** What is read from the journal for one event, in bytes, but one entry at least. */
const EVENT_BYTES = 262_144;

/** Answers a GET with `live=sse`. */
export async function liveEvents(
  context: StreamContext,
  name: string,
  { wish, request }: { readonly wish: ReadWish; readonly request: Request },
): Promise<Response> {
  const leave = context.liveReaders.enter();
  try {
    // What is wrong with the request is said before the response begins.
    const first = await readStream(context, name, {
      position: wish.position,
      bytesMax: EVENT_BYTES,
    });
    const reader = new SseReader(context, name, { wish, first, leave });
    // A server may tell of a reader who is gone by this alone, when nothing was being sent to him.
    request.signal.addEventListener("abort", () => reader.end(), { once: true });
    const isBinary = contentKind(first.state.contentType) === "bytes";
    return new Response(reader.body(), {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-store",
        "x-accel-buffering": "no",
        ...(isBinary ? { "stream-sse-data-encoding": "base64" } : {}),
      },
    });
  } catch (error) {
    leave();
    throw error;
  }
}

/** One reader and where he is. */
class SseReader {
  readonly #context: StreamContext;
  readonly #name: string;
  readonly #leave: () => void;
  readonly #gone = new AbortController();
  readonly #endMs: number;
  readonly #heartbeatMs: number;
  #cursor: number | null;
  #page: StreamPage;
  #isTold = false;
  #stalled: Timer | null = null;

  constructor(
    context: StreamContext,
    name: string,
    options: { readonly wish: ReadWish; readonly first: StreamPage; readonly leave: () => void },
  ) {
    const { clock, limits, random } = context;
    const { wish, first, leave } = options;
    this.#context = context;
    this.#name = name;
    this.#leave = leave;
    this.#page = first;
    this.#cursor = wish.cursor;
    // Not all at once: those who came together would come back together.
    this.#endMs = clock.nowMs() + limits.sseMs * (1 - random.next() / 10);
    const touchMs = touchMsOf(first.state.lifetime);
    this.#heartbeatMs = Math.min(limits.heartbeatMs, touchMs === null ? Infinity : touchMs / 2);
  }

  /** What is sent, made as it is taken. */
  body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const encoder = new TextEncoder();
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        this.#stalled?.cancel();
        const text = await this.#nextText();
        if (this.#gone.signal.aborted) return;
        if (text === null) {
          this.end();
          controller.close();
          return;
        }
        controller.enqueue(encoder.encode(text));
        this.#stalled = this.#context.clock.after(this.#context.limits.stalledMsMax, () => {
          this.end();
          // Closing would leave the connection open for as long as he likes. A text, so that no stack is shown.
          controller.error("The reader took nothing for too long");
        });
      },
      cancel: () => this.end(),
    }, { highWaterMark: 0 });
  }

  /** He is gone. Idempotent. */
  end(): void {
    this.#stalled?.cancel();
    this.#gone.abort();
    this.#leave();
  }

  /** What to send next, `null` at the end. A failure ends the response; the reader comes back with his offset. */
  async #nextText(): Promise<string | null> {
    try {
      if (!this.#isTold) return this.#tell(this.#page);
      const { state, isAtTail } = this.#page;
      if (isAtTail && state.closed) return null;
      if (this.#remainingMs() <= 0 || this.#context.liveReaders.isClosed) return null;
      return isAtTail ? await this.#await() : this.#tell(await this.#read(this.#page.lastId));
    } catch {
      return null;
    }
  }

  #tell(page: StreamPage): string | null {
    // Made anew: its offsets have nothing to do with the reader's.
    if (page.snapshot.incarnation !== this.#page.snapshot.incarnation) return null;
    const { clock, random } = this.#context;
    const now = { nowMs: clock.nowMs(), random: () => random.next() };
    const cursor = nextCursor(this.#isTold ? null : this.#cursor, now);
    this.#page = page;
    this.#isTold = true;
    return pageEvents(page, { cursor });
  }

  async #await(): Promise<string | null> {
    const { lastId, snapshot } = this.#page;
    const news = await this.#context.liveReaders.next(snapshot, {
      afterId: lastId,
      waitMs: Math.min(this.#heartbeatMs, this.#remainingMs()),
      signal: this.#gone.signal,
    });
    if (news.kind === "over") return null;
    if (news.kind === "behind") return this.#tell(await this.#read(lastId));
    if (news.kind === "nothing") {
      if (this.#remainingMs() <= 0 || this.#gone.signal.aborted) return null;
      await touch(this.#context, this.#page);
      return HEARTBEAT;
    }
    return this.#tell(pageOf(streamOf(news.snapshot), { ...news, afterId: lastId }));
  }

  #read(afterId: EntryId): Promise<StreamPage> {
    return readStream(this.#context, this.#name, {
      position: { afterId },
      bytesMax: EVENT_BYTES,
    });
  }

  #remainingMs(): number {
    return this.#endMs - this.#context.clock.nowMs();
  }
}
