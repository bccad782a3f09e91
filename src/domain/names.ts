/**
 * Names of streams, groups, consumers and processes, and the names derived from them. Redis accepts empty and
 * unprintable names (T25); we refuse them before they reach a key.
 *
 * @module
 */

import { utf8Length } from "./entry.ts";
import { InvalidNameError } from "./errors.ts";

/** Long enough for any host and pod name, short enough for a log line. */
export const NAME_BYTES_MAX = 256;

/** What the name of a stream of dead letters ends in. */
const DEAD_LETTERS = ":dead-letters";

/** Whoever consumes dead letters has dead letters, too; beyond that names have to be short. */
const DERIVED = /(?::dead-letters){1,2}$/;

/** The braces that {@linkcode slotPrefix} may have put around a name. */
const BRACES_BYTES = 2;

/** Redis Cluster places a key by what stands in its first braces; of other braces nobody knows what they mean. */
const SLOT_IS_CLEAR = /^[^{}]*(\{[^{}]+\}[^{}]*)?$/;

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Checks a name.
 *
 * @param role What it names: "stream", "group", "consumer", "instance" (a process) or "journal".
 * @param name The name.
 * @returns The same name.
 * @throws {InvalidNameError} When it is empty, above 256 bytes (of a stream of dead letters: but for what makes it one), starts or ends with a space, holds control characters or
 * lone surrogates, or is a stream's and holds braces other than one pair.
 */
export function checkName(
  role: "stream" | "group" | "consumer" | "instance" | "journal",
  name: string,
): string {
  if (typeof name !== "string" || name.trim() === "") {
    throw new InvalidNameError(role, String(name), "wanted a name that is not empty");
  }
  if (utf8Length(name) > NAME_BYTES_MAX && !(role === "stream" && isDerived(name))) {
    throw new InvalidNameError(role, name, `wanted at most ${NAME_BYTES_MAX} bytes`);
  }
  if (name !== name.trim() || UNPRINTABLE.test(name)) {
    throw new InvalidNameError(
      role,
      name,
      "wanted no control characters and no space at either end",
    );
  }
  if (role === "stream" && !SLOT_IS_CLEAR.test(name)) {
    throw new InvalidNameError(role, name, "wanted no braces, or one pair such as {eu}orders");
  }
  return name;
}

/**
 * The part of a stream's name that decides its Redis Cluster slot, in braces, so that a name made with it lies in the
 * same slot: `orders` gives `{orders}`, `{eu}orders` stays as it is.
 */
export function slotPrefix(stream: string): string {
  return /\{[^}]+\}/.test(stream) ? stream : `{${stream}}`;
}

/** Where the dead letters of a stream are kept: an ordinary stream in the same slot. */
export function deadLetterStream(stream: string): string {
  return `${slotPrefix(stream)}${DEAD_LETTERS}`;
}

/** Whether only our own addition makes a name too long: every stream whose name will do can have dead letters. */
function isDerived(name: string): boolean {
  const own = name.replace(DERIVED, "");
  return own !== name && utf8Length(own) <= NAME_BYTES_MAX + BRACES_BYTES;
}
