/**
 * What a follower of a run is sent. Events are frames without a name, so that one `onmessage` gets them all; what is said
 * about the run has a name: `gap`, `end`. Every frame has the id to go on from.
 *
 * @module
 */

import type { RunEvent, RunGap } from "../../../domain/run.ts";
import type { RunItem } from "../../../ports/run_service.ts";
import { type SseFrame, sseFrame } from "../../sse_frame.ts";
import { shownEvent, shownGap } from "./shown_event.ts";

/** An event in memory is the same object for all who follow; its frame is too, and goes with it. */
const eventFrames = new WeakMap<RunEvent, SseFrame>();

/** The frame of what a follower is told. */
export function runFrame(item: RunItem): SseFrame {
  if (item.kind === "event") return eventFrame(item.event);
  if (item.kind === "gap") return gapFrame(item.gap);
  const { status, reason, lastId } = item;
  const data = JSON.stringify({ status, reason, last_id: lastId });
  return sseFrame({ event: "end", id: lastId, data });
}

function eventFrame(event: RunEvent): SseFrame {
  const known = eventFrames.get(event);
  if (known !== undefined) return known;
  const frame = sseFrame({ id: event.id, data: JSON.stringify(shownEvent(event)) });
  eventFrames.set(event, frame);
  return frame;
}

function gapFrame(gap: RunGap): SseFrame {
  return sseFrame({ event: "gap", id: gap.untilId, data: JSON.stringify(shownGap(gap)) });
}
