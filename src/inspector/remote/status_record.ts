/**
 * A process's status on its way to those who follow it. Only facts travel, as a clean copy with bounds; why a consumer
 * makes no progress is told where it is shown, at the time when it is shown. So nothing needs to be sent while nothing
 * changes but the time, and clocks that differ do no harm.
 *
 * @module
 */

import type { ConsumerFacts } from "../../telemetry/consumer_facts.ts";
import { consumerFactsOf, NAME_LENGTH_MAX } from "../../telemetry/consumer_record.ts";
import { explain } from "../../telemetry/explain.ts";
import { RecordReader } from "../../telemetry/record_reader.ts";
import type { InstanceStatus } from "../source.ts";

/** A status as it was told. */
export interface StatusRecord {
  /** The process's version of Tidemark. */
  readonly version: string;
  /** When this was so, in ms since 1970 by the process's clock. */
  readonly atMs: number;
  /** Whether it takes commands. */
  readonly takesCommands: boolean;
  /** Its consumers. */
  readonly consumers: readonly ConsumerFacts[];
}

/** A page shows a few of each; with hundreds of consumers each one counts. */
const BOUNDS = { countMax: 20, messageLengthMax: 300 };

/** Above what a process can run. */
const CONSUMERS_MAX = 10_000;

/** The text of a status. @throws {MisfitError} When it is not what its type says. */
export function encodeStatus(status: InstanceStatus): string {
  return JSON.stringify(recordOf({
    ...status,
    consumers: status.consumers.map(({ facts }) => facts),
  }));
}

/** Reads a status, `null` for what is none. Never throws. */
export function decodeStatus(text: string): StatusRecord | null {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The same text for every status that differs in the time only. */
export function withoutTime(text: string): string {
  return text.replace(/"(?:atMs|nowMs)":-?[\d.e+]+/g, "");
}

/**
 * The status now, if nothing has changed but the time.
 *
 * @param elapsedMs How long ago it was told, in ms by the clock of who asks.
 */
export function statusNow(
  record: StatusRecord,
  { instance, elapsedMs }: { readonly instance: string; readonly elapsedMs: number },
): InstanceStatus {
  const consumers = record.consumers.map((told) => {
    const facts = { ...told, nowMs: told.nowMs + elapsedMs };
    return { facts, why: explain(facts).text };
  });
  const { version, takesCommands } = record;
  return { instance, version, atMs: record.atMs + elapsedMs, consumers, takesCommands };
}

function recordOf(value: unknown): StatusRecord {
  const reader = new RecordReader(value, "the status");
  return {
    version: reader.name("version", NAME_LENGTH_MAX),
    atMs: reader.number("atMs"),
    takesCommands: reader.flag("takesCommands"),
    consumers: reader.records("consumers", CONSUMERS_MAX)
      .map((each) => consumerFactsOf(each, BOUNDS)),
  };
}
