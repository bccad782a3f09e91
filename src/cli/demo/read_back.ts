/**
 * What is in the broker after the demo: read anew, without anything that was kept in memory meanwhile.
 *
 * @module
 */

import { decodeCheckpoint } from "../../domain/checkpoint.ts";
import { decodeEntry } from "../../domain/codec.ts";
import type { Entry } from "../../domain/entry.ts";
import { type EntryId, entryIdParts, nextEntryId } from "../../domain/entry_id.ts";
import type { Event } from "../../domain/event.ts";
import type { Broker } from "../../ports/broker.ts";
import { digestOf } from "./digest.ts";
import { examine, type Findings } from "./examine.ts";

/** Which streams to read. */
export interface Streams {
  readonly broker: Broker;
  readonly stream: string;
  readonly outputs: string;
  readonly group: string;
}

/** What the broker's data says. */
export interface Outcome extends Findings {
  /** Events handed out and not finished. */
  readonly pending: number;
  /** From the first output to the last one, by the broker's clock; 0 when that cannot be told. */
  readonly eventsPerSecond: number;
  /** Everything at or below is finished; `null` for none. */
  readonly checkpointPosition: EntryId | null;
  /** Whether that is the last event. */
  readonly isCheckpointAtEnd: boolean;
}

/** Entries a call. */
const PAGE_ENTRIES = 1_000;

/** Reads the streams, the group and the checkpoint. */
export async function readBack({ broker, stream, outputs, group }: Streams): Promise<Outcome> {
  const events = await readAll(broker, stream);
  const found = await readAll(broker, outputs);
  const stored = decodeCheckpoint(await broker.loadCheckpoint(stream, group), { stream, group });
  const position = stored.kind === "valid" ? stored.checkpoint.position : null;
  const facts = (await broker.listGroups(stream)).find((each) => each.group === group);
  const published = await Promise.all(events.map(async ({ id, key, data }) => {
    return { id, key, digest: await digestOf(textIn(data, "text")) };
  }));
  const made = found.map(({ sourceId, data }) => ({ sourceId, digest: textIn(data, "digest") }));
  return {
    ...examine(published, made),
    pending: facts?.pendingCount ?? 0,
    eventsPerSecond: rateOf(found),
    checkpointPosition: position,
    isCheckpointAtEnd: position !== null && position === events.at(-1)?.id,
  };
}

async function readAll(broker: Broker, stream: string): Promise<Event[]> {
  const all: Event[] = [];
  let from: EntryId | null = "0-0";
  while (from !== null) {
    const page: Entry[] = await broker.range(stream, { from, count: PAGE_ENTRIES });
    all.push(...page.map((entry) => decodeEntry(entry, stream, "event")));
    const last = page.at(-1);
    from = last === undefined ? null : nextEntryId(last.id);
  }
  return all;
}

function rateOf(outputs: readonly Event[]): number {
  const first = outputs.at(0);
  const last = outputs.at(-1);
  if (first === undefined || last === undefined) return 0;
  const elapsedMs = Number(entryIdParts(last.id).ms - entryIdParts(first.id).ms);
  return elapsedMs <= 0 ? 0 : Math.round(outputs.length / elapsedMs * 1_000);
}

/** A text in the data of an event; empty when it is not there, which the judge then finds wrong. */
function textIn(data: unknown, name: "text" | "digest"): string {
  if (typeof data !== "object" || data === null) return "";
  const value: unknown = Object.entries(data).find(([key]) => key === name)?.[1];
  return typeof value === "string" ? value : "";
}
