/**
 * The user's listeners: whatever one does when it is told something, also throwing or rejecting, harms nobody.
 *
 * @module
 */

import type { Log } from "../ports/log.ts";

/**
 * Tells a listener.
 *
 * @param tell Calls it.
 * @param onError Told what it threw or rejected with.
 */
export function tellBystander(
  tell: () => unknown,
  onError: (error: unknown) => void = () => {},
): void {
  try {
    const told = tell();
    if (told instanceof Promise) told.catch(onError);
  } catch (error) {
    onError(error);
  }
}

/** A log that never throws; there is nowhere left to say that one did. */
export function harmlessLog(log: Log): Log {
  return { log: (...line) => tellBystander(() => log.log(...line)) };
}

/** A listener that never throws: one that does would put a machine in an error state. */
export function harmlessListener<Told>(listener: (told: Told) => void): (told: Told) => void {
  return (told) => tellBystander(() => listener(told));
}
