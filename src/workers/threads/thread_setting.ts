/**
 * What a thread is given at its start. It is taken out of `workerData` before any code of the user runs, so that the port
 * is out of that code's reach.
 *
 * @module
 */

import { MessagePort } from "node:worker_threads";

/** How a thread finds its modules. */
export interface ThreadModules {
  /** What its handler is imported from: a URL or a name. */
  readonly handler: string;
  /** How entries are read; `module`: what the codec is imported from. */
  readonly codec: "event" | "fields" | { readonly module: string };
}

/** What a thread is given. */
export interface ThreadSetting {
  /** Its modules. */
  readonly modules: ThreadModules;
  /** Its end of the port to the main isolate. */
  readonly port: MessagePort;
  /** The memory of its stop flag. */
  readonly stopMemory: SharedArrayBuffer;
}

/** Under this name the setting stands in `workerData`, so that no other thread takes itself for one of ours. */
const NAME = "tidemarkThread";

/** What to give to a thread as its `workerData`. */
export function workerDataFor(setting: ThreadSetting): Record<string, unknown> {
  return { [NAME]: setting };
}

/** Takes the setting out of `workerData`; `null` where there is none: not in a thread, or in somebody else's. */
export function takeSetting(workerData: unknown): ThreadSetting | null {
  if (typeof workerData !== "object" || workerData === null) return null;
  const setting: unknown = Reflect.get(workerData, NAME);
  Reflect.deleteProperty(workerData, NAME);
  return isSetting(setting) ? setting : null;
}

function isSetting(value: unknown): value is ThreadSetting {
  return typeof value === "object" && value !== null &&
    "port" in value && value.port instanceof MessagePort &&
    "stopMemory" in value && value.stopMemory instanceof SharedArrayBuffer &&
    "modules" in value && typeof value.modules === "object";
}
