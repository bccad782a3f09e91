/**
 * Facts of a consumer from plain data, field by field. It reads what another process has announced, and it makes the
 * clean copy that this process announces: the same bounds hold for both, and nothing else gets through.
 *
 * @module
 */

import type { LagConfidence, PressureLevel } from "../domain/pressure.ts";
import {
  type ConsumerFacts,
  type GroupFacts,
  type NextAttempt,
  type RunningHandler,
  SUPERVISION_STATES,
} from "./consumer_facts.ts";
import type { RecordReader } from "./record_reader.ts";

/** How much of the details is kept. */
export interface DetailBounds {
  /** How many running handlers, resting entries and other consumers each. */
  readonly countMax: number;
  /** How much of an error's message, in characters. */
  readonly messageLengthMax: number;
}

/** All levels of pressure. */
export const PRESSURE_LEVELS: readonly PressureLevel[] = ["ok", "pressured", "saturated"];

/** A name has at most 256 bytes. */
export const NAME_LENGTH_MAX = 256;

const CONFIDENCES: readonly LagConfidence[] = ["exact", "estimated", "unknown"];

/** Enough to recognise a key; it is the user's data, and no name. */
const KEY_LENGTH_MAX = 100;

/** Room for a word of ours: a state, a code, an id. */
const WORD_LENGTH_MAX = 64;

/** Reads the facts of one consumer. @throws {MisfitError} When they are none. */
export function consumerFactsOf(reader: RecordReader, bounds: DetailBounds): ConsumerFacts {
  const failure = reader.recordOrNull("failure");
  const load = reader.record("load");
  const workers = reader.record("workers");
  const broker = reader.recordOrNull("broker");
  return {
    stream: reader.name("stream", NAME_LENGTH_MAX),
    group: reader.name("group", NAME_LENGTH_MAX),
    consumer: reader.name("consumer", NAME_LENGTH_MAX),
    supervision: reader.choice("supervision", SUPERVISION_STATES),
    state: reader.name("state", WORD_LENGTH_MAX),
    stateSinceMs: reader.number("stateSinceMs"),
    nowMs: reader.number("nowMs"),
    failures: reader.number("failures"),
    failure: failure && {
      code: failure.name("code", WORD_LENGTH_MAX),
      message: failure.words("message", bounds.messageLengthMax),
    },
    backOffUntilMs: reader.numberOrNull("backOffUntilMs"),
    restarts: reader.number("restarts"),
    restartsMax: reader.numberOrNull("restartsMax"),
    restartAtMs: reader.numberOrNull("restartAtMs"),
    pauseWanted: reader.flag("pauseWanted"),
    position: reader.nameOrNull("position", WORD_LENGTH_MAX),
    committedCount: reader.number("committedCount"),
    // Processes of an older version do not tell it.
    deadLetteredCount: reader.numberOrNull("deadLetteredCount") ?? 0,
    fencedCount: reader.number("fencedCount"),
    ownPendingDrained: reader.flag("ownPendingDrained"),
    load: {
      demand: load.number("demand"),
      inFlight: load.number("inFlight"),
      running: load.number("running"),
      settled: load.number("settled"),
    },
    workers: {
      count: workers.number("count"),
      max: workers.number("max"),
      mode: workers.name("mode", WORD_LENGTH_MAX),
    },
    // What matters most stands first, so that a cut list still tells it.
    running: reader.records("running", Infinity).map(runningOf)
      .sort((a, b) => a.sinceMs - b.sinceMs).slice(0, bounds.countMax),
    resting: reader.records("resting", Infinity).map(restingOf)
      .sort((a, b) => a.dueAtMs - b.dueAtMs).slice(0, bounds.countMax),
    attemptsMax: reader.numberOrNull("attemptsMax"),
    leaseMs: reader.numberOrNull("leaseMs"),
    pressure: reader.choice("pressure", PRESSURE_LEVELS),
    broker: broker && groupFactsOf(broker, bounds),
  };
}

function runningOf(reader: RecordReader): RunningHandler {
  return {
    id: reader.name("id", WORD_LENGTH_MAX),
    key: reader.nameOrNull("key", KEY_LENGTH_MAX),
    sinceMs: reader.number("sinceMs"),
    attempt: reader.number("attempt"),
  };
}

function restingOf(reader: RecordReader): NextAttempt {
  return {
    id: reader.name("id", WORD_LENGTH_MAX),
    key: reader.nameOrNull("key", KEY_LENGTH_MAX),
    dueAtMs: reader.number("dueAtMs"),
    failures: reader.number("failures"),
  };
}

function groupFactsOf(reader: RecordReader, { countMax }: DetailBounds): GroupFacts {
  const oldest = reader.recordOrNull("oldestPending");
  return {
    streamExists: reader.flag("streamExists"),
    groupExists: reader.flag("groupExists"),
    lag: reader.numberOrNull("lag"),
    lagConfidence: reader.choice("lagConfidence", CONFIDENCES),
    pendingCount: reader.number("pendingCount"),
    ownPendingCount: reader.numberOrNull("ownPendingCount"),
    firstPendingId: reader.nameOrNull("firstPendingId", WORD_LENGTH_MAX),
    oldestPending: oldest && {
      id: oldest.name("id", WORD_LENGTH_MAX),
      consumer: oldest.name("consumer", NAME_LENGTH_MAX),
      idleMs: oldest.number("idleMs"),
    },
    waitingSinceMs: reader.numberOrNull("waitingSinceMs"),
    otherConsumers: reader.names("otherConsumers", { countMax, lengthMax: NAME_LENGTH_MAX }),
  };
}
