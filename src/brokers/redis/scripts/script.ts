/**
 * A Lua script: its source and the digest under which the server keeps it. Sources are fixed texts: whatever comes
 * from outside travels in KEYS and ARGV (S35), and ids are never made numbers (T16).
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A script that can be sent. */
export interface Script {
  /** Its whole source, with the `#!lua` header: Redis then refuses it up front when memory is full (T21). */
  readonly source: string;
  /** SHA-1 of the source, the name that EVALSHA wants. */
  readonly sha: string;
}

/**
 * What the server may take for granted: `writes`: it may write, so it is refused when memory is full or the server is a
 * replica; `relieves`: it writes, but only what must go on when memory is full; `reads`: it never writes.
 */
export type ScriptKind = "writes" | "relieves" | "reads";

const HEADERS: Readonly<Record<ScriptKind, string>> = {
  writes: "#!lua",
  relieves: "#!lua flags=allow-oom",
  reads: "#!lua flags=no-writes",
};

/**
 * Makes a script of parts.
 *
 * @param kind What the server may take for granted.
 * @param parts Lua sources, joined by line breaks.
 */
export function defineScript(kind: ScriptKind, parts: readonly string[]): Script {
  const source = [HEADERS[kind], ...parts].join("\n");
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}
