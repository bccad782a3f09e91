/**
 * What a network can do to one exchange with a server, as data: how bytes get late, and how a connection ends.
 *
 * @module
 */

import type { Point } from "./point.ts";

/** What they are called. */
export type FaultName =
  | "delay"
  | "late"
  | "jitter"
  | "slow"
  | "cut"
  | "cut half"
  | "half-open"
  | "refuse"
  | "reset"
  | "unanswered"
  | "unanswered, cut";

/**
 * One fault.
 *
 * - `delay`: the bytes come after a pause; `late`: after one that is longer than any caller waits, also when he has gone
 * - `jitter`: in pieces, with pauses by chance; `slow`: in trickles
 * - `cut`: the connection is closed instead; `cut half`: after the first half of the bytes; `reset`: with RST
 * - `refuse`: the connection is closed, and nobody listens for new ones
 * - `half-open`: from then on nothing passes in either direction, and nothing is closed
 * - `unanswered`: the server gets it and everything after it, and no reply comes back; `unanswered, cut`: the reply is
 *   lost and the connection is closed
 */
export interface NetworkFault {
  readonly name: FaultName;
  /** `bytes`: only their pace changes; `connection`: it ends; `reply`: it is lost on its way back. */
  readonly hits: "bytes" | "connection" | "reply";
}

/** All faults. */
export const FAULTS: readonly NetworkFault[] = [
  { name: "delay", hits: "bytes" },
  { name: "late", hits: "bytes" },
  { name: "jitter", hits: "bytes" },
  { name: "slow", hits: "bytes" },
  { name: "cut", hits: "connection" },
  { name: "cut half", hits: "bytes" },
  { name: "half-open", hits: "connection" },
  { name: "refuse", hits: "connection" },
  { name: "reset", hits: "connection" },
  { name: "unanswered", hits: "reply" },
  { name: "unanswered, cut", hits: "reply" },
];

/** Whether a fault at a point is one of its own: a reply that is lost with its connection is `cut` there. */
export function isDistinct(fault: NetworkFault, point: Point): boolean {
  return !(fault.name === "unanswered, cut" && point.side === "reply");
}
