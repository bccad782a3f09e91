/**
 * Taking single values out of things of unknown origin, in the middle of a machine's step: whatever they are (cyclic,
 * huge, proxies, with getters that throw), nothing throws, nothing is walked through, and nothing but single values is
 * held afterwards.
 *
 * @module
 */

import { cutText, printable } from "../domain/printable.ts";
import { type Scalar, type StateValue, TEXT_MAX } from "./format.ts";

/** What stands for a value that could not be read. */
export const UNREADABLE = "(unreadable)";

/** States inside states beyond this are left out: a chart that deep is read by nobody. */
const STATE_DEPTH_MAX = 12;

/** So many states side by side are taken. */
const STATE_KEYS_MAX = 100;

/** Larger integers are not spelled out: the time for it grows with the square of their length. */
const BIGINT_MAX = 2n ** 64n;

/** Texts that hold neither a secret nor a character to escape, as nearly all do. */
const PLAIN = /^[\w.-]*$/;

/** Reads one member of anything. Never throws. */
export function memberOf(whole: unknown, name: string): unknown {
  try {
    return isRecord(whole) ? whole[name] : undefined;
  } catch {
    return UNREADABLE;
  }
}

/** A single value that holds on to nothing. What is not one is told by its kind, such as `(object)`. Never throws. */
export function scalarOf(value: unknown): Scalar {
  switch (typeof value) {
    case "string":
      return value.length <= TEXT_MAX ? value : freshCut(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "undefined":
      return null;
    case "bigint":
      return value < BIGINT_MAX && value > -BIGINT_MAX ? String(value) : "(bigint)";
    default:
      return value === null ? null : `(${typeof value})`;
  }
}

/** A state that holds on to nothing. What is not one is `""`. Never throws. */
export function stateOf(value: unknown, depth = 0): StateValue {
  if (typeof value === "string") return value.length <= TEXT_MAX ? value : freshCut(value);
  if (typeof value !== "object" || value === null || depth === STATE_DEPTH_MAX) return "";
  const copy: Record<string, StateValue> = {};
  try {
    for (const key of Object.keys(value).slice(0, STATE_KEYS_MAX)) {
      if (key !== "__proto__") copy[key] = stateOf(memberOf(value, key), depth + 1);
    }
  } catch {
    return UNREADABLE;
  }
  return copy;
}

/** The text of an error. Never throws. */
export function failureText(error: unknown): string {
  const message = memberOf(error, "message");
  const value = scalarOf(typeof message === "string" && message !== "" ? message : error);
  return String(value);
}

/** A single value as it may leave the process: without secrets, cut, escaped. */
export function shown(value: Scalar): Scalar {
  return typeof value === "string" ? shownText(value) : value;
}

/** {@linkcode shown} for a text. */
export function shownText(text: string): string {
  return text.length <= TEXT_MAX && PLAIN.test(text) ? text : printable(text, TEXT_MAX);
}

/** {@linkcode shown} for a state. */
export function shownState(state: StateValue): StateValue {
  if (typeof state === "string") return shownText(state);
  const copy: Record<string, StateValue> = {};
  for (const [key, inner] of Object.entries(state)) copy[shownText(key)] = shownState(inner);
  return copy;
}

/**
 * The engine makes a part of a text by pointing into the whole, which would keep megabytes for the sake of a line; a text
 * that was parsed stands by itself. Twice the bound is left for `printable`, which has to see a secret whole.
 */
function freshCut(text: string): string {
  const parsed: unknown = JSON.parse(JSON.stringify(cutText(text, 2 * TEXT_MAX)));
  return typeof parsed === "string" ? parsed : UNREADABLE;
}

/** Whether something has members. They are read by index, which is several times as fast as `Reflect.get`. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
