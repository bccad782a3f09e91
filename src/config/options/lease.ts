/**
 * The options of the section `lease`: when entries of a silent process go to another one.
 *
 * @module
 */

import type { Option } from "../option.ts";
import { HOUR_MS } from "./durations.ts";

/** The section `lease`, by the names of the program. */
export const lease = {
  // Nothing else has to fit to it: a consumer renews every third of it and looks for silent ones every quarter of it,
  // both over a connection that no blocking read holds up, so block_ms, grace_ms and handler_timeout_ms may be longer.
  leaseMs: {
    path: "lease.lease_ms",
    text:
      "After which silence of a process its entries go to another one, at most a quarter later; a living one renews every third.",
    kind: "integer",
    default: 10_000,
    unit: "ms",
    min: 300,
    max: HOUR_MS,
  },
} as const satisfies Record<string, Option>;
