/**
 * Defects of how soon work begins and goes on: a start that waits (L2), what stands still although the faults are over, and
 * siblings of a group that are not told of what they wait for (L3).
 *
 * @module
 */

import type { Defect } from "./defect.ts";

const RESUME = ["tests/guarantees/resume_test.ts"];
const RECOVERY = ["tests/guarantees/recovery_test.ts"];
const LOST_REPLIES = ["tests/brokers/redis/lost_replies_test.ts"];
const CONTRACT_SQLITE = ["tests/contracts/sqlite_memory_test.ts"];
const CONTRACT_REDIS = ["tests/contracts/redis_test.ts"];
const CONNECTION = "src/brokers/redis/connection.ts";
const LEASING = "src/brokers/redis/scripts/leasing.lua.ts";

/** All of them. */
export const RECOVERY_DEFECTS: readonly Defect[] = [
  {
    name: "start-waits-for-lease",
    wording:
      "a process waits until the lease of its predecessor has run out, instead of taking over",
    guarantee: "L2",
    file: "src/consumer/opening.ts",
    find: "const join = await broker.join({",
    replace:
      "await new Promise<void>((resolve) => void options.clock.after(options.leaseMs, resolve));\n" +
      "    const join = await broker.join({",
    tests: RESUME,
    filter: "L2:",
  },
  {
    name: "start-waits-for-new",
    wording: "a process waits for new entries before it reads what its predecessor held",
    guarantee: "L2",
    file: "src/consumer/reader.ts",
    find: "      const afterId = this.#ownAfter;\n",
    replace: `      const afterId = this.#ownAfter;
      const { signal } = this.#abort;
      this.#waitsForNew = true;
      this.#add(await broker.readNew(membership, { count, blockMs, signal }));
`,
    tests: RESUME,
    filter: "L2:",
  },
  {
    name: "sqlite-own-list-leased",
    wording: "what a process's predecessor was given lately is not in its own pending list",
    guarantee: "L2",
    file: "src/brokers/sqlite/hand_out.ts",
    find: '"p.id > ?3 AND p.consumer_id = ?5");',
    replace:
      '"p.id > ?3 AND p.consumer_id = ?5 AND p.delivered_at <= unixepoch() * 1000 - 30000");',
    tests: RESUME,
    filter: "L2:",
  },
  {
    name: "redis-own-list-leased",
    wording: "what a process's predecessor was given lately is not in its own pending list",
    guarantee: "L2",
    file: "src/brokers/redis/scripts/reading.lua.ts",
    find: "redis.call('XPENDING', STREAM, GROUP, '(' .. after, '+', count, CONSUMER)",
    replace:
      "redis.call('XPENDING', STREAM, GROUP, 'IDLE', 30000, '(' .. after, '+', count, CONSUMER)",
    tests: RESUME,
    filter: "L2:",
  },
  {
    name: "outage-waits-minutes",
    wording: "after a long outage a consumer waits for minutes before it calls again",
    guarantee: "L3",
    file: "src/consumer/effects.ts",
    find: "backoffMs(failures, { ...BROKER_BACKOFF, random: random.next() })",
    replace: "backoffMs(failures, { ...BROKER_BACKOFF, maxMs: 300_000, random: random.next() })",
    tests: RECOVERY,
    filter: "L3:",
  },
  {
    name: "restart-waits-minutes",
    wording: "a consumer that failed is started again after minutes",
    guarantee: "L3",
    file: "src/orchestrator/restart_policy.ts",
    find: "  maxMs: 10_000,\n",
    replace: "  maxMs: 600_000,\n",
    tests: ["tests/config/options_test.ts"],
  },
  {
    name: "reclaims-once",
    wording: "a consumer looks for the entries of dead ones only once",
    guarantee: "L3",
    file: "src/consumer/effects.ts",
    find: "this.#timers.every(this.#options.leaseMs / RECLAIMS_PER_LEASE",
    replace: "this.#timers.after(this.#options.leaseMs / RECLAIMS_PER_LEASE",
    tests: ["tests/guarantees/ownership_test.ts"],
    filter: "taken over after its lease (SQLite in memory",
  },
  {
    name: "redis-reconnects-once",
    wording: "a connection that cannot be made at the second time is never made",
    guarantee: "L3",
    file: "src/brokers/redis/client_options.ts",
    find: "retryStrategy: (attempt) =>",
    replace: "retryStrategy: (attempt) => attempt > 1 ? null :",
    tests: [...LOST_REPLIES],
    filter: "calls reject at once while the server is down and work after its return",
  },
  {
    name: "redis-reconnects-after-minutes",
    wording: "after a long outage the driver waits for minutes before it connects",
    guarantee: "L3",
    file: "src/brokers/redis/client_options.ts",
    find: "backoffMs(attempt, { ...BROKER_BACKOFF,",
    replace: "backoffMs(attempt, { ...BROKER_BACKOFF, maxMs: 300_000,",
    tests: ["tests/brokers/redis/client_options_test.ts"],
  },
  {
    name: "redis-silence-left-once",
    wording: "of half-open connections only the first is replaced",
    guarantee: "L3",
    file: CONNECTION,
    find: "    this.#isLeaving = false;\n",
    replace: "",
    tests: LOST_REPLIES,
    filter: "I3:",
  },
  {
    name: "redis-greeting-without-end",
    wording: "a connection whose greeting is never answered is waited for",
    guarantee: "L3",
    file: CONNECTION,
    find: "      this.#lastReason = new DeadlineError().code;\n      this.#leave();",
    replace: "      this.#lastReason = new DeadlineError().code;",
    tests: LOST_REPLIES,
    filter: "I3:",
  },
  {
    name: "redis-refusal-kept",
    wording: "a password that was refused once is never tried again",
    guarantee: "L3",
    file: CONNECTION,
    find: "    this.#refusal = null;\n",
    replace: "",
    tests: ["tests/brokers/redis/access_test.ts"],
    filter: "let in again",
  },
  {
    name: "redis-demoted-kept",
    wording: "a connection to a server that became a replica is kept",
    guarantee: "L3",
    file: CONNECTION,
    find: "    this.#isLeaving = true;\n    return true;",
    replace: "    return false;",
    tests: ["tests/brokers/redis/server_trouble_test.ts"],
    filter: "demoted",
  },
  {
    name: "sqlite-sibling-of-claim-untold",
    wording: "a sibling is not told that a claim has found lost what it waits for",
    guarantee: "L3",
    file: "src/brokers/sqlite/hand_out.ts",
    find: "        this.#waiters.wake(membership.stream);",
    replace: "",
    tests: CONTRACT_SQLITE,
    filter: "a reader that waits",
  },
  {
    name: "sqlite-sibling-of-read-untold",
    wording: "a sibling is not told that a read has found lost what it waits for",
    guarantee: "L3",
    file: "src/brokers/sqlite/read_new.ts",
    find: "if (finishLost(this.#context, lost, { place: now, membership })) {",
    replace: "if ((finishLost(this.#context, lost, { place: now, membership }), false)) {",
    tests: CONTRACT_SQLITE,
    filter: "a reader that waits",
  },
  {
    name: "sqlite-sibling-of-release-untold",
    wording: "siblings are not told that entries were handed back",
    guarantee: "L3",
    file: "src/brokers/sqlite/leases.ts",
    find: "    this.#waiters.wake(membership.stream);\n    return released;",
    replace: "    return released;",
    tests: CONTRACT_SQLITE,
    filter: "a reader that waits",
  },
  {
    name: "sqlite-renewal-untold",
    wording: "a reader is not told what its own renewal has set free",
    guarantee: "L3",
    file: "src/brokers/sqlite/leases.ts",
    find: "if (freed) this.#waiters.wake(membership.stream);",
    replace: "",
    tests: CONTRACT_SQLITE,
    filter: "a reader that waits",
  },
  {
    name: "sqlite-reset-untold",
    wording: "whoever waits for entries is not told that the group was reset",
    guarantee: "L3",
    file: "src/brokers/sqlite/resetting.ts",
    find: "this.#waiters.wake(stream);",
    replace: "",
    tests: CONTRACT_SQLITE,
    filter: "a reader that waits",
  },
  {
    name: "sqlite-sleeps-behind-lost",
    wording: "a read that finds lost entries waits, although there may be more behind them",
    guarantee: "L3",
    file: "src/brokers/sqlite/read_new.ts",
    find: "entries.length + waiting + lost.length === 0",
    replace: "entries.length + waiting === 0",
    tests: CONTRACT_SQLITE,
    filter: "waits no longer",
  },
  {
    name: "redis-sleeps-behind-lost",
    wording: "a read that finds lost entries waits, although there may be more behind them",
    guarantee: "L3",
    file: "src/brokers/redis/scripts/reading.lua.ts",
    find: "local last, wake = false, false",
    replace: "lost = {}\nlocal last, wake = false, false",
    tests: CONTRACT_REDIS,
    filter: "waits no longer",
  },
  {
    name: "redis-sibling-of-release-untold",
    wording: "siblings are not told that entries were handed back",
    guarantee: "L3",
    file: LEASING,
    find: "if ORDERED and released > 0 then wakeAll() end",
    replace: "",
    tests: CONTRACT_REDIS,
    filter: "a reader that waits",
  },
  {
    name: "redis-renewal-frees-nothing",
    wording: "a renewal does not look whether what its consumer waits for is gone",
    guarantee: "L3",
    file: LEASING,
    find: "  setFree(keys)\n",
    replace: "",
    tests: CONTRACT_REDIS,
    filter: "a reader that waits",
  },
  {
    name: "redis-sibling-untold",
    wording: "a sibling is not told that what it waits for is free",
    guarantee: "L3",
    file: "src/brokers/redis/scripts/lanes.lua.ts",
    find: "if freed then wakeAll() end",
    replace: "",
    tests: CONTRACT_REDIS,
    filter: "a reader that waits",
  },
  {
    name: "redis-reset-untold",
    wording: "whoever waits for entries is not told that the group was reset",
    guarantee: "L3",
    file: "src/brokers/redis/scripts/resetting.lua.ts",
    find: "redis.call('XADD', WAKE, 'MAXLEN', 1, '*', 'c', ARGV[9])",
    replace: "",
    tests: CONTRACT_REDIS,
    filter: "a reader that waits",
  },
];
