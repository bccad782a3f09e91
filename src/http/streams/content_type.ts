/**
 * Content types: compared by type and subtype without case and parameters, kept as they were first given.
 *
 * @module
 */

import { badRequest } from "./refusals.ts";

/** How a stream's bytes are told: as JSON messages, as text, or as bytes. */
export type ContentKind = "json" | "text" | "bytes";

/** What a stream is whose creator has not said. */
export const DEFAULT_CONTENT_TYPE = "application/octet-stream";

const LENGTH_MAX = 255;

const FORM = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/;

/**
 * The content type of a request.
 *
 * @returns `null` when it has none.
 * @throws {ProblemError} When it is not one.
 */
export function contentTypeOf(request: Request): string | null {
  const text = request.headers.get("content-type")?.trim() ?? "";
  if (text === "") return null;
  if (text.length > LENGTH_MAX || !FORM.test(text)) {
    throw badRequest("INVALID_CONTENT_TYPE", "The Content-Type is not of the form type/subtype");
  }
  return text;
}

/** Whether two content types are the same stream's. */
export function sameContentType(left: string, right: string): boolean {
  return mediaType(left) === mediaType(right);
}

/** How a stream of this type is told. */
export function contentKind(contentType: string): ContentKind {
  const type = mediaType(contentType);
  if (type === "application/json") return "json";
  return type.startsWith("text/") ? "text" : "bytes";
}

function mediaType(contentType: string): string {
  const [type = ""] = contentType.split(";");
  return type.trim().toLowerCase();
}
