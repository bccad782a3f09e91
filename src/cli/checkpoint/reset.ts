/**
 * `tidemark checkpoint reset`.
 *
 * @module
 */

import type { Start } from "../../config/start.ts";
import { decodeCheckpoint } from "../../domain/checkpoint.ts";
import { PendingEntriesError } from "../../domain/stream_errors.ts";
import type { Broker } from "../../ports/broker.ts";
import { systemClock } from "../../ports/clock.ts";
import { ConsumerGroupManager } from "../../producer/consumer_group_manager.ts";
import { groupArguments, type Place, refuseMore, startArgument } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments, UsageError } from "../command.ts";
import { checkCanAsk, confirmed } from "../confirm.ts";
import { counted, jsonText, spanText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { escapeUnprintable } from "../../domain/printable.ts";

/** A living consumer renews what it holds every third of its lease, which is rarely longer than that. */
const ALIVE_MS_MAX = 30_000;

/** Enough to find out who is alive. */
const PENDING_LOOKED_AT = 1_000;

/** More names would hide the question. */
const NAMES_SHOWN_MAX = 3;

/**
 * Moves a group and its checkpoint, after asking.
 *
 * @throws {UsageError} When there is nobody to ask.
 * @throws What `GroupStore.resetGroup` throws.
 */
export async function resetCheckpoint(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    to: { type: "string" },
    force: { type: "boolean", default: false },
    yes: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const place = groupArguments(positionals, "checkpoint reset");
  refuseMore(place.rest, "checkpoint reset");
  const { to, force, yes } = values;
  if (to === undefined) throw new UsageError('Cannot run "checkpoint reset": --to is missing');
  const start = startArgument("to", to);
  checkCanAsk(yes);
  await using broker = await openBrokerOf(values);
  const { stream, group } = place;
  const pendingCount = await checkPending(broker, place, force);
  const alive = await aliveConsumers(broker, place);
  if (alive.length > 0) writeNote(warningOf(alive));
  if (!confirmed(questionOf(place, { start, to, pendingCount }), yes)) return 1;
  const result = await new ConsumerGroupManager(broker).reset(stream, group, start, { force });
  writeResult(
    values.json ? jsonText({ stream, group, ...result }) : escapeUnprintable(
      `Group "${group}" of stream "${stream}" goes on after ${result.position}; dropped ${
        counted(result.droppedCount, "pending entry", "pending entries")
      }, ${rejoiningText(result.fencedCount)}`,
    ),
  );
  return 0;
}

/** Whoever runs learns of it by itself; whoever does not begins there when it is started. */
function rejoiningText(count: number): string {
  return count === 1 ? "1 consumer goes on there" : `${counted(count, "consumer")} go on there`;
}

/** Asked before the question is: it would be one without a choice. The reset itself checks once more. */
async function checkPending(broker: Broker, place: Place, force: boolean): Promise<number> {
  const { stream, group } = place;
  const info = (await broker.listGroups(stream)).find((each) => each.group === group);
  const pendingCount = info?.pendingCount ?? 0;
  if (pendingCount === 0 || force) return pendingCount;
  throw new PendingEntriesError(`group "${group}"`, pendingCount, { action: "reset" });
}

function questionOf(
  { stream, group }: Place,
  reset: { readonly start: Start; readonly to: string; readonly pendingCount: number },
): string {
  const { start, to, pendingCount } = reset;
  const where = typeof start === "string"
    ? `at the ${start}`
    : "afterId" in start
    ? `after ${to}`
    : `at ${to}`;
  const dropped = pendingCount === 0
    ? ""
    : ` and ${counted(pendingCount, "pending entry", "pending entries")} dropped`;
  return `Group "${group}" of stream "${stream}" will go on ${where}: what it has finished ` +
    `is forgotten${dropped}.`;
}

/** A sign of life, as it is told. */
interface Sign {
  readonly consumer: string;
  readonly agoMs: number;
}

function warningOf(signs: readonly Sign[]): string {
  const some = signs.slice(0, NAMES_SHOWN_MAX)
    .map(({ consumer, agoMs }) => `"${consumer}" (${spanText(agoMs)} ago)`);
  const rest = signs.length - some.length;
  const more = rest > 0 ? ` and ${counted(rest, "other")}` : "";
  return `Consumers seem to be running: ${some.join(", ")}${more}. They will go on at the new ` +
    `position by themselves; what they are handling is refused and may be handled twice.`;
}

/** Who renewed an entry or moved the checkpoint of late; the most recent ones first. */
async function aliveConsumers(broker: Broker, { stream, group }: Place): Promise<Sign[]> {
  const signs = new Map<string, number>();
  const note = (consumer: string, agoMs: number) => {
    // What was handed back has no owner: its name is none of a process.
    if (consumer.startsWith("tidemark:") || agoMs > ALIVE_MS_MAX) return;
    signs.set(consumer, Math.min(agoMs, signs.get(consumer) ?? Infinity));
  };
  const stored = decodeCheckpoint(await broker.loadCheckpoint(stream, group), { stream, group });
  if (stored.kind === "valid") {
    const { consumer, savedAtMs } = stored.checkpoint;
    note(consumer, Math.max(0, systemClock.nowMs() - savedAtMs));
  }
  const groups = await broker.listGroups(stream);
  if (groups.some((each) => each.group === group)) {
    const entries = await broker.listPending(stream, group, { count: PENDING_LOOKED_AT });
    for (const { consumer, idleMs } of entries) note(consumer, idleMs);
  }
  return [...signs].map(([consumer, agoMs]) => ({ consumer, agoMs }))
    .sort((left, right) => left.agoMs - right.agoMs);
}
