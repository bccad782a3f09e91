/**
 * A program that does nothing: what Deno itself needs to start.
 *
 * @module
 */

console.log("handled");
