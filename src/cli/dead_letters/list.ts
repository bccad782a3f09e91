/**
 * `tidemark dead-letters list`.
 *
 * @module
 */

import { deadLetterCause } from "../../domain/dead_letter.ts";
import {
  ENTRY_ID_ZERO,
  type EntryId,
  nextEntryId,
  previousEntryId,
} from "../../domain/entry_id.ts";
import { checkName } from "../../domain/names.ts";
import type { Broker } from "../../ports/broker.ts";
import { systemClock } from "../../ports/clock.ts";
import { refuseMore, streamArgument, wholeNumber } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { type Column, ID_WIDTH_MIN, NAME_WIDTH_MIN, tableText } from "../columns.ts";
import { readArguments } from "../command.ts";
import { grouped, jsonText, spanText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import type { EntryPagesOptions } from "../entry_pages.ts";
import {
  idArgument,
  lastLetterId,
  type Letter,
  letterPages,
  letterRecord,
  type Whose,
} from "./letters.ts";

const LIMIT = 50;
const LIMIT_MAX = 10_000;

/** Beyond it they are no longer counted: each comes with its payload. */
const READ_MAX = 20_000;

/** Lists the dead letters of a stream, or of one of its groups. */
export async function listLetters(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    limit: { type: "string" },
    newest: { type: "boolean", default: false },
    after: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const [streamName, group, ...rest] = positionals;
  const stream = streamArgument(streamName === undefined ? [] : [streamName], "dead-letters list");
  refuseMore(rest, "dead-letters list");
  const whose = { stream, group: group === undefined ? undefined : checkName("group", group) };
  const limit = wholeNumber("limit", values.limit, { min: 1, max: LIMIT_MAX }) ?? LIMIT;
  const after = values.after === undefined ? null : idArgument(values.after);
  const wish = { limit, newestFirst: values.newest, after };
  await using broker = await openBrokerOf(values);
  const found = await readLetters(broker, whose, wish);
  if (values.json) {
    const { letters, ...counts } = found;
    writeResult(jsonText({ stream, deadLetters: letters.map(letterRecord), ...counts }));
  } else writeTable(whose, found, wish);
  return 0;
}

/** Which of them. */
interface Wish {
  readonly limit: number;
  readonly newestFirst: boolean;
  /** Only those behind this one, in the order of the list; `null` for all. */
  readonly after: EntryId | null;
}

interface Found {
  readonly letters: readonly Letter[];
  /** How many there are beyond those. */
  readonly moreCount: number;
  readonly isMoreCountExact: boolean;
}

const COLUMNS: readonly Column<Letter>[] = [
  { title: "id", cell: ({ id }) => id, widthMin: ID_WIDTH_MIN },
  { title: "group", cell: ({ meta }) => meta.group, widthMin: NAME_WIDTH_MIN },
  { title: "entry", cell: ({ meta }) => meta.id, widthMin: ID_WIDTH_MIN },
  { title: "attempts", cell: ({ meta }) => grouped(meta.attempts), isNumber: true },
  {
    title: "died",
    cell: ({ meta }) => `${spanText(systemClock.nowMs() - meta.diedAtMs)} ago`,
    isNumber: true,
  },
  // That its handler failed so often is told by the attempts beside it: the room is for what it failed with.
  {
    title: "reason",
    cell: ({ meta }) => deadLetterCause(meta) ?? meta.reason,
    widthMin: NAME_WIDTH_MIN,
  },
];

function writeTable({ stream, group }: Whose, found: Found, { newestFirst, after }: Wish): void {
  const { letters, moreCount, isMoreCountExact } = found;
  const where = group === undefined ? `stream "${stream}"` : `group "${group}" of "${stream}"`;
  if (letters.length === 0 && isMoreCountExact) {
    const behind = after === null ? "" : ` ${newestFirst ? "before" : "after"} ${after}`;
    writeNote(`There are no dead letters of ${where}${behind}`);
    return;
  }
  writeResult(tableText(COLUMNS, letters));
  if (moreCount === 0 && isMoreCountExact) return;
  const atLeast = isMoreCountExact ? "" : "at least ";
  const last = letters.at(-1)?.id;
  const onward = last === undefined
    ? ""
    : `, or go on with ${newestFirst ? "--newest " : ""}--after ${last}`;
  const ways = newestFirst ? "--limit" : "--limit and --newest";
  writeNote(
    `And ${atLeast}${grouped(moreCount)} ${newestFirst ? "older" : "newer"}, see ${ways}${onward}`,
  );
}

async function readLetters(
  broker: Broker,
  whose: Whose,
  { limit, ...place }: Wish,
): Promise<Found> {
  const letters: Letter[] = [];
  let moreCount = 0;
  let readCount = 0;
  const range = rangeOf(await lastLetterId(broker, whose.stream), place);
  if (range === null) return { letters, moreCount, isMoreCountExact: true };
  for await (const page of letterPages(broker, whose, range)) {
    const room = limit - letters.length;
    // Without their fields: of ten thousand, the payloads could fill the memory.
    letters.push(...page.letters.slice(0, room).map((letter) => ({ ...letter, fields: [] })));
    moreCount += Math.max(0, page.letters.length - room);
    readCount += page.readCount;
    const isFull = letters.length === limit;
    if (isFull && readCount >= READ_MAX && page.letters.at(-1)?.id !== range.to) {
      return { letters, moreCount, isMoreCountExact: false };
    }
  }
  return { letters, moreCount, isMoreCountExact: true };
}

/** What dies meanwhile is left alone. @returns `null` for nothing. */
function rangeOf(
  lastId: EntryId | null,
  { newestFirst, after }: Omit<Wish, "limit">,
): EntryPagesOptions | null {
  if (lastId === null) return null;
  if (after === null) return { to: lastId, reverse: newestFirst };
  if (newestFirst) {
    return after === ENTRY_ID_ZERO ? null : { to: previousEntryId(after), reverse: true };
  }
  const from = nextEntryId(after);
  return from === null ? null : { from, to: lastId };
}
