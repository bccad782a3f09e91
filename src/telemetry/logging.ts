/**
 * Setting up the log, over `@std/log`: lines on standard error, JSON for programs, plain for people on a terminal.
 * Until it is set up nothing is written, so that a program that only imports Tidemark stays quiet.
 *
 * @module
 */

import { BaseHandler, getLogger, type LevelName, type LogRecord, setup } from "@std/log";
import type { Log, LogFields, LogLevelName } from "../ports/log.ts";
import { humanLine, jsonLine, type LogLine } from "./logging_line.ts";

/** How to write the log. */
export interface LoggingOptions {
  /** The least level that is written. */
  readonly level: LogLevelName;
  /** `auto`: for people on a terminal, JSON elsewhere. */
  readonly format: "auto" | "json" | "human";
  /** Takes each line, without its line end. Default: standard error. */
  readonly write?: (line: string) => void;
}

/** The one logger of `@std/log` that we use; which part speaks is a field, so that new parts need no set-up. */
const LOGGER = "tidemark";

const LEVELS = { debug: "DEBUG", info: "INFO", warn: "WARN", error: "ERROR" } as const;

/** Sets the log up for the whole process. Setting it up again replaces what was there. */
export function setUpLogging(options: LoggingOptions): void {
  const isTerminal = options.write === undefined && Deno.stderr.isTerminal();
  const isHuman = options.format === "human" || (options.format === "auto" && isTerminal);
  const colour = isTerminal && !Deno.noColor;
  const level = LEVELS[options.level];
  const handler = new LineHandler(level, {
    write: options.write ?? writeToStandardError,
    format: (line) => isHuman ? humanLine(line, { colour }) : jsonLine(line),
  });
  setup({
    handlers: { [LOGGER]: handler },
    loggers: { [LOGGER]: { level, handlers: [LOGGER] } },
  });
}

/**
 * Opens the log of one part of the program.
 *
 * @param part Its name, such as `consumer`.
 * @returns A log that never throws, and writes once {@linkcode setUpLogging} was called.
 */
export function openLog(part: string): Log {
  return {
    log(level, message, fields = {}) {
      try {
        writeRecord(level, message, { part, fields });
      } catch {
        // A full disk or a closed pipe must not stop the work that is being told about.
      }
    },
  };
}

interface RecordTail {
  readonly part: string;
  readonly fields: LogFields;
}

function writeRecord(level: LogLevelName, message: string, tail: RecordTail): void {
  const logger = getLogger(LOGGER);
  switch (level) {
    case "debug":
      logger.debug(message, tail);
      break;
    case "info":
      logger.info(message, tail);
      break;
    case "warn":
      logger.warn(message, tail);
      break;
    case "error":
      logger.error(message, tail);
  }
}

interface LineHandlerOptions {
  readonly write: (line: string) => void;
  readonly format: (line: LogLine) => string;
}

/** Makes a line of a record and passes it on. */
class LineHandler extends BaseHandler {
  readonly #write: (line: string) => void;

  constructor(level: LevelName, options: LineHandlerOptions) {
    super(level, { formatter: (record) => options.format(lineOf(record)) });
    this.#write = options.write;
  }

  override log(line: string): void {
    this.#write(line);
  }
}

function lineOf(record: LogRecord): LogLine {
  const [tail] = record.args;
  const { part, fields } = isTail(tail) ? tail : { part: record.loggerName, fields: {} };
  return { time: record.datetime, level: levelOf(record), part, message: record.msg, fields };
}

function levelOf(record: LogRecord): LogLevelName {
  switch (record.levelName) {
    case "DEBUG":
      return "debug";
    case "WARN":
      return "warn";
    case "ERROR":
    case "CRITICAL":
      return "error";
    default:
      return "info";
  }
}

function isTail(value: unknown): value is RecordTail {
  return typeof value === "object" && value !== null && "part" in value && "fields" in value;
}

const encoder = new TextEncoder();

function writeToStandardError(line: string): void {
  const bytes = encoder.encode(`${line}\n`);
  for (let from = 0; from < bytes.length;) from += Deno.stderr.writeSync(bytes.subarray(from));
}
