/**
 * Types of the part of `@std/assert` 1 that `mod.ts` re-exports. Written by hand, because the npm
 * copy has none; the signatures are those of the real package. In all of them `msg` is added to the
 * error's text, and a failed assertion throws {@link AssertionError}.
 *
 * @module
 */

/** A class, abstract or not, whose values an assertion may ask for. */
type ClassOf<T> = abstract new (...args: never[]) => T;

/** What every failed assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions);
}

/** Fails when the value is falsy. */
export function assert(expr: unknown, msg?: string): asserts expr;

/** Fails when the value is truthy. */
export function assertFalse(expr: unknown, msg?: string): asserts expr is false | 0 | "" | null;

/** Fails when the values are not deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void;

/** Fails when the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;

/** Fails when the values are not the same by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T;

/** Fails when the values are the same by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void;

/** Fails when the numbers differ by more than the tolerance (default: relative, 1e-7). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void;

/** Fails when the value is null or undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T>;

/** Fails when `actual` is not greater than `expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void;

/** Fails when `actual` is less than `expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void;

/** Fails when `actual` is not less than `expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void;

/** Fails when `actual` is greater than `expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void;

/** Fails when the value is not of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: ClassOf<T>,
  msg?: string,
): asserts actual is T;

/** Fails when the value is of the class. */
export function assertNotInstanceOf<A, T>(
  actual: A,
  unexpectedType: ClassOf<T>,
  msg?: string,
): asserts actual is Exclude<A, T>;

/** Fails when the value is not an error of the class, or its message does not match. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ClassOf<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E;

/** Fails when the text does not match. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void;

/** Fails when the text matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void;

/** Fails when the text does not contain the other. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void;

/** Fails when the array lacks one of the values. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void;

/** Fails when the object does not have the expected part, deeply. */
export function assertObjectMatch(
  actual: object,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void;

/** Fails when the function does not throw; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails when the function does not throw an error of the class with that text in its message. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ClassOf<E>,
  msgIncludes?: string,
  msg?: string,
): E;

/** Fails when the promise is kept; returns the reason of its rejection. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Fails when the promise is not rejected with an error of the class with that text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ClassOf<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;

/** Whether the values are deeply equal. */
export function equal(a: unknown, b: unknown): boolean;

/** Always fails. */
export function fail(msg?: string): never;

/** Fails because what was called is not written. */
export function unimplemented(msg?: string): never;

/** Fails because this place should not be reached. */
export function unreachable(msg?: string): never;
