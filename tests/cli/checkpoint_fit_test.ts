/**
 * Tests of what a consumer will do with a checkpoint that is found.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Fit, fitOf } from "../../src/cli/checkpoint/fit.ts";
import type { DecodedCheckpoint } from "../../src/domain/checkpoint.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";

Deno.test("fitOf tells what a consumer will do with a checkpoint", () => {
  const stream = {
    stream: "orders",
    length: 1,
    firstId: "5-0",
    lastId: "5-0",
    entriesAdded: 5,
    groupCount: 1,
    incarnation: "life",
  } as const;
  const group = {
    group: "billing",
    lastDeliveredId: "4-0",
    pendingCount: 0,
    firstPendingId: null,
    consumerCount: 0,
    lag: 1,
    lostCount: 0,
  } as const;
  const at = (position: EntryId, incarnation = "life"): DecodedCheckpoint => ({
    kind: "valid",
    checkpoint: {
      schema: 1,
      stream: "orders",
      group: "billing",
      consumer: "ann",
      incarnation,
      position,
      done: [],
      epoch: 1,
      savedAtMs: 1,
    },
  });
  const story: [Parameters<typeof fitOf>[0], Fit["code"]][] = [
    [{ decoded: { kind: "none" }, stream, group }, "none"],
    [{ decoded: { kind: "unusable", reason: "x" }, stream, group }, "unusable"],
    [{ decoded: at("3-0"), stream: null, group: null }, "streamMissing"],
    [{ decoded: at("3-0", "other"), stream, group }, "streamReplaced"],
    [{ decoded: at("6-0"), stream, group }, "beyondEnd"],
    [{ decoded: at("5-0"), stream, group: null }, "groupMissing"],
    [{ decoded: at("5-0"), stream, group }, "groupBehind"],
    [{ decoded: at("4-0"), stream, group }, "fits"],
  ];
  assertEquals(story.map(([facts]) => fitOf(facts).code), story.map(([, code]) => code));
});
