/**
 * The groups of one stream from measure to measure: what the monitor and a producer have in common. It has no timer;
 * whoever owns it says when to look.
 *
 * @module
 */

import { type GroupPressure, type PressureBounds } from "../domain/pressure.ts";
import {
  decidePressure,
  INITIAL_PRESSURE,
  type PressureState,
} from "../domain/pressure_decision.ts";
import type { Clock } from "../ports/clock.ts";
import { measureStream, type StreamsAndGroups } from "./measure.ts";
import { PendingAges } from "./pending_age.ts";

/** What to watch. */
export interface StreamWatchOptions {
  /** Where the stream is. It is not closed. */
  readonly broker: StreamsAndGroups;
  /** The stream. */
  readonly stream: string;
  /** Only these groups. Default: all that there are at each look. */
  readonly groups?: readonly string[];
  /** What they must stay below. */
  readonly bounds: PressureBounds;
  /** Time. */
  readonly clock: Clock;
}

interface Watched {
  readonly state: PressureState;
  readonly pressure: GroupPressure;
}

/** Measures and decides. Not to be told to look again before it has answered. */
export class StreamWatch {
  readonly #options: StreamWatchOptions;
  readonly #ages = new PendingAges();
  #watched = new Map<string | null, Watched>();

  /** Makes a watch that has seen nothing yet: named groups are `ok`, others are not known. */
  constructor(options: StreamWatchOptions) {
    this.#options = options;
    const { stream, groups = [] } = options;
    const unseen = {
      stream,
      level: "ok",
      reason: null,
      measure: null,
      measuredAtMs: null,
    } as const;
    for (const group of groups) {
      this.#watched.set(group, { state: INITIAL_PRESSURE, pressure: { ...unseen, group } });
    }
  }

  /** How the groups were at the last look, in the order in which they were named, or in text order. */
  get groups(): readonly GroupPressure[] {
    return [...this.#watched.values()].map(({ pressure }) => pressure);
  }

  /**
   * Measures all groups and decides on each. A group that is gone is forgotten, unless it was named.
   *
   * @throws As every call of a broker; then everything stays as it was.
   */
  async look(): Promise<void> {
    const { broker, stream, groups, bounds, clock } = this.#options;
    const measures = await measureStream(broker, stream, {
      ...(groups === undefined ? {} : { groups }),
      nowMs: clock.nowMs(),
      ages: this.#ages,
    });
    const watched = new Map<string | null, Watched>();
    const measuredAtMs = clock.nowMs();
    for (const measure of measures) {
      const { group } = measure;
      const before = this.#watched.get(group)?.state ?? INITIAL_PRESSURE;
      const state = decidePressure(before, measure, bounds);
      const { level, reason } = state;
      watched.set(group, {
        state,
        pressure: { stream, group, level, reason, measure, measuredAtMs },
      });
    }
    this.#watched = watched;
  }
}
