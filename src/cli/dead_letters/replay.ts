/**
 * `tidemark dead-letters replay`. Each original is appended under an idempotency key made of its dead letter, and only
 * then is the letter removed: whenever this is killed, running it again appends nothing twice and loses nothing.
 *
 * @module
 */

import { deadLetterReplayKey, originalIfSame } from "../../domain/dead_letter.ts";
import type { EntryFields } from "../../domain/entry.ts";
import type { EntryId } from "../../domain/entry_id.ts";
import { checkName, deadLetterStream } from "../../domain/names.ts";
import { escapeUnprintable } from "../../domain/printable.ts";
import { StreamMissingError } from "../../domain/stream_errors.ts";
import type { Broker } from "../../ports/broker.ts";
import { groupArguments, type Place } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments, UsageError } from "../command.ts";
import { type Copy, type CopyCounts, copyOnce } from "../copying.ts";
import { Interrupt } from "../interrupt.ts";
import { patiently } from "../patient.ts";
import { openProgress } from "../progress.ts";
import { counted, grouped, jsonText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { type Letter, meantLetters, type Which, whichOf } from "./letters.ts";
import { noteIds } from "./note_ids.ts";

/** A week: letters are few, and whoever was interrupted may come back after the weekend. */
const WINDOW_MS = 604_800_000;

/** Publishes the originals of dead letters again. */
export async function replayLetters(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    all: { type: "boolean", default: false },
    into: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const place = groupArguments(positionals, "dead-letters replay");
  const which = whichOf(place.rest, values.all, "dead-letters replay");
  const into = checkName("stream", values.into ?? place.stream);
  if (into === deadLetterStream(place.stream)) {
    throw new UsageError(`Cannot replay into "${into}": that is where the dead letters are`);
  }
  await using broker = await openBrokerOf(values);
  if (into === place.stream && await broker.streamInfo(into) === null) {
    throw new StreamMissingError(into);
  }
  const counts: ReplayCounts = {
    copied: 0,
    known: 0,
    refused: [],
    omitted: [],
    missing: [],
    isComplete: false,
  };
  using interrupt = new Interrupt("Stopping after what is on its way");
  try {
    const signal = interrupt.signal;
    await replayMeant(broker, place, { which, into, counts, signal });
    counts.isComplete = !signal.aborted;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    tell(place, counts, { into, asJson: values.json });
  }
  const left = counts.refused.length + counts.omitted.length + counts.missing.length;
  return counts.isComplete && left === 0 ? 0 : 1;
}

interface ReplayCounts extends CopyCounts {
  /** Letters without their original, which is gone from its stream too. */
  readonly omitted: EntryId[];
  /** Ids that are no dead letter of this group. */
  readonly missing: EntryId[];
  /** Whether it came to its end. */
  isComplete: boolean;
}

async function replayMeant(
  broker: Broker,
  place: Place,
  call: {
    readonly which: Which;
    readonly into: string;
    readonly counts: ReplayCounts;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { which, into, counts, signal } = call;
  const letters = deadLetterStream(place.stream);
  const info = await broker.streamInfo(letters);
  if (info === null) {
    if (which !== "all") counts.missing.push(...which);
    return;
  }
  const remove = async (copies: readonly Copy[]) => {
    const ids = copies.map(({ id }) => id);
    // Not given up at an interrupt: what was appended must not stay a dead letter.
    await patiently(() => broker.deleteEntries(letters, ids));
  };
  const options = { broker, target: into, windowMs: WINDOW_MS, signal, onCopied: remove };
  using bar = await openProgress(which === "all" ? info.length : which.length);
  let done = 0;
  const meant = { which, to: info.lastId, signal, missing: counts.missing };
  for await (const page of meantLetters(broker, place, meant)) {
    const copies: Copy[] = [];
    for (const letter of page.letters) {
      const fields = await originalFields(broker, letter);
      const { id } = letter;
      const idempotencyKey = deadLetterReplayKey(info.incarnation, id);
      if (fields === null) counts.omitted.push(id);
      else copies.push({ id, idempotencyKey, fields });
    }
    await copyOnce(copies, counts, options);
    done += page.readCount;
    bar.show(done, `${grouped(counts.copied)} replayed`);
  }
}

/** The original's fields; of one that was too large to be copied, from its stream. @returns `null` when it is gone. */
async function originalFields(
  broker: Broker,
  { meta, fields }: Letter,
): Promise<EntryFields | null> {
  if (meta.omitted === undefined) return fields;
  const range = { from: meta.id, to: meta.id, count: 1 };
  const [original] = await patiently(() => broker.range(meta.stream, range));
  return originalIfSame(meta, original);
}

function tell(
  { stream, group }: Place,
  counts: ReplayCounts,
  { into, asJson }: { readonly into: string; readonly asJson: boolean },
): void {
  const { copied, known, refused, omitted, missing, isComplete } = counts;
  if (asJson) {
    const lists = { missing, omitted, refused };
    writeResult(jsonText({ stream, group, into, replayed: copied, known, ...lists, isComplete }));
    return;
  }
  const before = known === 0 ? "" : ` (and ${grouped(known)} published before)`;
  writeResult(escapeUnprintable(
    `Replayed ${counted(copied, "dead letter")}${before} of group "${group}" into "${into}"`,
  ));
  if (!isComplete) writeNote("Not all were looked at: run it again to go on");
  noteIds(`No dead letters of group "${group}", or not any more`, missing);
  noteIds("Left, because their originals were too large to copy and are gone", omitted);
  noteIds("Left, because they have too many fields", refused);
}
