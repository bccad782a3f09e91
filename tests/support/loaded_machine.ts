/**
 * What a loaded machine adds to a bound of time that a process or a network keeps. It is far less than a product takes that
 * does not keep its bound: that waits for a timeout of seconds.
 *
 * @module
 */

/** How late a loaded machine may be, in ms. */
export const LATE_MS = 1_500;
