/**
 * The `@std/assert` that this repository develops against: the standard library's own code, as the
 * npm registry carries it, with the types that the registry's copy lacks. Users from JSR get the
 * real package; `deno.json` says how (`imports` and `links`).
 *
 * @module
 */

// @ts-types="./mod.d.ts"
export {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotInstanceOf,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unimplemented,
  unreachable,
} from "deno-std/assert";
