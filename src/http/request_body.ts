/**
 * Reads the body of a request within bounds of size and time: counted while it arrives, so that a body that is too long
 * or never ends costs no more than the bound (S6). Deno.serve itself has no such bound.
 *
 * @module
 */

import type { Clock } from "../ports/clock.ts";
import type { HttpLimits } from "./http_limits.ts";
import { ProblemError } from "./problem.ts";

/** Bytes that all bodies together may hold. */
export class ByteBudget {
  #left: number;

  /** @param bytesMax All there is. */
  constructor(bytesMax: number) {
    this.#left = bytesMax;
  }

  /** Takes some; `false` when there are not enough, and nothing is taken. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** Gives some back. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** What reading a body needs. */
export interface BodyReading {
  /** The bounds. */
  readonly limits: Pick<HttpLimits, "bodyBytesMax" | "bodyMsMax">;
  /** What is left for it; every byte of the result was taken from it. */
  readonly budget: ByteBudget;
  /** Time. */
  readonly clock: Clock;
}

/**
 * Reads a whole body.
 *
 * @param request Whose.
 * @param reading Bounds, budget and clock.
 * @returns Its bytes, whose number the caller gives back to the budget when it needs them no more.
 * @throws {ProblemError} 413 when it is too long, 408 when it takes too long, 503 when too many are read at once, 400
 * when the client breaks off. Nothing of the budget is kept then.
 */
export async function readBody(
  request: Request,
  { limits, budget, clock }: BodyReading,
): Promise<Uint8Array<ArrayBuffer>> {
  const { bodyBytesMax, bodyMsMax } = limits;
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > bodyBytesMax) throw tooLarge(bodyBytesMax);
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const late = Promise.withResolvers<never>();
  const timer = clock.after(bodyMsMax, () => late.reject(tooSlow(bodyMsMax)));
  const parts: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) break;
      if (length + value.byteLength > bodyBytesMax) throw tooLarge(bodyBytesMax);
      if (!budget.take(value.byteLength)) throw tooMany();
      length += value.byteLength;
      parts.push(value);
    }
    isWhole = true;
  } catch (error) {
    throw error instanceof ProblemError ? error : brokenOff(error);
  } finally {
    timer.cancel();
    if (!isWhole) {
      budget.give(length);
      // Nobody waits for it: a body that never ends may never be cancelled either.
      reader.cancel().catch(() => {});
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function tooLarge(bytesMax: number): ProblemError {
  const detail = `The body may have ${bytesMax} bytes at most`;
  return new ProblemError({
    status: 413,
    code: "BODY_TOO_LARGE",
    title: "The body is too large",
    detail,
  });
}

function tooSlow(msMax: number): ProblemError {
  const detail = `The body must arrive within ${msMax} ms`;
  return new ProblemError({
    status: 408,
    code: "BODY_TOO_SLOW",
    title: "The body is too slow",
    detail,
  });
}

function tooMany(): ProblemError {
  const title = "Too many requests with long bodies are under way";
  return new ProblemError({ status: 503, code: "BODIES_FULL", title, retryAfterS: 1 });
}

function brokenOff(cause: unknown): ProblemError {
  const title = "The body broke off";
  return new ProblemError({ status: 400, code: "BODY_BROKEN_OFF", title }, { cause });
}
