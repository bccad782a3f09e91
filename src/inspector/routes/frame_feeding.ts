/**
 * Feeds one client with what a process tells. Nothing is queued for a slow one beyond the bound of its stream: while more
 * than half of it waits, nothing is read for him, and afterwards he is told exactly how much he has missed.
 *
 * @module
 */

import type { SseStream } from "../../http/sse.ts";
import { type SseFrame, sseFrame } from "../../http/sse_frame.ts";
import type { Clock } from "../../ports/clock.ts";
import { isFrame, type Message } from "../format.ts";
import { waited } from "../remote/retrying.ts";
import type { FollowWish, InspectionSource } from "../source.ts";
import type { ChartDesk } from "./chart_desk.ts";
import { type FramePosition, positionText } from "./inspector_parameters.ts";

/** What is fed. */
export interface FrameFeeding {
  /** Who tells. */
  readonly source: InspectionSource;
  /** From where on. */
  readonly wish: Omit<FollowWish, "signal">;
  /** Remembers the charts that go through. */
  readonly charts: ChartDesk;
  /** Time. */
  readonly clock: Clock;
}

/** How soon after one status the next one is looked at, in ms: people read no faster. */
const STATUS_MS = 500;

/** The times in a status, which change always. */
const TIMES = /"(?:atMs|nowMs)":\d+/g;

/**
 * Feeds a stream with messages and statuses until the process or the stream ends.
 *
 * @throws What following the process throws.
 */
export async function feedFrames(stream: SseStream, feeding: FrameFeeding): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([stream.signal, over.signal]);
  const telling = tellStatus(stream, { ...feeding, signal });
  try {
    await tellMessages(stream, { ...feeding, signal });
    const { instance } = feeding.source;
    await send(stream, sseFrame({ event: "end", data: JSON.stringify({ instance }) }));
  } finally {
    over.abort();
    await telling;
  }
}

/** Sends a frame when there is room for it; what does not fit at all ends the stream, see {@linkcode SseStream.send}. */
export async function send(stream: SseStream, frame: SseFrame): Promise<void> {
  const { byteLength } = frame.bytes;
  // Others may send while this waits.
  while (!stream.hasRoom(byteLength)) await stream.room(byteLength);
  stream.send(frame);
}

interface Telling extends FrameFeeding {
  readonly signal: AbortSignal;
}

async function tellMessages(stream: SseStream, telling: Telling): Promise<void> {
  const { source, wish, charts, signal } = telling;
  let startedAtMs = wish.after?.startedAtMs ?? 0;
  let seq = wish.after?.seq ?? 0;
  for await (const messages of source.follow({ ...wish, signal })) {
    charts.note(messages);
    for (const message of messages) {
      if (message.type === "header") startedAtMs = message.startedAtMs;
      seq = seqOf(message) ?? seq;
    }
    const position: FramePosition = { startedAtMs, seq };
    await send(stream, sseFrame({ id: positionText(position), data: textOf(messages) }));
  }
}

/** Frames as JSON. All clients of a process get the same ones, so that each is written once, however many look on. */
const texts = new WeakMap<Message, string>();

/** Messages as a JSON array. */
export function textOf(messages: readonly Message[]): string {
  const parts = messages.map((message) => {
    const known = texts.get(message);
    if (known !== undefined) return known;
    const text = JSON.stringify(message);
    texts.set(message, text);
    return text;
  });
  return `[${parts.join(",")}]`;
}

/** The moment that a message leads to. */
function seqOf(message: Message): number | undefined {
  return isFrame(message) || message.type === "snapshot" ? message.seq : undefined;
}

/** A process that does not say how it is just now is no reason to end: what happens there is told besides. */
async function tellStatus(stream: SseStream, telling: Telling): Promise<void> {
  const { source, clock, signal } = telling;
  let told = "";
  while (!signal.aborted) {
    const data = await source.status().then((status) => JSON.stringify(status), () => null);
    const facts = data?.replaceAll(TIMES, "") ?? told;
    if (data !== null && facts !== told && !signal.aborted) {
      told = facts;
      await send(stream, sseFrame({ event: "status", data }));
    }
    await waited(STATUS_MS, { clock, signal });
  }
}
