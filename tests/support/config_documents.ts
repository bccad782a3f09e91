/**
 * Valid configurations of chance, made from the option table: what a file says, and in which spelling.
 *
 * @module
 */

import { stringify } from "@std/yaml";
import fc from "fast-check";
import { keyOf, type Option, sectionOf } from "../../src/config/option.ts";
import { OPTIONS } from "../../src/config/options.ts";

/** What a file holds, all values as texts. */
export type ConfigTree = string | readonly ConfigTree[] | { readonly [key: string]: ConfigTree };

/** Options with their values, by where they stand in the file, such as `redis_streams.streams[0].name`. */
export type ConfigValues = ReadonlyMap<string, { readonly option: Option; readonly text: string }>;

const NAME = fc.oneof(
  fc.constantFrom(
    "main",
    "a b",
    "é",
    "水",
    "x:y",
    "*",
    "- a",
    "#",
    "null",
    "0777",
    "{eu}x",
    "~",
    "'\"",
  ),
  fc.stringMatching(/^[a-z]{1,8}$/),
);

/** Texts that an option takes, where any text will not do. */
const TEXTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  "redis_streams.redis_url": fc.constantFrom(
    ...["redis://h:6379/0", "rediss://me:p%40%25@h.example:1", "redis://[::1]:6379"],
  ),
  "redis_streams.sqlite_path": fc.constantFrom(
    ":memory:",
    "a b.db",
    "/v/é#.db",
    "$${x}",
    "C:\\t.db",
  ),
  "redis_streams.streams[].handler": fc.constantFrom(
    "./h.ts",
    "jsr:@me/h",
    "npm:h",
    "file:///a/b.ts",
    "../h.ts",
  ),
  "redis_streams.streams[].start": fc.constantFrom(
    "beginning",
    "end",
    "0-0",
    "18446744073709551615-7",
    "2026-01-31T08:00Z",
    "1999-12-31",
  ),
  "redis_streams.streams[].codec": fc.constantFrom("event", "fields", "./c.ts"),
  "redis_streams.streams[].consumer": NAME,
  "http.hostname": fc.constantFrom("127.0.0.1", "::1", "localhost"),
  "http.read_token": fc.constantFrom("r".repeat(16), "!~".repeat(9)),
  "http.control_token": fc.constantFrom("c".repeat(16), "#:".repeat(9)),
  "http.allowed_hosts": fc.constantFrom("a.example", "a.example, 10.0.0.5:7070"),
  "http.allowed_origins": fc.constantFrom(
    "https://a.example",
    "https://a.example,http://b.example:1",
  ),
};

/** A value that an option takes by itself. */
export function anyValueOf(option: Option): fc.Arbitrary<string> {
  switch (option.kind) {
    case "integer": {
      const { min, max } = option;
      return fc.oneof(
        fc.constantFrom(min, max, Math.min(max, option.default)),
        fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) }),
      ).map(String);
    }
    case "decimal":
      return fc.integer({ min: Math.ceil(option.min * 100), max: Math.floor(option.max * 100) })
        .map((hundredths) => String(hundredths / 100));
    case "flag":
      return fc.constantFrom("true", "false");
    case "choice":
      return fc.constantFrom(...option.choices);
    case "text":
      return TEXTS[option.path] ?? NAME;
  }
}

/** Every option that stands alone, most of them left out. */
const LONE = OPTIONS.filter(({ path }) => !path.includes("[]"));
const OF_STREAM = OPTIONS.filter(({ path }) => path.startsWith("redis_streams.streams[]."));

function someOf(options: readonly Option[]): fc.Arbitrary<Map<Option, string>> {
  const picks = options.map((option) => fc.option(anyValueOf(option), { nil: null, freq: 2 }));
  return fc.tuple(...picks).map((texts) => {
    const given = new Map<Option, string>();
    for (const [index, option] of options.entries()) {
      const text = texts[index] ?? null;
      if (text !== null) given.set(option, text);
    }
    return given;
  });
}

/** A first wait above the last one, more workers at rest than at work: both at once, in the right order. */
const PAIRS = [["initial_ms", "max_ms"], ["workers_min", "workers_max"]] as const;

function ordered(given: Map<Option, string>): Map<Option, string> {
  const options = [...given.keys()];
  for (const option of options) {
    const pair = PAIRS.find(([low, high]) => [low, high].some((key) => key === keyOf(option)));
    if (pair === undefined) continue;
    const both = options.filter((other) =>
      sectionOf(other) === sectionOf(option) && pair.some((key) => key === keyOf(other))
    );
    const [low, high] = both.toSorted((a, b) =>
      pair.findIndex((key) => key === keyOf(a)) - pair.findIndex((key) => key === keyOf(b))
    );
    if (low === undefined || high === undefined) {
      given.delete(option); // the default of the other one might not go with it
      continue;
    }
    const [less = "1", more = "1"] = [given.get(low) ?? "", given.get(high) ?? ""]
      .sort((a, b) => Number(a) - Number(b));
    given.set(low, less);
    given.set(high, more);
  }
  return given;
}

/** A whole configuration that is valid, by itself and taken together. */
export const anyConfigValues: fc.Arbitrary<ConfigValues> = fc.record({
  lone: someOf(LONE).map(ordered),
  streams: fc.array(someOf(OF_STREAM).map(ordered), { minLength: 1, maxLength: 3 }),
  kinds: fc.uniqueArray(fc.constantFrom("./a.ts", "./b.ts", "mine", "yours"), { maxLength: 3 }),
}).map(({ lone, streams, kinds }) => {
  const values = new Map<string, { option: Option; text: string }>();
  for (const [option, text] of lone) values.set(option.path, { option, text });
  streams.forEach((given, index) => {
    const at = `redis_streams.streams[${index}]`;
    for (const [option, text] of given) values.set(`${at}.${keyOf(option)}`, { option, text });
    for (const option of OF_STREAM) {
      const path = `${at}.${keyOf(option)}`;
      // Groups differ, so that consumers of one name do too; and few of them, so that not too many threads start.
      if (keyOf(option) === "group") values.set(path, { option, text: `g${index}` });
      else if (keyOf(option) === "consumers" && values.has(path)) {
        values.set(path, { option, text: String(1 + index) });
      } else if (keyOf(option) === "mode" && values.has(path)) {
        values.set(path, { option, text: "inline" });
      } else if (option.kind === "text" && option.required && !values.has(path)) {
        values.set(path, { option, text: "./h" });
      }
    }
  });
  const mode = values.get("pool.mode");
  if (mode !== undefined) values.set("pool.mode", { ...mode, text: "inline" });
  kinds.forEach((kind, index) => {
    const key = kind.startsWith(".") ? "module" : "external";
    const option = OPTIONS.find(({ path }) => path === `runs.kinds[].${key}`);
    if (option !== undefined) values.set(`runs.kinds[${index}].${key}`, { option, text: kind });
  });
  return values;
});

/** Values as the tree of a file. */
export function treeOf(values: ReadonlyMap<string, { readonly text: string }>): ConfigTree {
  const root: Record<string, unknown> = {};
  for (const [path, { text }] of values) {
    let place: Record<string, unknown> = root;
    const parts = path.split(/\.|(?=\[)/);
    const key = parts.pop() ?? "";
    parts.forEach((part, index) => {
      const name = part.startsWith("[") ? part.slice(1, -1) : part;
      place[name] ??= parts[index + 1]?.startsWith("[") ? [] : {};
      place = Object(place[name]);
    });
    place[key] = text;
  }
  return JSON.parse(JSON.stringify(root));
}

/** Spellings of one tree: as JSON, as the library writes YAML, and by hand with every value in quotes or in a block. */
export const SPELLINGS: readonly ((tree: ConfigTree) => string)[] = [
  (tree) => JSON.stringify(tree),
  (tree) => JSON.stringify(tree, null, 2),
  (tree) => stringify(tree),
  (tree) => `---\n${byHand(tree, { indent: "", quote: JSON.stringify })}\n...\n`,
  (tree) => byHand(tree, { indent: "", quote: (text) => `'${text.replaceAll("'", "''")}'` }),
  (tree) =>
    byHand(tree, { indent: "", quote: (text) => `${JSON.stringify(text)} # a remark` })
      .replaceAll("\n", "\r\n"),
];

interface Hand {
  readonly indent: string;
  readonly quote: (text: string) => string;
}

function byHand(tree: ConfigTree, hand: Hand): string {
  const { indent, quote } = hand;
  if (typeof tree === "string") return quote(tree);
  const deeper = { ...hand, indent: `${indent}  ` };
  const inside = (child: ConfigTree) =>
    typeof child === "string" ? quote(child) : `\n${byHand(child, deeper)}`;
  const lines = Array.isArray(tree)
    ? tree.map((item) => `${indent}- ${byHand(item, deeper).trimStart()}`)
    : Object.entries(tree).map(([key, child]) => `${indent}${key}: ${inside(child)}`);
  return lines.join("\n");
}
