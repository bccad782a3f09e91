/**
 * Defects of a consumer: its chart, its commits, its leases, its reading, and the separate checkpoint store that it keeps.
 *
 * @module
 */

import type { Defect } from "./defect.ts";

const CHART = "src/consumer/machine.ts";
const VOCABULARY = "src/consumer/machine_vocabulary.ts";
const MACHINE_TESTS = ["tests/consumer/machine_test.ts"];
const IN_MEMORY = "SQLite in memory";

/** All of them. */
export const CONSUMER_DEFECTS: readonly Defect[] = [
  {
    name: "machine-no-backoff",
    wording: "a failed call is made again at once",
    guarantee: "machine",
    file: VOCABULARY,
    find: '{ target: "#consumer.backingOff", actions: ["rememberFailure", comeBack] },',
    replace: '{ target: "#consumer.loadingCheckpoint", actions: ["rememberFailure", comeBack] },',
    tests: ["tests/consumer/machine_failures_test.ts"],
  },
  {
    name: "machine-fatal-retried",
    wording: "a fault that cannot pass is waited out",
    guarantee: "machine",
    file: VOCABULARY,
    find: '{ guard: "failureIsFatal", target: "#consumer.failed", actions: ["rememberFailure"] },',
    replace: "",
    tests: MACHINE_TESTS,
  },
  {
    name: "machine-late-answers-taken",
    wording: "an answer to an earlier request is taken for that to the present one",
    guarantee: "machine",
    file: VOCABULARY,
    find: 'answerIsLate: ({ context, event }) => "request" in event &&',
    replace: 'answerIsLate: ({ context, event }) => "request" in event && false &&',
    tests: MACHINE_TESTS,
  },
  {
    name: "machine-unknown-not-drained",
    wording: "after a call of unknown outcome new entries are read before the consumer's own",
    guarantee: "I1",
    file: VOCABULARY,
    find: '"drainOwnPendingAgain", comeBack],',
    replace: "comeBack],",
    tests: [...MACHINE_TESTS, "tests/consumer/machine_read_ahead_test.ts"],
  },
  {
    name: "machine-no-reclaim",
    wording: "entries of dead consumers are never taken over",
    guarantee: "L1",
    file: VOCABULARY,
    find: "context.reclaimWanted && context.ownPendingDrained && context.load.demand > 0",
    replace: "false",
    tests: MACHINE_TESTS,
  },
  {
    name: "machine-reclaims-one-page",
    wording: "of the entries of dead consumers only the first page is taken over",
    guarantee: "L1",
    file: VOCABULARY,
    find: "reclaimWanted: event.next !== null,",
    replace: "reclaimWanted: false,",
    tests: ["tests/consumer/machine_failures_test.ts"],
  },
  {
    name: "machine-fenced-goes-on",
    wording: "a consumer whose name a newer process has taken goes on",
    guarantee: "I4",
    file: CHART,
    find: '"broker.fenced": { target: ".failed", actions: "rememberFailure" },',
    replace: '"broker.fenced": { actions: "rememberFailure" },',
    tests: MACHINE_TESTS,
  },
  {
    name: "machine-loss-goes-on",
    wording: "a consumer that should stop when entries were lost at work goes on",
    guarantee: "I1",
    file: CHART,
    find: '"broker.lost": { target: ".failed", actions: "rememberFailure" },',
    replace: '"broker.lost": { actions: "rememberFailure" },',
    tests: MACHINE_TESTS,
  },
  {
    name: "machine-acknowledges-first",
    wording: "what was read is committed before it was handled",
    guarantee: "machine",
    file: CHART,
    find:
      '{ guard: "somethingCame", target: "processing", actions: ["rememberRead", "startBatch"] },',
    replace:
      '{ guard: "somethingCame", target: "acking", actions: ["rememberRead", "startBatch"] },',
    tests: MACHINE_TESTS,
  },
  {
    name: "machine-pause-broken-by-demand",
    wording: "a paused consumer reads as soon as handlers are free",
    guarantee: "machine",
    file: VOCABULARY,
    find: "event.load.demand > 0 && !context.pauseWanted,",
    replace: "event.load.demand > 0,",
    tests: ["tests/consumer/machine_failures_test.ts"],
  },
  {
    name: "machine-drain-drops-settled",
    wording: "a consumer that is told to end does not commit what is handled",
    guarantee: "machine",
    file: CHART,
    find: '"pool.settled": { target: "committing", actions: "rememberLoad" },',
    replace: '"pool.settled": { target: "releasing", actions: "rememberLoad" },',
    tests: MACHINE_TESTS,
  },
  {
    name: "machine-store-waited-for",
    wording: "a consumer whose checkpoint is saved stays where it is",
    guarantee: "L1",
    file: CHART,
    find:
      '{ target: "reading", actions: "rememberLoad" },\n        ],\n      },\n    },\n    reclaiming',
    replace: '{ actions: "rememberLoad" },\n        ],\n      },\n    },\n    reclaiming',
    tests: MACHINE_TESTS,
  },
  {
    name: "commit-forgotten-when-unknown",
    wording: "a commit whose answer was lost is never sent again",
    guarantee: "L1",
    file: "src/consumer/committer.ts",
    find: 'if (recovery === "rejoin" || recovery === "fatal") this.#pending = null;',
    replace: 'if (recovery !== "retry") this.#pending = null;',
    tests: ["tests/consumer/committer_test.ts"],
  },
  {
    name: "commit-token-anew",
    wording: "a commit whose answer was lost is sent again under another token",
    guarantee: "I2",
    file: "src/consumer/committer.ts",
    find: "const { token, settlements } = pending;",
    replace:
      "const { settlements } = pending;\n    const token = `${pending.token}.${Math.random()}`;",
    tests: ["tests/consumer/committer_test.ts"],
  },
  {
    name: "lease-renewed-too-late",
    wording: "leases are renewed when they have run out",
    guarantee: "H1",
    file: "src/consumer/lease_keeper.ts",
    find: "Math.floor(leaseMs / 3)",
    replace: "Math.floor(leaseMs * 3)",
    tests: ["tests/consumer/lease_keeper_test.ts"],
  },
  {
    name: "lease-first-page-only",
    wording: "of more than a thousand held entries only the first thousand are renewed",
    guarantee: "H1",
    file: "src/consumer/lease_keeper.ts",
    find: "} while (offset < all.length);",
    replace: "} while (offset === 0);",
    tests: ["tests/consumer/lease_keeper_test.ts"],
  },
  {
    name: "lease-loss-unheard",
    wording: "the handler of an entry that is another consumer's now is not told",
    guarantee: "I4",
    file: "src/consumer/lease_keeper.ts",
    find: "if (fenced.length > 0) onFenced(fenced);",
    replace: "",
    tests: ["tests/consumer/lease_keeper_test.ts"],
  },
  {
    name: "mirror-gives-up",
    wording: "a separate checkpoint store that was down is never asked again",
    guarantee: "I6",
    file: "src/consumer/mirror.ts",
    find: "else this.#startLater();",
    replace: "",
    tests: ["tests/guarantees/checkpoint_test.ts"],
    filter:
      "a separate store that is down holds up nothing, and catches up forward only (SQLite in",
  },
  {
    name: "reads-beyond-demand",
    wording: "a read asks for more entries than the pool can take",
    guarantee: "I10",
    file: "src/consumer/reader.ts",
    find: "Math.min(this.#countMax, wanted)",
    replace: "this.#countMax",
    tests: ["tests/guarantees/backpressure_test.ts"],
    filter:
      "a consumer that can take no more reads no more, and another one never gets what it holds (SQLite in",
  },
  {
    name: "own-list-brings-finished",
    wording: "what was finished while the own pending list was read is run again",
    guarantee: "I3",
    file: "src/consumer/reader.ts",
    find: "entries: page.entries.filter(({ id }) => !finished.has(id)),",
    replace: "entries: page.entries,",
    tests: ["tests/consumer/reader_test.ts"],
  },
  {
    name: "grace-never-over",
    wording: "a consumer that is told to end waits for its handlers for ever",
    guarantee: "L5",
    file: "src/consumer/ending.ts",
    find: '() => answers.send({ type: "clock.graceOver" })',
    replace: "() => {}",
    tests: ["tests/guarantees/stop_test.ts", "tests/guarantees/ownership_test.ts"],
    filter: IN_MEMORY,
  },
  {
    name: "stop-keeps-entries",
    wording: "a consumer that ends does not hand back what it has not finished",
    guarantee: "L1",
    file: "src/consumer/ending.ts",
    find: 'await options.broker.release(membership, "all");',
    replace: "",
    tests: ["tests/guarantees/ownership_test.ts"],
    filter: IN_MEMORY,
  },
];
