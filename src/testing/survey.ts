/**
 * Reads through the broker what a simulation has left there, and tells whether everything is finished.
 *
 * @module
 */

import { decodeCheckpoint } from "../domain/checkpoint.ts";
import { decodeEntry } from "../domain/codec.ts";
import { readDeadLetter } from "../domain/dead_letter.ts";
import type { Entry } from "../domain/entry.ts";
import { compareEntryIds, ENTRY_ID_ZERO } from "../domain/entry_id.ts";
import { deadLetterStream } from "../domain/names.ts";
import type { Broker } from "../ports/broker.ts";
import { type GroupPlan, outputsOf, type Plan } from "./plan.ts";
import type { Publisher } from "./publisher.ts";
import type {
  GroupData,
  LetterSeen,
  OutputSeen,
  SimulationData,
  StreamData,
} from "./simulation_result.ts";

/** So many entries are read at once: the bound of the broker. */
const PAGE_MAX = 10_000;

/** Joins at the end, only to be told what is lost. */
const SURVEYOR = "surveyor";

/** Whether nothing is left to do: every entry that is there was handed out, and nothing is pending. */
export async function isFinished(broker: Broker, plan: Plan): Promise<boolean> {
  for (const { stream, group } of plan.groups) {
    const info = (await broker.listGroups(stream)).find((each) => each.group === group);
    const [last] = await broker.range(stream, { count: 1, reverse: true });
    if (info === undefined) return false;
    if (info.pendingCount > 0) return false;
    if (last !== undefined && compareEntryIds(info.lastDeliveredId, last.id) < 0) return false;
  }
  return true;
}

/** Reads everything. */
export async function survey(
  broker: Broker,
  { plan, publisher }: { readonly plan: Plan; readonly publisher: Publisher },
): Promise<SimulationData> {
  const names = new Set(plan.groups.map(({ stream }) => stream));
  const streams: StreamData[] = [];
  for (const stream of names) streams.push(await streamData(broker, { stream, publisher }));
  const groups: GroupData[] = [];
  for (const group of plan.groups) groups.push(await groupData(broker, group));
  return { streams, groups };
}

async function streamData(
  broker: Broker,
  { stream, publisher }: { readonly stream: string; readonly publisher: Publisher },
): Promise<StreamData> {
  const info = await broker.streamInfo(stream);
  const entries = await all(broker, stream);
  const letters = await all(broker, deadLetterStream(stream));
  return {
    stream,
    incarnations: publisher.incarnationsOf(stream),
    lastId: info?.lastId ?? ENTRY_ID_ZERO,
    entries: entries.map(({ id }) => {
      const { number = -1, key = null } = publisher.entryOf(stream, id) ?? {};
      return { id, number, key };
    }),
    letters: letters.flatMap(letterSeen),
  };
}

async function groupData(
  broker: Broker,
  { stream, group, order }: Pick<GroupPlan, "stream" | "group" | "order">,
): Promise<GroupData> {
  const info = (await broker.listGroups(stream)).find((each) => each.group === group);
  const stored = await broker.loadCheckpoint(stream, group);
  const joined = await broker.join({ stream, group, consumer: SURVEYOR, order }).catch(() => null);
  const outputs = await all(broker, outputsOf({ stream, group }));
  return {
    stream,
    group,
    lastDeliveredId: info?.lastDeliveredId ?? null,
    checkpoint: decodeCheckpoint(stored, { stream, group }),
    lostCount: info?.lostCount ?? 0,
    unreadLostCount: joined && (joined.group?.unreadLoss?.lost ?? 0),
    pending: info === undefined ? [] : await broker.listPending(stream, group, { count: PAGE_MAX }),
    outputs: outputs.map((entry) => outputSeen(entry, outputsOf({ stream, group }))),
  };
}

async function all(broker: Broker, stream: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const last = entries.at(-1);
    const from = last === undefined ? {} : { from: last.id };
    const page = await broker.range(stream, { count: PAGE_MAX, ...from });
    const fresh = last === undefined ? page : page.slice(1);
    entries.push(...fresh);
    if (page.length < PAGE_MAX) return entries;
  }
}

function letterSeen(entry: Entry): LetterSeen[] {
  const letter = readDeadLetter(entry);
  if (letter === undefined) return [];
  const { id: sourceId, group, reason } = letter.meta;
  return [{ id: entry.id, sourceId, group, reason }];
}

function outputSeen(entry: Entry, stream: string): OutputSeen {
  const { type, data, key = null, sourceId = null } = decodeEntry(entry, stream, "event");
  return { id: entry.id, sourceId, key, type, payload: JSON.stringify(data) };
}
