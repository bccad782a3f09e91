/**
 * How far long work is, on a terminal only: a program that reads our output, or a log, gets none of it.
 *
 * @module
 */

import type { Progress } from "./progress_bar.ts";

/**
 * Begins to show how far something is.
 *
 * @param total How much there is to do; it may turn out to be more or less.
 */
export async function openProgress(total: number): Promise<Progress> {
  if (!Deno.stderr.isTerminal()) return { show: () => {}, [Symbol.dispose]: () => {} };
  const { startBar } = await import("./progress_bar.ts");
  return startBar(total);
}
