/**
 * The handler of every group: one output per event, with its number. The modules that the soak's configuration names
 * are made at its start; each gives its group's outputs to this one.
 *
 * @module
 */

import type { HandlerFunction } from "../../src/workers/handler.ts";
import type { Numbered } from "./layout.ts";
import { startProbe } from "./probe.ts";

let isProbed = false;

/**
 * The handler of one group.
 *
 * @param given `outputs`: where its outputs go; `probe`: the file of the process's probe, and how often it writes.
 */
export function handlerOf(given: {
  readonly outputs: string;
  readonly probe: { readonly path: string; readonly everyMs: number };
}): HandlerFunction<Numbered> {
  const { outputs, probe } = given;
  if (!isProbed) startProbe(probe.path, probe.everyMs);
  isProbed = true;
  return ({ key, data }, context) => {
    context.publish(outputs, { type: "soak.handled", key, data: { number: data.number } });
  };
}
