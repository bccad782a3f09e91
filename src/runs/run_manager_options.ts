/**
 * What a run manager is told, and its bounds.
 *
 * @module
 */

import { TIMER_MS_MAX } from "../domain/backoff.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { InvalidRunKindError } from "../domain/run_errors.ts";
import { checkName } from "../domain/names.ts";
import { checkRunKind } from "../domain/run.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import { type Log, silentLog } from "../ports/log.ts";
import { type Random, systemRandom } from "../ports/random.ts";
import {
  checkExpireMs,
  RUN_LENGTH_MAX_DEFAULT,
  RUN_TTL_MS_DEFAULT,
} from "./event_store_options.ts";
import type { RunKind } from "./run_definition.ts";

/** Where runs are kept, which there are, and how much of them waits and stays. */
export interface RunManagerOptions {
  /** Where. The manager does not close it. */
  readonly broker: JournalStore;
  /** The kinds that this process can start. */
  readonly kinds: readonly RunKind[];
  /** A name for this process, for people: 1 to 200 bytes. Default: `process`. */
  readonly instance?: string;
  /** How long a run is kept after its end, in ms; `null`: for good. Default: 86,400,000, a day. */
  readonly ttlMs?: number | null;
  /** How many events of a run are kept, at least 1; the oldest go first. Default: 10,000. */
  readonly lengthMax?: number;
  /** How many events of a run may wait for the store, at least 2, before the oldest are given up. Default: 10,000. */
  readonly bufferEventsMax?: number;
  /** How many bytes of them, of one run. Default: 16 MiB. */
  readonly bufferBytesMax?: number;
  /**
   * How long this process may be silent before others take it for dead, in ms; 100 or more. Its runs are marked
   * `interrupted` between one and three times as long after its death. Default: 15,000.
   */
  readonly leaseMs?: number;
  /** How long the code of a run may go on after it was told to end, in ms. Default: 5,000. */
  readonly cancelMs?: number;
  /** Default: none. */
  readonly log?: Log;
  /** Time; for tests. */
  readonly clock?: Clock;
  /** Chance; for tests. */
  readonly random?: Random;
}

/** All of it, checked. */
export interface RunManagerSetting {
  /** Where. */
  readonly broker: JournalStore;
  /** By their names. */
  readonly kinds: ReadonlyMap<string, RunKind>;
  /** This process. */
  readonly owner: string;
  /** How long a run is kept after its end, in ms; `null`: for good. */
  readonly ttlMs: number | null;
  /** How many events are kept. */
  readonly lengthMax: number;
  /** How much of a run may wait for the store. */
  readonly buffer: { readonly eventsMax: number; readonly bytesMax: number };
  /** How long this process may be silent, in ms. */
  readonly leaseMs: number;
  /** How long code may go on after it was told to end, in ms. */
  readonly cancelMs: number;
  /** Where it is said. */
  readonly log: Log;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
}

/** Ten seconds of a run that tells a thousand events a second: longer than a broker's restart. */
const BUFFER_EVENTS = 10_000;
/** Several of the largest events. */
const BUFFER_BYTES = 16_777_216;
/** As of consumers: longer than pauses of a healthy process. */
const LEASE_MS = 15_000;
/** Below it a busy process would look dead. */
const LEASE_MS_MIN = 100;
/** A courtesy, not a promise: code that hears the signal needs milliseconds. */
const CANCEL_MS = 5_000;

/**
 * Checks options and fills in defaults.
 *
 * @throws {InvalidOptionError} or {InvalidNameError} or {InvalidRunKindError} When one of them cannot work.
 */
export function managerSetting(options: RunManagerOptions): RunManagerSetting {
  const { broker, log = silentLog, clock = systemClock, random = systemRandom } = options;
  const instance = checkName("instance", options.instance ?? "process");
  return {
    broker,
    kinds: kindsOf(options.kinds),
    // Its own for each life of a process, so that a new one of the same name does not stand for the old one's runs.
    owner: checkName("instance", `${instance}~${random.uniqueText()}`),
    ttlMs: checkExpireMs("ttlMs", options.ttlMs === undefined ? RUN_TTL_MS_DEFAULT : options.ttlMs),
    lengthMax: whole("lengthMax", options.lengthMax ?? RUN_LENGTH_MAX_DEFAULT, { min: 1 }),
    buffer: {
      eventsMax: whole("bufferEventsMax", options.bufferEventsMax ?? BUFFER_EVENTS, { min: 2 }),
      bytesMax: whole("bufferBytesMax", options.bufferBytesMax ?? BUFFER_BYTES, { min: 1 }),
    },
    leaseMs: whole("leaseMs", options.leaseMs ?? LEASE_MS, {
      min: LEASE_MS_MIN,
      max: TIMER_MS_MAX,
    }),
    cancelMs: whole("cancelMs", options.cancelMs ?? CANCEL_MS, { min: 0, max: TIMER_MS_MAX }),
    log,
    clock,
    random,
  };
}

function kindsOf(kinds: readonly RunKind[]): ReadonlyMap<string, RunKind> {
  const byName = new Map<string, RunKind>();
  for (const kind of kinds) {
    const name = checkRunKind(kind.kind);
    if (byName.has(name)) throw new InvalidRunKindError(name, "it is defined twice, wanted once");
    byName.set(name, kind);
  }
  return byName;
}

function whole(
  option: string,
  value: number,
  { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number },
): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new InvalidOptionError(option, value, `a whole number from ${min} to ${max}`);
}
