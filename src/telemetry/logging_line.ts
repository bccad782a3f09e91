/**
 * One line of the log, for programs (JSON) or for people. Whatever the values hold, it stays one line, stays short, and
 * neither steers a terminal nor shows a password (S28, S30).
 *
 * @module
 */

import { cutText, escapeUnprintable, withoutSecrets } from "../domain/printable.ts";
import type { LogFields, LogLevelName } from "../ports/log.ts";

/** What a line tells. */
export interface LogLine {
  readonly time: Date;
  readonly level: LogLevelName;
  /** Which part of the program says it. */
  readonly part: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Long enough for an error with its cause; a pipe passes lines of this length on whole (POSIX PIPE_BUF is 4,096). */
const LINE_LENGTH_MAX = 2_048;

/** More of a text is not even looked at; secrets in it are found before it is cut to its final length. */
const TEXT_LENGTH_MAX = 8_192;

/** What is kept free for the mark of the cut and the brace. */
const TAIL_LENGTH = 16;

/** The least room in which a cut text still says something. */
const ROOM_MIN = 16;

const SECRET_NAME = /pass(word|wd)?$|secret|token|credential|api_?key/i;

const COLOURS: Record<LogLevelName, string> = {
  debug: "\u001b[2m",
  info: "\u001b[36m",
  warn: "\u001b[33m",
  error: "\u001b[31m",
};

const COLOUR_OFF = "\u001b[0m";

/** A line of JSON of at most 2,048 characters; `"cut": true` tells that something is missing. */
export function jsonLine(line: LogLine): string {
  const own = { time: line.time.toISOString(), level: line.level, part: line.part };
  let text = JSON.stringify(own).slice(0, -1);
  let isCut = false;
  const taken = new Set(["time", "level", "part", "message", "cut"]);
  const fields = Object.entries(line.fields);
  for (const [index, [name, value]] of [["message", line.message] as const, ...fields].entries()) {
    // A field of the same name must not replace what the line itself says.
    const key = index > 0 && taken.has(name) ? `field_${name}` : name;
    taken.add(key);
    const start = `,${jsonText(cutText(key, 80))}:`;
    const room = LINE_LENGTH_MAX - TAIL_LENGTH - text.length - start.length;
    const written = jsonValue(key, value, room);
    if (written === undefined) isCut = true;
    else text += start + written.text;
    isCut ||= written?.isCut === true;
  }
  return `${text}${isCut ? ',"cut":true' : ""}}`;
}

/** A line for people of at most 2,048 characters, apart from the colour. */
export function humanLine(line: LogLine, options: { readonly colour: boolean }): string {
  const time = line.time.toISOString().slice(11, 23);
  const level = line.level.toUpperCase().padEnd(5);
  const shownLevel = options.colour ? `${COLOURS[line.level]}${level}${COLOUR_OFF}` : level;
  const fields = Object.entries(line.fields).map(([name, value]) =>
    ` ${name}=${plainValue(name, value)}`
  );
  const rest = escapeUnprintable(
    `${line.part}: ${withoutSecrets(line.message.slice(0, TEXT_LENGTH_MAX))}${fields.join("")}`,
  );
  return `${time} ${shownLevel} ${cutText(rest, LINE_LENGTH_MAX - 20)}`;
}

interface WrittenValue {
  readonly text: string;
  readonly isCut: boolean;
}

/** A value as JSON that fits, or nothing. */
function jsonValue(name: string, value: unknown, room: number): WrittenValue | undefined {
  if (typeof value === "boolean" || value === null || Number.isFinite(value)) {
    const text = String(value);
    return text.length <= room ? { text, isCut: false } : undefined;
  }
  const whole = SECRET_NAME.test(name)
    ? "***"
    : withoutSecrets(String(value).slice(0, TEXT_LENGTH_MAX));
  for (let length = Math.max(room, ROOM_MIN); length >= ROOM_MIN; length = length >> 1) {
    const cut = cutText(whole, length);
    const text = jsonText(cut);
    if (text.length <= room) return { text, isCut: cut !== whole };
  }
  return undefined;
}

function jsonText(text: string): string {
  return escapeUnprintable(JSON.stringify(text));
}

function plainValue(name: string, value: unknown): string {
  if (SECRET_NAME.test(name)) return "***";
  const text = withoutSecrets(cutText(String(value), TEXT_LENGTH_MAX));
  return typeof value === "string" && /[\s="]|^$/.test(text) ? JSON.stringify(text) : text;
}
