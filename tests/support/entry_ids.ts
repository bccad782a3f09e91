/**
 * Entry ids of chance, often near a bound or a change of length, and the exact number that each one stands for.
 *
 * @module
 */

import fc from "fast-check";
import { type EntryId, entryIdParts } from "../../src/domain/entry_id.ts";

const U64_MAX = 2n ** 64n - 1n;

/** Numbers of 64 bits. */
export const anyU64: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: U64_MAX }),
  fc.bigInt({ min: 0n, max: 12n }),
  fc.bigInt({ min: U64_MAX - 3n, max: U64_MAX }),
  fc.tuple(fc.integer({ min: 0, max: 19 }), fc.bigInt({ min: -2n, max: 2n }))
    .map(([digits, more]) => 10n ** BigInt(digits) + more).filter((n) => n >= 0n),
);

/** Ids. */
export const anyEntryId: fc.Arbitrary<EntryId> = fc.tuple(anyU64, anyU64)
  .map(([ms, seq]): EntryId => `${ms}-${seq}`);

/** An id as one exact number, in the order of ids. */
export function numberOfId(id: EntryId): bigint {
  const { ms, seq } = entryIdParts(id);
  return (ms << 64n) + seq;
}
