/** The start-up table (DESIGN.md 4) with a separate checkpoint store: ahead, behind, of another life, beyond the end. */

import { assertEquals } from "@std/assert";
import { decideStartUp } from "../../src/consumer/start_up.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { RESET_CONSUMER } from "../../src/ports/group_store.ts";
import {
  beyondEnd,
  checkpoint,
  decided,
  facts,
  goesOn,
  type Group,
  group,
  policy,
  recreated,
  replacedError,
  reset,
  resetReport,
  stops,
} from "../support/start_up_facts.ts";

// The separate store

Deno.test("decideStartUp does not need a separate store that agrees or is behind", () => {
  for (const position of ["5-0", "3-0"] as const) {
    assertEquals(
      decided({ group, checkpoint, mirror: { ...checkpoint, position } }),
      goesOn(["V3"], "5-0", {}),
    );
  }
});

Deno.test("decideStartUp goes by the broker where the separate store is ahead: the server lost commits and outputs (T18)", () => {
  for (const position of ["8-0", "10-0", "99-0"] as const) {
    const mirror = { ...checkpoint, position };
    assertEquals(decided({ group, checkpoint, mirror }), goesOn(["V3"], "5-0", {}));
    assertEquals(
      decided({ checkpoint, mirror }),
      goesOn(["V5"], "5-0", { group: { create: "5-0" } }, { reports: [recreated("5-0")] }),
    );
  }
});

Deno.test("decideStartUp leaves a separate store of another life alone where the broker has a checkpoint", () => {
  const mirror = { ...checkpoint, incarnation: "before", position: "99-0" };
  assertEquals(decided({ group, checkpoint, mirror }), goesOn(["V3"], "5-0", {}));
});

Deno.test("decideStartUp moves aside what the separate store holds from before a reset of the group", () => {
  const stored = { ...checkpoint, consumer: RESET_CONSUMER, epoch: 0 };
  const isMovedAside = (position: EntryId, done: EntryId[] = []) => {
    const mirror = { ...checkpoint, position, done };
    return decideStartUp(facts({ group, checkpoint: stored, mirror }), policy).quarantineMirror;
  };
  assertEquals([isMovedAside("8-0"), isMovedAside("5-0", ["7-0"])], [true, true]);
  assertEquals([isMovedAside("5-0"), isMovedAside("4-0")], [false, false]);
});

Deno.test("V3: the separate store's checkpoint stands in for a lost one", () => {
  const mirror = { ...checkpoint, position: "4-0", done: ["5-0"] } as const;
  assertEquals(
    decided({ group, mirror }),
    goesOn(["V3"], "4-0", { checkpoint: { position: "4-0", done: ["5-0"] } }),
  );
});

Deno.test("V2: a group with entries pending that the separate store calls finished is right", () => {
  const mirror = { ...checkpoint, position: "4-0", done: [] };
  const pending: Group = { ...group, pendingCount: 1, firstPendingId: "4-0" };
  const position = "3-18446744073709551615";
  assertEquals(
    decided({ group: pending, mirror }),
    goesOn(["V2"], position, { checkpoint: { position, done: [] } }),
  );
});

Deno.test("V4: the separate store's checkpoint guards a group that was made again below it", () => {
  const mirror = { ...checkpoint, position: "8-0", done: ["10-0"] } as const;
  assertEquals(
    decided({ group, mirror }),
    goesOn(
      ["V4"],
      "8-0",
      { group: { advance: "8-0" }, checkpoint: { position: "8-0", done: ["10-0"] } },
      {
        reports: [{
          kind: "groupRolledBack",
          stream: "orders",
          position: "8-0",
          lastDeliveredId: "5-0",
        }],
      },
    ),
  );
});

Deno.test("V5: the separate store's checkpoint outlives group and checkpoint", () => {
  const mirror = { ...checkpoint, position: "4-0", done: ["6-0"] } as const;
  assertEquals(
    decided({ mirror }),
    goesOn(
      ["V5"],
      "4-0",
      { group: { create: "4-0" }, checkpoint: { position: "4-0", done: ["6-0"] } },
      { reports: [recreated("4-0")] },
    ),
  );
});

Deno.test("V6: the separate store's checkpoint beyond the end stops, or is moved aside by policy", () => {
  const mirror = { ...checkpoint, position: "10-1" };
  assertEquals(decided({ mirror }), stops(["V6"], beyondEnd));
  assertEquals(
    decided({ mirror }, { onCheckpointLost: "resetToStart" }),
    goesOn(["V6"], "0-0", { ...reset("0-0"), createStream: true }, {
      reports: [resetReport("CHECKPOINT_BEYOND_END", "0-0")],
      quarantineMirror: true,
    }),
  );
});

Deno.test("V7: the separate store's checkpoint of another life stops, or is moved aside by policy", () => {
  const mirror = { ...checkpoint, incarnation: "before" };
  for (const found of [null, group]) {
    assertEquals(decided({ mirror, group: found }), stops(["V7"], replacedError));
    assertEquals(
      decided({ mirror, group: found }, { onCheckpointLost: "resetToEnd" }),
      goesOn(["V7"], "10-0", { ...reset("10-0"), createStream: true }, {
        reports: [resetReport("STREAM_REPLACED", "10-0")],
        quarantineMirror: true,
      }),
    );
  }
});
