/**
 * Reading a request's body: counted while it comes, so that no more than the limit is ever held, and timed, so that one
 * who sends a byte a minute does not keep his place.
 *
 * @module
 */

import type { Clock } from "../../ports/clock.ts";
import { badRequest, Problem } from "./problem.ts";

/** How much, and how long. */
export interface BodyLimits {
  /** Bytes. */
  readonly bodyBytesMax: number;
  /** From the first byte to the last, in ms. */
  readonly bodyMsMax: number;
}

/**
 * The body of a request.
 *
 * @param request Read to its end, or cancelled.
 * @param options How much, how long, by which clock.
 * @throws {Problem} 413 when it is too long, 408 when it comes too slowly, 400 when it breaks off.
 */
export async function readBody(
  request: Request,
  options: BodyLimits & { readonly clock: Clock },
): Promise<Uint8Array> {
  const { bodyBytesMax, bodyMsMax, clock } = options;
  const tooLarge = () =>
    new Problem("BODY_TOO_LARGE", `The body is longer than ${bodyBytesMax} bytes`, { status: 413 });
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytesMax) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  let late = false;
  const timer = clock.after(bodyMsMax, () => {
    late = true;
    reader.cancel().catch(() => {});
  });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > bodyBytesMax) throw tooLarge();
      parts.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof Problem) throw error;
    if (!late) throw badRequest("BODY_INCOMPLETE", "The body broke off");
  } finally {
    timer.cancel();
  }
  if (late) {
    throw new Problem("BODY_TOO_SLOW", `The body took longer than ${bodyMsMax} ms`, {
      status: 408,
    });
  }
  return joined(parts, bytes);
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.byteLength;
  }
  return body;
}
