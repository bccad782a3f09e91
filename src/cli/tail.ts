/**
 * `tidemark tail`: follows a stream.
 *
 * @module
 */

import type { Entry } from "../domain/entry.ts";
import { cutText } from "../domain/printable.ts";
import { StreamMissingError } from "../domain/stream_errors.ts";
import { startArgument, streamArgument, wholeNumber } from "./arguments.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { cutToWidth } from "./columns.ts";
import { type Command, readArguments } from "./command.ts";
import { entryLine, entryRecord, fieldPairs, fieldsText } from "./entry_view.ts";
import { Interrupt } from "./interrupt.ts";
import { counted, jsonText } from "./shown.ts";
import { follow, type Happening } from "./tail/follow.ts";
import { writeNote, writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark tail STREAM [--from WHERE] [--limit N] [--fields] [--json]
                     [--config FILE | --url URL]

Prints the events of a stream as they come, one a line: id, type, key and data, cut to the
terminal. Ctrl-C ends it. It is no group: it changes nothing in the broker, holds back no
trimming, and is not counted anywhere. It asks every quarter of a second, outlasts a broker
that is away, and says so when entries were trimmed or deleted before it read them.

Options:
  --from WHERE   beginning; end (only new events, the default); an id, after which it
                 begins; or a time such as 2026-01-31T12:00Z
  --limit N      End after so many
  --fields       The raw fields of each entry instead of the event that it holds
  --json         One record a line: {"id", "type", "data", "key"?, "headers"?,
                 "idempotencyKey"?, "sourceId"?}; of an entry that is no event
                 {"id", "fault", "fields": [[name, value]]}; with --fields
                 {"id", "fields"}; a value that is no text is {"base64"}
${lastOptionsHelp()}`;

/** Elsewhere than on a terminal: as long as a line may be that other programs still take (S30). */
const LINE_LENGTH_MAX = 2_000;

/** More than anybody would wait for. */
const LIMIT_MAX = Number.MAX_SAFE_INTEGER;

/** The command. */
export const tail: Command = {
  name: "tail",
  summary: "Print the events of a stream as they come",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      from: { type: "string", default: "end" },
      limit: { type: "string" },
      fields: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    });
    const stream = streamArgument(positionals, "tail");
    const start = startArgument("from", values.from);
    const limit = wholeNumber("limit", values.limit, { min: 1, max: LIMIT_MAX }) ?? Infinity;
    await using broker = await openBrokerOf(values);
    if (await broker.streamInfo(stream) === null) throw new StreamMissingError(stream);
    using interrupt = new Interrupt("Stopping");
    const lineOf = lineWriter(stream, values);
    let printed = 0;
    for await (const happening of follow(broker, stream, { start, signal: interrupt.signal })) {
      if (happening.kind !== "entries") {
        writeNote(noteOf(happening));
        continue;
      }
      for (const entry of happening.entries) {
        if (!writeResult(lineOf(entry))) return 0;
        if (++printed === limit) return 0;
      }
    }
    return 0;
  },
};

function lineWriter(
  stream: string,
  values: { readonly fields: boolean; readonly json: boolean },
): (entry: Entry) => string {
  if (values.json) {
    return values.fields
      ? ({ id, fields }) => jsonText({ id, fields: fieldPairs(fields) })
      : (entry) => jsonText(entryRecord(entry, stream));
  }
  const textOf = values.fields
    ? ({ id, fields }: Entry) => `${id}  ${fieldsText(fields)}`
    : (entry: Entry) => entryLine(entry, stream);
  if (!Deno.stdout.isTerminal()) return (entry) => cutText(textOf(entry), LINE_LENGTH_MAX);
  const { columns } = Deno.consoleSize();
  // A terminal that does not know its size says 0.
  return (entry) => cutToWidth(textOf(entry), columns === 0 ? LINE_LENGTH_MAX : columns);
}

function noteOf(happening: Exclude<Happening, { readonly kind: "entries" }>): string {
  switch (happening.kind) {
    case "missed": {
      const { count, afterId } = happening;
      const what = count === null ? "Some entries" : counted(count, "entry", "entries");
      const certainty = count === null ? "may have been" : count === 1 ? "was" : "were";
      return `${what} after ${afterId} ${certainty} trimmed or deleted before they could be read`;
    }
    case "replaced":
      return "The stream was deleted and made again: going on at its beginning";
    case "gone":
      return "The stream was deleted: waiting for it to be made again";
    case "away":
      return `The broker is away (${happening.reason}): waiting for it`;
    case "back":
      return "The broker is back";
  }
}
