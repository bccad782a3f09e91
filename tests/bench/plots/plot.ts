/**
 * The plots: what is drawn of which scenario.
 *
 * @module
 */

/** An axis: a column of the scenario's table, and what is written at it, with the unit. */
export interface Axis {
  readonly column: string;
  readonly title: string;
  /** Whether equal steps are equal factors. Default `false`: it begins at zero then. */
  readonly isLog?: boolean;
}

/** A column that tells lines apart, and what is written before its cells in their names. */
export interface Series {
  readonly column: string;
  /** Default: nothing. */
  readonly before?: string;
}

/** A plot. */
export interface Plot {
  /** The name of its file, without ending. */
  readonly name: string;
  /** The scenario that it is drawn from. */
  readonly scenario: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Rows that are equal in these columns make a line. */
  readonly series: readonly Series[];
}

const EVENTS_PER_SECOND: Axis = { column: "events/s", title: "events per second" };
const BROKER: Series = { column: "broker" };
const LAYOUT: Series = { column: "layout" };
const HANDLED: Axis = { column: "events", title: "events handled" };
const CONSUMERS: Axis = { column: "consumers", title: "consumers in one process", isLog: true };

/** All there are. */
export const PLOTS: readonly Plot[] = [
  {
    name: "consumers_speed",
    scenario: "growth-consumers",
    title: "Events per second by consumers in one process",
    x: CONSUMERS,
    y: EVENTS_PER_SECOND,
    series: [BROKER, LAYOUT],
  },
  {
    name: "consumers_memory",
    scenario: "growth-consumers",
    title: "Memory by consumers in one process",
    x: CONSUMERS,
    y: { column: "rss MB", title: "resident memory, MB" },
    series: [BROKER, LAYOUT],
  },
  {
    name: "processes_speed",
    scenario: "growth-processes",
    title: "Events per second by processes on one stream",
    x: { column: "processes", title: "processes", isLog: true },
    y: EVENTS_PER_SECOND,
    series: [BROKER, { column: "order", before: "order " }],
  },
  {
    name: "payload_speed",
    scenario: "growth-payload",
    title: "Events per second by the size of an event",
    x: { column: "payload B", title: "size of the data of an event, bytes", isLog: true },
    y: { ...EVENTS_PER_SECOND, isLog: true },
    series: [BROKER],
  },
  {
    name: "pending_speed",
    scenario: "growth-pending",
    title: "Events per second by pending entries",
    x: { column: "entries", title: "pending entries in the group", isLog: true },
    y: EVENTS_PER_SECOND,
    series: [BROKER, { column: "pending", before: "pending for " }],
  },
  {
    name: "backlog_speed",
    scenario: "growth-backlog",
    title: "Events per second while a backlog is caught up with",
    x: HANDLED,
    y: EVENTS_PER_SECOND,
    series: [BROKER],
  },
  {
    name: "events_memory",
    scenario: "growth-memory",
    title: "Heap by events handled",
    x: HANDLED,
    y: { column: "heap MB", title: "heap without garbage, MB" },
    series: [BROKER],
  },
];
