/**
 * Work that keeps a processor busy, for the measurement of threads: hashing, so many rounds.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Event } from "../../mod.ts";

/** Hashes a text over and over. */
export function hashRounds(rounds: number): string {
  let digest = "tidemark";
  for (let round = 0; round < rounds; round++) {
    digest = createHash("sha256").update(digest).digest("hex");
  }
  return digest;
}

export default (event: Event): void => {
  if (typeof event.data === "number") hashRounds(event.data);
};
