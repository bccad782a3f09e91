/**
 * `tidemark pending`: which entries were handed out and are not finished.
 *
 * @module
 */

import { checkName } from "../domain/names.ts";
import type { Broker } from "../ports/broker.ts";
import type { PendingEntry, PendingOptions } from "../ports/group_store.ts";
import { groupArguments, type Place, refuseMore, wholeNumber } from "./arguments.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Column, ID_WIDTH_MIN, NAME_WIDTH_MIN, tableText } from "./columns.ts";
import { type Command, readArguments } from "./command.ts";
import { typeAndKey } from "./entry_view.ts";
import { grouped, jsonText, spanText } from "./shown.ts";
import { writeNote, writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark pending STREAM GROUP [--consumer NAME] [--min-idle MS] [--limit N]
                        [--json] [--config FILE | --url URL]

Shows the entries that were handed out and are not finished, oldest first: who holds them,
since when nobody has renewed them (idle), how often they were handed out, and the type and
key of their events.

Options:
  --consumer NAME  Only what this consumer holds. "tidemark:released" holds what was handed
                   back and waits to be taken
  --min-idle MS    Only what nobody has renewed for so many milliseconds
  --limit N        At most so many, 1 to 10000. Default: 50
  --json           {"stream", "group", "pending": [{"id", "consumer", "idleMs",
                   "deliveries", "isGone", "type", "key"}], "moreCount",
                   "isMoreCountExact"}; isGone: the entry was trimmed or deleted
${lastOptionsHelp(19)}`;

const LIMIT = 50;
const LIMIT_MAX = 10_000;

/** The port's bound of a page. */
const PAGE_ENTRIES = 10_000;

/** Beyond it they are no longer counted, so that the command stays quick: ten pages. */
const COUNTED_MAX = 100_000;

/** A day times a thousand years: anything that is an idle time. */
const IDLE_MS_MAX = 31_536_000_000_000;

/** Asked for at once: quick over any network, and little to hold up others with. */
const CALLS_AT_ONCE = 50;

/** The command. */
export const pending: Command = {
  name: "pending",
  summary: "Show the entries of a group that are not finished",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      "consumer": { type: "string" },
      "min-idle": { type: "string" },
      "limit": { type: "string" },
      "json": { type: "boolean", default: false },
    });
    const place = groupArguments(positionals, "pending");
    refuseMore(place.rest, "pending");
    const { consumer } = values;
    const idleMsMin = wholeNumber("min-idle", values["min-idle"], { min: 0, max: IDLE_MS_MAX });
    const count = wholeNumber("limit", values.limit, { min: 1, max: LIMIT_MAX }) ?? LIMIT;
    const options: PendingOptions = {
      count,
      ...(consumer === undefined ? {} : { consumer: checkName("consumer", consumer) }),
      ...(idleMsMin === undefined ? {} : { idleMsMin }),
    };
    await using broker = await openBrokerOf(values);
    const found = await readPending(broker, place, options);
    if (values.json) {
      const { stream, group } = place;
      writeResult(jsonText({ stream, group, ...found }));
    } else writeTable(place, found);
    return 0;
  },
};

/** A pending entry, as it is shown. */
interface Row extends PendingEntry {
  readonly isGone: boolean;
  readonly type: string | null;
  readonly key: string | null;
}

interface Found {
  readonly pending: readonly Row[];
  /** How many there are beyond those. */
  readonly moreCount: number;
  readonly isMoreCountExact: boolean;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "id", cell: (row) => row.id, widthMin: ID_WIDTH_MIN },
  { title: "consumer", cell: (row) => row.consumer, widthMin: NAME_WIDTH_MIN },
  { title: "idle", cell: (row) => spanText(row.idleMs), isNumber: true },
  { title: "deliveries", cell: (row) => grouped(row.deliveries), isNumber: true },
  {
    title: "type",
    cell: ({ type, isGone }) => isGone ? "(the entry is gone)" : type ?? "-",
    widthMin: NAME_WIDTH_MIN,
  },
  { title: "key", cell: (row) => row.key ?? "-", widthMin: NAME_WIDTH_MIN },
];

function writeTable({ group }: Place, { pending, moreCount, isMoreCountExact }: Found): void {
  if (pending.length === 0) {
    writeNote(`No such entry is pending in group "${group}"`);
    return;
  }
  writeResult(tableText(COLUMNS, pending));
  if (moreCount === 0) return;
  const atLeast = isMoreCountExact ? "" : "at least ";
  writeNote(`And ${atLeast}${grouped(moreCount)} more, see --limit`);
}

async function readPending(broker: Broker, place: Place, options: PendingOptions): Promise<Found> {
  const { stream, group } = place;
  const entries = await broker.listPending(stream, group, options);
  const pending: Row[] = [];
  for (let from = 0; from < entries.length; from += CALLS_AT_ONCE) {
    const some = entries.slice(from, from + CALLS_AT_ONCE);
    pending.push(...await Promise.all(some.map((entry) => withEvent(broker, stream, entry))));
  }
  let moreCount = 0;
  let last = entries.length < options.count ? undefined : entries.at(-1);
  while (last !== undefined && moreCount < COUNTED_MAX) {
    const next = { ...options, afterId: last.id, count: PAGE_ENTRIES };
    const page = await broker.listPending(stream, group, next);
    moreCount += page.length;
    last = page.length < PAGE_ENTRIES ? undefined : page.at(-1);
  }
  return { pending, moreCount, isMoreCountExact: last === undefined };
}

async function withEvent(broker: Broker, stream: string, entry: PendingEntry): Promise<Row> {
  const [found] = await broker.range(stream, { from: entry.id, to: entry.id, count: 1 });
  return { ...entry, isGone: found === undefined, ...typeAndKey(found?.fields ?? []) };
}
