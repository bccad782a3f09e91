/**
 * What this process holds. It has to be started with `--expose-gc`, so that garbage does not count.
 *
 * @module
 */

/** In bytes. */
export interface MemoryUse {
  readonly rssBytes: number;
  readonly heapBytes: number;
}

/** Collects the garbage and looks. */
export function memoryUse(): MemoryUse {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect === "function") collect();
  const { rss, heapUsed } = Deno.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed };
}
