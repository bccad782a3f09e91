/**
 * Whether something is at a path.
 *
 * @module
 */

/** Whether there is a file or folder. @throws What else keeps it from being looked at. */
export function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
