/**
 * One attempt under a test's control.
 *
 * @module
 */

import type { Delivery } from "../../src/domain/entry.ts";
import { silentLog } from "../../src/ports/log.ts";
import { Attempt, type AttemptOptions, type AttemptResult } from "../../src/workers/attempt.ts";
import type { HandlerFunction } from "../../src/workers/handler.ts";
import { delivery, place } from "./pool_rig.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** What becomes of an entry whose handler did nothing. */
export const handled: AttemptResult = { kind: "handled", outputs: [], work: [] };

/** What attempts share, but for what differs: a handler that does nothing, no bound of time. */
export function attemptOptions(differs: Partial<AttemptOptions> = {}): AttemptOptions {
  return {
    handler: { handle: () => {} },
    codec: "event",
    place,
    timeoutMs: 0,
    hasDatabase: true,
    clock: new VirtualClock(),
    log: silentLog,
    ...differs,
  };
}

/** An attempt on entry `5-0` with its clock and context. */
export function attempt(
  handle: HandlerFunction,
  differs: Partial<AttemptOptions> & { readonly entry?: Delivery; readonly failures?: number } = {},
): { it: Attempt; clock: VirtualClock; lines: unknown[] } {
  const { entry = delivery("5-0"), failures = 0, ...options } = differs;
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const log = { log: (...line: unknown[]) => lines.push(line) };
  const it = new Attempt(
    entry,
    failures,
    attemptOptions({ handler: { handle }, clock, log, ...options }),
  );
  return { it, clock, lines };
}

/** Runs an attempt to its end. */
export async function result(...given: Parameters<typeof attempt>): Promise<AttemptResult> {
  return await attempt(...given).it.run();
}
