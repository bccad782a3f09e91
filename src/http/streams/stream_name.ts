/**
 * The names of streams, as they stand in a path: parts with slashes between them, so that `/streams/chat/7` is the stream
 * `chat/7`. Decoded once; an encoded slash is refused, because whoever guards paths in front of us would not see it.
 *
 * @module
 */

import { ProblemError } from "../problem.ts";

/** The longest name, in bytes: what a journal's may have. */
const NAME_BYTES_MAX = 256;

const NAME_WANTED =
  `A stream's name is 1 to ${NAME_BYTES_MAX} of A-Z a-z 0-9 . _ ~ @ : + = - and slashes, ` +
  "and each part begins with a letter or a digit";

/** A part begins with a letter or a digit, so that `.` and `..` are none, nor what begins with `__`, which is reserved. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._~@:+=-]*(?:\/[A-Za-z0-9][A-Za-z0-9._~@:+=-]*)*$/;

/**
 * The stream that a path names.
 *
 * @param path The path of a URL, encoded, such as `/streams/chat/7`.
 * @param basePath What every stream's path begins with, such as `/streams/`.
 * @returns `null` when it does not begin with that.
 * @throws {ProblemError} When what follows cannot be a name.
 */
export function streamNameOf(path: string, basePath: string): string | null {
  if (!path.startsWith(basePath)) return null;
  const encoded = path.slice(basePath.length);
  const name = encoded.length <= 3 * NAME_BYTES_MAX ? decoded(encoded) : "";
  // The pattern lets only ASCII through, so that characters are bytes.
  if (name.length > NAME_BYTES_MAX || !NAME.test(name) || /%2f/i.test(encoded)) {
    const title = "This cannot be the name of a stream";
    throw new ProblemError({
      status: 400,
      code: "INVALID_STREAM_NAME",
      title,
      detail: NAME_WANTED,
    });
  }
  return name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return "";
    throw error;
  }
}
