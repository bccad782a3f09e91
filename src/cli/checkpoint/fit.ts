/**
 * Whether a stored checkpoint fits the stream and the group that are there: what a consumer would find at its start
 * (DESIGN.md, section 4), in words. Pure.
 *
 * @module
 */

import type { DecodedCheckpoint } from "../../domain/checkpoint.ts";
import { compareEntryIds } from "../../domain/entry_id.ts";
import type { GroupInfo } from "../../ports/group_store.ts";
import type { StreamInfo } from "../../ports/stream_store.ts";

/** What a consumer would find. */
export interface Fit {
  /** For programs. */
  readonly code:
    | "fits"
    | "none"
    | "unusable"
    | "streamMissing"
    | "streamReplaced"
    | "beyondEnd"
    | "groupMissing"
    | "groupBehind";
  /** For people. */
  readonly text: string;
}

/** What is there. */
export interface FitFacts {
  /** The stored checkpoint. */
  readonly decoded: DecodedCheckpoint;
  /** `null` when it is missing. */
  readonly stream: StreamInfo | null;
  /** `null` when it is missing. */
  readonly group: GroupInfo | null;
}

/** Tells whether a consumer can start from a checkpoint, and how. */
export function fitOf({ decoded, stream, group }: FitFacts): Fit {
  if (decoded.kind === "none") return { code: "none", text: "there is none" };
  if (decoded.kind === "unusable") {
    return { code: "unusable", text: "a consumer will move it aside and go by the group" };
  }
  const { position, incarnation } = decoded.checkpoint;
  if (stream === null) {
    return { code: "streamMissing", text: "the stream is missing, a consumer will not start" };
  }
  if (stream.incarnation !== incarnation) {
    return {
      code: "streamReplaced",
      text: "the stream was deleted and made again since, a consumer will not start",
    };
  }
  if (compareEntryIds(position, stream.lastId) > 0) {
    return {
      code: "beyondEnd",
      text: `the stream ends at ${stream.lastId}, a consumer will not start`,
    };
  }
  if (group === null) {
    return { code: "groupMissing", text: "the group is gone, a consumer will make it again here" };
  }
  if (compareEntryIds(position, group.lastDeliveredId) > 0) {
    return {
      code: "groupBehind",
      text: `the group is behind at ${group.lastDeliveredId}, a consumer will go on here`,
    };
  }
  return { code: "fits", text: "it fits, a consumer will go on here" };
}
