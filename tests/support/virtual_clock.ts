/**
 * A clock that only moves when a test says so, so that no test waits: the one of the simulator.
 *
 * @module
 */

export { settle, VirtualClock } from "../../src/testing/virtual_clock.ts";
