/**
 * What programs trip over, as sources of chance: odd texts, odd JSON, and damage to what was whole.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { TidemarkError } from "../../src/domain/errors.ts";

/** A secret that nothing may ever show. */
export const CANARY = "s3cr3t-canary";

/** Names that mean something to JavaScript, to JSON, to Redis, to a terminal or to a path. */
const WORDS = [
  ...["__proto__", "constructor", "prototype", "toString", "valueOf", "then", "toJSON", "length"],
  ...["null", "undefined", "NaN", "-0", "1e309", "0x10", "9007199254740993", "-1", "true", "{}"],
  ...[
    "\0",
    "\r\n",
    "\r",
    "\n",
    "\t",
    "\u001b[31m",
    "\u009b2J",
    "\u202e",
    "\u2028",
    "\ufeff",
    "\ufffd",
  ],
  ...["\ud800", "\udfff", "\u{1f600}", "é", "ａ", "а", "*", "$", ">", "(", "-", "+", "0-0"],
  ...["{a}", "{a}{b}", "}{", "..", "../..", "%2e%2e", "%00", "%", "'", '"', "\\", "`", "${X}"],
  ...["18446744073709551615-18446744073709551615", "18446744073709551616-0", "01-0", "1-0"],
  ...["redis://u:p@h", " ", "", ":", "a:b", "#", "&a", "*a", "!!js", "- ", "? ", "|", "---"],
];

/** A text that is odd, long, or like any other. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string()), { maxLength: 4 })
    .map((parts) => parts.join("")),
  fc.tuple(fc.constantFrom(...WORDS, "a"), fc.integer({ min: 1, max: 400 }))
    .map(([word, count]) => word.repeat(count)),
);

/**
 * A name for a member. Without backslashes: once `JSON.parse` of V8 15.0 (Deno 2.9.6) has met a name that holds one, it
 * can take another name that begins with an escape for it (https://issues.chromium.org/issues/521080746).
 */
export const hostileName: fc.Arbitrary<string> = hostileText.map((text) =>
  text.replaceAll("\\", "/")
);

/** What JSON can say, with keys that reach for prototypes and values that cannot be made a text. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    { weight: 3, arbitrary: hostileText },
    {
      weight: 2,
      arbitrary: fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e21, 2 ** 53),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>({ toString: 1, valueOf: 1 }, [[]], {}, [null]),
    },
    { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 2, arbitrary: fc.array(tie("value"), { maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc.array(fc.tuple(hostileName, tie("value")), { maxLength: 3 })
        // Not by assignment, so that `__proto__` stays a key as it does in JSON.
        .map((pairs) => Object.fromEntries(pairs)),
    },
  ),
})).value;

/** A text with a few places damaged: cut, doubled, changed, or something odd put in. */
export function damagedText(whole: string): fc.Arbitrary<string> {
  const hit = fc.record({
    at: fc.nat(),
    length: fc.oneof(fc.constant(0), fc.constant(1), fc.nat({ max: 12 })),
    put: fc.oneof(fc.constant(""), fc.constantFrom(...'{}[]",:0-\\n'), hostileText),
  });
  return fc.array(hit, { minLength: 1, maxLength: 3 }).map((hits) => {
    let text = whole;
    for (const { at, length, put } of hits) {
      const from = at % (text.length + 1);
      text = text.slice(0, from) + put + text.slice(from + length);
    }
    return text;
  });
}

/** The same for bytes. */
export function damagedBytes(whole: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const hit = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 8 }),
    put: fc.uint8Array({ maxLength: 8 }),
  });
  return fc.array(hit, { minLength: 1, maxLength: 4 }).map((hits) => {
    let bytes = Array.from(whole);
    for (const { at, length, put } of hits) {
      const from = at % (bytes.length + 1);
      bytes = [...bytes.slice(0, from), ...put, ...bytes.slice(from + length)];
    }
    return Uint8Array.from(bytes);
  });
}

/** Damage to one or two places in the tree of plain data: left out, doubled, or replaced by something else. */
export function anyDamage(
  other: fc.Arbitrary<unknown> = hostileJson,
): fc.Arbitrary<(whole: unknown) => unknown> {
  const hit = fc.record({
    path: fc.array(fc.nat(), { maxLength: 5 }),
    how: fc.constantFrom("replace", "replace", "leave out", "double"),
    by: other,
  });
  return fc.array(hit, { minLength: 1, maxLength: 2 }).map((hits) => (whole: unknown) =>
    hits.reduce((tree: unknown, { path, how, by }) => struck(tree, { path, how, by }), whole)
  );
}

/** Plain data with such damage. */
export function damagedTree(
  whole: unknown,
  other?: fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  return anyDamage(other).map((damage) => damage(whole));
}

interface Blow {
  readonly path: readonly number[];
  readonly how: string;
  readonly by: unknown;
}

function struck(tree: unknown, { path, how, by }: Blow): unknown {
  const [step, ...rest] = path;
  if (step === undefined || !isTree(tree)) return by;
  const pairs = Object.entries(tree);
  const index = pairs.length === 0 ? 0 : step % pairs.length;
  const isLast = rest.length === 0;
  const changed = pairs.flatMap(([key, value], at): [string, unknown][] => {
    if (at !== index) return [[key, value]];
    if (!isLast) return [[key, struck(value, { path: rest, how, by })]];
    if (how === "leave out") return [];
    return how === "double" ? [[key, value], [`${key}2`, value]] : [[key, by]];
  });
  return Array.isArray(tree) ? changed.map(([, value]) => value) : Object.fromEntries(changed);
}

/** Bytes are a leaf. */
function isTree(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/** Whatever was thrown has a name, a stable code and one sentence for people, and tells no secret. */
export function assertNamed(error: unknown): asserts error is TidemarkError {
  const shown = error instanceof Error ? error.stack : String(error);
  assert(error instanceof TidemarkError, `wanted an error of ours: ${shown}`);
  assert(/^[A-Z][A-Z0-9_]+$/.test(error.code), `wanted a code: ${error.code}`);
  assertFalse(Deno.inspect(error).includes(CANARY), "it tells the secret");
  assertEquals(error.name, error.constructor.name);
}

/**
 * Runs something that may refuse its input by name, and in no other way.
 *
 * @returns What it gave, `undefined` where it has refused.
 */
export function namedOrValue<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    assertNamed(error);
    return undefined;
  }
}
