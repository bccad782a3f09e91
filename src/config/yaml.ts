/**
 * Reading YAML from somebody else: only records, lists and texts come out, and nothing in the file can make the reader
 * hang, overflow or quote a secret (S20 to S25). Texts are not guessed to be numbers or dates here; the option table
 * says what each one is.
 *
 * @module
 */

import { parse } from "@std/yaml";
import { printable } from "../domain/printable.ts";

/** What a file may hold. `null` is a key with nothing after it. */
export type Node = string | null | Node[] | { readonly [key: string]: Node };

/** A file of 256 KiB holds thousands of streams. */
export const FILE_BYTES_MAX = 262_144;

/** As many values as the largest file could spell out, so that only a trick can reach it. */
const NODES_MAX = 100_000;

/** Deeper than any option, shallow enough for every walk. */
const DEPTH_MAX = 16;

/** As the parser ends lines: also at a carriage return alone. */
const LINE_END = /\r\n|\r|\n/;

/** A tab before the first thing on a line, also between the dash of an item and its first key. */
const TAB_INDENTS = /^ *(- *)*\t[ \t]*[^ \t#]/;

/** They would reach for the prototype of a record. */
const FORBIDDEN_KEYS = new Set(["__proto__", "constructor", "prototype"]);

/** The value of a file, or what is wrong with it. */
export type ParsedYaml = { readonly node: Node } | { readonly faults: readonly string[] };

/**
 * Reads a YAML text.
 *
 * @param text The text, already known to be short.
 */
export function parseYaml(text: string): ParsedYaml {
  const lines = text.split(LINE_END);
  // The parser takes a NUL for the end of the file, and a tab for no indentation at all, which moves options into
  // another section.
  const nul = lines.findIndex((line) => line.includes("\0"));
  if (nul !== -1) return { faults: [`line ${nul + 1} holds a NUL character, wanted text`] };
  const tab = lines.findIndex((line) => TAB_INDENTS.test(line));
  if (tab !== -1) return { faults: [`line ${tab + 1} is indented by a tab, wanted spaces`] };
  let value: unknown;
  try {
    value = parse(text, { schema: "failsafe" });
  } catch (error) {
    return { faults: [parserFault(error)] };
  }
  return checkTree(value);
}

/** The parser's messages quote the file, and so perhaps a password: only their plain words and the place are kept. */
function parserFault(error: unknown): string {
  if (error instanceof RangeError) return "it is nested too deeply";
  const [first = ""] = String(error instanceof Error ? error.message : error).split(/:?\n/);
  const words = first.replace(/"[^]*"/g, "…").replace(/<[^]*>/g, "…");
  return `it is not YAML: ${printable(words, 200)}`;
}

/** Walks without recursion. A record that is met twice comes from an alias, and may hold itself or grow without end. */
function checkTree(root: unknown): ParsedYaml {
  const faults: string[] = [];
  const met = new Set<unknown>();
  const todo: { readonly value: unknown; readonly path: string; readonly depth: number }[] = [
    { value: root, path: "", depth: 0 },
  ];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { value, path, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (met.has(value)) return { faults: [`${path}: uses an anchor (&, *), write the value out`] };
    met.add(value);
    if (met.size > NODES_MAX) return { faults: [`it has more than ${NODES_MAX} sections`] };
    if (depth === DEPTH_MAX) return { faults: [`${path}: is nested too deeply`] };
    for (const [key, child] of Object.entries(value)) {
      const childPath = Array.isArray(value)
        ? `${path}[${key}]`
        : `${path === "" ? "" : `${path}.`}${printable(key, 80)}`;
      if (FORBIDDEN_KEYS.has(key)) faults.push(`${childPath}: this key is not allowed`);
      todo.push({ value: child, path: childPath, depth: depth + 1 });
    }
  }
  if (faults.length > 0) return { faults };
  if (isNode(root)) return { node: root };
  return { faults: ["it holds something that is no record, list or text"] };
}

/** Shallow enough to recurse: the depth was checked. */
function isNode(value: unknown): value is Node {
  if (value === null || typeof value === "string") return true;
  return typeof value === "object" && Object.values(value).every(isNode);
}
