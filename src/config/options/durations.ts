/**
 * The longest waits that the options take.
 *
 * @module
 */

/** An hour, in ms: a longer wait for something that should work is a mistake in the unit. */
export const HOUR_MS = 3_600_000;

/** A day, in ms: the longest that anybody waits on purpose. */
export const DAY_MS = 24 * HOUR_MS;
