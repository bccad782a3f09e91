/**
 * The probe inside of the service's process: it writes what the process holds, a line of JSON now and then. Garbage is
 * collected first, so that the heap is what is alive and not what happens to lie around.
 *
 * @module
 */

import process from "node:process";

/** What the process holds. */
export interface Reading {
  /** When, in ms since 1970. */
  readonly atMs: number;
  readonly pid: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** Timers that keep the process alive; the probe's own is not one of them. */
  readonly timers: number;
}

/** Begins to write. @param path The file that lines are added to. */
export function startProbe(path: string, everyMs: number): void {
  const file = Deno.openSync(path, { append: true, create: true });
  const timer = setInterval(() => {
    collectGarbage();
    const { heapUsed, rss } = Deno.memoryUsage();
    const timers = process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
    const atMs = Date.now();
    const reading: Reading = { atMs, pid: Deno.pid, heapBytes: heapUsed, rssBytes: rss, timers };
    file.writeSync(new TextEncoder().encode(`${JSON.stringify(reading)}\n`));
  }, everyMs);
  Deno.unrefTimer(timer);
}

/** There with `--v8-flags=--expose-gc`. */
function collectGarbage(): void {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect === "function") collect();
}
