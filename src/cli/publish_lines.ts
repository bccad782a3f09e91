/**
 * Publishing JSON lines: everything before the first bad line is published, and the counts say so.
 *
 * @module
 */

import { InvalidEventError } from "../domain/event_errors.ts";
import { encodeEvent, type NewEvent } from "../domain/event.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { StreamProducer } from "../producer/stream_producer.ts";
import { fault, type NumberedLine, parseLine, readLines } from "./json_lines.ts";

/** How far publishing has come. */
export interface PublishCounts {
  /** Events that were appended. */
  published: number;
  /** Events whose idempotency key was known. */
  duplicates: number;
  /** The id of the last event, new or known. */
  lastId: EntryId | null;
}

/** How to publish lines. */
export interface PublishLinesOptions {
  /** Where to. */
  readonly producer: StreamProducer;
  /** Kept up to date, also when publishing fails. */
  readonly counts: PublishCounts;
  /** Ends it: no further lines are read, and the waiting for a broker that is away ends. */
  readonly signal: AbortSignal;
  /** Called after every append. */
  readonly onProgress: () => void;
}

/** Small enough to show progress, large enough to be quick. */
const EVENTS_PER_CALL = 500;

/**
 * Publishes lines until the input ends.
 *
 * @param input Bytes of JSON lines.
 * @throws {InputError} At the first line that is no event; those before it are published.
 * @throws As `StreamProducer.publishMany`.
 */
export async function publishLines(
  input: AsyncIterable<Uint8Array>,
  options: PublishLinesOptions,
): Promise<void> {
  for await (const lines of readLines(input)) {
    for (let from = 0; from < lines.length; from += EVENTS_PER_CALL) {
      if (options.signal.aborted) return;
      await publishSome(lines.slice(from, from + EVENTS_PER_CALL), options);
      options.onProgress();
    }
  }
}

async function publishSome(
  lines: readonly NumberedLine[],
  options: PublishLinesOptions,
): Promise<void> {
  const events: NewEvent[] = [];
  let failure: unknown;
  for (const line of lines) {
    try {
      events.push(checkedEvent(line));
    } catch (error) {
      failure = error;
      break;
    }
  }
  const { counts, producer, signal } = options;
  for (const { id, duplicate } of await producer.publishMany(events, { signal })) {
    if (duplicate) counts.duplicates++;
    else counts.published++;
    counts.lastId = id;
  }
  if (failure !== undefined) throw failure;
}

/** Encoded once more by the producer; here only to tell the number of a line that cannot be. */
function checkedEvent(line: NumberedLine): NewEvent {
  const event = parseLine(line);
  try {
    encodeEvent(event);
    return event;
  } catch (error) {
    throw error instanceof InvalidEventError ? fault(line.number, error.reason) : error;
  }
}
