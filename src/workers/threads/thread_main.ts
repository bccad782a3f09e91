/**
 * What a thread runs first. In the main isolate this module does nothing; it is imported there only for its address, and
 * so that whoever caches or bundles the program takes it along.
 *
 * @module
 */

import { isMainThread, workerData } from "node:worker_threads";
import { OUT_OF_MEMORY, watchMemory } from "./memory_watch.ts";
import { takeSetting } from "./thread_setting.ts";
import { ThreadSide } from "./thread_side.ts";

/** Where this module is. */
export const THREAD_MAIN: URL = new URL(import.meta.url);

const setting = isMainThread ? null : takeSetting(workerData);
if (setting !== null) {
  // As in every Web Worker; libraries look for it.
  Reflect.defineProperty(globalThis, "self", {
    value: globalThis,
    configurable: true,
    writable: true,
  });
  const { exit } = Deno;
  const side = new ThreadSide(setting, () => exit()); // ends this thread only
  addEventListener("error", (event) => {
    event.preventDefault();
    side.broke("an error that nobody caught", event.error ?? event.message);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    side.broke("a promise that was rejected and nobody waited for", event.reason);
  });
  watchMemory(() => side.broke(OUT_OF_MEMORY));
  // Not awaited: a module that never finishes loading must not hold up the messages.
  side.load(setting.modules);
}
