/**
 * Reports as log lines.
 *
 * @module
 */

import type { LogFields, LogLevelName } from "../ports/log.ts";
import type { Report } from "./report.ts";

const LEVELS: Readonly<Record<Report["kind"], LogLevelName>> = {
  groupRolledBack: "warn",
  groupRecreated: "warn",
  streamReplaced: "warn",
  checkpointReset: "warn",
  checkpointQuarantined: "error",
  dataLoss: "error",
  fenced: "warn",
  deadLettered: "warn",
  checkpointStoreDown: "warn",
  checkpointStoreUp: "info",
};

const MESSAGES: Readonly<Record<Report["kind"], string>> = {
  groupRolledBack: "the group was behind its checkpoint, going on at the checkpoint",
  groupRecreated: "the group was gone, made it again at the checkpoint",
  streamReplaced:
    "the stream was deleted or flushed while it was read, reading the new one from its beginning",
  checkpointReset: "the checkpoint did not fit the stream, began anew as configured",
  checkpointQuarantined: "a stored checkpoint is unusable, it is kept but not resumed from",
  dataLoss: "entries were trimmed or deleted before they were handled",
  fenced: "entries were taken over by another consumer, their outputs were dropped",
  deadLettered: "an event was given up and moved to the dead letters",
  checkpointStoreDown: "the separate checkpoint store cannot be reached, acknowledgements go on",
  checkpointStoreUp: "the separate checkpoint store is back and up to date",
};

/** A report as one line: how much it matters, what it says, and its data, as far as there is any. */
export function lineOf(report: Report, place: LogFields): [LogLevelName, string, LogFields] {
  const fields: Record<string, string | number | boolean | null> = {
    ...place,
    report: report.kind,
  };
  for (const [name, value] of Object.entries(report)) {
    if (name === "kind" || value === null) continue;
    fields[name] = Array.isArray(value) ? value.slice(0, 10).join(" ") : value;
  }
  return [LEVELS[report.kind], MESSAGES[report.kind], fields];
}
