/**
 * Feeds one client with one run. Nothing is queued for a slow one beyond the bound of its stream: while more than half of
 * it waits, the run is told to tell him nothing, and afterwards he gets the rest from the store.
 *
 * @module
 */

import type { EntryId } from "../../../domain/entry_id.ts";
import type { RunGap } from "../../../domain/run.ts";
import type { RunItem } from "../../../ports/run_service.ts";
import { ProblemError } from "../../problem.ts";
import type { SseStream } from "../../sse.ts";
import { inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { runFrame } from "./run_frames.ts";

/** What a client wants where events are gone: to be told and go on, or not to go on. */
export type OnGap = "tell" | "fail";

/** What is fed. */
export interface RunFeeding extends RunRouteContext {
  /** The run. */
  readonly run: string;
  /** The position behind which nothing was seen. */
  readonly afterId: EntryId;
  /** What to do where events are gone. */
  readonly onGap: OnGap;
}

/**
 * Feeds a stream until the run or the stream ends.
 *
 * @throws What following a run throws, what broke it off, and with `onGap: "fail"` POSITION_TRIMMED.
 */
export async function feedRun(stream: SseStream, feeding: RunFeeding): Promise<void> {
  const { runs, run, afterId, onGap } = feeding;
  const listener = (item: RunItem) =>
    item.kind === "gap" && onGap === "fail" ? refuse(item.gap, feeding) : send(stream, item);
  // One that is only made after the time was over finds the signal aborted.
  const { signal } = stream;
  const subscribing = runs.subscribe(run, { afterId, listener, signal });
  const following = await inTimeToRead(subscribing, feeding);
  const error = await following.closed;
  if (error !== null) throw error;
}

/**
 * Why a client that wants everything cannot go on.
 *
 * @param gap What is gone.
 * @param firstId The oldest that is kept; `null` for none.
 */
export function positionTrimmed(gap: RunGap, firstId: EntryId | null): ProblemError {
  const { afterId, untilId } = gap;
  return new ProblemError({
    status: 410,
    code: "POSITION_TRIMMED",
    title: "Events behind this position are gone",
    detail: `Those behind ${afterId} are gone up to ${untilId}`,
    members: { first_id: firstId, until_id: untilId },
  });
}

async function refuse(gap: RunGap, feeding: RunFeeding): Promise<never> {
  const { firstId } = await inTimeToRead(feeding.runs.get(feeding.run), feeding);
  throw positionTrimmed(gap, firstId);
}

/** Sends at once where there is room, so that an event reaches the socket within the call that brought it. */
function send(stream: SseStream, item: RunItem): void | Promise<void> {
  const frame = runFrame(item);
  const { byteLength } = frame.bytes;
  if (stream.hasRoom(byteLength)) return void stream.send(frame);
  return stream.room(byteLength).then(() => void stream.send(frame));
}
