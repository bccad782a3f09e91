/**
 * A page of a stream as Server-Sent Events (PROTOCOL 5.8): its content, when it has some, and where the reader is then.
 * Both are one frame, because the second makes the first whole: a reader who was cut between them would read it twice.
 *
 * @module
 */

import { type SseFrame, sseFrame } from "../sse_frame.ts";
import { bodyOf } from "./chunks.ts";
import { type ContentKind, contentKind } from "./content_type.ts";
import { offsetOf } from "./offset.ts";
import type { StreamPage } from "./read.ts";

/** How the content of a stream is told, beyond text. */
export function sseEncodingHeaders(contentType: string): Readonly<Record<string, string>> {
  return isBinary(contentKind(contentType)) ? { "stream-sse-data-encoding": "base64" } : {};
}

/**
 * A page as a frame.
 *
 * @param page What to tell.
 * @param options `cursor`: the reader's next.
 */
export function pageFrame(page: StreamPage, { cursor }: { readonly cursor: string }): SseFrame {
  const { state, entries, lastId, isAtTail } = page;
  const closed = isAtTail && state.closed;
  const told = {
    streamNextOffset: offsetOf(lastId),
    ...(closed ? { streamClosed: true } : { streamCursor: cursor }),
    ...(isAtTail ? { upToDate: true } : {}),
  };
  const control = event("control", JSON.stringify(told));
  if (entries.length === 0) return control;
  const kind = contentKind(state.contentType);
  const body = bodyOf(entries, kind);
  const data = isBinary(kind) ? body.toBase64() : new TextDecoder().decode(body);
  return joined(event("data", data), control);
}

function isBinary(kind: ContentKind): boolean {
  return kind === "bytes";
}

/** Written as in the protocol's examples: its conformance suite reads no other spelling. */
function event(name: string, data: string): SseFrame {
  return sseFrame({ event: name, data, isCompact: true });
}

function joined(first: SseFrame, second: SseFrame): SseFrame {
  const bytes = new Uint8Array(first.bytes.byteLength + second.bytes.byteLength);
  bytes.set(first.bytes);
  bytes.set(second.bytes, first.bytes.byteLength);
  return { bytes };
}
