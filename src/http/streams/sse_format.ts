/**
 * Events of a live response in the form of Server-Sent Events. Whatever a stream holds stays data: each line of it gets
 * its own `data:`, and a carriage return, which also ends a line there, is one line's end.
 *
 * @module
 */

import { bodyOf } from "./chunks.ts";
import { contentKind } from "./content_type.ts";
import { offsetOf } from "./offset.ts";
import type { StreamPage } from "./read.ts";

/** A comment, which readers pass over. */
export const HEARTBEAT = ": still here\n\n";

/**
 * A page as events: its content, when it has some, and where the reader is then.
 *
 * @param page What to tell.
 * @param options `cursor`: the reader's next.
 */
export function pageEvents(page: StreamPage, { cursor }: { readonly cursor: string }): string {
  const { state, entries, lastId, isAtTail } = page;
  const kind = contentKind(state.contentType);
  const body = bodyOf(entries, kind);
  const text = kind === "bytes" ? body.toBase64() : new TextDecoder().decode(body);
  const closed = isAtTail && state.closed;
  const control = {
    streamNextOffset: offsetOf(lastId),
    ...(closed ? { streamClosed: true } : { streamCursor: cursor }),
    ...(isAtTail ? { upToDate: true } : {}),
  };
  const data = entries.length === 0 ? "" : event("data", text);
  return data + event("control", JSON.stringify(control));
}

function event(name: string, text: string): string {
  // A reader takes one space away, so a line that begins with one gets another.
  const lines = text.split(/\r\n|\r|\n/)
    .map((line) => `data:${line.startsWith(" ") ? " " : ""}${line}\n`);
  return `event: ${name}\n${lines.join("")}\n`;
}
