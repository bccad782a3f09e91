/**
 * Checkpoints of unknown origin, and which one may replace another.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Checkpoint,
  CHECKPOINT_SCHEMA,
  checkpointIsNewer,
  decodeCheckpoint,
} from "../../src/domain/checkpoint.ts";
import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";

const RUNS = { numRuns: 1_000 };
const NAMES = { stream: "orders", group: "billing" };

const anyId = fc.tuple(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  .map(([ms, seq]): EntryId => `${ms}-${seq}`);

const anyCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
  schema: fc.constant(CHECKPOINT_SCHEMA),
  stream: fc.constant(NAMES.stream),
  group: fc.constant(NAMES.group),
  consumer: fc.string(),
  incarnation: fc.constantFrom("life 1", "life 2"),
  position: anyId,
  done: fc.uniqueArray(anyId, { maxLength: 5 }),
  epoch: fc.nat(),
  savedAtMs: fc.nat(),
}).map((checkpoint) => ({
  ...checkpoint,
  done: checkpoint.done.filter((id) => compareEntryIds(id, checkpoint.position) > 0)
    .sort(compareEntryIds),
}));

Deno.test("decodeCheckpoint gives back what was stored, as a record and as JSON", () => {
  fc.assert(
    fc.property(anyCheckpoint, (checkpoint) => {
      const expected = { kind: "valid" as const, checkpoint };
      assertEquals(decodeCheckpoint(checkpoint, NAMES), expected);
      assertEquals(decodeCheckpoint(JSON.stringify(checkpoint), NAMES), expected);
    }),
    RUNS,
  );
});

Deno.test("decodeCheckpoint is total: rubbish gives a reason", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.json()), (stored) => {
      const { kind } = decodeCheckpoint(stored, NAMES);
      assertEquals(kind, stored === null || stored === undefined ? "none" : "unusable");
    }),
    RUNS,
  );
});

Deno.test("decodeCheckpoint survives any one spoiled field", () => {
  const keys = [
    "schema",
    "stream",
    "group",
    "consumer",
    "incarnation",
    "position",
    "done",
    "epoch",
    "savedAtMs",
  ];
  fc.assert(
    fc.property(
      anyCheckpoint,
      fc.constantFrom(...keys),
      fc.anything(),
      (checkpoint, key, rubbish) => {
        const decoded = decodeCheckpoint({ ...checkpoint, [key]: rubbish }, NAMES);
        if (decoded.kind === "valid") {
          assertEquals(
            decodeCheckpoint(decoded.checkpoint, NAMES),
            decoded,
            "what passes is stable",
          );
        } else {
          assert(decoded.kind === "unusable" && decoded.reason !== "");
        }
      },
    ),
    RUNS,
  );
});

Deno.test("V9: decodeCheckpoint says why a checkpoint is unusable", () => {
  const good: Checkpoint = {
    schema: 1,
    ...NAMES,
    consumer: "ann",
    incarnation: "life",
    position: "5-0",
    done: [],
    epoch: 1,
    savedAtMs: 0,
  };
  const spoiled: Record<string, unknown>[] = [
    { schema: 2 },
    { schema: "1" },
    { stream: "payments" },
    { group: "audit" },
    { incarnation: "" },
    { position: "05-0" },
    { position: "18446744073709551616-0" },
    { done: ["6-0", "x"] },
    { epoch: -1 },
    { savedAtMs: 1.5 },
    { consumer: null },
  ];
  const reasons = spoiled.map((change) => {
    const decoded = decodeCheckpoint({ ...good, ...change }, NAMES);
    return decoded.kind === "unusable" ? decoded.reason : decoded.kind;
  });
  assertEquals(reasons, [
    "its schema version 2 is newer than 1",
    "its schema version is missing",
    "it belongs to another stream",
    "it belongs to another group",
    "its incarnation is missing",
    "its position is not an entry id",
    "its position is not an entry id",
    "its done-set is not a list of entry ids",
    "its epoch is not a whole number",
    "its time is not a whole number",
    "its consumer is missing",
  ]);
  assertEquals(decodeCheckpoint("{ broken", NAMES).kind, "unusable");
});

Deno.test("decodeCheckpoint drops finished ids that the position covers, and sorts the rest", () => {
  const stored = {
    schema: 1,
    ...NAMES,
    consumer: "ann",
    incarnation: "life",
    position: "5-0",
    done: ["10-0", "5-0", "9-0", "4-0"],
    epoch: 1,
    savedAtMs: 0,
  };
  const decoded = decodeCheckpoint(stored, NAMES);
  assertEquals(decoded.kind === "valid" && decoded.checkpoint.done, ["9-0", "10-0"]);
});

Deno.test("checkpointIsNewer never lets one life's checkpoint go backwards", () => {
  fc.assert(
    fc.property(anyCheckpoint, anyCheckpoint, (candidate, stored) => {
      const isNewer = checkpointIsNewer(candidate, stored);
      if (candidate.incarnation !== stored.incarnation) return assertEquals(isNewer, true);
      const order = compareEntryIds(candidate.position, stored.position);
      if (order !== 0) assertEquals(isNewer, order > 0);
      if (isNewer && checkpointIsNewer(stored, candidate)) {
        const size = ({ position, done, epoch }: Checkpoint) => [position, done.length, epoch];
        assertEquals(size(candidate), size(stored), "both may replace the other only when equal");
      }
    }),
    RUNS,
  );
});
