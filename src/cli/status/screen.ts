/**
 * What was seen, for people: a table for each process with a sentence under each of its consumers, then the groups that
 * nobody runs.
 *
 * @module
 */

import { escapeUnprintable } from "../../domain/printable.ts";
import type { ConsumerFacts, UnattendedFacts } from "../../telemetry/consumer_facts.ts";
import { explain } from "../../telemetry/explain.ts";
import type { Explanation, ExplanationKind } from "../../telemetry/explanation.ts";
import { type Column, NAME_WIDTH_MIN, tableText } from "../columns.ts";
import { counted, grouped, spanText } from "../shown.ts";
import type { SeenProcess, Survey } from "./survey.ts";
import { wrapped } from "./wrap.ts";

/** A process that should have announced itself anew so long ago is told to be late, in ms: it does so every 2 s. */
const LATE_MS = 6_000;

/** Three names of the least width. */
const PLACE_WIDTH_MIN = 3 * NAME_WIDTH_MIN;

/** The part of an id that tells its time. */
const POSITION_WIDTH_MIN = 13;

const COLOURS: Readonly<Record<ExplanationKind, number>> = { working: 32, waiting: 33, stuck: 31 };

const CONSUMER_COLUMNS: readonly Column<ConsumerFacts>[] = [
  {
    title: "stream/group/consumer",
    cell: ({ stream, group, consumer }) => `${stream}/${group}/${consumer}`,
    widthMin: PLACE_WIDTH_MIN,
  },
  { title: "state", cell: stateText, widthMin: NAME_WIDTH_MIN },
  { title: "position", cell: ({ position }) => position ?? "-", widthMin: POSITION_WIDTH_MIN },
  { title: "lag", cell: ({ broker }) => countText(broker?.lag), isNumber: true },
  { title: "pending", cell: ({ broker }) => countText(broker?.pendingCount), isNumber: true },
  { title: "in flight", cell: ({ load }) => countText(load.inFlight), isNumber: true },
  { title: "restarts", cell: ({ restarts }) => countText(restarts), isNumber: true },
];

const GROUP_COLUMNS: readonly Column<UnattendedFacts>[] = [
  { title: "stream/group", cell: placeOf, widthMin: PLACE_WIDTH_MIN },
  { title: "lag", cell: ({ broker }) => countText(broker.lag), isNumber: true },
  { title: "pending", cell: ({ broker }) => countText(broker.pendingCount), isNumber: true },
];

/** The whole picture, without a line end; no line is wider than 100 columns. */
export function surveyText(survey: Survey, options: { readonly colour: boolean }): string {
  const { processes, unattended, unreadable } = survey;
  const parts = processes.map((process) => processText(process, options));
  if (unattended.length > 0) {
    const title = "Groups that no process has announced";
    parts.push([title, ...tableWithSentences(GROUP_COLUMNS, unattended, options)].join("\n"));
  }
  if (unreadable.length > 0) {
    const lines = unreadable.flatMap(({ instance, reason }) => {
      return wrapped(escapeUnprintable(`Process ${instance} cannot be read: ${reason}`), "");
    });
    parts.push(lines.join("\n"));
  }
  return parts.length === 0
    ? "No process has announced itself, and there is no group"
    : parts.join("\n\n");
}

/** One sentence for each consumer and each group, under its name. */
export function sentencesText(survey: Survey, options: { readonly colour: boolean }): string {
  const told = explained(survey);
  if (told.length === 0) return "No process has announced itself, and there is no group";
  return told.map(({ facts, instance, explanation }) => {
    const process = instance === null ? "" : ` in process ${instance}`;
    const lines = wrapped(escapeUnprintable(`${placeOf(facts)}${process}`), "");
    return [...lines, ...sentence(explanation, options)].join("\n");
  }).join("\n");
}

/** Every consumer and every group that nobody runs, with its explanation. */
export function explained(survey: Survey): {
  readonly facts: ConsumerFacts | UnattendedFacts;
  readonly instance: string | null;
  readonly explanation: Explanation;
}[] {
  const run = survey.processes.flatMap(({ record: { instance, consumers } }) =>
    consumers.map((facts) => ({ facts, instance, explanation: explain(facts) }))
  );
  const notRun = survey.unattended.map((facts) => ({
    facts,
    instance: null,
    explanation: explain(facts),
  }));
  return [...run, ...notRun];
}

function processText({ record, ageMs }: SeenProcess, options: { colour: boolean }): string {
  const { instance, host, pid, version, state, startedAtMs, consumers, consumersDropped } = record;
  const place = host === null ? `pid ${pid}` : `pid ${pid} on ${host}`;
  const takenAtMs = consumers[0]?.nowMs;
  const age = takenAtMs === undefined ? "" : ` for ${spanText(takenAtMs - startedAtMs)}`;
  const heard = ageMs < LATE_MS ? `heard ${spanText(ageMs)} ago` : `silent for ${spanText(ageMs)}`;
  const title = `Process ${instance} (${place}, version ${version}): ${state}${age}, ${heard}`;
  const dropped = consumersDropped > 0
    ? [`  and ${counted(consumersDropped, "consumer")} more, for which there was no room`]
    : [];
  return [
    ...wrapped(escapeUnprintable(title), ""),
    ...consumers.length > 0
      ? tableWithSentences(CONSUMER_COLUMNS, consumers, options)
      : ["  It has no consumers"],
    ...dropped,
  ].join("\n");
}

function tableWithSentences<Facts extends ConsumerFacts | UnattendedFacts>(
  columns: readonly Column<Facts>[],
  rows: readonly Facts[],
  options: { readonly colour: boolean },
): string[] {
  const [titles = "", ...lines] = tableText(columns, rows).split("\n");
  const told = rows.flatMap((facts, index) => {
    return [lines[index] ?? "", ...sentence(explain(facts), options)];
  });
  return [titles, ...told];
}

function sentence({ kind, text }: Explanation, { colour }: { colour: boolean }): string[] {
  const lines = wrapped(text, "    ");
  return colour ? lines.map((line) => `\u001b[${COLOURS[kind]}m${line}\u001b[0m`) : lines;
}

/** The state of its machine, or what its process does with it where there is no machine at work. */
function stateText({ supervision, state }: ConsumerFacts): string {
  return supervision === "running" ? state : supervision;
}

function placeOf({ stream, group, consumer }: ConsumerFacts | UnattendedFacts): string {
  return [stream, group, consumer ?? ""].filter((name) => name !== "").join("/");
}

/** A number that fits its column: from a million on it is told roughly. */
function countText(count: number | null | undefined): string {
  if (count === null || count === undefined) return "-";
  if (Math.abs(count) < 1_000_000) return grouped(count);
  return count.toLocaleString("en", { notation: "compact", maximumFractionDigits: 1 });
}
