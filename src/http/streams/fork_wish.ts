/**
 * What the headers of a PUT say of the fork that it wants.
 *
 * @module
 */

import { readOffset } from "./offset.ts";
import { badRequest, forkSourceMissing } from "./refusals.ts";
import { streamNameOf } from "./stream_name.ts";
import type { ForkOrigin } from "./stream_state.ts";

/** A fork as it was asked for. */
export interface ForkWish {
  /** The name of the source. */
  readonly source: string;
  /** The offset that was given, `null` for the tail. */
  readonly offset: string | null;
  /** How far behind it, in bytes or messages. */
  readonly subOffset: number;
}

/**
 * The fork that a request asks for.
 *
 * @param headers Of the request.
 * @param basePath What every stream's path begins with; `Stream-Forked-From` is such a path.
 * @returns `null` when it asks for none.
 * @throws {ProblemError} When the headers are malformed (400) or name no stream of this server (404).
 */
export function forkWishOf(headers: Headers, basePath: string): ForkWish | null {
  const from = headers.get("stream-forked-from");
  const offset = headers.get("stream-fork-offset");
  const subOffset = headers.get("stream-fork-sub-offset");
  if (from === null) {
    if (offset === null && subOffset === null) return null;
    throw badRequest("FORK_SOURCE_MISSING", "Stream-Forked-From is missing");
  }
  if (subOffset !== null && !/^(?:0|[1-9]\d{0,14})$/.test(subOffset)) {
    throw badRequest("INVALID_SUB_OFFSET", "Stream-Fork-Sub-Offset is a whole number from 0");
  }
  // Only to refuse what is none.
  if (offset !== null) readOffset(offset);
  const source = streamNameOf(from, basePath);
  if (source === null) throw forkSourceMissing();
  return { source, offset, subOffset: Number(subOffset ?? 0) };
}

/** Whether a fork that is there is the one that is asked for. */
export function isSameFork(origin: ForkOrigin | null, wish: ForkWish): boolean {
  return origin !== null && origin.source === wish.source && origin.offset === wish.offset &&
    origin.subOffset === wish.subOffset;
}
