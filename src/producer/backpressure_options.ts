/**
 * What a producer can be told about backpressure, and its defaults.
 *
 * @module
 */

import { checkIntervalMs } from "../backpressure/pace.ts";
import { TIMER_MS_MAX } from "../domain/backoff.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { checkName } from "../domain/names.ts";
import {
  checkPressureBounds,
  type PressureBounds,
  type StreamPressure,
} from "../domain/pressure.ts";

/** Who else knows how badly a stream's groups are behind, such as a backpressure monitor of this process. */
export interface PressureSource {
  /** The worst of the stream's groups, as far as it is known; never waits. With a reason, unless it is `ok`. */
  pressureOf(stream: string): StreamPressure;
}

/**
 * When a producer holds back. It measures the stream's groups itself, through the broker, so that it holds back
 * whichever process the slow consumers run in. At least one bound, or a `source`.
 */
export interface ProducerBackpressure {
  /**
   * Hold back when a group was not handed out so many entries. It also bounds what a waiting producer publishes between
   * two measures, so that it belongs well above what is published in one `intervalMs`. Default: 0, not watched.
   */
  readonly lagMax?: number;
  /** Hold back when so many entries of a group are pending. Default: 0, not watched. */
  readonly pendingMax?: number;
  /** Hold back when the lowest pending entry of a group has been the lowest for so long, in ms. Default: 0, not watched. */
  readonly oldestPendingMsMax?: number;
  /**
   * Hold back when the stream holds so many entries. For streams that somebody else trims, as `StreamManager.trim` does:
   * a producer's own trimming happens when it appends, and would stop with it. Default: 0, not watched.
   */
  readonly lengthMax?: number;
  /** From this share of a bound on a group is `pressured`; above 0, at most 1. Default: 0.5. */
  readonly pressuredShare?: number;
  /** The groups to look at. Default: all that the stream has, also one that nobody reads. */
  readonly groups?: readonly string[];
  /** The level from which on to hold back. Default: `saturated`, at a bound. */
  readonly when?: "pressured" | "saturated";
  /**
   * How to hold back: `wait` lets `publish` wait until there is room, `reject` lets it throw `BackpressureError` at
   * once.
   */
  readonly then: "wait" | "reject";
  /** How long `publish` waits before it throws, in ms; 0 as long as it takes. Default: 30,000. Only with `wait`. */
  readonly waitMsMax?: number;
  /** How long a measure is good for, in ms; 10 to 3,600,000. Nothing is measured while nothing is published. Default: 250. */
  readonly intervalMs?: number;
  /** Asks this instead of measuring; its bounds decide then. Default: none. */
  readonly source?: PressureSource;
}

/** Checked options with every default filled in. */
export interface ResolvedBackpressure
  extends Required<Pick<ProducerBackpressure, "when" | "then" | "waitMsMax" | "intervalMs">> {
  /** What the groups must stay below; none is watched with a `source`. */
  readonly bounds: PressureBounds;
  /** The groups to look at, `undefined` for all. */
  readonly groups: readonly string[] | undefined;
  /** Who is asked instead of measuring. */
  readonly source: PressureSource | undefined;
}

/** As long as a producer tries while the broker is away. */
const WAIT_MS_MAX = 30_000;

/** Four measures a second are little for a broker, and a group gets far in less only under very tight bounds. */
const INTERVAL_MS = 250;

/**
 * Fills in the defaults and checks every value.
 *
 * @throws {InvalidNameError} or {InvalidOptionError} At the first value that cannot work.
 */
export function resolveBackpressure(given: ProducerBackpressure): ResolvedBackpressure {
  const { groups, when = "saturated", then, source } = given;
  const { waitMsMax = WAIT_MS_MAX, intervalMs = INTERVAL_MS } = given;
  checkOneOf("then", then, ["wait", "reject"]);
  checkOneOf("when", when, ["pressured", "saturated"]);
  const { lagMax, pendingMax, oldestPendingMsMax, lengthMax, pressuredShare } = given;
  const set = { lagMax, pendingMax, oldestPendingMsMax, lengthMax, pressuredShare };
  const bounds = checkPressureBounds(withoutUndefined(set), "backpressure");
  const isBounded = bounds.lagMax + bounds.pendingMax + bounds.oldestPendingMsMax +
      bounds.lengthMax > 0;
  if (isBounded === (source !== undefined)) {
    const found = isBounded ? "both bounds and a source" : "no bound";
    const wanted = "a bound such as { lagMax: 10000 }, or a source";
    throw new InvalidOptionError("backpressure", found, wanted);
  }
  if (!(Number.isInteger(waitMsMax) && waitMsMax >= 0 && waitMsMax <= TIMER_MS_MAX)) {
    const wanted = `a whole number from 0 to ${TIMER_MS_MAX}`;
    throw new InvalidOptionError("backpressure.waitMsMax", waitMsMax, wanted);
  }
  checkIntervalMs("backpressure.intervalMs", intervalMs);
  if (groups !== undefined && groups.length === 0) {
    throw new InvalidOptionError(
      "backpressure.groups",
      "empty",
      "names of groups, or none for all",
    );
  }
  for (const group of groups ?? []) checkName("group", group);
  return { bounds, groups, when, then, waitMsMax, intervalMs, source };
}

function checkOneOf(name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const wanted = known.map((each) => JSON.stringify(each)).join(" or ");
  throw new InvalidOptionError(`backpressure.${name}`, value, wanted);
}

/** An option given as `undefined` is one that was not given. */
function withoutUndefined(
  given: {
    readonly [Name in keyof PressureBounds]: number | undefined;
  },
): Partial<PressureBounds> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
