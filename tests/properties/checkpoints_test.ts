/**
 * Checkpoints and waiting times: whatever is stored, only what is canonical is resumed from, and nothing goes back; however
 * often something fails, it waits within its bounds and as long as a timer can.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { openSqliteCheckpointStore } from "../../src/brokers/sqlite/sqlite_checkpoint_store.ts";
import { backoffMs, checkBackoff, TIMER_MS_MAX } from "../../src/domain/backoff.ts";
import {
  type Checkpoint,
  CHECKPOINT_SCHEMA,
  checkpointIsNewer,
  checkpointMark,
  decodeCheckpoint,
} from "../../src/domain/checkpoint.ts";
import { compareEntryIds, type EntryId, isEntryId } from "../../src/domain/entry_id.ts";
import { CASES } from "../support/cases.ts";
import { anyEntryId } from "../support/entry_ids.ts";
import { damagedText, damagedTree, hostileText, namedOrValue } from "../support/hostile.ts";

const NAMES = { stream: "orders", group: "billing" };

/** Close ids, so that ties and neighbours come up, among all others. */
const anyId = fc.oneof(
  fc.tuple(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 2n }))
    .map(([ms, seq]): EntryId => `${ms}-${seq}`),
  anyEntryId,
);

const anyCheckpoint: fc.Arbitrary<Checkpoint> = fc.record({
  schema: fc.constant(CHECKPOINT_SCHEMA),
  ...{ stream: fc.constant(NAMES.stream), group: fc.constant(NAMES.group) },
  consumer: fc.constantFrom("ann", "bob"),
  incarnation: fc.constantFrom("life 1", "life 1", "life 1", "life 2"),
  position: anyId,
  done: fc.uniqueArray(anyId, { maxLength: 4 }),
  epoch: fc.integer({ min: 1, max: 4 }),
  savedAtMs: fc.nat(),
}).map((checkpoint) => ({
  ...checkpoint,
  done: checkpoint.done.filter((id) => compareEntryIds(id, checkpoint.position) > 0)
    .sort(compareEntryIds),
}));

/** What passes is canonical, and passes again unchanged. */
function assertCanonical(stored: unknown): void {
  const decoded = decodeCheckpoint(stored, NAMES);
  if (decoded.kind !== "valid") return;
  const { checkpoint } = decoded;
  assert(isEntryId(checkpoint.position) && checkpoint.done.every(isEntryId));
  const rising = [checkpoint.position, ...checkpoint.done];
  assert(
    rising.every((id, index) => index === 0 || compareEntryIds(rising[index - 1] ?? id, id) < 0),
  );
  assert(Number.isSafeInteger(checkpoint.epoch) && Number.isSafeInteger(checkpoint.savedAtMs));
  assertEquals([checkpoint.stream, checkpoint.group], [NAMES.stream, NAMES.group]);
  assertEquals(decodeCheckpoint(JSON.stringify(checkpoint), NAMES), decoded);
}

Deno.test("decodeCheckpoint lets nothing through that is not canonical, however a checkpoint was damaged", () => {
  const texts = anyCheckpoint.chain((checkpoint) => damagedText(JSON.stringify(checkpoint)));
  fc.assert(fc.property(texts, assertCanonical), CASES);
  const trees = anyCheckpoint.chain((checkpoint) =>
    damagedTree(checkpoint, fc.oneof(fc.anything(), hostileText, anyId, fc.array(anyId)))
  );
  fc.assert(fc.property(trees, assertCanonical), CASES);
});

Deno.test("decodeCheckpoint keeps an id of the done-set once", () => {
  const stored = {
    ...{ schema: 1, ...NAMES, consumer: "ann", incarnation: "life", position: "5-0", epoch: 1 },
    ...{ done: ["9-0", "7-0", "9-0", "7-0"], savedAtMs: 0 },
  };
  const decoded = decodeCheckpoint(stored, NAMES);
  assertEquals(decoded.kind === "valid" && decoded.checkpoint.done, ["7-0", "9-0"]);
});

Deno.test("checkpointMark knows a checkpoint again by what stands in it, and never throws", () => {
  fc.assert(
    fc.property(anyCheckpoint, fc.anything({ withNullPrototype: true }), (checkpoint, anything) => {
      const { incarnation, position } = checkpoint;
      assertEquals(checkpointMark(checkpoint), { incarnation, position });
      const mark = checkpointMark(anything);
      assertEquals([typeof mark.incarnation, typeof mark.position], ["string", "string"]);
    }),
    CASES,
  );
});

Deno.test("a store keeps, of any checkpoints in any order, one that none of them is newer than, and goes back in none of its lives", async () => {
  await using store = openSqliteCheckpointStore({ path: ":memory:" });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyCheckpoint, { minLength: 1, maxLength: 8 }), async (given) => {
      const names = { stream: `s${number++}`, group: NAMES.group };
      let kept: Checkpoint | null = null;
      for (const each of given) {
        const checkpoint = { ...each, ...names };
        const isTaken: boolean = kept === null || checkpointIsNewer(checkpoint, kept);
        assertEquals(await store.save(checkpoint), isTaken);
        if (kept !== null && !isTaken) assert(isNotBehind(kept, checkpoint));
        if (isTaken) kept = checkpoint;
        const loaded = decodeCheckpoint(await store.load(names.stream, names.group), names);
        assertEquals<unknown>(loaded, { kind: "valid", checkpoint: kept });
      }
    }),
    CASES,
  );
});

function isNotBehind(kept: Checkpoint, refused: Checkpoint): boolean {
  return kept.incarnation === refused.incarnation &&
    compareEntryIds(kept.position, refused.position) >= 0;
}

const anyBackoff = fc.record({
  initialMs: fc.oneof(
    fc.constantFrom(1, 1.5, TIMER_MS_MAX),
    fc.double({ min: 1, max: 1e6, noNaN: true }),
  ),
  growth: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 1e9, noNaN: true })),
  multiplier: fc.oneof(
    fc.constantFrom(1, 2, Number.MAX_VALUE),
    fc.double({ min: 1, max: 1e9, noNaN: true }),
  ),
}).map(({ initialMs, growth, multiplier }) => ({
  initialMs,
  maxMs: Math.min(TIMER_MS_MAX, initialMs * growth),
  multiplier,
}));

Deno.test("backoffMs is a whole number that a timer takes, grows with each failure and with chance, and reaches its bound", () => {
  const failures = fc.oneof(
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 0, max: 2 ** 53 - 1 }),
  );
  const random = fc.oneof(
    fc.constantFrom(0, 1 - Number.EPSILON / 2),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  );
  fc.assert(
    fc.property(anyBackoff, failures, random, random, (options, count, one, two) => {
      checkBackoff("retry", options);
      const wait = (failures: number, random: number) =>
        backoffMs(failures, { ...options, random });
      const waitMs = wait(count, one);
      assert(
        Number.isSafeInteger(waitMs) && waitMs >= 1 &&
          waitMs <= Math.min(options.maxMs, TIMER_MS_MAX),
      );
      assert(wait(count + 1, one) >= waitMs, "a later failure waits no shorter");
      assert(wait(count, Math.max(one, two)) >= waitMs);
      const boundMs = Math.min(
        options.maxMs,
        options.initialMs * options.multiplier ** Math.max(0, count - 1),
      );
      assert(
        wait(count, 1 - Number.EPSILON / 2) >= Math.floor(boundMs) - 1,
        "its bound is reached",
      );
    }),
    CASES,
  );
});

Deno.test("checkBackoff takes options only with which every wait is one that a timer takes", () => {
  const number = fc.oneof(
    fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, -1, TIMER_MS_MAX, TIMER_MS_MAX + 1, 1e308),
    fc.double(),
    fc.integer(),
  );
  fc.assert(
    fc.property(number, number, number, fc.nat(), (initialMs, maxMs, multiplier, failures) => {
      const options = namedOrValue(() => checkBackoff("retry", { initialMs, maxMs, multiplier }));
      if (options === undefined) return;
      for (const random of [0, 0.5, 1 - Number.EPSILON / 2]) {
        const waitMs = backoffMs(failures, { ...options, random });
        assert(waitMs >= 1 && waitMs <= TIMER_MS_MAX && Number.isInteger(waitMs));
      }
    }),
    CASES,
  );
});
