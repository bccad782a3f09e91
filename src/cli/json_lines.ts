/**
 * Events from JSON lines: one record a line, as a person or a program writes them.
 *
 * @module
 */

import { nearestName } from "../config/nearest.ts";
import { printable } from "../domain/printable.ts";
import type { EventHeaders, NewEvent } from "../domain/event.ts";
import { InputError } from "./command.ts";

/** A line, with its number from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** A payload of 1 MiB can take six times as much where every character is escaped. */
const LINE_BYTES_MAX = 8_388_608;

const LINE_END = 10;

/** Every key of an event. */
const KEYS = ["type", "data", "key", "headers", "idempotencyKey"];

/**
 * Divides bytes into lines, as they come: whatever arrived together is one list, so that a slow source is not held
 * back. Empty lines are left out, but counted.
 *
 * @throws {InputError} For a line above 8 MiB or one that is not UTF-8, when all lines before it were yielded.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<NumberedLine[]> {
  const lines = new LineNumbers();
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const bytes of input) {
    const end = bytes.lastIndexOf(LINE_END);
    if (end !== -1) {
      yield* lines.of(joined([...rest, bytes.subarray(0, end)]));
      rest = [];
      restBytes = 0;
    }
    rest.push(bytes.subarray(end + 1));
    restBytes += bytes.length - end - 1;
    if (restBytes > LINE_BYTES_MAX) {
      throw fault(lines.last + 1, `it is longer than ${LINE_BYTES_MAX} bytes`);
    }
  }
  yield* lines.of(joined(rest));
}

/** Counts lines from block to block. */
class LineNumbers {
  /** The number of the last line that was seen. */
  last = 0;

  /** The lines of a block that ends where a line ends. */
  *of(block: Uint8Array): Generator<NumberedLine[]> {
    const text = decoded(block);
    const lines = text?.split("\n") ?? textsOf(block);
    const numbered = lines.map((line, index) => ({ number: this.last + index + 1, text: line }));
    this.last += lines.length;
    const full = numbered.filter((line) => line.text.trim() !== "");
    if (full.length > 0) yield full;
    if (text === undefined) throw fault(this.last + 1, "it is not UTF-8");
  }
}

/** The lines of a block before the first one that is not UTF-8. */
function textsOf(block: Uint8Array): string[] {
  const texts: string[] = [];
  for (let from = 0; from <= block.length;) {
    const end = block.indexOf(LINE_END, from);
    const text = decoded(block.subarray(from, end === -1 ? block.length : end));
    if (text === undefined || end === -1) break;
    texts.push(text);
    from = end + 1;
  }
  return texts;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Reads one line.
 *
 * @throws {InputError} When it is no event, with the line's number.
 */
export function parseLine(line: NumberedLine): NewEvent {
  const record = parseRecord(line);
  const unknown = Object.keys(record).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    const nearest = nearestName(unknown.replaceAll("_", ""), KEYS);
    throw fault(
      line.number,
      `key "${printable(unknown, 80)}" is not known, ${
        nearest === undefined ? `wanted ${KEYS.join(", ")}` : `did you mean ${nearest}?`
      }`,
    );
  }
  const { type, data, key, headers, idempotencyKey } = record;
  return {
    type: textOf(line, "type", type) ?? "",
    data,
    key: textOf(line, "key", key),
    headers: headersOf(line, headers),
    idempotencyKey: textOf(line, "idempotencyKey", idempotencyKey),
  };
}

/** A fault of a line, as it is told. */
export function fault(number: number, reason: string): InputError {
  return new InputError(`Line ${number}: ${reason}`);
}

function parseRecord(line: NumberedLine): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const where = position === undefined ? "" : ` at character ${Number(position) + 1}`;
    throw fault(line.number, `it is not JSON${where}`);
  }
  if (isRecord(value)) return value;
  throw fault(line.number, 'it is no record, wanted {"type": …, "data": …}');
}

function textOf(line: NumberedLine, name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw fault(line.number, `its ${name} is no text`);
}

function headersOf(line: NumberedLine, value: unknown): EventHeaders | undefined {
  if (value === undefined || isHeaders(value)) return value;
  throw fault(line.number, "its headers are no record of texts");
}

function isHeaders(value: unknown): value is EventHeaders {
  return isRecord(value) && Object.values(value).every((each) => typeof each === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
