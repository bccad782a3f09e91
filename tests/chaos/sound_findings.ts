/**
 * What the checker says of data in which nothing is wrong, for tests of those who read it.
 *
 * @module
 */

import type { Findings } from "./checker.ts";

/** Nine events, nine outputs. */
export const SOUND_FINDINGS: Findings = {
  entries: 9,
  outputs: 9,
  deadLetters: 0,
  unpublished: 0,
  lost: [],
  duplicate: [],
  disordered: [],
  fabricated: [],
  wrongFate: [],
  leftPending: [],
  leftDone: [],
  checkpointIsLast: true,
  rows: null,
};
