/**
 * How bytes travel under a fault that changes only their pace.
 *
 * @module
 */

import type { Seeded } from "../seeded.ts";
import type { FaultName } from "./fault.ts";

/** How long bytes take. */
export interface Pace {
  /** Longer than any caller waits, in ms. */
  readonly lateMs: number;
  readonly random: Seeded;
}

/** Long beside a loopback, short beside every deadline, in ms. */
export const DELAY_MS = 250;

const JITTER_MS_MAX = 60;
const JITTER_PIECES = 5;

/** Together as long as a delay. */
const TRICKLE_MS = 8;
const TRICKLES = 32;

/** Brings the bytes over, as the fault has it. */
export async function carry(
  bytes: Uint8Array,
  way: {
    readonly fault: FaultName;
    readonly pace: Pace;
    readonly write: (piece: Uint8Array) => Promise<void>;
  },
): Promise<void> {
  const { fault, write, pace: { lateMs, random } } = way;
  switch (fault) {
    case "delay":
    case "late":
      await pause(fault === "late" ? lateMs : DELAY_MS);
      return await write(bytes);
    case "jitter":
    case "slow": {
      const pieces = fault === "slow" ? TRICKLES : JITTER_PIECES;
      for (const piece of cutUp(bytes, pieces)) {
        await pause(fault === "slow" ? TRICKLE_MS : random.between(0, JITTER_MS_MAX));
        await write(piece);
      }
      return;
    }
    default:
      await write(bytes);
  }
}

function cutUp(bytes: Uint8Array, count: number): Uint8Array[] {
  const size = Math.max(1, Math.ceil(bytes.length / count));
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
