/**
 * `tidemark dead-letters show`: the one place where an original payload is printed, and no more of it than fits.
 *
 * @module
 */

import { cutText, escapeUnprintable } from "../../domain/printable.ts";
import type { Broker } from "../../ports/broker.ts";
import { groupArguments, refuseMore } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments, UsageError } from "../command.ts";
import { entryRecord, fieldPairs, readEntry, valueText } from "../entry_view.ts";
import { counted, jsonText, timeText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { findLetter, idArgument, type Letter, letterRecord } from "./letters.ts";

/** Some screens full. */
const PAYLOAD_SHOWN_MAX = 4_000;

/** More fields, or longer ones, than people look at (S33). */
const FIELDS_SHOWN_MAX = 50;
const FIELD_SHOWN_MAX = 400;

/** Shows one dead letter. */
export async function showLetter(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    json: { type: "boolean", default: false },
  });
  const { stream, group, rest: [idText, ...more] } = groupArguments(
    positionals,
    "dead-letters show",
  );
  if (idText === undefined) throw new UsageError('Cannot run "dead-letters show": no id is given');
  refuseMore(more, "dead-letters show");
  const id = idArgument(idText);
  await using broker = await openBrokerOf(values);
  const letter = await findLetter(broker, { stream, group }, id);
  if (letter === null) {
    writeNote(`Group "${group}" of stream "${stream}" has no dead letter ${id}`);
    return 1;
  }
  if (values.json) writeResult(jsonText(recordOf(letter)));
  else for (const line of await linesOf(broker, letter)) writeResult(escapeUnprintable(line));
  return 0;
}

function recordOf(letter: Letter): Record<string, unknown> {
  const { meta, fields } = letter;
  const original = entryRecord({ id: meta.id, fields }, meta.stream);
  const { fault = null } = original;
  return {
    ...letterRecord(letter),
    event: fault === null ? original : null,
    fault: meta.omitted === undefined ? fault : null,
    fields: fieldPairs(fields),
  };
}

async function linesOf(broker: Broker, letter: Letter): Promise<string[]> {
  const { id, meta } = letter;
  const { error, omitted } = meta;
  const lines = [
    `Dead letter ${id} of group "${meta.group}" of stream "${meta.stream}"`,
    `  reason      ${meta.reason}`,
    ...error === null ? [] : [`  error       ${error.name}: ${error.message}`],
    `  attempts    ${meta.attempts}, delivered ${counted(meta.deliveries, "time")}`,
    `  given up    by "${meta.consumer}" at ${timeText(meta.diedAtMs)}`,
    `  entry       ${meta.id}`,
  ];
  if (omitted === undefined) return [...lines, ...eventLines(letter)];
  const range = { from: meta.id, to: meta.id, count: 1 };
  const [original] = await broker.range(meta.stream, range);
  const where = original === undefined ? "and is gone" : "and still stands in its stream";
  return [
    ...lines,
    `  original    ${counted(omitted.bytes, "byte")}, was not copied, ${where}`,
    `  sha256      ${omitted.sha256}`,
  ];
}

function eventLines({ meta, fields }: Letter): string[] {
  const read = readEntry({ id: meta.id, fields }, meta.stream);
  if ("fault" in read) return [`  no event    ${read.fault}`, ...fieldLines(fields)];
  const { type, key, headers, idempotencyKey, sourceId, data } = read.event;
  const named = Object.entries(headers);
  return [
    `  type        ${type}`,
    ...key === undefined ? [] : [`  key         ${key}`],
    ...named.map(([name, value]) => `  header      ${name}: ${cutText(value, FIELD_SHOWN_MAX)}`),
    ...idempotencyKey === undefined ? [] : [`  idempotency ${idempotencyKey}`],
    ...sourceId === undefined ? [] : [`  caused by   ${sourceId}`],
    `  data        ${cutText(JSON.stringify(data), PAYLOAD_SHOWN_MAX)}`,
  ];
}

function fieldLines(fields: Letter["fields"]): string[] {
  const count = Math.floor(fields.length / 2);
  const lines: string[] = [];
  for (let index = 0; index < Math.min(count, FIELDS_SHOWN_MAX); index++) {
    const name = valueText(fields[index * 2] ?? "", FIELD_SHOWN_MAX);
    const value = valueText(fields[index * 2 + 1] ?? "", FIELD_SHOWN_MAX);
    lines.push(`  field       ${name} = ${value}`);
  }
  const rest = count - lines.length;
  return rest > 0 ? [...lines, `  and ${counted(rest, "field")} more, see --json`] : lines;
}
