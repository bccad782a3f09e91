/**
 * The service that is put to the test: three streams, five groups, forty consumers. Every event has a number, and every
 * group publishes one output for it, so that what is missing, doubled or out of order shows.
 *
 * @module
 */

/** One group and what it does. */
export interface GroupPlan {
  readonly stream: string;
  readonly group: string;
  /** Where its outputs go: one for each event of the stream. */
  readonly outputs: string;
}

/** How many consumers each group has. */
export const CONSUMERS_PER_GROUP = 8;

/** The streams. */
export const STREAMS = ["orders", "payments", "visits"] as const;

/** The groups: every group gets every event of its stream. */
export const GROUPS: readonly GroupPlan[] = [
  planOf("orders", "billing"),
  planOf("orders", "shipping"),
  planOf("payments", "ledger"),
  planOf("payments", "fraud"),
  planOf("visits", "statistics"),
];

/** All consumers. */
export const CONSUMERS = GROUPS.length * CONSUMERS_PER_GROUP;

/** The keys of each stream; the events of one have numbers that are so far apart. */
export const KEYS = 64;

/** The key of the event with a number. */
export function keyOf(number: number): string {
  return `key-${number % KEYS}`;
}

/** What a group's consumers are called. */
export function consumersOf({ group }: GroupPlan): string[] {
  return Array.from({ length: CONSUMERS_PER_GROUP }, (_, at) => `${group}-${at + 1}`);
}

/** What an event carries. */
export interface Numbered {
  readonly number: number;
}

function planOf(stream: string, group: string): GroupPlan {
  return { stream, group, outputs: `{${stream}}:${group}` };
}
