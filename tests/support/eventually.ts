/**
 * Waiting for a condition instead of for a time.
 *
 * @module
 */

/** Long enough for a loaded machine; whoever needs a bound of the product asserts it. */
const WAIT_MS_MAX = 15_000;

/** Little beside everything that is waited for. */
const POLL_MS = 5;

/**
 * Waits until a condition holds.
 *
 * @param what What is waited for, for the error.
 * @param holds The condition.
 * @throws When it does not hold within the time.
 */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  waitMsMax = WAIT_MS_MAX,
): Promise<void> {
  const endMs = Date.now() + waitMsMax;
  while (!await holds()) {
    if (Date.now() > endMs) throw new Error(`Waited ${waitMsMax} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
