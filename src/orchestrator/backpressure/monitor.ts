/**
 * The backpressure monitor: measures groups at an interval and tells when one of them gets into trouble or out of it.
 * It only watches; what follows from a level is decided by those whom it tells.
 *
 * @module
 */

import { checkIntervalMs, measureDelayMs } from "../../backpressure/pace.ts";
import { StreamWatch } from "../../backpressure/stream_watch.ts";
import { tellBystander } from "../../consumer/bystander.ts";
import { ClosedError, InvalidOptionError, TidemarkError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import {
  checkPressureBounds,
  type GroupPressure,
  type PressureBounds,
  type PressureLevel,
  type StreamPressure,
  worstPressure,
} from "../../domain/pressure.ts";
import { type Clock, systemClock, type Timer } from "../../ports/clock.ts";
import type { GroupStore } from "../../ports/group_store.ts";
import { type Random, systemRandom } from "../../ports/random.ts";
import type { StreamStore } from "../../ports/stream_store.ts";
import { changeOf, type PressureChange, worstChange } from "./pressure_change.ts";

/** What to watch, and how. */
export interface BackpressureMonitorOptions {
  /** Where the streams are. It is not closed. */
  readonly broker: StreamStore & GroupStore;
  /** The groups to watch; the same one twice counts once. */
  readonly watch: readonly { readonly stream: string; readonly group: string }[];
  /** What they must stay below; what is left out or 0 is not watched. */
  readonly bounds: Partial<PressureBounds>;
  /** The wait between two rounds, in ms, and up to a fifth more; 10 to 3,600,000. Default: 1,000. */
  readonly intervalMs?: number;
  /** Time; for tests. */
  readonly clock?: Clock;
  /** Chance; for tests. */
  readonly random?: Random;
}

/** What is known of a watched group. */
export interface WatchedGroup extends GroupPressure {
  /** Why the last measure failed, in one sentence; `null` when it did not. What else is said here is older then. */
  readonly failure: string | null;
}

/** Soon enough for people and for producers; a round costs a handful of calls a group. */
const INTERVAL_MS = 1_000;

/**
 * Watches groups until it is closed. It never throws once it was made: a broker that is away is asked less often, up
 * to every half minute, and the levels stay as they were.
 *
 * @example Tell when a group falls behind
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openSqliteBroker } from "../../brokers/sqlite/sqlite_broker.ts";
 * import { BackpressureMonitor } from "./monitor.ts";
 *
 * await using broker = await openSqliteBroker({ path: ":memory:" });
 * await broker.createGroup("orders", "billing", "beginning", { createStream: true });
 * await broker.append("orders", [{ fields: ["n", "1"] }, { fields: ["n", "2"] }]);
 *
 * const watch = [{ stream: "orders", group: "billing" }];
 * using monitor = new BackpressureMonitor({ broker, watch, bounds: { lagMax: 2 } });
 * const told: string[] = [];
 * monitor.subscribe(({ of, level, sentence }) => told.push(`${of} ${level}: ${sentence}`));
 * await monitor.look();
 * assertEquals(told, [
 *   'group saturated: group "billing" of "orders": lag is 2, bound 2',
 *   'worst saturated: group "billing" of "orders": lag is 2, bound 2',
 * ]);
 * ```
 */
export class BackpressureMonitor implements Disposable {
  readonly #watches: readonly StreamWatch[];
  readonly #failures = new Map<StreamWatch, string>();
  readonly #listeners = new Set<(change: PressureChange) => void>();
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  #worst: StreamPressure = { level: "ok", reason: null };
  #roundsFailed = 0;
  #looking: Promise<void> | null = null;
  #timer: Timer | null = null;
  #life: "new" | "started" | "closed" = "new";

  /**
   * Makes a monitor; nothing is asked before {@linkcode BackpressureMonitor.start}.
   *
   * @throws {InvalidNameError} or {InvalidOptionError} When an option cannot work.
   */
  constructor(options: BackpressureMonitorOptions) {
    const { broker, watch, clock = systemClock, random = systemRandom } = options;
    const bounds = checkPressureBounds(options.bounds, "bounds");
    this.#intervalMs = checkIntervalMs("intervalMs", options.intervalMs ?? INTERVAL_MS);
    this.#clock = clock;
    this.#random = random;
    this.#watches = [...groupsByStream(watch)].map(([stream, groups]) =>
      new StreamWatch({ broker, stream, groups: [...groups], bounds, clock })
    );
  }

  /** The level of the worst group. */
  get level(): PressureLevel {
    return this.#worst.level;
  }

  /**
   * How the worst of the watched groups is.
   *
   * @returns Its level and what decided it; that of the group that calmed down last when all are `ok`.
   */
  get worst(): StreamPressure {
    return this.#worst;
  }

  /** What is known of every group, in the order of the streams and groups that were given. Never waits. */
  measures(): WatchedGroup[] {
    return this.#watches.flatMap((watch) => {
      const failure = this.#failures.get(watch) ?? null;
      return watch.groups.map((pressure) => ({ ...pressure, failure }));
    });
  }

  /** How the worst watched group of a stream is; `ok` for a stream that is not watched. A producer can ask this. */
  pressureOf(stream: string): StreamPressure {
    return worstPressure(this.measures().filter((group) => group.stream === stream));
  }

  /**
   * Tells a listener every change of a level once: first those of groups, then that of the worst. What it throws harms
   * nobody.
   *
   * @returns Ends the telling. Safe to call twice.
   */
  subscribe(listener: (change: PressureChange) => void): () => void {
    const own = (change: PressureChange) => listener(change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Looks at once, and then at every interval. Safe to call twice; does nothing after `close`. */
  start(): void {
    if (this.#life !== "new") return;
    this.#life = "started";
    void this.look();
  }

  /**
   * Measures all groups now, or joins the round that is under way. Never rejects: what failed is told by
   * {@linkcode BackpressureMonitor.measures}.
   */
  look(): Promise<void> {
    if (this.#life === "closed") return Promise.resolve();
    this.#timer?.cancel();
    this.#timer = null;
    this.#looking ??= this.#round().finally(() => {
      this.#looking = null;
      this.#scheduleNext();
    });
    return this.#looking;
  }

  /** Ends the watching: no timer is left and nobody is told any more. A call under way settles unseen. Idempotent. */
  close(): void {
    this.#life = "closed";
    this.#timer?.cancel();
    this.#timer = null;
    this.#listeners.clear();
  }

  /** As {@linkcode BackpressureMonitor.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #scheduleNext(): void {
    if (this.#life !== "started") return;
    const delayMs = measureDelayMs(this.#roundsFailed, {
      intervalMs: this.#intervalMs,
      random: this.#random.next(),
    });
    this.#timer = this.#clock.after(delayMs, () => void this.look());
  }

  /** One stream after the other, so that many streams are no burst of calls. */
  async #round(): Promise<void> {
    let away = false;
    for (const watch of this.#watches) {
      if (this.#life === "closed") return;
      const before = watch.groups;
      try {
        await watch.look();
        this.#failures.delete(watch);
      } catch (error) {
        this.#failures.set(watch, sentenceOf(error));
        // A closed broker never comes back. One that is away would let every other stream wait for its time to run out.
        if (error instanceof ClosedError) return this.close();
        away = error instanceof TidemarkError && error.recovery !== "fatal";
        if (away) break;
      }
      this.#tell(watch.groups.flatMap((now, index) => changeOf(before[index] ?? now, now)));
    }
    this.#roundsFailed = away ? this.#roundsFailed + 1 : 0;
    const worst = worstPressure(this.measures());
    const changes = worstChange(this.#worst.level, worst);
    this.#worst = worst;
    this.#tell(changes);
  }

  #tell(changes: readonly PressureChange[]): void {
    for (const change of changes) {
      for (const listener of [...this.#listeners]) {
        // A listener may end another one's telling, or close the monitor.
        if (this.#listeners.has(listener)) tellBystander(() => listener(change));
      }
    }
  }
}

function groupsByStream(
  watch: BackpressureMonitorOptions["watch"],
): Map<string, Set<string>> {
  if (!Array.isArray(watch)) {
    throw new InvalidOptionError("watch", typeof watch, "a list of { stream, group }");
  }
  const groups = new Map<string, Set<string>>();
  for (const { stream, group } of watch) {
    checkName("group", group);
    const known = groups.get(checkName("stream", stream)) ?? new Set();
    groups.set(stream, known.add(group));
  }
  return groups;
}

function sentenceOf(error: unknown): string {
  return error instanceof TidemarkError ? error.message : "Cannot measure: unexpected error";
}
