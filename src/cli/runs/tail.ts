/**
 * `tidemark runs tail`: follows one run to its end.
 *
 * @module
 */

import type { Start } from "../../config/start.ts";
import { ENTRY_ID_ZERO, type EntryId } from "../../domain/entry_id.ts";
import { cutText, escapeUnprintable } from "../../domain/printable.ts";
import type { Log, LogFields, LogLevelName } from "../../ports/log.ts";
import type { RunItem } from "../../ports/run_service.ts";
import type { RunOperator } from "../../service/run_operator.ts";
import { startArgument, wholeNumber } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { cutToWidth } from "../columns.ts";
import { readArguments } from "../command.ts";
import { Interrupt } from "../interrupt.ts";
import { counted, jsonText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { openRuns, runArgument } from "./open.ts";

/** Elsewhere than on a terminal: as long as a line may be that other programs still take (S30). */
const LINE_LENGTH_MAX = 2_000;

/** Follows a run. */
export async function tailRun(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    from: { type: "string", default: "beginning" },
    limit: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const run = runArgument(positionals, "runs tail");
  const start = startArgument("from", values.from);
  const bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };
  const limit = wholeNumber("limit", values.limit, bounds) ?? Infinity;
  await using broker = await openBrokerOf(values);
  const trouble = new TroubleNotes();
  await using operator = await openRuns(broker, { log: trouble });
  using interrupt = new Interrupt("Stopping");
  const done = new AbortController();
  const write = values.json ? writeRecord : writeLine;
  let printed = 0;
  const following = await operator.subscribe(run, {
    afterId: await positionOf(operator, run, start),
    signal: AbortSignal.any([interrupt.signal, done.signal]),
    listener: (item) => {
      trouble.isOver();
      const isRead = write(run, item);
      if (item.kind === "event") printed++;
      if (!isRead || printed === limit) done.abort();
    },
  });
  const error = await following.closed;
  if (error !== null) throw error;
  return 0;
}

async function positionOf(operator: RunOperator, run: string, start: Start): Promise<EntryId> {
  if (start === "beginning") return ENTRY_ID_ZERO;
  if (start === "end") return (await operator.store.get(run)).lastId;
  // Events are numbered from 1, so that none has this id.
  return "afterId" in start ? start.afterId : `${BigInt(start.fromTimeMs)}-0`;
}

/** For programs. @returns `false` when nobody reads any more. */
function writeRecord(_run: string, item: RunItem): boolean {
  switch (item.kind) {
    case "event":
      return writeResult(jsonText(item.event));
    case "gap":
      return writeResult(jsonText({ gap: item.gap }));
    case "end": {
      const { status, reason, lastId } = item;
      return writeResult(jsonText({ end: { status, reason, lastId } }));
    }
  }
}

/** For people. @returns `false` when nobody reads any more. */
function writeLine(run: string, item: RunItem): boolean {
  if (item.kind === "event") {
    const { id, type, data } = item.event;
    return writeResult(fitted(escapeUnprintable(`${id}  ${type}  ${JSON.stringify(data)}`)));
  }
  if (item.kind === "gap") {
    const { count, untilId } = item.gap;
    writeNote(
      `${count === null ? "Some events" : counted(count, "event")} up to ${untilId} not kept`,
    );
  } else {
    const { status, reason } = item;
    writeNote(`Run "${run}" is ${status}${reason === null ? "" : `: ${reason}`}`);
  }
  return true;
}

function fitted(line: string): string {
  if (!Deno.stdout.isTerminal()) return cutText(line, LINE_LENGTH_MAX);
  const { columns } = Deno.consoleSize();
  // A terminal that does not know its size says 0.
  return cutToWidth(line, columns === 0 ? LINE_LENGTH_MAX : columns);
}

/** Says once that the broker is away, however often it was tried, and again only when it was there in between. */
class TroubleNotes implements Log {
  #isTold = false;

  log(_level: LogLevelName, _message: string, { run = null }: LogFields = {}): void {
    // Trouble with this run alone ends the command, which says why.
    if (this.#isTold || run !== null) return;
    this.#isTold = true;
    writeNote("The broker is away: waiting for it");
  }

  /** Something came. */
  isOver(): void {
    this.#isTold = false;
  }
}
