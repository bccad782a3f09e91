/**
 * Facts as nobody expects them: every type is right, and every value may be anything.
 *
 * @module
 */

import fc from "fast-check";
import {
  type ConsumerFacts,
  type GroupFacts,
  SUPERVISION_STATES,
  type UnattendedFacts,
} from "../../src/telemetry/consumer_facts.ts";
import { NOW_MS } from "./facts.ts";

const oddNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(NOW_MS, 0, -1, NaN, Infinity),
);
const oddText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "a\nb",
    "\u001b[31m",
    "\u202e",
    "x".repeat(5_000),
    "CONSUMER_FENCED",
    "GROUP_RESET",
  ),
);
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const oddGroup: fc.Arbitrary<GroupFacts> = fc.record({
  streamExists: fc.boolean(),
  groupExists: fc.boolean(),
  lag: orNull(oddNumber),
  lagConfidence: fc.constantFrom("exact", "estimated", "unknown"),
  pendingCount: oddNumber,
  ownPendingCount: orNull(oddNumber),
  firstPendingId: orNull(oddText),
  oldestPending: orNull(fc.record({ id: oddText, consumer: oddText, idleMs: oddNumber })),
  waitingSinceMs: orNull(oddNumber),
  otherConsumers: fc.array(oddText),
});
/** Odd facts of consumers, and of groups that nobody runs. */
export const oddFacts: fc.Arbitrary<ConsumerFacts | UnattendedFacts> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      stream: oddText,
      group: oddText,
      consumer: oddText,
      supervision: fc.constantFrom(...SUPERVISION_STATES),
      state: fc.oneof(oddText, fc.constantFrom("reading", "backingOff", "paused", "draining")),
      stateSinceMs: oddNumber,
      nowMs: oddNumber,
      failures: oddNumber,
      failure: orNull(fc.record({
        code: fc.oneof(
          oddText,
          fc.constantFrom("BROKER_UNAVAILABLE", "ACCESS_DENIED", "DATA_LOSS"),
        ),
        message: fc.oneof(oddText, fc.constantFrom("(__proto__)", "(constructor)", "((", "()")),
      })),
      backOffUntilMs: orNull(oddNumber),
      restarts: oddNumber,
      restartsMax: orNull(oddNumber),
      restartAtMs: orNull(oddNumber),
      pauseWanted: fc.boolean(),
      position: orNull(oddText),
      committedCount: oddNumber,
      deadLetteredCount: oddNumber,
      fencedCount: oddNumber,
      ownPendingDrained: fc.boolean(),
      load: fc.record({
        demand: oddNumber,
        inFlight: oddNumber,
        running: oddNumber,
        settled: oddNumber,
      }),
      workers: fc.record({ count: oddNumber, max: oddNumber, mode: oddText }),
      running: fc.array(
        fc.record({ id: oddText, key: orNull(oddText), sinceMs: oddNumber, attempt: oddNumber }),
      ),
      resting: fc.array(
        fc.record({ id: oddText, key: orNull(oddText), dueAtMs: oddNumber, failures: oddNumber }),
      ),
      attemptsMax: orNull(oddNumber),
      leaseMs: orNull(oddNumber),
      pressure: fc.constantFrom("ok", "pressured", "saturated"),
      broker: orNull(oddGroup),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      stream: oddText,
      group: oddText,
      consumer: orNull(oddText),
      supervision: fc.constant("none" as const),
      nowMs: oddNumber,
      broker: oddGroup,
    }),
  },
);
