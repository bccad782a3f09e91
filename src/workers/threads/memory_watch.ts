/**
 * Notices, from inside of a thread, that it has run out of memory. Its bound makes V8 end the code that wants more; where
 * that code runs behind a promise, Deno 2.9.6 tells nobody, and the thread lives on without what was cut off. But V8
 * raises the bound while it does so, and that can be seen.
 *
 * @module
 */

import { getHeapStatistics } from "node:v8";

/** What is said of a thread that ran out of memory. */
export const OUT_OF_MEMORY = "it ran out of memory";

/** How often to look, in ms: a lost attempt is not noticed sooner, and a look costs a few µs. */
const LOOK_MS = 250;

/** Looks from now on, and tells once. */
export function watchMemory(onLost: () => void): void {
  const bound = getHeapStatistics().heap_size_limit;
  const timer = setInterval(() => {
    if (getHeapStatistics().heap_size_limit <= bound) return;
    clearInterval(timer);
    onLost();
  }, LOOK_MS);
}
