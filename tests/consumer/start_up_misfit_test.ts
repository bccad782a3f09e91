/** The start-up table (DESIGN.md 4) where something does not fit or is gone: rows V6 to V9 and V11, all policies. */

import { assertEquals } from "@std/assert";
import { StartBeyondEndError, StreamMissingError } from "../../src/domain/stream_errors.ts";
import { DataLossError } from "../../src/domain/start_errors.ts";
import {
  beyondEnd,
  checkpoint,
  decided,
  fresh,
  goesOn,
  group,
  lossReport,
  quarantined,
  recreated,
  replacedError,
  reset,
  resetReport,
  robbed,
  stops,
  stream,
  trimmed,
} from "../support/start_up_facts.ts";

// V6

for (const [what, found] of [["present", group], ["lost", null]] as const) {
  const ahead = { group: found, checkpoint: { ...checkpoint, position: "10-1" } };

  Deno.test(`V6: a checkpoint beyond the end stops the consumer, group ${what}`, () => {
    assertEquals(decided(ahead), stops(["V6"], beyondEnd));
  });

  Deno.test(`V6: a checkpoint beyond the end begins anew where the policy says so, group ${what}`, () => {
    for (
      const [onCheckpointLost, position] of [["resetToStart", "0-0"], [
        "resetToEnd",
        "10-0",
      ]] as const
    ) {
      assertEquals(
        decided(ahead, { onCheckpointLost }),
        goesOn(["V6"], position, { ...reset(position), createStream: true }, {
          reports: [resetReport("CHECKPOINT_BEYOND_END", position)],
        }),
      );
    }
  });
}

Deno.test("V6: a group beyond the end stops the consumer, with and without a checkpoint (T4)", () => {
  const beyond = { ...group, lastDeliveredId: "10-1" } as const;
  assertEquals(decided({ group: beyond, checkpoint }), stops(["V6"], beyondEnd));
  assertEquals(decided({ group: beyond }), stops(["V2", "V6"], beyondEnd));
  assertEquals(
    decided({ group: beyond }, { onCheckpointLost: "resetToEnd" }),
    goesOn(["V2", "V6"], "10-0", { ...reset("10-0"), createStream: true }, {
      reports: [resetReport("CHECKPOINT_BEYOND_END", "10-0")],
    }),
  );
});

// V7

for (const [what, found] of [["present", group], ["lost", null]] as const) {
  Deno.test(`V7: a checkpoint of another life of the stream stops the consumer, group ${what}`, () => {
    const foreign = { ...checkpoint, incarnation: "before" };
    assertEquals(decided({ group: found, checkpoint: foreign }), stops(["V7"], replacedError));
  });
}

Deno.test("V7: a stream that was made again begins anew where the policy says so", () => {
  const foreign = { ...checkpoint, incarnation: "before", position: "99-0" };
  for (
    const [onCheckpointLost, position] of [["resetToStart", "0-0"], ["resetToEnd", "10-0"]] as const
  ) {
    assertEquals(
      decided({ checkpoint: foreign }, { onCheckpointLost }),
      goesOn(["V7"], position, { ...reset(position), createStream: true }, {
        reports: [resetReport("STREAM_REPLACED", position)],
      }),
    );
  }
});

Deno.test("V7: a stream that has fewer entries than at the checkpoint was made again", () => {
  const before = { group, checkpoint, entriesAddedAtCheckpoint: 11 };
  assertEquals(decided(before), stops(["V7"], replacedError));
  assertEquals(decided({ ...before, entriesAddedAtCheckpoint: 10 }), goesOn(["V3"], "5-0", {}));
});

// V8

Deno.test("V8: entries trimmed before they were read are counted", () => {
  assertEquals(
    decided({ stream: trimmed, group: robbed, checkpoint }),
    goesOn(["V3", "V8"], "5-0", { accountFor: 2 }, { loss: lossReport(2, "5-0", "8-0") }),
  );
  assertEquals(
    decided({ stream: trimmed, group: robbed }),
    goesOn(["V2", "V8"], "5-0", { accountFor: 2, checkpoint: { position: "5-0", done: [] } }, {
      loss: lossReport(2, "5-0", "8-0"),
    }),
  );
});

Deno.test("V8: entries that a working group has jumped over are told by a start that comes first", () => {
  const unreadLoss = { lost: 3, afterId: "2-0", beforeId: "10-0" } as const;
  const drained = { ...group, lastDeliveredId: "10-0", entriesRead: 7, unreadLoss } as const;
  const done = { ...checkpoint, position: "10-0" } as const;
  assertEquals(
    decided({ stream: trimmed, group: drained, checkpoint: done }),
    goesOn(["V3", "V8"], "10-0", { accountFor: 3 }, { loss: lossReport(3, "2-0", "10-0") }),
  );
  assertEquals(
    decided({ stream: trimmed, group: drained, checkpoint: done }, { onDataLoss: "stop" }),
    stops(["V3", "V8"], new DataLossError("orders", 3), {
      reports: [lossReport(3, "2-0", "10-0")],
    }),
  );
});

Deno.test("V8: what was trimmed after it was read is not lost", () => {
  assertEquals(decided({ stream: trimmed, group, checkpoint }), goesOn(["V3"], "5-0", {}));
  const exactly = { ...stream, length: 5, firstId: "6-0" } as const;
  assertEquals(decided({ stream: exactly, group, checkpoint }), goesOn(["V3"], "5-0", {}));
  const less = { ...stream, length: 6, firstId: "5-0" } as const;
  const uncounted = { ...group, entriesRead: null };
  assertEquals(decided({ stream: less, group: uncounted, checkpoint }), goesOn(["V3"], "5-0", {}));
  const all = { ...group, lastDeliveredId: "10-0", entriesRead: null } as const;
  const empty = { ...stream, length: 0, firstId: null };
  assertEquals(decided({ stream: empty, group: all, checkpoint }), goesOn(["V3"], "5-0", {}));
});

Deno.test("V8: where the broker cannot tell what was read, a loss is unknown, not none (T14)", () => {
  const uncounted = { ...group, entriesRead: null };
  assertEquals(
    decided({ stream: trimmed, group: uncounted, checkpoint }),
    goesOn(["V3", "V8"], "5-0", {}, { reports: [lossReport("unknown", "5-0", "8-0")] }),
  );
});

Deno.test("V8: a group that was rolled back or lost reports an unknown loss", () => {
  const far = { ...stream, length: 1, firstId: "10-0" } as const;
  const ahead = { ...checkpoint, position: "8-0" } as const;
  assertEquals(
    decided({ stream: far, group, checkpoint: ahead }),
    goesOn(["V4", "V8"], "8-0", { group: { advance: "8-0" } }, {
      reports: [
        { kind: "groupRolledBack", stream: "orders", position: "8-0", lastDeliveredId: "5-0" },
        lossReport("unknown", "8-0", "10-0"),
      ],
    }),
  );
  assertEquals(
    decided({ stream: far, checkpoint: ahead }),
    goesOn(["V5", "V8"], "8-0", { group: { create: "8-0" } }, {
      reports: [recreated("8-0"), lossReport("unknown", "8-0", "10-0")],
    }),
  );
});

Deno.test("V8: a lost group that had finished nothing up to its checkpoint counts all but the done-set", () => {
  const begun = { ...checkpoint, position: "0-0", done: ["3-0", "9-0"] } as const;
  assertEquals(
    decided({ stream: trimmed, checkpoint: begun }),
    goesOn(["V5", "V8"], "0-0", { group: { create: "0-0" } }, {
      reports: [recreated("0-0"), lossReport(6, "0-0", "8-0")],
    }),
  );
  const first = { ...stream, length: 9, firstId: "2-0" } as const;
  assertEquals(
    decided({ stream: first, checkpoint: { ...begun, done: ["1-0"] } }),
    goesOn(["V5"], "0-0", { group: { create: "0-0" } }, { reports: [recreated("0-0")] }),
  );
});

Deno.test("V8: the consumer stops where the policy says so, before anything is changed", () => {
  const stop = { onDataLoss: "stop" } as const;
  assertEquals(
    decided({ stream: trimmed, group: robbed, checkpoint }, stop),
    stops(["V3", "V8"], new DataLossError("orders", 2), { reports: [lossReport(2, "5-0", "8-0")] }),
  );
  assertEquals(
    decided({ stream: trimmed, checkpoint }, stop),
    stops(["V5", "V8"], new DataLossError("orders", "unknown"), {
      reports: [recreated("5-0"), lossReport("unknown", "5-0", "8-0")],
    }),
  );
});

// V9

for (
  const [what, value, reason] of [
    ["a text", "rubbish", "it is not a record"],
    ["a list", [], "it is not a record"],
    ["a record of something else", {}, "its schema version is missing"],
    ["a newer schema", { ...checkpoint, schema: 2 }, "its schema version 2 is newer than 1"],
    ["a foreign stream", { ...checkpoint, stream: "payments" }, "it belongs to another stream"],
    ["a foreign group", { ...checkpoint, group: "audit" }, "it belongs to another group"],
    ["no incarnation", { ...checkpoint, incarnation: "" }, "its incarnation is missing"],
    [
      "a position not canonical",
      { ...checkpoint, position: "05-0" },
      "its position is not an entry id",
    ],
    [
      "a position over 64 bits",
      { ...checkpoint, position: "18446744073709551616-0" },
      "its position is not an entry id",
    ],
    [
      "a done-set with rubbish",
      { ...checkpoint, done: ["7-0", 8] },
      "its done-set is not a list of entry ids",
    ],
  ] as const
) {
  Deno.test(`V9: ${what} is moved aside and counts as none`, () => {
    const reports = [quarantined(reason, "broker")];
    assertEquals(
      decided({ checkpoint: value }),
      goesOn(["V9", "V1"], "0-0", { ...fresh("0-0"), quarantine: true }, { reports }),
    );
    assertEquals(
      decided({ group, checkpoint: value }),
      goesOn(
        ["V9", "V2"],
        "5-0",
        { checkpoint: { position: "5-0", done: [] }, quarantine: true },
        { reports },
      ),
    );
  });

  Deno.test(`V9: ${what} in the separate store is moved aside there and counts as none`, () => {
    const told = { reports: [quarantined(reason, "store")], quarantineMirror: true };
    assertEquals(
      decided({ mirror: value, group, checkpoint }),
      goesOn(["V9", "V3"], "5-0", {}, told),
    );
    assertEquals(decided({ mirror: value }), goesOn(["V9", "V1"], "0-0", fresh("0-0"), told));
  });
}

Deno.test("V9: both checkpoints may be unusable, each is reported", () => {
  assertEquals(
    decided({ checkpoint: "a", mirror: "b", group }),
    goesOn(
      ["V9", "V2"],
      "5-0",
      { checkpoint: { position: "5-0", done: [] }, quarantine: true },
      {
        reports: [
          quarantined("it is not a record", "broker"),
          quarantined("it is not a record", "store"),
        ],
        quarantineMirror: true,
      },
    ),
  );
});

Deno.test("V9: an unusable checkpoint is replaced by the separate store's", () => {
  const mirror = { ...checkpoint, position: "4-0", done: ["6-0"] } as const;
  const told = { reports: [quarantined("it is not a record", "broker")] };
  const write = { checkpoint: { position: "4-0", done: ["6-0"] }, quarantine: true } as const;
  assertEquals(
    decided({ checkpoint: "rubbish", mirror, group }),
    goesOn(["V9", "V3"], "4-0", write, told),
  );
  assertEquals(
    decided({ checkpoint: "rubbish", mirror }),
    goesOn(["V9", "V5"], "4-0", { group: { create: "4-0" }, ...write }, {
      reports: [...told.reports, recreated("4-0")],
    }),
  );
});

// V10 is an error of the adapter at the join (WrongTypeError): tests/contracts.

// V11

Deno.test("V11: a missing stream is made, with the group at its beginning", () => {
  for (const start of ["beginning", "end", { afterId: "0-0" }, { fromTimeMs: 99 }] as const) {
    assertEquals(
      decided({ stream: null }, { start }),
      goesOn(["V11"], "0-0", { ...fresh("0-0"), createStream: true }),
    );
  }
});

Deno.test("V11: a missing stream has no entry after which to start (T4)", () => {
  assertEquals(
    decided({ stream: null }, { start: { afterId: "5-0" } }),
    stops(["V11"], new StartBeyondEndError("orders", "5-0", "0-0")),
  );
});

Deno.test("V11: a missing stream is not made where the policy says so", () => {
  assertEquals(
    decided({ stream: null }, { createStream: false }),
    stops(["V11"], new StreamMissingError("orders")),
  );
});

for (const place of ["checkpoint", "mirror"] as const) {
  const told = place === "mirror" ? { quarantineMirror: true } : {};

  Deno.test(`V11: a stream that was deleted since the ${place} was saved stops the consumer`, () => {
    assertEquals(
      decided({ stream: null, [place]: checkpoint }),
      stops(["V11", "V7"], replacedError),
    );
  });

  Deno.test(`V11: a stream deleted since the ${place} was saved is made again where the policy says so`, () => {
    for (const onCheckpointLost of ["resetToStart", "resetToEnd"] as const) {
      assertEquals(
        decided({ stream: null, [place]: checkpoint }, { onCheckpointLost }),
        goesOn(["V11", "V7"], "0-0", { ...reset("0-0"), createStream: true }, {
          reports: [resetReport("STREAM_REPLACED", "0-0")],
          ...told,
        }),
      );
      assertEquals(
        decided({ stream: null, [place]: checkpoint }, { onCheckpointLost, createStream: false }),
        stops(["V11", "V7"], replacedError),
      );
    }
  });
}

Deno.test("V11: an unusable checkpoint of a missing stream counts as none", () => {
  assertEquals(
    decided({ stream: null, checkpoint: "rubbish" }),
    goesOn(["V9", "V11"], "0-0", { ...fresh("0-0"), createStream: true, quarantine: true }, {
      reports: [quarantined("it is not a record", "broker")],
    }),
  );
});
