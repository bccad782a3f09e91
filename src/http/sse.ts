/**
 * One client of an event stream: a queue that is bounded in bytes between a source of frames and a socket.
 *
 * A source sends frames and never waits for a client, so one slow client holds up nobody: when more than the bound waits,
 * the client is cut and comes back with the id of the last frame that it got (S11). A source that can wait, such as one
 * that reads history, asks for {@linkcode SseStream.room}. It ends in one of four ways, see {@linkcode SseEnd}; after
 * that sending is harmless (S12). Cut and closed look the same to a client, the end of the answer: an error would be
 * written to the log of Deno.serve, and would end no socket either.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";
import { type SseFrame, sseFrame } from "./sse_frame.ts";

/**
 * How a stream ended: `closed` by its source, `cut` because the client was too slow, `cancelled` by the client, which
 * is gone.
 */
export type SseEnd = "closed" | "cut" | "cancelled";

/** What a stream needs. */
export interface SseStreamOptions {
  /** What may wait for the client, in bytes. One frame alone may be larger. */
  readonly bytesMax: number;
  /** A stream that is silent for so long sends a remark, in ms (S14). */
  readonly heartbeatMs: number;
  /** How long a client that is waited for may take nothing before it is cut, in ms. Default 10,000. */
  readonly stalledMsMax?: number;
  /** Time. */
  readonly clock: Clock;
}

/** What is handed to the socket at once: enough to make few calls, little beside the bound. */
const CHUNK_BYTES_MAX = 65_536;

/** What still waits when a stream is closed gets so long, in ms; a client that takes longer is gone or resumes by id. */
const FLUSH_MS_MAX = 5_000;

/** A client on a bad line takes something within seconds; one that takes nothing for longer holds a place for nothing. */
const STALLED_MS_MAX = 10_000;

const heartbeat = sseFrame({ comment: "still here" });

/** A stream to one client. */
export class SseStream {
  /** The body of the answer. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #options: SseStreamOptions;
  readonly #abort = new AbortController();
  readonly #finished = Promise.withResolvers<SseEnd>();
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  #bufferedBytes = 0;
  #isWanted = false;
  #isClosing = false;
  #hasEnded = false;
  #room: PromiseWithResolvers<void> | null = null;
  /** The largest frame that is waited with, in bytes. */
  #roomBytes = 0;
  #stalled: Timer | null = null;
  #lastSentMs: number;
  #timer: Timer;

  /** @param options Bounds and clock. */
  constructor(options: SseStreamOptions) {
    this.#options = options;
    this.#lastSentMs = options.clock.nowMs();
    this.#timer = options.clock.after(options.heartbeatMs, () => this.#beat());
    this.body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        this.#isWanted = true;
        this.#flush();
      },
      cancel: () => this.#end("cancelled"),
    }, { highWaterMark: 0 });
  }

  /** Aborts as soon as nothing more can be sent: let go of everything that feeds this stream. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How it ended; resolves when nothing is held any more, never rejects. */
  get finished(): Promise<SseEnd> {
    return this.#finished.promise;
  }

  /** What waits for the client, in bytes. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * Sends a frame. Does not block, never throws.
   *
   * @param frame The frame.
   * @returns Whether it was taken; `false` once the stream has ended, or ends by this very frame.
   */
  send(frame: SseFrame): boolean {
    if (this.#isClosing || this.#hasEnded) return false;
    const { byteLength } = frame.bytes;
    if (this.#bufferedBytes > 0 && this.#bufferedBytes + byteLength > this.#options.bytesMax) {
      this.#end("cut");
      return false;
    }
    this.#queue.push(frame.bytes);
    this.#bufferedBytes += byteLength;
    this.#lastSentMs = this.#options.clock.nowMs();
    this.#flush();
    return true;
  }

  /**
   * Whether at most half of the bound waits, or the stream has ended.
   *
   * @param frameBytes A frame that is to fit in too; one that never does counts as fitting where nothing waits.
   */
  hasRoom(frameBytes: number = 0): boolean {
    if (this.#hasEnded || this.#isClosing || this.#bufferedBytes === 0) return true;
    const { bytesMax } = this.#options;
    return this.#bufferedBytes * 2 <= bytesMax && this.#bufferedBytes + frameBytes <= bytesMax;
  }

  /**
   * Resolves when it {@linkcode SseStream.hasRoom}. A client that takes nothing for `stalledMsMax` meanwhile is cut. Never
   * rejects.
   *
   * @param frameBytes A frame that is to fit in too.
   */
  room(frameBytes: number = 0): Promise<void> {
    if (this.hasRoom(frameBytes)) return Promise.resolve();
    this.#roomBytes = Math.max(this.#roomBytes, frameBytes);
    if (this.#room === null) this.#awaitClient();
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** Ends the answer after what waits was sent, for which the client gets 5 s. Safe to call twice. */
  close(): void {
    if (this.#isClosing || this.#hasEnded) return;
    this.#isClosing = true;
    this.#abort.abort();
    this.#timer.cancel();
    this.#timer = this.#options.clock.after(FLUSH_MS_MAX, () => this.#end("cut"));
    this.#flush();
  }

  #flush(): void {
    if (this.#isWanted && this.#queue.length > 0) {
      this.#isWanted = false;
      this.#controller?.enqueue(this.#nextChunk());
      if (this.#room !== null) this.#awaitClient();
    }
    if (this.#isClosing && this.#queue.length === 0) this.#end("closed");
    if (this.#room !== null && this.hasRoom(this.#roomBytes)) this.#giveRoom();
  }

  /** The next frames together; always whole ones, so that a cut falls between two. */
  #nextChunk(): Uint8Array<ArrayBuffer> {
    let length = 0;
    let count = 0;
    for (const { byteLength } of this.#queue) {
      if (count > 0 && length + byteLength > CHUNK_BYTES_MAX) break;
      length += byteLength;
      count++;
    }
    this.#bufferedBytes -= length;
    const [first] = this.#queue;
    if (count === 1 && first !== undefined) {
      // Usually nothing else waits, and then all clients get the very same bytes: nobody changes them.
      this.#queue.shift();
      return first;
    }
    const chunk = new Uint8Array(length);
    let at = 0;
    for (const bytes of this.#queue.splice(0, count)) {
      chunk.set(bytes, at);
      at += bytes.byteLength;
    }
    return chunk;
  }

  #beat(): void {
    const { clock, heartbeatMs } = this.#options;
    if (clock.nowMs() - this.#lastSentMs >= heartbeatMs) this.send(heartbeat);
    if (this.#hasEnded || this.#isClosing) return;
    // Never nothing: a clock that jumped back must not make it beat without a pause, nor wait for longer than once.
    const leftMs = this.#lastSentMs + heartbeatMs - clock.nowMs();
    this.#timer = clock.after(Math.min(heartbeatMs, Math.max(1, leftMs)), () => this.#beat());
  }

  /** The client has taken something just now, or the waiting for it begins. */
  #awaitClient(): void {
    const { clock, stalledMsMax = STALLED_MS_MAX } = this.#options;
    this.#stalled?.cancel();
    this.#stalled = clock.after(stalledMsMax, () => this.#end("cut"));
  }

  #giveRoom(): void {
    this.#stalled?.cancel();
    this.#stalled = null;
    this.#roomBytes = 0;
    this.#room?.resolve();
    this.#room = null;
  }

  #end(how: SseEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timer.cancel();
    this.#queue.length = 0;
    this.#bufferedBytes = 0;
    if (how !== "cancelled") this.#controller?.close();
    this.#controller = null;
    this.#abort.abort();
    this.#giveRoom();
    this.#finished.resolve(how);
  }
}
