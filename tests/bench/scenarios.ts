/**
 * The scenarios by their names.
 *
 * @module
 */

import type { Scenario } from "./scenario.ts";
import { recorder } from "./recorder.ts";
import { sse } from "./sse/sse.ts";
import { threads } from "./threads.ts";

/** All there are, in the order in which they are measured. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map([
  ["sse", sse],
  ["threads", threads],
  ["inspector", recorder],
]);
