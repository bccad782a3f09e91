/**
 * `tidemark replay`: copies events to another stream.
 *
 * @module
 */

import { type Entry, fieldValue } from "../domain/entry.ts";
import { compareEntryIds, type EntryId } from "../domain/entry_id.ts";
import { checkName } from "../domain/names.ts";
import { escapeUnprintable } from "../domain/printable.ts";
import { StreamMissingError } from "../domain/stream_errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { StreamInfo } from "../ports/stream_store.ts";
import { boundArgument, streamArgument, wholeNumber } from "./arguments.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { type CopyCounts, copyOnce } from "./copying.ts";
import { entryPages } from "./entry_pages.ts";
import { Interrupt } from "./interrupt.ts";
import { openProgress } from "./progress.ts";
import { counted, grouped, jsonText } from "./shown.ts";
import { writeNote, writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark replay STREAM --into STREAM2 [--from WHERE] [--to WHERE] [--type TYPE]
                       [--key KEY] [--limit N] [--json] [--config FILE | --url URL]

Copies events to another stream, in order, as they are; new events that come meanwhile are
not copied. Each is copied exactly once: if replay is interrupted or killed, run it again
with the same two streams within a day, and it goes on where it was. For the same reason an
event that is already in STREAM2 by an earlier replay is not copied a second time. The exit
code is 1 when an event was left out.

Options:
  --into STREAM2  Where to. Made when it is missing
  --from WHERE    The first one: an id, or a time such as 2026-01-31T12:00Z
  --to WHERE      The last one, an id or a time
  --type TYPE     Only events of this type
  --key KEY       Only events with this key
  --limit N       At most so many, from the first one on
  --json          {"stream", "into", "read", "copied", "known", "refused": [id, …],
                  "missed", "isComplete", "elapsedMs"}; known: copied by an earlier
                  replay; refused: more fields than the broker can append exactly once;
                  missed: trimmed or deleted meanwhile
${lastOptionsHelp(18)}`;

/** A day: an interrupted replay is run again soon, and Redis keeps every key in memory until then. */
const WINDOW_MS = 86_400_000;

/** More than a stream can hold. */
const LIMIT_MAX = Number.MAX_SAFE_INTEGER;

/** Named in the output; a program gets all. */
const REFUSED_SHOWN_MAX = 10;

/** The command. */
export const replay: Command = {
  name: "replay",
  summary: "Copy events to another stream, exactly once",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      into: { type: "string" },
      from: { type: "string" },
      to: { type: "string" },
      type: { type: "string" },
      key: { type: "string" },
      limit: { type: "string" },
      json: { type: "boolean", default: false },
    });
    const stream = streamArgument(positionals, "replay");
    const plan: Plan = {
      stream,
      into: targetOf(stream, values.into),
      from: values.from === undefined ? undefined : boundArgument("from", values.from),
      to: values.to === undefined ? undefined : boundArgument("to", values.to),
      type: values.type,
      key: values.key,
      limit: wholeNumber("limit", values.limit, { min: 1, max: LIMIT_MAX }) ?? Infinity,
    };
    await using broker = await openBrokerOf(values);
    const info = await broker.streamInfo(stream);
    if (info === null) throw new StreamMissingError(stream);
    return await copy(broker, info, { plan, asJson: values.json });
  },
};

interface Plan {
  readonly stream: string;
  readonly into: string;
  readonly from: EntryId | undefined;
  readonly to: EntryId | undefined;
  readonly type: string | undefined;
  readonly key: string | undefined;
  readonly limit: number;
}

interface ReplayCounts extends CopyCounts {
  /** Entries that were looked at. */
  read: number;
  /** Entries that were trimmed or deleted meanwhile, before they could be read; 0 where only a part was wanted. */
  missed: number;
  /** Whether it came to its end. */
  isComplete: boolean;
}

function targetOf(stream: string, into: string | undefined): string {
  if (into === undefined) throw new UsageError('Cannot run "replay": --into is missing');
  if (checkName("stream", into) === stream) {
    throw new UsageError(`Cannot replay "${stream}" into itself: its groups would handle it twice`);
  }
  return into;
}

async function copy(
  broker: Broker,
  info: StreamInfo,
  call: { readonly plan: Plan; readonly asJson: boolean },
): Promise<number> {
  const { plan, asJson } = call;
  const none = { read: 0, copied: 0, known: 0, refused: [], missed: 0 };
  const counts: ReplayCounts = { ...none, isComplete: false };
  const startedAtMs = performance.now();
  using interrupt = new Interrupt("Stopping after what is on its way");
  try {
    await copyAll(broker, info, { plan, counts, signal: interrupt.signal });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    tell(plan, counts, { asJson, elapsedMs: Math.round(performance.now() - startedAtMs) });
  }
  return counts.isComplete && counts.refused.length === 0 ? 0 : 1;
}

async function copyAll(
  broker: Broker,
  info: StreamInfo,
  call: { readonly plan: Plan; readonly counts: ReplayCounts; readonly signal: AbortSignal },
): Promise<void> {
  const { plan, counts, signal } = call;
  const { stream, into, from, limit } = plan;
  const to = plan.to === undefined || compareEntryIds(plan.to, info.lastId) > 0
    ? info.lastId
    : plan.to;
  const copyOptions = { broker, target: into, windowMs: WINDOW_MS, signal };
  using bar = await openProgress(Math.min(info.length, limit));
  let wanted = 0;
  const range = { to, signal, ...(from === undefined ? {} : { from }) };
  for await (const page of entryPages(broker, stream, range)) {
    const fitting = page.filter((entry) => fits(entry, plan)).slice(0, limit - wanted);
    wanted += fitting.length;
    counts.read += page.length;
    const copies = fitting.map(({ id, fields }) => {
      return { id, fields, idempotencyKey: `tidemark:replay:${info.incarnation}:${id}` };
    });
    await copyOnce(copies, counts, copyOptions);
    bar.show(limit === Infinity ? counts.read : wanted, `${grouped(counts.copied)} copied`);
    if (wanted >= limit) break;
  }
  counts.isComplete = !signal.aborted;
  const isWhole = plan.from === undefined && plan.to === undefined && wanted < limit;
  if (isWhole && counts.isComplete) counts.missed = Math.max(0, info.length - counts.read);
}

function fits({ fields }: Entry, { type, key }: Plan): boolean {
  return (type === undefined || fieldValue(fields, "event_type") === type) &&
    (key === undefined || fieldValue(fields, "key") === key);
}

function tell(
  { stream, into }: Plan,
  counts: ReplayCounts,
  options: { readonly asJson: boolean; readonly elapsedMs: number },
): void {
  const { copied, known, refused, missed, isComplete } = counts;
  const { asJson, elapsedMs } = options;
  if (asJson) {
    writeResult(jsonText({ stream, into, ...counts, elapsedMs }));
    return;
  }
  const before = known === 0 ? "" : ` (and ${grouped(known)} copied before)`;
  writeResult(escapeUnprintable(
    `Copied ${counted(copied, "event")}${before} from "${stream}" to "${into}" in ${elapsedMs} ms`,
  ));
  if (!isComplete) writeNote("Not all were looked at: run it again to go on");
  if (missed > 0) {
    writeNote(`${counted(missed, "entry", "entries")} went while it was read: trimmed or deleted`);
  }
  if (refused.length === 0) return;
  const ids = refused.slice(0, REFUSED_SHOWN_MAX).join(", ");
  const more = refused.length > REFUSED_SHOWN_MAX ? ", …" : "";
  writeNote(
    `Not copied, because they have too many fields: ${
      counted(refused.length, "entry", "entries")
    } (${ids}${more})`,
  );
}
