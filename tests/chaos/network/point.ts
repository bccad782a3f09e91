/**
 * The points of a conversation with Redis at which a network fault may strike.
 *
 * @module
 */

import { COMMIT } from "../../../src/brokers/redis/scripts/commit.lua.ts";
import { RENEW } from "../../../src/brokers/redis/scripts/leasing.lua.ts";
import {
  CLAIM,
  READ_NEW_IN_ORDER,
  READ_OWN_PENDING,
} from "../../../src/brokers/redis/scripts/reading.lua.ts";
import type { Script } from "../../../src/brokers/redis/scripts/script.ts";

/** What they are called. */
export type PointName =
  | "connect"
  | "blocked read"
  | "read reply"
  | "commit request"
  | "commit reply"
  | "heartbeat";

/** One point. */
export interface Point {
  readonly name: PointName;
  /** Where it lies: at a new connection, while the server waits with its reply, on the way there, or on the way back. */
  readonly side: "connection" | "wait" | "request" | "reply";
  /** Whether it lies in the exchange that this request begins. */
  readonly isIn: (request: readonly string[]) => boolean;
}

const READS = [READ_NEW_IN_ORDER, READ_OWN_PENDING, CLAIM];

/** All points, in the order of a consumer's life. */
export const POINTS: readonly Point[] = [
  { name: "connect", side: "connection", isIn: () => false },
  { name: "blocked read", side: "wait", isIn: blocks },
  {
    name: "read reply",
    side: "reply",
    isIn: (request) => isRead(request) || READS.some((script) => runs(request, script)),
  },
  { name: "commit request", side: "request", isIn: (request) => runs(request, COMMIT) },
  { name: "commit reply", side: "reply", isIn: (request) => runs(request, COMMIT) },
  { name: "heartbeat", side: "request", isIn: (request) => runs(request, RENEW) },
];

function isRead([command = ""]: readonly string[]): boolean {
  return /^xread(group)?$/i.test(command);
}

function blocks(request: readonly string[]): boolean {
  return isRead(request) && request.some((word) => /^block$/i.test(word));
}

/** A script is run by its digest, or by its source where the server does not know it. */
function runs([command = "", script]: readonly string[], { sha, source }: Script): boolean {
  if (/^evalsha$/i.test(command)) return script === sha;
  return /^eval$/i.test(command) && script === source;
}
