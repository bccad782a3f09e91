/**
 * A look at everything that works with a broker: the processes that announced themselves, and the groups that nobody
 * says to run. It only reads, and what is removed or forbidden while it looks costs a row, not the whole.
 *
 * @module
 */

import { AccessDeniedError, TidemarkError } from "../../domain/errors.ts";
import type { Broker } from "../../ports/broker.ts";
import type { AnnouncedInstance } from "../../ports/instance_store.ts";
import type { ConsumerFacts, UnattendedFacts } from "../../telemetry/consumer_facts.ts";
import { lookAtGroup } from "../../telemetry/group_look.ts";
import { decodeInstance, type InstanceRecord } from "../../telemetry/instance_record.ts";

/** What to look at; what is left out means all. */
export interface SurveySelection {
  /** Of this stream. */
  readonly stream?: string;
  /** Of this group. */
  readonly group?: string;
  /** Of this name. */
  readonly consumer?: string;
}

/** A process that announced itself. Its consumers are those that were asked for, with what the broker says now. */
export interface SeenProcess {
  /** What it announced. */
  readonly record: InstanceRecord;
  /** How long ago, in ms. */
  readonly ageMs: number;
}

/** What was seen. */
export interface Survey {
  /** When, in ms since 1970. */
  readonly takenAtMs: number;
  /** Where: the engine, and the place without user and password. */
  readonly broker: { readonly kind: string; readonly location: string };
  /** The processes that run something that was asked for. */
  readonly processes: readonly SeenProcess[];
  /** Groups, or the one consumer that was asked for, that nobody says to run. */
  readonly unattended: readonly UnattendedFacts[];
  /** Announcements that could not be read, and why. */
  readonly unreadable: readonly { readonly instance: string; readonly reason: string }[];
  /** What could not be looked at, for people. */
  readonly notes: readonly string[];
}

/** How to look. */
export interface SurveyOptions {
  /** What to look at. Default: all. */
  readonly selection?: SurveySelection;
  /** The time, in ms since 1970. */
  readonly nowMs: number;
  /** Told how many streams were looked at, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Streams that are looked at side by side: enough to hide the way to the server, too few to hold it up. */
const STREAMS_AT_ONCE = 8;

/**
 * Looks.
 *
 * @throws {BrokerUnavailableError} When the broker cannot be reached.
 */
export async function takeSurvey(broker: Broker, options: SurveyOptions): Promise<Survey> {
  const { selection = {}, nowMs, onProgress = () => {} } = options;
  const notes: string[] = [];
  const told = await notedUnless(notes, [], () => broker.listInstances());
  const { processes, unreadable } = readInstances(told, selection);
  const announced = processes.flatMap(({ record }) => record.consumers);
  const streams = await streamsToLookAt(broker, { selection, announced, notes });
  const looks = new Map<string, StreamLook>();
  let done = 0;
  await inTurns([...streams], async ([stream, exists]) => {
    const of = announced.filter((facts) => facts.stream === stream);
    const look = () => lookAtStream(broker, { stream, exists, selection, announced: of, nowMs });
    looks.set(stream, await notedUnless(notes, { facts: of, unattended: [] }, look));
    onProgress(++done, streams.size);
  });
  const fresh = new Map(
    [...looks.values()].flatMap(({ facts }) => facts.map((f) => [keyOf(f), f])),
  );
  return {
    takenAtMs: nowMs,
    broker: { kind: broker.kind, location: broker.location },
    processes: processes.map(({ record, ageMs }) => ({
      ageMs,
      record: {
        ...record,
        consumers: record.consumers.map((facts) => ({
          ...facts,
          broker: fresh.get(keyOf(facts))?.broker ?? facts.broker,
        })),
      },
    })),
    unattended: [...streams.keys()].flatMap((stream) => looks.get(stream)?.unattended ?? []),
    unreadable,
    notes,
  };
}

interface StreamLook {
  readonly facts: readonly ConsumerFacts[];
  readonly unattended: readonly UnattendedFacts[];
}

/** Reads the announcements; times in them are moved on to now, by the process's own clock. */
function readInstances(told: readonly AnnouncedInstance[], selection: SurveySelection) {
  const processes: SeenProcess[] = [];
  const unreadable: { instance: string; reason: string }[] = [];
  for (const { instance, text, ageMs } of told) {
    const decoded = decodeInstance(text);
    if (decoded.kind === "foreign") {
      unreadable.push({ instance, reason: decoded.reason });
    } else if (decoded.kind === "newer") {
      const reason =
        `it is from a newer version of Tidemark (schema ${decoded.schema}), update this one`;
      unreadable.push({ instance, reason });
    } else {
      const consumers = decoded.record.consumers
        .filter((facts) => isSelected(facts, selection))
        .map((facts) => ({ ...facts, nowMs: facts.nowMs + ageMs }));
      const isWhole = Object.keys(selection).length === 0;
      if (!isWhole && consumers.length === 0) continue;
      // The name is the key's, whatever the text says.
      processes.push({ record: { ...decoded.record, instance, consumers }, ageMs });
    }
  }
  return { processes, unreadable };
}

/** The streams to look at, in text order, and whether each exists. */
async function streamsToLookAt(
  broker: Broker,
  { selection, announced, notes }: {
    readonly selection: SurveySelection;
    readonly announced: readonly ConsumerFacts[];
    readonly notes: string[];
  },
): Promise<Map<string, boolean>> {
  const existing = new Set(await notedUnless(notes, [], () => broker.listStreams()));
  const wanted = selection.stream === undefined
    ? new Set([...existing, ...announced.map(({ stream }) => stream)])
    : new Set([selection.stream]);
  return new Map([...wanted].sort().map((stream) => [stream, existing.has(stream)]));
}

/** Asks the broker about one stream: facts for the announced consumers, and the groups that nobody runs. */
async function lookAtStream(
  broker: Broker,
  { stream, exists, selection, announced, nowMs }: {
    readonly stream: string;
    readonly exists: boolean;
    readonly selection: SurveySelection;
    readonly announced: readonly ConsumerFacts[];
    readonly nowMs: number;
  },
): Promise<StreamLook> {
  const groups = exists ? await broker.listGroups(stream) : [];
  const facts: ConsumerFacts[] = [];
  for (const each of announced) {
    const info = groups.find(({ group }) => group === each.group) ?? null;
    const { consumer } = each;
    const found = await lookAtGroup(broker, { stream, exists, info, consumer, nowMs });
    facts.push({ ...each, broker: found });
  }
  const names = selection.group === undefined
    ? groups.map(({ group }) => group)
    : [selection.group];
  const unattended: UnattendedFacts[] = [];
  // A stream without groups has nobody to wait for; one that was asked for and is not there is told of.
  if (names.length === 0 && !exists && announced.length === 0) names.push("");
  for (const group of names) {
    if (announced.some((each) => each.group === group)) continue;
    const info = groups.find((each) => each.group === group) ?? null;
    const consumer = selection.consumer ?? null;
    const found = await lookAtGroup(broker, { stream, exists, info, consumer, nowMs });
    unattended.push({ stream, group, consumer, supervision: "none", nowMs, broker: found });
  }
  return { facts, unattended };
}

/** Does something that may be forbidden, or may have vanished; everything else that fails ends the survey. */
async function notedUnless<Result>(
  notes: string[],
  otherwise: Result,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error;
    if (!(error instanceof AccessDeniedError) && error.recovery !== "rejoin") throw error;
    notes.push(error.message);
    return otherwise;
  }
}

async function inTurns<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const takeOn = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: STREAMS_AT_ONCE }, takeOn));
}

function isSelected(facts: ConsumerFacts, selection: SurveySelection): boolean {
  const { stream = facts.stream, group = facts.group, consumer = facts.consumer } = selection;
  return facts.stream === stream && facts.group === group && facts.consumer === consumer;
}

function keyOf({ stream, group, consumer }: ConsumerFacts): string {
  return JSON.stringify([stream, group, consumer]);
}
