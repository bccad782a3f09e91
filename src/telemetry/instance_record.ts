/**
 * What a process announces of itself on the broker, as JSON with a version. Whoever reads it may be older or newer, and
 * anybody can write to a broker: so reading is total, and what is announced is a clean copy with bounds: no payloads, no
 * secrets, messages cut.
 *
 * @module
 */

import { utf8Length } from "../domain/entry.ts";
import type { PressureLevel } from "../domain/pressure.ts";
import { ANNOUNCEMENT_BYTES_MAX } from "../ports/instance_store.ts";
import type { ConsumerFacts } from "./consumer_facts.ts";
import {
  consumerFactsOf,
  type DetailBounds,
  NAME_LENGTH_MAX,
  PRESSURE_LEVELS,
} from "./consumer_record.ts";
import { MisfitError, RecordReader } from "./record_reader.ts";

/** A process, as it announces itself. */
export interface InstanceRecord {
  /** Its name, unlike that of any other. */
  readonly instance: string;
  /** The machine that it runs on, `null` when it may not ask. */
  readonly host: string | null;
  /** Its process id. */
  readonly pid: number;
  /** Its version of Tidemark. */
  readonly version: string;
  /** When it started, in ms since 1970. */
  readonly startedAtMs: number;
  /** What its orchestrator does: `starting`, `healthy`, `pressured`, `saturated`, `draining` or the like. */
  readonly state: string;
  /** How badly its worst group is behind. */
  readonly pressure: PressureLevel;
  /** Its consumers. */
  readonly consumers: readonly ConsumerFacts[];
  /** How many more consumers it has, for which there was no room. */
  readonly consumersDropped: number;
}

/** What a text turned out to be. */
export type DecodedInstance =
  | { readonly kind: "record"; readonly record: InstanceRecord }
  /** From a newer version of Tidemark, whose record has this schema. */
  | { readonly kind: "newer"; readonly schema: number }
  /** Not from Tidemark, or damaged. */
  | { readonly kind: "foreign"; readonly reason: string };

/** Tells our records from others. */
const FORMAT = "tidemark-instance";

/** Raised when a field changes its meaning or is needed; a field that is added and may be missing raises nothing. */
const SCHEMA = 1;

/** What is kept of the details, from all to little: the next one is taken when the record is too long. */
const DETAILS: readonly DetailBounds[] = [
  { countMax: 100, messageLengthMax: 500 },
  { countMax: 3, messageLengthMax: 200 },
  { countMax: 1, messageLengthMax: 80 },
];

const LEAST_DETAILS: DetailBounds = { countMax: 0, messageLengthMax: 40 };

/** No list of a decoded record is longer; far above what fits into an announcement. */
const READ_BOUNDS: DetailBounds = { countMax: 10_000, messageLengthMax: 500 };

/**
 * Makes the text that a process announces. Where it would be too long, details go first, then consumers, those that run
 * well before the others; how many is told.
 *
 * @param bytesMax At most so many bytes, at least 4,096; default {@linkcode ANNOUNCEMENT_BYTES_MAX}.
 */
export function encodeInstance(record: InstanceRecord, bytesMax = ANNOUNCEMENT_BYTES_MAX): string {
  for (const bounds of DETAILS) {
    const text = textOf(record, bounds);
    if (utf8Length(text) <= bytesMax) return text;
  }
  const inNeed = record.consumers.filter(({ supervision }) => supervision !== "running");
  const atWork = record.consumers.filter(({ supervision }) => supervision === "running");
  const all = [...inNeed, ...atWork];
  const withFirst = (count: number): string => {
    const consumersDropped = record.consumersDropped + all.length - count;
    return textOf({ ...record, consumers: all.slice(0, count), consumersDropped }, LEAST_DETAILS);
  };
  let [fits, tooMany] = [0, all.length + 1];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (utf8Length(withFirst(middle)) <= bytesMax) fits = middle;
    else tooMany = middle;
  }
  return withFirst(fits);
}

/** Reads what somebody announced. Never throws. */
export function decodeInstance(text: string): DecodedInstance {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "foreign", reason: "it is not JSON" };
  }
  try {
    const reader = new RecordReader(value, "it");
    reader.choice("format", [FORMAT]);
    const schema = reader.number("schema");
    if (schema > SCHEMA) return { kind: "newer", schema };
    return { kind: "record", record: recordOf(reader, READ_BOUNDS) };
  } catch (error) {
    if (!(error instanceof MisfitError)) throw error;
    return { kind: "foreign", reason: error.message };
  }
}

function textOf(record: InstanceRecord, bounds: DetailBounds): string {
  const clean = recordOf(new RecordReader(record, "the record"), bounds);
  return JSON.stringify({ format: FORMAT, schema: SCHEMA, ...clean });
}

function recordOf(reader: RecordReader, bounds: DetailBounds): InstanceRecord {
  return {
    instance: reader.name("instance", NAME_LENGTH_MAX),
    host: reader.nameOrNull("host", NAME_LENGTH_MAX),
    pid: reader.number("pid"),
    version: reader.name("version", NAME_LENGTH_MAX),
    startedAtMs: reader.number("startedAtMs"),
    state: reader.name("state", NAME_LENGTH_MAX),
    pressure: reader.choice("pressure", PRESSURE_LEVELS),
    consumers: reader.records("consumers", Infinity).map((each) => consumerFactsOf(each, bounds)),
    consumersDropped: reader.number("consumersDropped"),
  };
}
