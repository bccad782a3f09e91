/**
 * `tidemark dead-letters drop`.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";
import { deadLetterStream } from "../../domain/names.ts";
import { escapeUnprintable } from "../../domain/printable.ts";
import type { Broker } from "../../ports/broker.ts";
import { groupArguments, type Place } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments } from "../command.ts";
import { checkCanAsk, confirmed } from "../confirm.ts";
import { Interrupt } from "../interrupt.ts";
import { patiently } from "../patient.ts";
import { openProgress } from "../progress.ts";
import { counted, grouped, jsonText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { lastLetterId, meantLetters, type Which, whichOf } from "./letters.ts";
import { noteIds } from "./note_ids.ts";

/** Removes dead letters, after asking. */
export async function dropLetters(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    all: { type: "boolean", default: false },
    yes: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const place = groupArguments(positionals, "dead-letters drop");
  const which = whichOf(place.rest, values.all, "dead-letters drop");
  checkCanAsk(values.yes);
  await using broker = await openBrokerOf(values);
  const to = await lastLetterId(broker, place.stream);
  const counts: DropCounts = { dropped: 0, missing: [], isComplete: to === null };
  if (to === null) {
    if (which !== "all") counts.missing.push(...which);
  } else if (!confirmed(questionOf(place, which), values.yes)) {
    return 1;
  } else {
    using interrupt = new Interrupt("Stopping after what is on its way");
    const { signal } = interrupt;
    await drop(broker, place, { which, to, counts, signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
  tell(place, counts, values.json);
  return counts.isComplete && counts.missing.length === 0 ? 0 : 1;
}

interface DropCounts {
  dropped: number;
  /** Ids that are no dead letter of this group. */
  readonly missing: EntryId[];
  /** Whether it came to its end. */
  isComplete: boolean;
}

function questionOf({ stream, group }: Place, which: Which): string {
  const what = which === "all" ? "All dead letters" : counted(which.length, "dead letter");
  return `${what} of group "${group}" of stream "${stream}" will be removed for good.`;
}

async function drop(
  broker: Broker,
  place: Place,
  call: {
    readonly which: Which;
    readonly to: EntryId;
    readonly counts: DropCounts;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { counts, ...meant } = call;
  const letters = deadLetterStream(place.stream);
  const total = call.which === "all"
    ? (await broker.streamInfo(letters))?.length ?? 0
    : call.which.length;
  using bar = await openProgress(total);
  let done = 0;
  for await (const page of meantLetters(broker, place, { ...meant, missing: counts.missing })) {
    const ids = page.letters.map(({ id }) => id);
    if (ids.length > 0) {
      counts.dropped += await patiently(() => broker.deleteEntries(letters, ids));
    }
    done += page.readCount;
    bar.show(done, `${grouped(counts.dropped)} dropped`);
  }
  counts.isComplete = !call.signal.aborted;
}

function tell({ stream, group }: Place, counts: DropCounts, asJson: boolean): void {
  if (asJson) {
    writeResult(jsonText({ stream, group, ...counts }));
    return;
  }
  writeResult(escapeUnprintable(
    `Dropped ${counted(counts.dropped, "dead letter")} of group "${group}" of stream "${stream}"`,
  ));
  if (!counts.isComplete) writeNote("Not all were looked at: run it again to go on");
  noteIds(`No dead letters of group "${group}", or not any more`, counts.missing);
}
