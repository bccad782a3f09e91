/**
 * A bound of time on what a route waits for: a client that waits for a broker that says nothing is better told so.
 *
 * @module
 */

import type { Clock } from "../ports/clock.ts";

/**
 * Waits for an answer, but not for ever. The call goes on by itself when it is late.
 *
 * @param answer What is waited for.
 * @param options `msMax`: for so long. `late`: what it is told as when it takes longer.
 * @throws What `late` makes, or what the answer throws.
 */
export async function within<Answer>(
  answer: Promise<Answer>,
  options: { readonly clock: Clock; readonly msMax: number; readonly late: () => Error },
): Promise<Answer> {
  const { clock, msMax, late } = options;
  const over = Promise.withResolvers<never>();
  const timer = clock.after(msMax, () => over.reject(late()));
  try {
    return await Promise.race([answer, over.promise]);
  } finally {
    timer.cancel();
  }
}
