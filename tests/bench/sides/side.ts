/**
 * A side of a comparison: Tidemark, or what one would write or take instead. Every side does the same work in a process of
 * its own, so that the garbage and the compiled code of one are no burden of another.
 *
 * @module
 */

import type { Figures, Round } from "./lines.ts";

/** Handles all events of a round. */
export type Side = (round: Round) => Promise<Figures>;
