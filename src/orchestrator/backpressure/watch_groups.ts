/**
 * The monitor of a service: watches the groups that its consumers are of, and writes to the log when one of them falls
 * behind or has caught up.
 *
 * @module
 */

import type { StreamsAndGroups } from "../../backpressure/measure.ts";
import type { PressureBounds } from "../../domain/pressure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import { BackpressureMonitor } from "./monitor.ts";
import type { PressureChange } from "./pressure_change.ts";

/** What groups must stay below, and how often they are looked at. */
export interface BackpressureOptions extends Partial<PressureBounds> {
  /** The wait between two looks, in ms; 10 to 3,600,000. Default 1,000. */
  readonly intervalMs?: number;
}

/** The defaults, those of `config.yaml`. */
export const BACKPRESSURE: Required<BackpressureOptions> = {
  intervalMs: 1_000,
  lagMax: 100_000,
  pendingMax: 50_000,
  oldestPendingMsMax: 300_000,
  lengthMax: 0,
  pressuredShare: 0.5,
};

/**
 * Makes the monitor; nothing is asked before its `start`.
 *
 * @throws {InvalidOptionError} When an option cannot work.
 */
export function watchGroups(
  given: {
    readonly broker: StreamsAndGroups;
    readonly groups: readonly { readonly stream: string; readonly group: string }[];
    readonly options: BackpressureOptions;
    readonly log: Log;
    readonly clock: Clock;
    readonly random: Random;
  },
): BackpressureMonitor {
  const { broker, groups, log, clock, random } = given;
  const { intervalMs, ...bounds } = { ...BACKPRESSURE, ...given.options };
  const monitor = new BackpressureMonitor({
    broker,
    watch: groups.map(({ stream, group }) => ({ stream, group })),
    bounds,
    intervalMs,
    clock,
    random,
  });
  monitor.subscribe((change) => {
    if (change.of === "group") log.log(...lineOf(change));
  });
  return monitor;
}

function lineOf(
  { stream, group, before, level, sentence }: PressureChange,
): Parameters<Log["log"]> {
  const fields = { stream, group, before, level, because: sentence };
  if (level === "ok") return ["info", "the group has caught up", fields];
  if (level === "pressured") return ["warn", "the group falls behind", fields];
  return ["error", "the group is far behind", fields];
}
