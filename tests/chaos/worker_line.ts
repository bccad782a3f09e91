/**
 * What a worker process and the campaign tell each other, a line of JSON each.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Point } from "./points.ts";

/** How a protocol that is not ours commits, to show that a campaign finds what it breaks; `null` for ours. */
export type Naive = "acknowledge-first" | "outputs-first" | null;

/** What a worker process is started with: its only argument, as JSON. */
export interface WorkerSettings {
  readonly url: string;
  readonly name: string;
  readonly leaseMs: number;
  readonly naive: Naive;
  /** The point at which it stops and waits, `null` for none. */
  readonly aim: Point | null;
  /** See `GatesOptions`. */
  readonly gateFile: string | null;
}

/** What a worker tells on its standard output. */
export type WorkerLine =
  /** It has joined its group and reads. */
  | { readonly kind: "ready" }
  | { readonly kind: "started"; readonly id: string }
  | { readonly kind: "ended"; readonly id: string }
  /** Its next step is a commit; `id` is an entry that it finishes, if any. Only told when asked. */
  | { readonly kind: "committing"; readonly id: string | null }
  /** It is at the point that it was to stop at, with these entries, and waits. */
  | { readonly kind: "reached"; readonly point: Point; readonly ids: readonly EntryId[] }
  /** So many of its entries were found to be another consumer's. */
  | { readonly kind: "fenced"; readonly count: number }
  /** Something else that a person should know. */
  | { readonly kind: "report"; readonly text: string }
  /** In answer to "state". */
  | { readonly kind: "state"; readonly text: string };

/**
 * What a worker can be told on its standard input. Its end means: end at once, the campaign is gone. A name of a point:
 * stop there and wait; `go`: do not, or do not wait any longer.
 */
export type WorkerCommand = "tellNextCommit" | "state" | "stop" | "go" | Point;

/** The exit code of a worker whose name a newer process has taken. */
export const REPLACED = 3;

/**
 * Gives each line of a stream of bytes. The last one counts only if it is whole: its writer may have been killed.
 *
 * @param reader Cancel it to end early.
 */
export async function* linesOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
