/**
 * The result of the demo: as a table with a closing sentence for people, as a record for programs.
 *
 * @module
 */

import { isExactlyOnce } from "./examine.ts";
import type { Outcome } from "./read_back.ts";
import { grouped } from "./screen.ts";
import type { Story } from "./play.ts";

/** Everything that is told at the end. */
export interface Result extends Outcome, Story {
  /** Which engine it was. */
  readonly broker: "redis" | "sqlite";
  /** What the events were. */
  readonly input: string;
  /** How many different keys they had. */
  readonly keys: number;
}

/** The table. */
export function tableOf(result: Result): string {
  const rows: (readonly [name: string, value: string, note?: string])[] = [
    [
      "events",
      grouped(result.events),
      `with ${grouped(result.keys)} key${result.keys === 1 ? "" : "s"}`,
    ],
    ["outputs", grouped(result.outputs)],
    ["duplicates", grouped(result.duplicates)],
    ["lost", grouped(result.lost)],
    ["out of order", grouped(result.outOfOrder), "within a key"],
    ...result.wrong === 0 ? [] : [["wrong", grouped(result.wrong)] as const],
    ["pending", grouped(result.pending)],
    ["resumed after", resumedText(result.resumedAfterMs), "from process start to first event"],
    ["events/s", grouped(result.eventsPerSecond), "with the break"],
    ["checkpoint", result.checkpointPosition ?? "none", checkpointNote(result)],
  ];
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  // The checkpoint is an id, all else are numbers, which stand one below the other.
  const valueWidth = Math.max(...rows.slice(0, -1).map(([, value]) => value.length));
  return rows.map(([name, value, note]) =>
    `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}  ${note ?? ""}`.trimEnd()
  ).join("\n");
}

/** What was seen, in one sentence. */
export function sentenceOf(result: Result): string {
  const { events, lost, duplicates, outOfOrder, wrong, killed, inHand, handlerRuns } = result;
  if (!isExactlyOnce(result)) {
    return `This is not exactly once: ${grouped(lost)} lost, ${grouped(duplicates)} double, ` +
      `${grouped(outOfOrder)} out of order, ${grouped(wrong)} wrong.`;
  }
  const again = handlerRuns - events;
  const repeated = again > 0
    ? `; ${grouped(again)} handled without a commit ${
      again === 1 ? "was" : "were"
    } handled again, and still `
    : "; ";
  return `${killed} was killed with ${grouped(inHand)} of ${grouped(events)} events in hand` +
    `${repeated}every event has exactly one output, in the order of its key.`;
}

function resumedText(resumedAfterMs: number | null): string {
  return resumedAfterMs === null ? "never" : `${grouped(resumedAfterMs)} ms`;
}

function checkpointNote({ isCheckpointAtEnd }: Result): string {
  return isCheckpointAtEnd ? "the last event" : "not the last event";
}
