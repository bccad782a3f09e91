/**
 * Waiting for a signal, alone or beside something that cannot be called off, such as an import: a module that waits for
 * something that never comes would hold up the end of the program.
 *
 * @module
 */

/**
 * Does something for as long as it is wanted.
 *
 * @param work What to do; not begun when the signal came before.
 * @returns What it gives; `null` when the signal came first, and its end is nobody's business any more.
 * @throws What it throws.
 */
export async function unlessAborted<Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result | null> {
  if (signal.aborted) return null;
  const told = Promise.withResolvers<null>();
  const onAbort = () => told.resolve(null);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(), told.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Resolves when a signal comes. */
export function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
