/**
 * Entry ids, against exact numbers.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  compareEntryIds,
  ENTRY_ID_MAX,
  ENTRY_ID_ZERO,
  type EntryId,
  entryIdOfSortable,
  entryIdParts,
  isEntryId,
  laterEntryId,
  nextEntryId,
  parseEntryId,
  previousEntryId,
  sortableEntryId,
} from "../../src/domain/entry_id.ts";
import { InvalidEntryIdError } from "../../src/domain/errors.ts";

const RUNS = { numRuns: 1_000 };
const MAX = 2n ** 64n - 1n;

/** Numbers of 64 bits, often near a bound or a change of length. */
const anyU64 = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX }),
  fc.bigInt({ min: 0n, max: 12n }),
  fc.bigInt({ min: MAX - 3n, max: MAX }),
  fc.tuple(fc.integer({ min: 0, max: 19 }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([digits, more]) => 10n ** BigInt(digits) + more).filter((n) => n >= 0n),
);
const anyId = fc.tuple(anyU64, anyU64).map(([ms, seq]): EntryId => `${ms}-${seq}`);

/** An id as one exact number, in the order of ids. */
function numberOf(id: EntryId): bigint {
  const { ms, seq } = entryIdParts(id);
  return (ms << 64n) + seq;
}

function sign(value: number | bigint): number {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

Deno.test("isEntryId takes canonical ids of 64 bits and nothing else", () => {
  const good = ["0-0", "1-0", "0-18446744073709551615", ENTRY_ID_MAX, "9007199254740993-7"];
  const bad = [
    ...["", "-", "1", "1-", "-1", "1-0-0", "01-0", "1-00", "+1-0", "1.0-0", "1e3-0", "0x1-0"],
    ...[" 1-0", "1-0 ", "1-0\0", "1-0\n", "1_0-0", "١-0", "1‐0", "*", "$", ">"],
    ...[
      "18446744073709551616-0",
      "0-18446744073709551616",
      "99999999999999999999-0",
      "1".repeat(99),
    ],
    ...[null, undefined, 5, 5n, {}, ["1-0"]],
  ];
  assertEquals(good.filter((id) => !isEntryId(id)), []);
  assertEquals(bad.filter((id) => isEntryId(id)), []);
});

Deno.test("isEntryId agrees with exact numbers on any two decimals", () => {
  const anyDecimal = fc.oneof(anyU64, fc.bigInt({ min: 0n, max: MAX * 20n }));
  fc.assert(
    fc.property(anyDecimal, anyDecimal, (ms, seq) => {
      assertEquals(isEntryId(`${ms}-${seq}`), ms <= MAX && seq <= MAX);
    }),
    RUNS,
  );
});

Deno.test("isEntryId never throws, and parseEntryId throws only its own error", () => {
  const anyPlain = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.jsonValue(),
    fc.bigInt(),
  );
  fc.assert(
    fc.property(anyPlain, (value) => {
      if (isEntryId(value)) assertEquals(parseEntryId(value), value);
      else assertThrows(() => parseEntryId(value), InvalidEntryIdError);
    }),
    RUNS,
  );
});

Deno.test("compareEntryIds orders as exact numbers do", () => {
  fc.assert(
    fc.property(anyId, anyId, (left, right) => {
      const exact = sign(numberOf(left) - numberOf(right));
      assertEquals(sign(compareEntryIds(left, right)), exact);
      assertEquals(laterEntryId(left, right), exact >= 0 ? left : right);
    }),
    RUNS,
  );
});

Deno.test("T16: compareEntryIds is right where texts and doubles are wrong", () => {
  const rising: EntryId[] = [
    "9-0",
    "10-0",
    "10-9",
    "10-10",
    "9007199254740992-0",
    "9007199254740993-0",
  ];
  assertEquals(rising.toReversed().sort(compareEntryIds), rising);
});

Deno.test("sortableEntryId sorts by bytes as ids do, and can be undone", () => {
  fc.assert(
    fc.property(anyId, anyId, (left, right) => {
      const [a, b] = [sortableEntryId(left), sortableEntryId(right)];
      assertEquals(a < b ? -1 : a > b ? 1 : 0, sign(numberOf(left) - numberOf(right)));
      assertEquals(entryIdOfSortable(a), left);
    }),
    RUNS,
  );
});

Deno.test("sortableEntryId spells the length of each half in a letter", () => {
  assertEquals(sortableEntryId("1717000000000-12"), "m1717000000000b12");
  assertEquals(sortableEntryId(ENTRY_ID_MAX), "t18446744073709551615t18446744073709551615");
});

Deno.test("entryIdOfSortable refuses what sortableEntryId does not make", () => {
  for (const text of ["", "a", "a1", "a1a", "z1a0", "1-0", "a01a0", "b1a0", "a1a0x"]) {
    assertThrows(() => entryIdOfSortable(text), InvalidEntryIdError, undefined, text);
  }
});

Deno.test("nextEntryId and previousEntryId step by one, as exact numbers do", () => {
  fc.assert(
    fc.property(anyId, (id) => {
      const next = nextEntryId(id);
      const previous = previousEntryId(id);
      assertEquals(next === null, id === ENTRY_ID_MAX);
      if (next !== null) assertEquals(numberOf(next), numberOf(id) + 1n);
      assertEquals(numberOf(previous), id === ENTRY_ID_ZERO ? 0n : numberOf(id) - 1n);
    }),
    RUNS,
  );
});
