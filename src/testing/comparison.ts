/**
 * Compares what came of two runs of a handler: with faults and without.
 *
 * @module
 */

import type { Break } from "./broken_promise.ts";
import type { EventResult, HandlerRunResult } from "./handler_run.ts";
import { shown } from "./shown.ts";

/** A run to compare with, and what it is called. */
export interface ReferenceRun {
  /** What came of it. */
  readonly run: HandlerRunResult;
  /** Such as `without any fault`. */
  readonly name: string;
}

/**
 * Tells the first difference.
 *
 * @param reference What should have come of it.
 * @param other What did.
 * @returns `null` when there is none.
 */
export function differenceOf(
  { run: reference, name }: ReferenceRun,
  other: HandlerRunResult,
): Break | null {
  for (const [event, wanted] of reference.results.entries()) {
    const found = other.results[event];
    if (found !== undefined && textOf(wanted) !== textOf(found)) {
      const text = `event ${event} left ${told(found)}, and ${name} ${told(wanted)}`;
      return { kind: "resultsDiffer", event, text };
    }
  }
  const [wanted, found] = [reference, other].map(({ observed }) =>
    JSON.stringify(sorted(observed))
  );
  if (wanted === found || wanted === undefined || found === undefined) return null;
  const text = `the outside world is ${shown(found)}, and ${name} ${shown(wanted)}`;
  return { kind: "effectsDiffer", event: null, text };
}

function textOf({ outputs, letters }: EventResult): string {
  return JSON.stringify(sorted([outputs, letters]));
}

function told({ outputs, letters }: EventResult): string {
  const parts = [
    ...outputs.length === 0 ? [] : [shown(JSON.stringify(outputs))],
    ...letters === 0 ? [] : [letters === 1 ? "a dead letter" : `${letters} dead letters`],
  ];
  return parts.length === 0 ? "nothing" : parts.join(" and ");
}

/** The same value with the names of every record in text order: their order says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1);
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
