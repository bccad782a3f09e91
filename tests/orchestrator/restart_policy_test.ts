/** When a failed consumer is started again: the window, the waits, and what each kind of error means. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as errors from "../../src/domain/errors.ts";
import * as eventErrors from "../../src/domain/event_errors.ts";
import * as startErrors from "../../src/domain/start_errors.ts";
import * as streamErrors from "../../src/domain/stream_errors.ts";
import {
  type Failure,
  failureOf,
  recentFailures,
  resolveSupervision,
  restartDelayMs,
  SUPERVISION,
  type SupervisionOptions,
} from "../../src/orchestrator/restart_policy.ts";
import { HandlerModuleError } from "../../src/workers/handler_module.ts";
import * as threadErrors from "../../src/workers/threads/thread_errors.ts";

/** What a consumer's failure with each class of error means; a class that is missing here and below fails a test. */
const DECISIONS: Readonly<Record<string, readonly [Failure["restart"], errors.TidemarkError]>> = {
  // What may have changed by the next start.
  AccessDeniedError: ["later", new errors.AccessDeniedError("join", "NOPERM")],
  BrokerUnavailableError: ["later", new errors.BrokerUnavailableError("join", "LOADING")],
  CheckpointChangedError: ["later", new startErrors.CheckpointChangedError("orders", "billing")],
  EntryIdNotIncreasingError: ["later", new streamErrors.EntryIdNotIncreasingError("orders", "1-0")],
  GroupMissingError: ["later", new streamErrors.GroupMissingError("orders", "billing")],
  GroupResetError: ["later", new streamErrors.GroupResetError("orders", "billing")],
  HandlerAbortedError: ["later", new eventErrors.HandlerAbortedError("timeout")],
  InvalidEventError: ["later", new eventErrors.InvalidEventError("no type")],
  PendingEntriesError: ["later", new streamErrors.PendingEntriesError("group", 1)],
  StreamMissingError: ["later", new streamErrors.StreamMissingError("orders")],
  UndecodableEntryError: ["later", new eventErrors.UndecodableEntryError("no type")],
  UnfinishedEntriesError: ["later", new streamErrors.UnfinishedEntriesError("orders", "billing")],
  UnknownOutcomeError: ["later", new errors.UnknownOutcomeError("commit", "ECONNRESET")],
  ThreadEndedError: ["later", new threadErrors.ThreadEndedError("it ended")],
  ThreadStartError: ["later", new threadErrors.ThreadStartError("no memory")],
  // What somebody has to decide or to mend.
  BrokerUnsupportedError: ["never", new errors.BrokerUnsupportedError("Cannot use this Redis")],
  CheckpointBeyondEndError: [
    "never",
    new startErrors.CheckpointBeyondEndError("orders", "9-0", "1-0"),
  ],
  ClosedError: ["never", new errors.ClosedError("the Redis broker")],
  DataLossError: ["never", new startErrors.DataLossError("orders", 1)],
  FileMissingError: ["never", new errors.FileMissingError("t.db")],
  HandlerModuleError: ["never", new HandlerModuleError("handler", "file:///h.ts", "no default")],
  InvalidEntryIdError: ["never", new errors.InvalidEntryIdError("x")],
  InvalidNameError: ["never", new errors.InvalidNameError("group", "", "a name")],
  InvalidOptionError: ["never", new errors.InvalidOptionError("count", 0, "1 to 1,000")],
  PermissionMissingError: [
    "never",
    new errors.PermissionMissingError("join", { mayNot: "reach it", flags: "--allow-net" }),
  ],
  StartBeyondEndError: ["never", new streamErrors.StartBeyondEndError("orders", "9-0", "1-0")],
  StreamExhaustedError: ["never", new streamErrors.StreamExhaustedError("orders")],
  StreamReplacedError: ["never", new startErrors.StreamReplacedError("orders")],
  WrongTypeError: ["never", new errors.WrongTypeError("orders", "string", "stream")],
  // What only another name helps against.
  ConsumerFencedError: ["renamed", new errors.ConsumerFencedError("main", 1, 2)],
};

/** What no consumer ever ends with: it is told to those who publish, configure, or keep runs. */
const OTHERS = [
  "BackpressureError",
  "BrokenPromiseError",
  "ChartTooLargeError",
  "ChartTooSlowError",
  "ConfigurationError",
  "InvalidRunEventError",
  "InvalidRunIdError",
  "InvalidRunKindError",
  "JournalChangedError",
  "JournalDamagedError",
  "JournalMissingError",
  "PortTakenError",
  "ProblemError",
  "RunAbortedError",
  "RunEndedError",
  "RunExistsError",
  "RunMissingError",
  "RunOwnedError",
  "CommandsOffError",
  "InstanceUnreachableError",
  "RequestFailedError",
  "RequestUnansweredError",
  "SessionFileError",
];

/** Every class of errors with a code, by name, wherever it is. */
function errorClasses(folder = new URL("../../src/", import.meta.url)): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return errorClasses(new URL(`${name}/`, folder));
    const text = Deno.readTextFileSync(new URL(name, folder));
    const found = text.matchAll(/^export class (\w+) extends TidemarkError\b/gm);
    return Array.from(found, ([, name = ""]) => name);
  }).sort();
}

Deno.test("failureOf knows for every error with a code whether a new start may help", () => {
  assertEquals(errorClasses(), [...Object.keys(DECISIONS), ...OTHERS].sort());
  for (const [name, [restart, error]] of Object.entries(DECISIONS)) {
    assertEquals(error.name, name);
    assertEquals(failureOf(error), { code: error.code, message: error.message, restart });
  }
});

Deno.test("failureOf starts again after an error that is not Tidemark's, whatever it is", () => {
  const hostile = new Error("hidden");
  Object.defineProperty(hostile, "message", {
    get() {
      throw new Error("no");
    },
  });
  Object.defineProperty(hostile, "name", { value: { toString: null } });
  const shown = "something was thrown that cannot be shown";
  const cases: readonly (readonly [unknown, string, string])[] = [
    [new TypeError("x is not a function"), "TypeError", "x is not a function"],
    [new DOMException("gone", "AbortError"), "AbortError", "gone"],
    ["a text", "UNKNOWN", "a text"],
    [null, "UNKNOWN", "null"],
    [undefined, "UNKNOWN", "undefined"],
    [Object.create(null), "UNKNOWN", shown],
    [hostile, "UNKNOWN", shown],
  ];
  for (const [thrown, code, message] of cases) {
    assertEquals(failureOf(thrown), { code, message, restart: "later" });
  }
});

const times = fc.array(fc.nat(200_000), { maxLength: 40 });

Deno.test("recentFailures keeps exactly the failures of the window, the new one last", () => {
  fc.assert(
    fc.property(
      times,
      fc.nat(400_000),
      fc.integer({ min: 1, max: 100_000 }),
      (before, atMs, windowMs) => {
        const kept = recentFailures(before, { atMs, windowMs });
        assertEquals(kept.at(-1), atMs);
        assertEquals(kept.slice(0, -1), before.filter((timeMs) => timeMs > atMs - windowMs));
      },
    ),
  );
});

Deno.test("recentFailures never counts more than restartsMax starts in any window, over any failures", () => {
  const gaps = fc.array(fc.nat(30_000), { maxLength: 60 });
  fc.assert(fc.property(gaps, fc.nat(6), (gapsMs, restartsMax) => {
    const windowMs = 60_000;
    let atMs = 0;
    let counted: readonly number[] = [];
    const restartsMs: number[] = [];
    for (const gapMs of gapsMs) {
      atMs += gapMs;
      counted = recentFailures(counted, { atMs, windowMs });
      if (counted.length > restartsMax) break; // given up
      restartsMs.push(atMs);
    }
    for (const endMs of restartsMs) {
      const inWindow = restartsMs.filter((timeMs) => timeMs <= endMs && timeMs > endMs - windowMs);
      assert(inWindow.length <= restartsMax);
    }
  }));
});

const options: fc.Arbitrary<SupervisionOptions> = fc.record({
  restartsMax: fc.nat(1_000),
  windowMs: fc.integer({ min: 1_000, max: 3_600_000 }),
  initialMs: fc.integer({ min: 1, max: 5_000 }),
  maxMs: fc.integer({ min: 5_000, max: 3_600_000 }),
  onFailure: fc.constantFrom("continue", "end"),
});

Deno.test("restartDelayMs is whole, at least a millisecond, grows, and never exceeds maxMs", () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(options, fc.integer({ min: 1, max: 2_000 }), chance, (given, failures, next) => {
      const random = { next: () => next, uniqueText: () => "" };
      const delayMs = restartDelayMs(failures, { ...given, random });
      assert(Number.isInteger(delayMs) && delayMs >= 1 && delayMs <= given.maxMs);
      assert(delayMs <= Math.max(1, given.initialMs * 2 ** (failures - 1)));
      assert(restartDelayMs(failures + 1, { ...given, random }) >= delayMs);
    }),
  );
});

Deno.test("resolveSupervision fills in the defaults, and takes every value within the bounds", () => {
  assertEquals(resolveSupervision({}), SUPERVISION);
  fc.assert(fc.property(options, (given) => assertEquals(resolveSupervision(given), given)));
});

Deno.test("resolveSupervision refuses what cannot work", () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["restartsMax", -1],
    ["restartsMax", 1.5],
    ["restartsMax", NaN],
    ["restartsMax", 1_001],
    ["windowMs", 999],
    ["windowMs", Infinity],
    ["initialMs", 0],
    ["initialMs", NaN],
    ["maxMs", 1],
    ["maxMs", 2 ** 31],
    ["onFailure", "panic"],
  ];
  for (const [name, value] of wrong) {
    const error = assertThrows(
      () => resolveSupervision({ [name]: value }),
      errors.InvalidOptionError,
      `Cannot use option "supervision.${name}"`,
    );
    assertEquals(error.option, `supervision.${name}`);
  }
});
