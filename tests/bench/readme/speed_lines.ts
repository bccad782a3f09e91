/**
 * The lines of the README's table of speed: which rows of which scenario they are made of.
 *
 * @module
 */

/** The sides that the table shows, as the scenarios call them. */
export const SIDES = ["Tidemark, order key", "Tidemark, order none"] as const;

/** One line. */
export interface SpeedLine {
  readonly what: string;
  /** Its rival: what it is, and what it does not promise. */
  readonly against: string;
  readonly scenario: string;
  /** What else the row has in its columns. */
  readonly where: Readonly<Record<string, string | number>>;
  /** The column of the ratio. */
  readonly ratio: string;
  /** The column of the figure itself. */
  readonly figure: string;
  readonly unit: string;
}

const RATE = { ratio: "x raw", figure: "events/s", unit: "/s" };
const LOOP = "`ioredis`: XREADGROUP, XACK";
const UNSAFE = "`ioredis`: XADD + XACK, not exactly once";
const TABLE = "`node:sqlite`: rows, position, one transaction";

/** All lines, in their order. */
export const SPEED_LINES: readonly SpeedLine[] = [
  ...[1, 10, 100].map((count) => ({
    what: `Redis here, ${count} at a time`,
    against: LOOP,
    scenario: "redis",
    where: { server: "here", count },
    ...RATE,
  })),
  ...[1, 10, 100].map((count) => ({
    what: `Redis 2 ms away, ${count} at a time`,
    against: LOOP,
    scenario: "redis",
    where: { server: "2 ms away", count },
    ...RATE,
  })),
  {
    what: "one output per event, Redis here, 100 at a time",
    against: UNSAFE,
    scenario: "outputs",
    where: { count: 100 },
    ...RATE,
  },
  {
    what: "jobs that wait in Redis here",
    against: "BullMQ, concurrency 100",
    scenario: "queues",
    where: { jobs: "there already" },
    ratio: "x BullMQ",
    figure: "events/s",
    unit: "/s",
  },
  {
    what: "time from publishing to the handler, p99; less is better",
    against: `${LOOP}, XADD`,
    scenario: "latency",
    where: {},
    ratio: "p99 x raw",
    figure: "p99 ms",
    unit: " ms",
  },
  {
    what: "SQLite in memory, 100 at a time",
    against: TABLE,
    scenario: "sqlite",
    where: { kept: "memory", count: 100 },
    ...RATE,
  },
  {
    what: "SQLite in a file, 100 at a time",
    against: TABLE,
    scenario: "sqlite",
    where: { kept: "file", count: 100 },
    ...RATE,
  },
];

/** The scenarios that the table needs. */
export const SPEED_SCENARIOS: readonly string[] = [
  ...new Set(SPEED_LINES.map(({ scenario }) => scenario)),
];
