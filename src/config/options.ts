/**
 * Every option of the configuration file. Validation (`load.ts`), the file `config.yaml` and the documentation derive
 * from this table: an option is added here, and read in `load.ts`.
 *
 * @module
 */

import { TIMER_MS_MAX } from "../domain/backoff.ts";
import { checkName } from "../domain/names.ts";
import { choiceOption, type Option, textOption } from "./option.ts";
import { parseStart } from "./start.ts";

const NAME = "1 to 256 bytes of printable text without a space at either end";

/** An hour: a longer wait is a mistake in the unit. */
const HOUR_MS = 3_600_000;

/** The table, by the names of the program. */
export const options = {
  redisUrl: textOption({
    path: "redis_streams.redis_url",
    text:
      "The Redis server (rediss:// for TLS); without it everything is kept in the file of sqlite_path.",
    example: "${REDIS_URL:-redis://127.0.0.1:6379}",
    secret: true,
    wanted: "a URL such as redis://host:6379 or rediss://host:6380, user:password@ before the host",
    accepts: isRedisUrl,
  }),
  sqlitePath: textOption({
    path: "redis_streams.sqlite_path",
    text: "The database file that is used where there is no redis_url, or :memory: for none.",
    default: "tidemark.db",
  }),
  blockMs: {
    path: "redis_streams.block_ms",
    text:
      "How long one read waits for new entries; longer means fewer calls while nothing happens.",
    kind: "integer",
    default: 1_000,
    unit: "ms",
    min: 1,
    max: 60_000,
  },
  count: {
    path: "redis_streams.count",
    text: "How many entries one read takes at most; they are committed together.",
    kind: "integer",
    default: 100,
    unit: "entries",
    min: 1,
    max: 1_000,
  },
  name: textOption({
    path: "redis_streams.streams[].name",
    text: "The stream to read.",
    required: true,
    example: "orders",
    wanted: NAME,
    accepts: isName,
  }),
  group: textOption({
    path: "redis_streams.streams[].group",
    text: "The consumer group: every group gets every event, its consumers share them.",
    required: true,
    example: "billing",
    wanted: NAME,
    accepts: isName,
  }),
  handler: textOption({
    path: "redis_streams.streams[].handler",
    text: "The module whose default export handles an event, seen from this file.",
    required: true,
    example: "./examples/first_handler.ts",
    wanted: "a path such as ./handler.ts, or a file:, jsr:, npm: or https: module",
    accepts: isModule,
  }),
  consumer: textOption({
    path: "redis_streams.streams[].consumer",
    text:
      "This process's name in the group; each process needs its own, a newer one takes it over.",
    default: "main",
    wanted: NAME,
    accepts: isName,
  }),
  start: textOption({
    path: "redis_streams.streams[].start",
    text:
      "Where a new group begins: beginning, end, after an entry id, or at a time such as 2026-01-31T08:00Z.",
    default: "beginning",
    wanted:
      "beginning, end, an entry id such as 1717000000000-0 or a time such as 2026-01-31T08:00Z",
    accepts: (text) => parseStart(text) !== undefined,
  }),
  order: choiceOption({
    path: "redis_streams.streams[].order",
    text:
      "Whether events of one key keep their order over all consumers of the group; none is faster.",
    default: "key",
    choices: ["key", "none"],
  }),
  workersMax: {
    path: "redis_streams.streams[].workers_max",
    text: "How many events are handled at the same time; with order key, never two of one key.",
    kind: "integer",
    default: 1,
    unit: "events",
    min: 1,
    max: 1_000,
  },
  codec: textOption({
    path: "redis_streams.streams[].codec",
    text:
      "How entries are read: event (Tidemark's own), fields (any entry), or a module that exports a codec.",
    default: "event",
    wanted: "event, fields or a path such as ./codec.ts",
    accepts: (text) => text === "event" || text === "fields" || isModulePath(text),
  }),
  handlerTimeoutMs: {
    path: "redis_streams.streams[].handler_timeout_ms",
    text:
      "How long a handler may take before its signal is aborted and the attempt has failed; 0 is no limit.",
    kind: "integer",
    default: 0,
    unit: "ms",
    min: 0,
    max: TIMER_MS_MAX,
  },
  createStream: {
    path: "redis_streams.streams[].create_stream",
    text: "Whether a missing stream is made instead of stopping.",
    kind: "flag",
    default: true,
  },
  onCheckpointLost: choiceOption({
    path: "redis_streams.streams[].on_checkpoint_lost",
    text: "What to do when the stream was deleted or replaced since the checkpoint.",
    default: "stop",
    choices: ["stop", "resetToStart", "resetToEnd"],
  }),
  onDataLoss: choiceOption({
    path: "redis_streams.streams[].on_data_loss",
    text:
      "What to do when entries were trimmed before they were read; the loss is reported either way.",
    default: "continue",
    choices: ["continue", "stop"],
  }),
  attemptsMax: {
    path: "retry.attempts_max",
    text: "How often a handler tries an event before it becomes a dead letter.",
    kind: "integer",
    default: 5,
    unit: "attempts",
    min: 1,
    max: 1_000_000,
  },
  deliveriesMax: {
    path: "retry.deliveries_max",
    text:
      "How often an entry is handed out, counting processes that died with it, before it becomes a dead letter.",
    kind: "integer",
    default: 10,
    unit: "deliveries",
    min: 1,
    max: 1_000_000,
  },
  initialMs: {
    path: "retry.initial_ms",
    text: "The longest wait after the first failed attempt.",
    kind: "integer",
    default: 100,
    unit: "ms",
    min: 1,
    max: HOUR_MS,
  },
  maxMs: {
    path: "retry.max_ms",
    text: "The longest wait after any failed attempt; at least initial_ms.",
    kind: "integer",
    default: 30_000,
    unit: "ms",
    min: 1,
    max: 24 * HOUR_MS,
  },
  multiplier: {
    path: "retry.multiplier",
    text: "How the longest wait grows from one attempt to the next.",
    kind: "decimal",
    default: 2,
    unit: "times",
    min: 1,
    max: 100,
  },
  leaseMs: {
    path: "lease.lease_ms",
    text:
      "After which silence of a process its entries go to another one; a living process renews every third of it.",
    kind: "integer",
    default: 10_000,
    unit: "ms",
    min: 300,
    max: HOUR_MS,
  },
  graceMs: {
    path: "stop.grace_ms",
    text: "How long running handlers may go on when the program is told to stop.",
    kind: "integer",
    default: 10_000,
    unit: "ms",
    min: 0,
    max: HOUR_MS,
  },
  level: choiceOption({
    path: "log.level",
    text: "The least level that is written.",
    default: "info",
    choices: ["debug", "info", "warn", "error"],
  }),
  format: choiceOption({
    path: "log.format",
    text:
      "Lines for people or JSON for programs; auto writes for people on a terminal and JSON elsewhere.",
    default: "auto",
    choices: ["auto", "human", "json"],
  }),
} as const satisfies Record<string, Option>;

/** The table in the order of the file. */
export const OPTIONS: readonly Option[] = Object.values(options);

function isName(text: string): boolean {
  try {
    checkName("stream", text);
    return true;
  } catch {
    return false;
  }
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text); // unlike the constructor, it does not quote the password in an error (S28)
  return url !== null && /^rediss?:\/\//.test(text) && url.hostname !== "" &&
    !/[\s\p{Cc}]/u.test(text);
}

function isModule(text: string): boolean {
  return text.trim() !== "" && !/[\p{Cc}]/u.test(text) && !/^http:/i.test(text);
}

/** For the codec, where a bare word is more likely a mistake than a path. */
function isModulePath(text: string): boolean {
  return isModule(text) && /[./:]/.test(text);
}
