/**
 * `tidemark checkpoint show`.
 *
 * @module
 */

import { decodeCheckpoint, type DecodedCheckpoint } from "../../domain/checkpoint.ts";
import { escapeUnprintable } from "../../domain/printable.ts";
import { GroupMissingError, StreamMissingError } from "../../domain/stream_errors.ts";
import type { Broker } from "../../ports/broker.ts";
import { groupArguments, type Place, refuseMore } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments } from "../command.ts";
import { counted, jsonText, timeText } from "../shown.ts";
import { writeResult } from "../terminal.ts";
import { type Fit, fitOf } from "./fit.ts";

/** A done-set is small in ordinary use; of a large one the first ids tell where it begins. */
const DONE_LISTED_MAX = 100;

/** On a terminal: one line. */
const DONE_SHOWN_MAX = 4;

/**
 * Shows the stored checkpoint of a group.
 *
 * @throws {StreamMissingError} or {GroupMissingError} When there is neither a group nor a checkpoint.
 */
export async function showCheckpoint(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    json: { type: "boolean", default: false },
  });
  const place = groupArguments(positionals, "checkpoint show");
  refuseMore(place.rest, "checkpoint show");
  await using broker = await openBrokerOf(values);
  const found = await readCheckpoint(broker, place);
  if (values.json) writeResult(jsonText(found));
  else for (const line of linesOf(found)) writeResult(escapeUnprintable(line));
  return 0;
}

/** A checkpoint, as it is shown. */
interface Shown {
  readonly kind: DecodedCheckpoint["kind"];
  readonly checkpoint:
    | {
      readonly position: string;
      readonly doneCount: number;
      readonly done: readonly string[];
      readonly incarnation: string;
      readonly consumer: string;
      readonly epoch: number;
      readonly savedAtMs: number;
      readonly schema: number;
    }
    | null;
  readonly reason: string | null;
}

interface Found extends Shown {
  readonly stream: string;
  readonly group: string;
  readonly fit: Fit;
  readonly quarantined: readonly (Shown & { readonly movedAtMs: number })[];
}

async function readCheckpoint(broker: Broker, { stream, group }: Place): Promise<Found> {
  const info = await broker.streamInfo(stream);
  const groups = info === null ? [] : await broker.listGroups(stream);
  const groupInfo = groups.find((each) => each.group === group) ?? null;
  const decoded = decodeCheckpoint(await broker.loadCheckpoint(stream, group), { stream, group });
  const quarantined = await broker.listQuarantined(stream, group);
  if (groupInfo === null && decoded.kind === "none" && quarantined.length === 0) {
    throw info === null ? new StreamMissingError(stream) : new GroupMissingError(stream, group);
  }
  return {
    stream,
    group,
    ...shownOf(decoded),
    fit: fitOf({ decoded, stream: info, group: groupInfo }),
    quarantined: quarantined.map(({ movedAtMs, stored }) => {
      return { movedAtMs, ...shownOf(decodeCheckpoint(stored, { stream, group })) };
    }),
  };
}

function shownOf(decoded: DecodedCheckpoint): Shown {
  if (decoded.kind === "none") return { kind: "none", checkpoint: null, reason: null };
  if (decoded.kind === "unusable") {
    return { kind: "unusable", checkpoint: null, reason: decoded.reason };
  }
  const { stream: _, group: __, done, ...rest } = decoded.checkpoint;
  const listed = done.slice(0, DONE_LISTED_MAX);
  return {
    kind: "valid",
    checkpoint: { ...rest, doneCount: done.length, done: listed },
    reason: null,
  };
}

function* linesOf(found: Found): Generator<string> {
  const { stream, group, fit, quarantined } = found;
  yield `Checkpoint of group "${group}" of stream "${stream}"`;
  yield* factsOf(found);
  if (found.kind !== "none") yield `  fit          ${fit.text}`;
  if (quarantined.length === 0) return;
  yield "";
  yield `Moved aside, newest first: ${counted(quarantined.length, "checkpoint")}`;
  for (const { movedAtMs, kind, checkpoint, reason } of quarantined) {
    const what = checkpoint === null
      ? `${kind}${reason === null ? "" : `: ${reason}`}`
      : `position ${checkpoint.position}, done ${checkpoint.doneCount}, epoch ${checkpoint.epoch}`;
    yield `  ${timeText(movedAtMs)}  ${what}`;
  }
}

function* factsOf({ kind, checkpoint, reason }: Shown): Generator<string> {
  if (kind === "none") yield "  there is none: a consumer will write one when it starts";
  if (reason !== null) yield `  unusable     ${reason}`;
  if (checkpoint === null) return;
  const { position, doneCount, done, consumer, epoch, savedAtMs, incarnation } = checkpoint;
  yield `  position     ${position}`;
  const some = done.slice(0, DONE_SHOWN_MAX).join(" ");
  const more = doneCount > DONE_SHOWN_MAX ? " …" : "";
  yield `  done         ${doneCount === 0 ? "nothing above it" : `${doneCount}: ${some}${more}`}`;
  yield `  written by   ${consumer}, epoch ${epoch}, at ${timeText(savedAtMs)}`;
  yield `  incarnation  ${incarnation}`;
}
