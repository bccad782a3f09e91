/**
 * Files that no configuration should be, with the faults that they must be refused with: by mistake, by accident, or
 * because somebody means harm (S20 to S25).
 *
 * @module
 */

/** One file. */
export interface HostileFile {
  /** What is wrong with it; also its name. */
  readonly name: string;
  /** What is in it. */
  readonly content: string | Uint8Array<ArrayBuffer>;
  /** Every fault, in order. */
  readonly faults: readonly string[];
}

/** A value that must never be shown, wherever it was put. */
export const CANARY = "s3cr3t-canary";

/** A section `redis_streams` that is right. */
export const RIGHT =
  "redis_streams: {streams: [{name: orders, group: billing, handler: ./h.ts}]}\n";

const SECTIONS =
  "redis_streams, pool, retry, supervision, backpressure, lease, runs, http, inspector, stop, log";
const NO_STREAMS = "redis_streams.streams: is missing, wanted a list with at least one item";
const AGAIN = "expected a single document at line";

/** Nine levels of nine: 387 million values in 400 bytes. */
function aliasBomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 9; level++) {
    lines.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`).join(", ")}]`);
  }
  return lines.join("\n");
}

function file(name: string, content: HostileFile["content"], ...faults: string[]): HostileFile {
  return { name, content, faults };
}

/** A file whose YAML cannot be read. */
function noYaml(name: string, content: string, fault: string): HostileFile {
  return file(name, content, `it is not YAML: ${fault}`);
}

/** All of them. */
export const HOSTILE_FILES: readonly HostileFile[] = [
  // S20
  file(
    "alias bomb",
    aliasBomb(),
    `a8${"[8]".repeat(7)}[7]: uses an anchor (&, *), write the value out`,
  ),
  file(
    "one alias",
    `${RIGHT}retry: &r {attempts_max: 1}\nstop: *r\n`,
    "retry: uses an anchor (&, *), write the value out",
  ),
  file("300 KiB", `#${"x".repeat(300 * 1_024)}\n${RIGHT}`, "it is larger than 262144 bytes"),
  file(
    "variables without end",
    `redis_streams: {redis_url: "${"${a:-".repeat(40_000)}"}\n`,
    "redis_streams.redis_url: has 200000 characters, wanted at most 4096",
    NO_STREAMS,
  ),
  file(
    "300 streams",
    `redis_streams: {streams: [${"{},".repeat(300)}]}\n`,
    "redis_streams.streams: has 300 items, wanted at most 256",
  ),
  // S21
  file("20000 brackets", "[".repeat(20_000), "it is nested too deeply"),
  file("20000 braces", "{".repeat(20_000), "it is nested too deeply"),
  file("100000 dashes", "- ".repeat(100_000), "it is nested too deeply"),
  file(
    "17 levels",
    `a: ${"{a: ".repeat(17)}1${"}".repeat(17)}`,
    `${Array(16).fill("a").join(".")}: is nested too deeply`,
  ),
  // S22
  file("cycle", "a: &a {self: *a}", "a.self: uses an anchor (&, *), write the value out"),
  file("cycle of lists", "&a [*a]", "[0]: uses an anchor (&, *), write the value out"),
  // S23
  file("proto", `${RIGHT}__proto__: {x: 1}\n`, "__proto__: this key is not allowed"),
  file(
    "constructor",
    `${RIGHT}retry: {constructor: {prototype: {x: 1}}}\n`,
    "retry.constructor: this key is not allowed",
    "retry.constructor.prototype: this key is not allowed",
  ),
  file(
    "merge key",
    `${RIGHT}<<: {lease: {lease_ms: 5}}\n`,
    `<<: is not known here, wanted ${SECTIONS}`,
  ),
  file(
    "an inherited name",
    `${RIGHT}toString: 1\n`,
    `toString: is not known here, wanted ${SECTIONS}`,
  ),
  // S24
  file(
    "unknown keys",
    `${RIGHT}leese: 1\nretry: {atempts_max: 1, ${CANARY}_key: 2}\n`,
    "leese: is not known here, did you mean lease?",
    "retry.atempts_max: is not known here, did you mean attempts_max?",
    `retry.${CANARY}_key: is not known here, wanted attempts_max, deliveries_max, initial_ms, max_ms, multiplier`,
  ),
  file(
    "a password under a mistyped key",
    `redis_streams: {pasword: ${CANARY}}\n`,
    "redis_streams.pasword: is not known here, wanted redis_url, sqlite_path, block_ms, count, streams",
    NO_STREAMS,
  ),
  file(
    "keys that steer a terminal",
    `${RIGHT}"a\\e[31m\\nb\\u202e": 1\n`,
    `a\\u001b[31m\\nb\\u202e: is not known here, wanted ${SECTIONS}`,
  ),
  file(
    "wrong kinds",
    "redis_streams: {streams: {}, count: [1], block_ms: {}, redis_url: [], sqlite_path: }\nlog: []\nstop: 5\n",
    "log: is a list, wanted a section with level, format",
    "redis_streams.redis_url: is a list, wanted a URL such as redis://host:6379/0 or rediss://host:6380, user:password@ before the host, a % in them as %25",
    "redis_streams.sqlite_path: is empty, wanted a path of printable text, or :memory:",
    "redis_streams.block_ms: is a section, wanted a whole number from 1 to 60000 (ms)",
    "redis_streams.count: is a list, wanted a whole number from 1 to 1000 (entries)",
    "redis_streams.streams: is a section, wanted a list with at least one item",
    "stop: is a text, wanted a section with grace_ms",
  ),
  noYaml(
    "duplicates",
    `a: ${CANARY}\na: 2\n`,
    "Cannot store mapping pair: duplicated key at line 2, column 1",
  ),
  noYaml(
    "two documents",
    `${RIGHT}---\nlease: {lease_ms: 500}\n`,
    `Found more than 1 document in the stream: ${AGAIN} 2, column 1`,
  ),
  noYaml(
    "something after the end",
    `${RIGHT}...\n${CANARY}\n`,
    `Found more than 1 document in the stream: ${AGAIN} 3, column 1`,
  ),
  file("empty", "", "it is empty, wanted a section redis_streams"),
  file("blank", " \r\n\t\n# nothing\n", "it is empty, wanted a section redis_streams"),
  file("scalar", CANARY, `the file: is a text, wanted a section with ${SECTIONS}`, NO_STREAMS),
  file(
    "list",
    "- redis_streams\n",
    `the file: is a list, wanted a section with ${SECTIONS}`,
    NO_STREAMS,
  ),
  file(
    "other BOM",
    `${RIGHT}\ufefflease: {}\n`,
    "\\ufefflease: is not known here, did you mean lease?",
  ),
  file("UTF-16", new Uint8Array([0xff, 0xfe, 0x61, 0, 0x3a, 0]), "it is not UTF-8"),
  file("Latin-1", new Uint8Array([0x61, 0x3a, 0x20, 0xe9]), "it is not UTF-8"),
  file("half a character", new Uint8Array([0x61, 0x3a, 0x20, 0xc3]), "it is not UTF-8"),
  file("NUL", `${RIGHT}\0\nlease: {lease_ms: 1}\n`, "line 2 holds a NUL character, wanted text"),
  file("tab", "redis_streams:\n\tcount: 5\n", "line 2 is indented by a tab, wanted spaces"),
  file(
    "tab of an old Mac",
    "redis_streams:\r\tcount: 5\r",
    "line 2 is indented by a tab, wanted spaces",
  ),
  file("tab after a dash", "a:\n  -\tb: 5\n", "line 2 is indented by a tab, wanted spaces"),
  noYaml(
    "tag",
    `${RIGHT}log: {level: !!js/function ${CANARY}}\n`,
    "Cannot resolve unknown tag !… at line 2, column 41",
  ),
  noYaml(
    "alias of nothing",
    `a: *${CANARY}\n`,
    "Cannot read alias: unidentified alias … at line 1, column 18",
  ),
  noYaml(
    "open quote",
    `a: "${CANARY}\n`,
    "Unexpected end of the stream within a double quoted scalar at line 2, column 1",
  ),
  noYaml(
    "control character",
    `a: ${CANARY}\u007f\n`,
    "Stream contains non-printable characters at line 1, column 18",
  ),
  // S25
  file(
    "numbers that readers disagree about",
    `${RIGHT}lease: {lease_ms: 0777}\nstop: {grace_ms: 1_000}\n` +
      "retry: {attempts_max: 0x10, deliveries_max: 1e3, initial_ms: .nan, max_ms: ~, multiplier: .5}\n" +
      "supervision: {restarts_max: NaN, window_ms: 1e309, initial_ms: '', max_ms: 1.0}\n" +
      "backpressure: {interval_ms: 2024-01-01, lag_max: -0, pending_max: +5, length_max: 1:30, pressured_share: 50%}\n",
    'retry.attempts_max: is "0x10", wanted a whole number from 1 to 1000000 (attempts)',
    'retry.deliveries_max: is "1e3", wanted a whole number from 1 to 1000000 (deliveries)',
    'retry.initial_ms: is ".nan", wanted a whole number from 1 to 3600000 (ms)',
    'retry.max_ms: is "~", wanted a whole number from 1 to 86400000 (ms)',
    'retry.multiplier: is ".5", wanted a number from 1 to 100 (times)',
    'supervision.restarts_max: is "NaN", wanted a whole number from 0 to 1000 (restarts)',
    'supervision.window_ms: is "1e309", wanted a whole number from 1000 to 3600000 (ms)',
    'supervision.initial_ms: is "", wanted a whole number from 1 to 3600000 (ms)',
    'supervision.max_ms: is "1.0", wanted a whole number from 1 to 3600000 (ms)',
    'backpressure.interval_ms: is "2024-01-01", wanted a whole number from 100 to 60000 (ms)',
    'backpressure.lag_max: is "-0", wanted a whole number from 0 to 1000000000 (entries)',
    'backpressure.pending_max: is "+5", wanted a whole number from 0 to 1000000000 (entries)',
    'backpressure.length_max: is "1:30", wanted a whole number from 0 to 1000000000 (entries)',
    'backpressure.pressured_share: is "50%", wanted a number from 0.05 to 1 (of the bound)',
    'lease.lease_ms: is "0777", wanted a whole number from 300 to 3600000 (ms)',
    'stop.grace_ms: is "1_000", wanted a whole number from 0 to 3600000 (ms)',
  ),
  file(
    "words that readers disagree about",
    "redis_streams: {streams: [{name: yes, group: no, handler: ./h.ts, create_stream: on, start: 2024-02-30, order: ~, codec: }]}\n",
    "redis_streams.streams[0].codec: is empty, wanted event, fields or a path such as ./codec.ts",
    'redis_streams.streams[0].start: is "2024-02-30", wanted beginning, end, an entry id such as 1717000000000-0 or a time such as 2026-01-31T08:00Z',
    'redis_streams.streams[0].order: is "~", wanted one of key, none',
    'redis_streams.streams[0].create_stream: is "on", wanted true or false',
  ),
];
