/** The start-up table (DESIGN.md 4) where the checkpoint fits: rows V1 to V5, joining again, and any facts at all. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decideStartUp } from "../../src/consumer/start_up.ts";
import type { StartUpPolicy } from "../../src/consumer/start_up_decision.ts";
import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import { StartBeyondEndError } from "../../src/domain/stream_errors.ts";
import { CheckpointBeyondEndError } from "../../src/domain/start_errors.ts";
import type { StreamInfo } from "../../src/ports/stream_store.ts";
import {
  checkpoint,
  decided,
  facts,
  fresh,
  goesOn,
  type Group,
  group,
  lossReport,
  recreated,
  stops,
  stream,
  trimmed,
} from "../support/start_up_facts.ts";

// V1

for (
  const [start, position] of [
    ["beginning", "0-0"],
    ["end", "10-0"],
    [{ afterId: "4-7" }, "4-7"],
    [{ afterId: "10-0" }, "10-0"],
    [{ afterId: "0-0" }, "0-0"],
    [{ fromTimeMs: 4 }, "3-18446744073709551615"],
    [{ fromTimeMs: 4.9 }, "3-18446744073709551615"],
    [{ fromTimeMs: 10 }, "9-18446744073709551615"],
    [{ fromTimeMs: 11 }, "10-0"],
    [{ fromTimeMs: Number.MAX_VALUE }, "10-0"],
    [{ fromTimeMs: 0 }, "0-0"],
    [{ fromTimeMs: -5 }, "0-0"],
  ] as const
) {
  Deno.test(`V1: a new group with start ${JSON.stringify(start)} begins after ${position}`, () => {
    assertEquals(decided({}, { start }), goesOn(["V1"], position, fresh(position)));
  });
}

Deno.test("V1: a start beyond the end is refused, because what lies between would never come (T4)", () => {
  assertEquals(
    decided({}, { start: { afterId: "10-1" } }),
    stops(["V1"], new StartBeyondEndError("orders", "10-1", "10-0")),
  );
});

Deno.test("V1: a new group of an empty stream begins at its end, wherever it should", () => {
  const empty = { ...stream, length: 0, firstId: null, lastId: "0-0", entriesAdded: 0 } as const;
  for (const start of ["beginning", "end", { fromTimeMs: 5 }] as const) {
    assertEquals(decided({ stream: empty }, { start }), goesOn(["V1"], "0-0", fresh("0-0")));
  }
});

Deno.test("V1: a new group that begins at the beginning of a trimmed stream has lost nothing", () => {
  const trimmed = { ...stream, length: 3, firstId: "8-0" } as const;
  for (const onDataLoss of ["continue", "stop"] as const) {
    assertEquals(
      decided({ stream: trimmed }, { onDataLoss }),
      goesOn(["V1"], "0-0", fresh("0-0")),
    );
  }
});

// V2

Deno.test("V2: a group without a checkpoint is adopted where it stands", () => {
  assertEquals(
    decided({ group }),
    goesOn(["V2"], "5-0", { checkpoint: { position: "5-0", done: [] } }),
  );
});

Deno.test("V2: a group with pending entries is adopted below the first of them", () => {
  const pending: Group = { ...group, pendingCount: 2, firstPendingId: "3-0" };
  const position = "2-18446744073709551615";
  assertEquals(
    decided({ group: pending }),
    goesOn(["V2"], position, { checkpoint: { position, done: [] } }),
  );
});

Deno.test("V2: a group that was moved back below its pending entries is adopted where it was moved to", () => {
  const movedBack: Group = { ...group, lastDeliveredId: "0-0", firstPendingId: "5-0" };
  assertEquals(
    decided({ group: movedBack }),
    goesOn(["V2"], "0-0", { checkpoint: { position: "0-0", done: [] } }),
  );
});

Deno.test("V2: the start of a new group does not matter to one that exists", () => {
  for (const start of ["end", { afterId: "99-0" }] as const) {
    assertEquals(
      decided({ group }, { start }),
      goesOn(["V2"], "5-0", { checkpoint: { position: "5-0", done: [] } }),
    );
  }
});

// V3

Deno.test("V3: an ordinary restart changes nothing", () => {
  assertEquals(decided({ group, checkpoint }), goesOn(["V3"], "5-0", {}));
});

Deno.test("V3: a checkpoint below what was delivered stays, the rest is pending or done", () => {
  const behind = { ...checkpoint, position: "2-0", done: ["4-0"] } as const;
  const pending: Group = { ...group, pendingCount: 2, firstPendingId: "3-0" };
  assertEquals(decided({ group: pending, checkpoint: behind }), goesOn(["V3"], "2-0", {}));
});

Deno.test("V3: a checkpoint may be stored as JSON text", () => {
  assertEquals(
    decided({ group, checkpoint: JSON.stringify(checkpoint) }),
    goesOn(["V3"], "5-0", {}),
  );
});

Deno.test("V3: ids above 2^53 are told apart", () => {
  const large = {
    stream: { ...stream, lastId: "9007199254740993-0" },
    group: { ...group, lastDeliveredId: "9007199254740993-0" },
    checkpoint: { ...checkpoint, position: "9007199254740993-0" },
  } as const;
  assertEquals(decided(large), goesOn(["V3"], "9007199254740993-0", {}));
  const beyond = { ...checkpoint, position: "9007199254740994-0" };
  assertEquals(
    decided({ ...large, checkpoint: beyond }),
    stops(
      ["V6"],
      new CheckpointBeyondEndError("orders", "9007199254740994-0", "9007199254740993-0"),
    ),
  );
});

// V4

Deno.test("V4: a group that was rolled back goes on at the checkpoint", () => {
  const ahead = { ...checkpoint, position: "8-0", done: ["10-0"] } as const;
  assertEquals(
    decided({ group, checkpoint: ahead }),
    goesOn(["V4"], "8-0", { group: { advance: "8-0" } }, {
      reports: [{
        kind: "groupRolledBack",
        stream: "orders",
        position: "8-0",
        lastDeliveredId: "5-0",
      }],
    }),
  );
});

Deno.test("V4: a checkpoint at the last entry is not beyond the end", () => {
  const ahead = { ...checkpoint, position: "10-0" };
  assertEquals(
    decided({ group, checkpoint: ahead }),
    goesOn(["V4"], "10-0", { group: { advance: "10-0" } }, {
      reports: [{
        kind: "groupRolledBack",
        stream: "orders",
        position: "10-0",
        lastDeliveredId: "5-0",
      }],
    }),
  );
});

// V5

Deno.test("V5: a lost group is made again at the checkpoint, which keeps its done-set", () => {
  const some = { ...checkpoint, done: ["7-0", "9-0"] };
  assertEquals(
    decided({ checkpoint: some }, { start: "end" }),
    goesOn(["V5"], "5-0", { group: { create: "5-0" } }, { reports: [recreated("5-0")] }),
  );
});

Deno.test("V5: a lost group whose checkpoint is at the beginning or the end is made again there", () => {
  for (const position of ["0-0", "10-0"] as const) {
    assertEquals(
      decided({ checkpoint: { ...checkpoint, position } }),
      goesOn(["V5"], position, { group: { create: position } }, { reports: [recreated(position)] }),
    );
  }
});

// Joining again

Deno.test("decideStartUp reads a stream that was flushed under it from its beginning", () => {
  const streamReplaced = { kind: "streamReplaced", stream: "orders" } as const;
  for (const start of ["beginning", "end", { afterId: "99-0" }] as const) {
    assertEquals(
      decided({ previousIncarnation: "before" }, { start }),
      goesOn(["V1"], "0-0", fresh("0-0"), { reports: [streamReplaced] }),
    );
  }
  assertEquals(
    decided({ previousIncarnation: "before", stream: trimmed }),
    goesOn(["V1", "V8"], "0-0", fresh("0-0"), {
      reports: [streamReplaced, lossReport(7, "0-0", "8-0")],
    }),
  );
});

Deno.test("decideStartUp joins again as it joined first where the stream is the same", () => {
  const again = { previousIncarnation: "first" };
  assertEquals(decided({ ...again, group, checkpoint }), goesOn(["V3"], "5-0", {}));
  assertEquals(decided({ ...again }, { start: "end" }), goesOn(["V1"], "10-0", fresh("10-0")));
});

Deno.test("decideStartUp adopts the group that another consumer made after a flush", () => {
  const next = { ...checkpoint, incarnation: "first", position: "2-0" } as const;
  const made: Group = { ...group, lastDeliveredId: "2-0", entriesRead: 2 };
  assertEquals(
    decided({ previousIncarnation: "before", group: made, checkpoint: next }),
    goesOn(["V3"], "2-0", {}),
  );
});

Deno.test("decideStartUp makes a stream again that was flushed and did not come back, and tells it", () => {
  assertEquals(
    decided({ stream: null, previousIncarnation: "first" }, { start: "end" }),
    goesOn(["V11"], "0-0", { ...fresh("0-0"), createStream: true }, {
      reports: [{ kind: "streamReplaced", stream: "orders" }],
    }),
  );
});

// Whatever is found

const anyId = fc.integer({ min: 0, max: 12 }).map((ms): EntryId => `${BigInt(ms)}-0`);
const anyCheckpoint = fc.oneof(
  fc.constant(null),
  fc.constant("rubbish"),
  fc.record({
    position: anyId,
    done: fc.uniqueArray(anyId, { maxLength: 3 }),
    incarnation: fc.constantFrom("first", "first", "first", "before"),
  }).map((differs) => ({ ...checkpoint, ...differs })),
);
const anyGroup = fc.option(fc.record({
  lastDeliveredId: anyId,
  entriesRead: fc.option(fc.integer({ min: 0, max: 10 })),
  unreadLoss: fc.option(
    fc.record({ lost: fc.integer({ min: 1 }), afterId: anyId, beforeId: fc.option(anyId) }),
  ),
  pendingCount: fc.constant(0),
  firstPendingId: fc.option(anyId.filter((id) => id !== ENTRY_ID_ZERO)),
  ownPendingCount: fc.constant(0),
}));
const anyStream = fc.option(
  fc.integer({ min: 0, max: 10 }).map((length): StreamInfo => ({
    ...stream,
    length,
    firstId: length === 0 ? null : `${BigInt(11 - length)}-0`,
  })),
);
const anyFacts = fc.record({
  stream: anyStream,
  group: anyGroup,
  checkpoint: anyCheckpoint,
  mirror: anyCheckpoint,
  previousIncarnation: fc.constantFrom(null, "first", "before"),
  entriesAddedAtCheckpoint: fc.integer({ min: 0, max: 11 }),
});
const anyPolicy = fc.record<StartUpPolicy>({
  start: fc.oneof(
    fc.constantFrom("beginning" as const, "end" as const),
    anyId.map((afterId) => ({ afterId })),
    fc.integer().map((fromTimeMs) => ({ fromTimeMs })),
  ),
  createStream: fc.boolean(),
  onCheckpointLost: fc.constantFrom("stop", "resetToStart", "resetToEnd"),
  onDataLoss: fc.constantFrom("continue", "stop"),
});

Deno.test("decideStartUp never passes over entries in silence, whatever it finds", () => {
  const atOrBelow = (left: EntryId, right: EntryId) => compareEntryIds(left, right) <= 0;
  fc.assert(
    fc.property(anyFacts, anyPolicy, (found, policy) => {
      const given = facts(found);
      const { outcome, position, reports, loss, rows } = decideStartUp(given, policy);
      assert(rows.length > 0);
      assert(
        reports.some(({ kind }) => kind === "dataLoss") || rows.includes("V8") === (loss !== null),
      );
      if ("failure" in outcome) return assertEquals(position, null);
      const { plan } = outcome;
      const { join: { stream, group } } = given;
      const lastId = stream?.lastId ?? ENTRY_ID_ZERO;
      assert(position !== null && atOrBelow(position, lastId), "it begins beyond the end");
      assert(!plan.createStream || policy.createStream, "it makes a stream that nobody wanted");
      const isReset = typeof plan.group === "object" && "reset" in plan.group;
      assertEquals(isReset, reports.some((report) => report.kind === "checkpointReset"));
      assert(!isReset || policy.onCheckpointLost !== "stop", "it begins anew against the policy");
      assertEquals(plan.accountFor, loss?.lost);
      assert(loss === null || plan.group === "keep", "a group that is moved has lost nothing");
      if (plan.checkpoint === "keep") return;
      if (plan.checkpoint === "ofNewGroup") {
        return assertEquals(plan.group, { create: position });
      }
      assertEquals(plan.checkpoint.position, position);
      // A commit takes what lies at or below the position for finished and drops its outputs.
      if (group === null || isReset) return;
      if (plan.group === "keep") assert(atOrBelow(position, group.lastDeliveredId));
      const { firstPendingId } = group;
      assert(
        firstPendingId === null || !atOrBelow(firstPendingId, position),
        "pending is finished",
      );
    }),
    { numRuns: 5_000 },
  );
});
