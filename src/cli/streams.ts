/**
 * `tidemark streams`: which streams there are, and how much is in them.
 *
 * @module
 */

import { deadLetterStream } from "../domain/names.ts";
import type { Broker } from "../ports/broker.ts";
import type { StreamInfo } from "../ports/stream_store.ts";
import { refuseMore } from "./arguments.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Column, ID_WIDTH_MIN, NAME_WIDTH_MIN, tableText } from "./columns.ts";
import { type Command, readArguments } from "./command.ts";
import { bytesText, counted, grouped, jsonText } from "./shown.ts";
import { writeNote, writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark streams [--all] [--json] [--config FILE | --url URL]

Shows every stream: how many entries it holds, its first and last id, how many entries
were ever added, about how many bytes it takes, how many groups it has, and how many dead
letters they have left.

Options:
  --all          Also the streams in which dead letters are kept
  --json         {"streams": [{"stream", "kind": "events" | "deadLetters", "length",
                 "firstId", "lastId", "entriesAdded", "bytes", "groupCount",
                 "deadLetterCount"}]}; null: firstId of an empty stream, bytes where the
                 broker does not tell, deadLetterCount of dead letters
${lastOptionsHelp()}`;

/** Asked for at once: quick over any network, and little to hold up others with. */
const CALLS_AT_ONCE = 50;

const DEAD_LETTERS = /^(.*\{[^{}]+\}.*):dead-letters$/;

/** The command. */
export const streams: Command = {
  name: "streams",
  summary: "Show the streams and how much is in them",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      all: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    });
    refuseMore(positionals, "streams");
    await using broker = await openBrokerOf(values);
    const found = await readStreams(broker);
    const shown = values.all ? found : found.filter(({ kind }) => kind === "events");
    if (values.json) {
      writeResult(jsonText({ streams: shown }));
      return 0;
    }
    if (shown.length > 0) writeResult(tableText(COLUMNS, shown));
    else writeNote(`There is no stream at ${broker.location}`);
    const hidden = found.length - shown.length;
    if (hidden > 0) {
      writeNote(`Not shown: ${counted(hidden, "stream")} of dead letters, see --all`);
    }
    return 0;
  },
};

/** A stream, as it is shown. */
interface Row extends Omit<StreamInfo, "incarnation"> {
  readonly kind: "events" | "deadLetters";
  readonly bytes: number | null;
  readonly deadLetterCount: number | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "stream", cell: (row) => row.stream, widthMin: NAME_WIDTH_MIN },
  { title: "length", cell: (row) => grouped(row.length), isNumber: true },
  { title: "first id", cell: (row) => row.firstId ?? "-", widthMin: ID_WIDTH_MIN },
  { title: "last id", cell: (row) => row.lastId, widthMin: ID_WIDTH_MIN },
  { title: "added", cell: (row) => grouped(row.entriesAdded), isNumber: true },
  {
    title: "size",
    cell: ({ bytes }) => bytes === null ? "-" : bytesText(bytes),
    isNumber: true,
  },
  { title: "groups", cell: (row) => grouped(row.groupCount), isNumber: true },
  { title: "dead", cell: deadLettersText, isNumber: true },
];

function deadLettersText({ kind, deadLetterCount }: Row): string {
  if (kind === "deadLetters") return "these";
  return deadLetterCount === null ? "-" : grouped(deadLetterCount);
}

async function readStreams(broker: Broker): Promise<Row[]> {
  const names = await broker.listStreams();
  const infos = new Map<string, StreamInfo & { readonly bytes: number | null }>();
  const read = async (name: string) => {
    const info = await broker.streamInfo(name);
    return info === null ? null : { ...info, bytes: await broker.streamBytes(name) };
  };
  for (let from = 0; from < names.length; from += CALLS_AT_ONCE) {
    const some = names.slice(from, from + CALLS_AT_ONCE);
    for (const info of await Promise.all(some.map(read))) {
      if (info !== null) infos.set(info.stream, info);
    }
  }
  return [...infos.values()].map(({ incarnation: _, ...info }) => {
    const isDeadLetters = DEAD_LETTERS.test(info.stream);
    return {
      ...info,
      kind: isDeadLetters ? "deadLetters" : "events",
      deadLetterCount: isDeadLetters ? null : infos.get(deadLetterStream(info.stream))?.length ?? 0,
    };
  });
}
