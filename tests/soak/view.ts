/**
 * What a broker holds for the service, read raw and not through the product.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import type { GroupPlan } from "./layout.ts";

/** An output, by the number of its event. */
export interface OutputSeen {
  readonly id: EntryId;
  readonly number: number;
}

/** How far a group is. */
export interface GroupFacts {
  /** Entries handed out and not finished. */
  readonly pending: number;
  /** The checkpoint's position, `null` before there is one. */
  readonly position: EntryId | null;
  /** The highest id of the stream. */
  readonly lastId: EntryId;
  /** Entries finished above the checkpoint. */
  readonly doneSet: number;
  /** What each consumer committed last: another value after every commit. */
  readonly tokens: ReadonlyMap<string, string>;
}

/** What the broker is like. */
export interface BrokerFacts {
  /** Connections of others than this one; `null` where there are none. */
  readonly connections: number | null;
  /** Keys on a Redis; rows that are not entries, in a file. */
  readonly records: number;
  /** Memory of a Redis, size of a file, in bytes. */
  readonly bytes: number;
}

/** Looks at a broker. Every method throws while it cannot be looked at. */
export interface View extends AsyncDisposable {
  /** The next outputs of a group, at most so many, in the order in which they were appended. */
  outputs(plan: GroupPlan, after: EntryId, count: number): Promise<OutputSeen[]>;
  /** How far a group is. */
  group(plan: GroupPlan): Promise<GroupFacts>;
  /** What the broker is like. */
  broker(): Promise<BrokerFacts>;
}

/** Whether nothing is left to do. */
export function isFinished(facts: GroupFacts): boolean {
  return facts.pending === 0 && facts.doneSet === 0 && facts.position === facts.lastId;
}

/** The number in an output's payload. */
export function numberOf(payload: unknown): number {
  const data: unknown = JSON.parse(String(payload));
  if (typeof data === "object" && data !== null && "number" in data) {
    if (typeof data.number === "number") return data.number;
  }
  throw new Error(
    `Cannot read an output: its payload ${String(payload).slice(0, 80)} has no number`,
  );
}
