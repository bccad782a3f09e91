/**
 * The version, as `deno.json` has it; a test compares the two.
 *
 * @module
 */

/** The version of this package. */
export const VERSION = "0.1.0";
