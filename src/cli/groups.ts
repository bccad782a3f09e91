/**
 * `tidemark groups`: the groups of a stream, how far they are and what they have in hand.
 *
 * @module
 */

import { decodeCheckpoint } from "../domain/checkpoint.ts";
import type { EntryId } from "../domain/entry_id.ts";
import { StreamMissingError } from "../domain/stream_errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { ConsumerInfo, GroupInfo, PendingEntry } from "../ports/group_store.ts";
import { streamArgument } from "./arguments.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Column, ID_WIDTH_MIN, NAME_WIDTH_MIN, tableText } from "./columns.ts";
import { type Command, readArguments } from "./command.ts";
import { grouped, jsonText, spanText } from "./shown.ts";
import { writeNote, writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark groups STREAM [--consumers] [--json] [--config FILE | --url URL]

Shows the groups of a stream: the last entry handed out (delivered), the checkpoint
(everything at or below is finished), how many entries were not handed out yet (lag, - where
the broker cannot tell), how many are pending, and since when nobody has renewed the oldest.

Options:
  --consumers    Also the consumers of each group, with their epochs and positions
  --json         {"stream", "groups": [{"group", "lastDeliveredId", "checkpoint":
                 {"kind": "valid" | "none" | "unusable", "position"}, "lag",
                 "pendingCount", "oldestPending": {"id", "consumer", "idleMs",
                 "deliveries"} | null, "lostCount", "consumerCount", "consumers":
                 [{"consumer", "epoch", "position", "pendingCount"}] with --consumers}]}
${lastOptionsHelp()}`;

/** The command. */
export const groups: Command = {
  name: "groups",
  summary: "Show the groups of a stream and how far they are",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      consumers: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    });
    const stream = streamArgument(positionals, "groups");
    await using broker = await openBrokerOf(values);
    if (await broker.streamInfo(stream) === null) throw new StreamMissingError(stream);
    const rows: Row[] = [];
    for (const info of await broker.listGroups(stream)) {
      rows.push(await readGroup(broker, stream, { info, withConsumers: values.consumers }));
    }
    if (values.json) writeResult(jsonText({ stream, groups: rows }));
    else writeTables(stream, rows);
    return 0;
  },
};

/** A group, as it is shown. */
interface Row extends Omit<GroupInfo, "firstPendingId"> {
  readonly checkpoint: { readonly kind: string; readonly position: EntryId | null };
  readonly oldestPending: PendingEntry | null;
  readonly consumers?: readonly ConsumerInfo[];
}

const GROUP_COLUMNS: readonly Column<Row>[] = [
  { title: "group", cell: (row) => row.group, widthMin: NAME_WIDTH_MIN },
  { title: "delivered", cell: (row) => row.lastDeliveredId, widthMin: ID_WIDTH_MIN },
  {
    title: "checkpoint",
    cell: ({ checkpoint }) => checkpoint.position ?? checkpoint.kind,
    widthMin: ID_WIDTH_MIN,
  },
  { title: "lag", cell: (row) => row.lag === null ? "-" : grouped(row.lag), isNumber: true },
  { title: "pending", cell: (row) => grouped(row.pendingCount), isNumber: true },
  { title: "oldest idle", cell: oldestText, isNumber: true },
  { title: "consumers", cell: (row) => grouped(row.consumerCount), isNumber: true },
];

const CONSUMER_COLUMNS: readonly Column<ConsumerInfo & { readonly group: string }>[] = [
  { title: "group", cell: (row) => row.group, widthMin: NAME_WIDTH_MIN },
  { title: "consumer", cell: (row) => row.consumer, widthMin: NAME_WIDTH_MIN },
  { title: "epoch", cell: (row) => grouped(row.epoch), isNumber: true },
  { title: "position", cell: (row) => row.position ?? "-", widthMin: ID_WIDTH_MIN },
  { title: "pending", cell: (row) => grouped(row.pendingCount), isNumber: true },
];

function oldestText({ oldestPending }: Row): string {
  return oldestPending === null ? "-" : spanText(oldestPending.idleMs);
}

function writeTables(stream: string, rows: readonly Row[]): void {
  if (rows.length === 0) {
    writeNote(`Stream "${stream}" has no group`);
    return;
  }
  writeResult(tableText(GROUP_COLUMNS, rows));
  const consumers = rows.flatMap(({ group, consumers = [] }) => {
    return consumers.map((consumer) => ({ group, ...consumer }));
  });
  if (consumers.length > 0) writeResult(`\n${tableText(CONSUMER_COLUMNS, consumers)}`);
}

async function readGroup(
  broker: Broker,
  stream: string,
  of: { readonly info: GroupInfo; readonly withConsumers: boolean },
): Promise<Row> {
  const { firstPendingId: _, ...info } = of.info;
  const { group } = info;
  const decoded = decodeCheckpoint(await broker.loadCheckpoint(stream, group), { stream, group });
  const [oldestPending = null] = await broker.listPending(stream, group, { count: 1 });
  return {
    ...info,
    checkpoint: {
      kind: decoded.kind,
      position: decoded.kind === "valid" ? decoded.checkpoint.position : null,
    },
    oldestPending,
    ...(of.withConsumers ? { consumers: await broker.listConsumers(stream, group) } : {}),
  };
}
