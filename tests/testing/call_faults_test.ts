/**
 * What each fault of a call does to it: seen at the commit, whose exactly-once hangs on it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { CallFault } from "../../src/testing/fault.ts";
import { callsOf, entries, HANDLED, outputNumbers, withFaults } from "./small_plan.ts";

/** The first commit. */
const call = { process: "p1", method: "commit", nth: 1 } as const;

/** Each fault, and the story of the calls up to the entry that is published at 1,000 ms. */
const STORIES: readonly (readonly [CallFault, readonly string[]])[] = [
  [
    { kind: "unapplied", call },
    ["0 #1 sent", "0 #1 answered BROKER_UNAVAILABLE", "23 #2 sent", "23 #2 applied committed"],
  ],
  [
    { kind: "denied", call },
    ["0 #1 sent", "0 #1 answered ACCESS_DENIED", "12 #2 sent", "12 #2 applied committed"],
  ],
  [
    { kind: "requestLost", call },
    ["0 #1 sent", "0 #1 answered UNKNOWN_OUTCOME", "23 #2 sent", "23 #2 applied committed"],
  ],
  [{ kind: "replyLost", call }, [
    "0 #1 sent",
    "0 #1 applied committed",
    "0 #1 answered UNKNOWN_OUTCOME",
    "23 #2 sent",
    "23 #2 applied already",
  ]],
  [
    { kind: "slowRequest", call, byMs: 500 },
    ["0 #1 sent", "500 #1 applied committed", "500 #1 answered"],
  ],
  [
    { kind: "slowReply", call, byMs: 500 },
    ["0 #1 sent", "0 #1 applied committed", "500 #1 answered"],
  ],
  [{ kind: "late", call, byMs: 500 }, [
    "0 #1 sent",
    "0 #1 answered UNKNOWN_OUTCOME",
    "23 #2 sent",
    "23 #2 applied committed",
    "23 #2 answered",
    "500 #1 applied already",
  ]],
  [{ kind: "repeated", call, byMs: 500 }, [
    "0 #1 sent",
    "0 #1 applied committed",
    "0 #1 answered",
    "500 #1 applied already",
  ]],
  [{ kind: "silent", call, byMs: 500 }, [
    "0 #1 sent",
    "0 #1 applied committed",
    "500 #1 answered UNKNOWN_OUTCOME",
    "523 #2 sent",
    "523 #2 applied already",
  ]],
];

for (const [fault, story] of STORIES) {
  Deno.test(`simulatePlan strikes a commit with "${fault.kind}", and it lands once`, async () => {
    const later = entries([HANDLED], 1_000).map((entry) => ({ ...entry, number: 3 }));
    const all = [...entries([HANDLED, HANDLED, HANDLED]), ...later];
    const result = await withFaults([fault], { entries: all });
    assertEquals(numbered(callsOf(result, "commit")).slice(0, story.length), story);
    assertEquals(outputNumbers(result), [0, 1, 2, 3]);
    assertEquals(result.stuck, []);
  });
}

/** Calls are numbered over all methods; here the commits alone are counted. */
function numbered(lines: readonly string[]): string[] {
  const calls = [...new Set(lines.map((line) => line.split(" ")[1] ?? ""))];
  return lines.map((line) => line.replace(/(?<= )\d+/, (call) => `#${calls.indexOf(call) + 1}`));
}
