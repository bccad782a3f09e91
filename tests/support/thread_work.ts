/**
 * The handler of the tests of what threads guarantee: work that never pauses, and work that ends its thread.
 *
 * @module
 */

import type { Event, HandlerContext } from "../../mod.ts";

/** What an event asks for. */
export type Work =
  /** Writes a file, and never pauses until the other one is there, too. */
  | { readonly kind: "meet"; readonly own: string; readonly other: string }
  /** Passes its number on. `deadly`: its first attempt ends the thread afterwards. */
  | { readonly kind: "pass"; readonly number: number; readonly deadly: boolean }
  /** Never pauses for so many ms, 0 for ever. */
  | { readonly kind: "spin"; readonly spinMs: number };

/** Longer than a loaded machine takes to start a thread. */
const MEET_MS_MAX = 10_000;

export default (event: Event<Work>, context: HandlerContext): void | Promise<void> => {
  const { data } = event;
  switch (data.kind) {
    case "meet":
      return meet(data.own, data.other);
    case "pass":
      context.publish("results", { type: "result", data: data.number, key: event.key });
      if (!data.deadly || context.attempt > 1) return;
      globalThis.close();
      return new Promise(() => {});
    case "spin": {
      const endMs = Date.now() + (data.spinMs || Infinity);
      while (Date.now() < endMs);
    }
  }
};

function meet(own: string, other: string): void {
  Deno.writeTextFileSync(own, "");
  const endMs = Date.now() + MEET_MS_MAX;
  while (!exists(other)) {
    if (Date.now() > endMs) throw new Error("nobody else came");
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
