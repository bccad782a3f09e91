/**
 * What a service made of a fault, read off its log and its reports.
 *
 * @module
 */

import type { Report } from "../../../mod.ts";
import { CALL_FAILED, CONSUMER_FAILED } from "../../../src/consumer/narration.ts";
import type { StruckProcess } from "../network/struck_process.ts";
import type { FaultClass } from "./row.ts";

/** What was seen. */
export interface Seen {
  readonly kind: FaultClass;
  /** What failed calls and failed consumers said. */
  readonly reasons: readonly string[];
  readonly reports: readonly Report["kind"][];
  /** What the reports of data loss add up to; `null` when one of them did not know. */
  readonly reportedLost: number | null;
  /** What is said to a person when a consumer is given up. */
  readonly lastWords: readonly string[];
}

/** Reads what processes said since their begin. */
export function seenOf(processes: readonly StruckProcess[]): Seen {
  const lines = processes.flatMap(({ log }) => log.lines);
  const said = (text: string) => lines.filter(({ message }) => message.startsWith(text));
  const givenUp = said("the consumer is given up");
  const failed = [...said(CALL_FAILED), ...said(CONSUMER_FAILED), ...givenUp];
  const reports = processes.flatMap((process) => process.reports.map(({ report }) => report));
  return {
    kind: givenUp.length > 0
      ? "give up"
      : said("the consumer is started again").length > 0
      ? "restart"
      : said(CALL_FAILED).length > 0
      ? "retry"
      : "transparent",
    reasons: sorted(failed.flatMap(({ message, fields }) => {
      const bracketed = /\(([^()]*)\)(?:$|, check)/.exec(String(fields.error))?.[1];
      if (bracketed !== undefined) return [bracketed];
      // What a consumer says at its end, its supervisor says again with a code.
      return message === CONSUMER_FAILED ? [] : [String(fields.code)];
    })),
    reports: sorted(reports.map(({ kind }) => kind)),
    reportedLost: lossesOf(reports).reduce<number | null>(
      (sum, lost) => sum === null || lost === "unknown" ? null : sum + lost,
      0,
    ),
    lastWords: sorted(givenUp.map(({ fields }) => String(fields.error))),
  };
}

/** Consumers of a group that start together tell of the same loss; its range says that it is one. */
function lossesOf(reports: readonly Report[]): (number | "unknown")[] {
  const losses = new Map<string, number | "unknown">();
  for (const report of reports) {
    if (report.kind === "dataLoss") losses.set(JSON.stringify(report), report.lost);
  }
  return [...losses.values()];
}

function sorted<Text extends string>(texts: readonly Text[]): Text[] {
  return [...new Set(texts)].sort();
}
