/**
 * The port by which processes announce themselves: each says who it is and what its consumers do, and whoever asks sees
 * those that have said so of late. It is for people and for a list of what runs; no guarantee rests on it.
 *
 * Every method may throw what `StreamStore` methods may.
 *
 * @module
 */

import { utf8Length } from "../domain/entry.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { checkName } from "../domain/names.ts";

/** A process that has announced itself, and has neither withdrawn nor fallen silent for its lease. */
export interface AnnouncedInstance {
  /** The name under which it announced itself. */
  readonly instance: string;
  /** What it said, JSON as it was given. Of unknown origin: anybody can write to a broker. */
  readonly text: string;
  /** How long ago it said so, in ms, by the broker's time; never negative. */
  readonly ageMs: number;
}

/** The processes that work with this broker, as they announce themselves. */
export interface InstanceStore {
  /**
   * Says that a process is there, and what it does. One round trip. Idempotent: the last text under a name counts, and
   * each call renews the lease. What is not renewed is forgotten by the broker, also if nobody ever asks or announces
   * again.
   *
   * @param instance The process's name, as of a consumer: 1 to 256 bytes.
   * @param text JSON of at most {@linkcode ANNOUNCEMENT_BYTES_MAX} bytes.
   * @param leaseMs How long it counts unless it is renewed, in ms; 1 to 86,400,000.
   * @throws {InvalidNameError} or {InvalidOptionError} When one of them cannot be.
   * @throws {WrongTypeError} When somebody else keeps something of another type in that place.
   */
  announce(instance: string, text: string, leaseMs: number): Promise<void>;

  /** Takes back what was announced under a name. Idempotent. */
  withdraw(instance: string): Promise<void>;

  /**
   * Lists what counts now, in text order of the names.
   *
   * @throws {WrongTypeError} When somebody else keeps something of another type in that place.
   */
  listInstances(): Promise<AnnouncedInstance[]>;
}

/** The longest announcement, in bytes: room for the facts of hundreds of consumers, sent every few seconds. */
export const ANNOUNCEMENT_BYTES_MAX = 262_144;

/** A day: a longer lease would keep the dead on the list. */
const LEASE_MS_MAX = 86_400_000;

/**
 * Checks what `announce` was given; every adapter begins with it.
 *
 * @throws {InvalidNameError} or {InvalidOptionError} When one of them cannot be.
 */
export function checkAnnouncement(instance: string, text: string, leaseMs: number): void {
  checkName("instance", instance);
  if (!Number.isInteger(leaseMs) || leaseMs < 1 || leaseMs > LEASE_MS_MAX) {
    throw new InvalidOptionError("leaseMs", leaseMs, `a whole number from 1 to ${LEASE_MS_MAX}`);
  }
  if (typeof text !== "string") throw new InvalidOptionError("text", typeof text, "a text");
  const bytes = utf8Length(text);
  if (bytes > ANNOUNCEMENT_BYTES_MAX) {
    const wanted = `at most ${ANNOUNCEMENT_BYTES_MAX} bytes`;
    throw new InvalidOptionError("text", `${bytes} bytes`, wanted);
  }
  // Half a surrogate pair has no bytes: it would come back as another text.
  if (!text.isWellFormed() || !isJson(text)) {
    throw new InvalidOptionError("text", `${bytes} bytes`, "JSON");
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
