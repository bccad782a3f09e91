/**
 * The engine of the simulator: what happens to processes and to the broker, that it happens as planned, and that it is
 * the same every time.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { HANDLER_FAULTS } from "../../src/testing/handler_plan.ts";
import type { Plan } from "../../src/testing/plan.ts";
import { planOf } from "../../src/testing/plan_of.ts";
import { simulatePlan } from "../../src/testing/simulation.ts";
import {
  callsOf,
  entries,
  GROUP,
  HANDLED,
  livesOf,
  member,
  outputNumbers,
  PLACE,
  smallPlan,
  withFaults,
} from "./small_plan.ts";

const commit = { process: "p1", method: "commit", nth: 1 } as const;

const TWO = [
  { process: "p1", startsAtMs: 0, members: [member("one")] },
  { process: "p2", startsAtMs: 1, members: [member("two")] },
];

Deno.test("simulatePlan finishes every kind of entry as its behaviour says", async () => {
  const result = await simulatePlan(smallPlan({
    entries: entries([
      HANDLED,
      { kind: "handled", outputs: 2 },
      { kind: "failing", failures: 2, outputs: 1 },
      { kind: "poison" },
      { kind: "slow", slowMs: 40, outputs: 1 },
      { kind: "deaf", slowMs: 40, outputs: 1 },
      { kind: "deferring", deferMs: 300, outputs: 1 },
      { kind: "refused" },
      { kind: "malformed" },
    ]),
  }));
  assertEquals(outputNumbers(result).sort(), [0, 1, 1, 2, 4, 5, 6]);
  const [stream] = result.data.streams;
  const numbers = stream?.letters.map(({ sourceId }) =>
    stream.entries.find(({ id }) => id === sourceId)?.number
  );
  assertEquals([numbers?.sort(), result.stuck], [[3, 7, 8], []]);
  const attempts = result.happenings.filter((seen) =>
    seen.kind === "handlerBegan" && seen.number === 2
  );
  assertEquals(attempts.map((seen) => "attempt" in seen ? seen.attempt : 0), [1, 2, 3]);
});

Deno.test("simulatePlan does the same twice, and something else with another seed", async () => {
  const [one, same, other] = [
    await simulatePlan(planOf(11)),
    await simulatePlan(JSON.parse(JSON.stringify(planOf(11)))),
    await simulatePlan({ ...planOf(11), seed: 12 }),
  ];
  assertEquals(one.traceHash, same.traceHash);
  assertEquals(one, same);
  assertNotEquals(one.traceHash, other.traceHash);
});

Deno.test("simulatePlan is not changed by those who look on", async () => {
  const plain = await simulatePlan(planOf(11));
  let calls = 0;
  const watched = await simulatePlan(planOf(11), {
    hooks: {
      async onApplied(_, broker) {
        calls++;
        await broker.listPending(PLACE.stream, PLACE.group, { count: 10 }).catch(() => {});
      },
    },
  });
  assertEquals([watched.traceHash, calls > 50], [plain.traceHash, true]);
});

for (const seed of [21, 22, 23, 24]) {
  Deno.test(`simulatePlan loses and doubles nothing under the faults of seed ${seed}`, async () => {
    const plan = planOf(seed, { kinds: HANDLER_FAULTS, entries: [40, 60] });
    const result = await simulatePlan(plan);
    assertEquals(result.stuck, []);
    for (const { outputs, stream, pending } of result.data.groups) {
      const found = outputs.map(({ sourceId, payload }) => `${sourceId} ${payload}`);
      assertEquals([found.length, pending], [new Set(found).size, []], stream);
    }
  });
}

Deno.test("simulatePlan kills a process before its call is applied", async () => {
  const fault = { kind: "crash", process: "p1", at: commit, moment: "before" } as const;
  const result = await withFaults([{ ...fault, backAfterMs: 50 }]);
  assertEquals(callsOf(result, "commit").slice(0, 1), ["50 12 sent"]);
  assertEquals(outputNumbers(result), [0, 1, 2]);
});

Deno.test("simulatePlan kills a process between a commit and its answer", async () => {
  const fault = { kind: "crash", process: "p1", at: commit, moment: "after" } as const;
  const result = await withFaults([{ ...fault, backAfterMs: 50 }]);
  assertEquals(callsOf(result, "commit"), ["0 7 sent", "0 7 applied committed"]);
  assertEquals(outputNumbers(result), [0, 1, 2]);
  assertEquals(livesOf(result).slice(0, 4), [
    "0 p1 starts",
    "0 p1 start resolved",
    "0 p1 crashed",
    "50 p1 starts",
  ]);
});

Deno.test("simulatePlan kills a process in the middle of a handler, of which nothing is seen any more", async () => {
  const at = { process: "p1", attempt: 1 };
  const result = await withFaults(
    [{ kind: "crash", process: "p1", at, moment: "before", backAfterMs: 100 }],
    { entries: entries([{ kind: "slow", slowMs: 50, outputs: 1 }]) },
  );
  const handlers = result.happenings.flatMap((seen) =>
    seen.kind === "handlerBegan" || seen.kind === "handlerEnded" ? `${seen.atMs} ${seen.kind}` : []
  );
  assertEquals(handlers, ["0 handlerBegan", "100 handlerBegan", "150 handlerEnded"]);
  assertEquals(outputNumbers(result), [0]);
});

Deno.test("simulatePlan starts again who has nobody else, though nobody planned it", async () => {
  const fault = { kind: "crash", process: "p1", at: { atMs: 1 }, moment: "before" } as const;
  const result = await withFaults([{ ...fault, backAfterMs: null }], {
    entries: entries([HANDLED], 5),
  });
  assertEquals(livesOf(result).slice(2, 5), [
    "1 p1 crashed",
    "3005 faults over",
    "3005 p1 starts as a repair",
  ]);
  assertEquals(outputNumbers(result), [0]);
});

Deno.test("simulatePlan stops a process, which finishes what runs, and starts it again", async () => {
  const fault = { kind: "stop", process: "p1", at: { atMs: 10 }, now: false } as const;
  const slow = entries([{ kind: "slow", slowMs: 50, outputs: 1 }]);
  const result = await withFaults([{ ...fault, backAfterMs: 200 }], { entries: slow });
  assertEquals(livesOf(result).slice(0, 7), [
    "0 p1 starts",
    "0 p1 start resolved",
    "10 p1 is to stop",
    "50 p1 finished resolved",
    "50 p1 stop resolved",
    "50 p1 ended",
    "210 p1 starts",
  ]);
  assertEquals(outputNumbers(result), [0]);
});

Deno.test("simulatePlan lets a process stand still until others have done its work, and then go on", async () => {
  const at = { process: "p1", attempt: 1 };
  const slow = entries([{ kind: "slow", slowMs: 100, outputs: 1 }]);
  const result = await withFaults(
    [{ kind: "freeze", process: "p1", at, forMs: 3_000 }],
    { processes: TWO, entries: slow },
  );
  const began = result.happenings.flatMap((seen) =>
    seen.kind === "handlerBegan" ? `${seen.process} ${seen.deliveries}` : []
  );
  assertEquals(began, ["p1 1", "p2 2"]);
  const verdicts = result.happenings.flatMap((seen) =>
    seen.kind === "callApplied" && seen.process === "p1" && "verdicts" in seen.applied
      ? seen.applied.verdicts
      : []
  );
  assertEquals([verdicts, outputNumbers(result)], [["done"], [0]]);
});

Deno.test("simulatePlan lets nobody reach the broker in an outage", async () => {
  const result = await withFaults(
    [{ kind: "outage", at: { atMs: 10 }, forMs: 500 }],
    { entries: entries([HANDLED], 20) },
  );
  const applied = result.happenings.filter((seen) =>
    seen.kind === "callApplied" && seen.applied.method !== "readNew" && seen.atMs >= 10 &&
    seen.atMs < 510
  );
  assertEquals(applied, []);
  const [first] = callsOf(result, "readNew").filter((line) => line.includes("UNKNOWN"));
  assertEquals([first, outputNumbers(result)], ["10 4 answered UNKNOWN_OUTCOME", [0]]);
});

Deno.test("simulatePlan silences consumers as an operator does", async () => {
  const result = await withFaults(
    [{ kind: "operatorPause", process: "p1", at: { atMs: 10 }, forMs: 1_000 }],
    { entries: entries([HANDLED], 20) },
  );
  const [began] = result.happenings.filter(({ kind }) => kind === "handlerBegan");
  assertEquals([(began?.atMs ?? 0) >= 1_010, outputNumbers(result)], [true, [0]]);
});

Deno.test("simulatePlan goes on where its group was when somebody destroys it", async () => {
  const fault = { kind: "groupDestroyed", at: { atMs: 100 }, ...PLACE } as const;
  const later = entries([HANDLED], 200).map((entry) => ({ ...entry, number: 9 }));
  const result = await withFaults([fault], { entries: [...entries([HANDLED]), ...later] });
  assertEquals([outputNumbers(result), result.stuck], [[0, 9], []]);
});

Deno.test("simulatePlan trims and replaces streams", async () => {
  const faults = [
    { kind: "streamTrimmed", at: { atMs: 50 }, stream: "orders", lengthMax: 1 },
    { kind: "streamReplaced", at: { atMs: 100 }, stream: "orders" },
  ] as const;
  const [group] = smallPlan().groups;
  const groups = group === undefined
    ? []
    : [{ ...group, onCheckpointLost: "resetToStart" } as const];
  const result = await withFaults(faults, { groups });
  assertEquals(outputNumbers(result), [0, 1, 2, 0, 1, 2]);
  const [stream] = result.data.streams;
  assertEquals([stream?.incarnations, stream?.entries.length], [2, 3]);
});

Deno.test("simulatePlan sets clocks, of a process and of the broker, which wake nobody", async () => {
  const faults = [
    { kind: "clockJump", at: { atMs: 10 }, process: "p1", byMs: -5_000 },
    { kind: "clockJump", at: { atMs: 20 }, process: null, byMs: -5_000 },
  ] as const;
  const result = await withFaults(faults, { entries: entries([HANDLED, HANDLED], 30) });
  assertEquals([outputNumbers(result), result.stuck], [[0, 1], []]);
});

Deno.test("simulatePlan tells who waits for what when it is not finished in time", async () => {
  const result = await simulatePlan(smallPlan({
    finishMsMax: 15_000,
    entries: entries([{ kind: "slow", slowMs: 60_000, outputs: 1 }]),
  }));
  assertEquals(result.finishedMs, null);
  assertEquals(result.stuck, [
    "p1: main of orders/billing is processing: The only worker is busy: the handler of entry " +
    '1700000000000-0 (key "key 0") has been running for 18 s; for more at once raise workers_max',
  ]);
});

Deno.test("simulatePlan counts two processes that share a name as one after the other", async () => {
  const processes = TWO.map((each) => ({ ...each, members: [member("main")] }));
  const result = await withFaults([], { processes, entries: entries([HANDLED, HANDLED], 50) });
  const ended = result.happenings.filter((seen) =>
    seen.kind === "logged" && seen.message === "consumer failed"
  );
  assertEquals([ended.map(({ process }) => process), outputNumbers(result)], [["p1"], [0, 1]]);
});

const BROKEN_PLANS: readonly (readonly [string, Partial<Plan>])[] = [
  ["groups", { groups: [...smallPlan().groups, ...smallPlan().groups] }],
  ["groups", { processes: [] }],
  ["processes", { processes: [...smallPlan().processes, ...smallPlan().processes] }],
  ["processes", { processes: [{ process: "p1", startsAtMs: 0, members: [] }] }],
  ["members", { groups: [] }],
  ["entries", { entries: [...entries([HANDLED]), ...entries([HANDLED])] }],
  ["entries", { entries: entries([HANDLED]).map((each) => ({ ...each, stream: "other" })) }],
];

Deno.test("simulatePlan refuses a plan that names what it does not have", async () => {
  for (const [option, parts] of BROKEN_PLANS) {
    const error = await assertRejects(() => simulatePlan(smallPlan(parts)), InvalidOptionError);
    assertEquals(error.option, option);
  }
});

Deno.test("simulatePlan ends with the error of those who look on", async () => {
  const onApplied = () => Promise.reject(new RangeError("an invariant does not hold"));
  await assertRejects(
    () => simulatePlan(smallPlan(), { hooks: { onApplied } }),
    RangeError,
    "does not hold",
  );
});

Deno.test("simulatePlan begins a group at its end, or at a time, and leaves what comes before it", async () => {
  const [one, two, three] = entries([HANDLED, HANDLED, HANDLED]);
  assert(one !== undefined && two !== undefined && three !== undefined);
  for (const [start, numbers] of [["end", "2"], [{ atMs: 400 }, "1 2"]] as const) {
    const result = await simulatePlan(smallPlan({
      groups: [{ ...GROUP, start }],
      processes: [{ process: "p1", startsAtMs: 500, members: [member("main")] }],
      entries: [one, { ...two, atMs: 400 }, { ...three, atMs: 600 }],
    }));
    assertEquals(outputNumbers(result).join(" "), numbers);
  }
});
