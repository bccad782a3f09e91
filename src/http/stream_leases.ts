/**
 * Counts open streams, in total, per address and per run, so that nobody can hold them all (S10).
 *
 * @module
 */

import type { HttpLimits } from "./http_limits.ts";

/** A counted stream. Disposing it twice counts once. */
export interface StreamLease extends Disposable {
  /** Gives the place back. */
  release(): void;
}

/** Which bound was met. */
export type FullLimit = "total" | "address" | "run";

/** What asks for a place. */
export interface StreamClaim {
  /** From where: an address as the socket tells it. */
  readonly address: string;
  /** Which run it shows; none for streams that show no run. */
  readonly run?: string | undefined;
}

/** The counters. */
export class StreamLeases {
  readonly #limits: Pick<HttpLimits, "streamsMax" | "streamsPerAddressMax" | "streamsPerRunMax">;
  readonly #addresses = new Map<string, number>();
  readonly #runs = new Map<string, number>();
  #total = 0;

  /** @param limits The bounds. */
  constructor(
    limits: Pick<HttpLimits, "streamsMax" | "streamsPerAddressMax" | "streamsPerRunMax">,
  ) {
    this.#limits = limits;
  }

  /** How many places are taken. */
  get total(): number {
    return this.#total;
  }

  /** How many addresses and runs are counted: nothing is left of streams that have ended. */
  get size(): number {
    return this.#addresses.size + this.#runs.size;
  }

  /**
   * Takes a place.
   *
   * @param claim For whom.
   * @returns The lease, or which bound is met.
   */
  take({ address, run }: StreamClaim): StreamLease | FullLimit {
    const from = addressKey(address);
    const { streamsMax, streamsPerAddressMax, streamsPerRunMax } = this.#limits;
    if (this.#total >= streamsMax) return "total";
    if ((this.#addresses.get(from) ?? 0) >= streamsPerAddressMax) return "address";
    if (run !== undefined && (this.#runs.get(run) ?? 0) >= streamsPerRunMax) return "run";
    this.#count(1, { from, run });
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#count(-1, { from, run });
      isHeld = false;
    };
    return { release, [Symbol.dispose]: release };
  }

  #count(by: 1 | -1, { from, run }: { from: string; run: string | undefined }): void {
    this.#total += by;
    add(this.#addresses, from, by);
    if (run !== undefined) add(this.#runs, run, by);
  }
}

/**
 * What counts as one address: of IPv6 the first 64 bits, because whoever has one address has all of those.
 *
 * @param address As a socket tells it.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  return `${groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
