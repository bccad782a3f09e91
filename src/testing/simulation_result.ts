/**
 * What came of a simulation, and who may look on.
 *
 * @module
 */

import type { DecodedCheckpoint } from "../domain/checkpoint.ts";
import type { EntryFields } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock } from "../ports/clock.ts";
import type { PendingEntry } from "../ports/group_store.ts";
import type { Handler } from "../workers/handler.ts";
import type { Happening } from "./happening.ts";
import type { EntryPlan } from "./plan.ts";

/** An entry of a source stream as it stands there at the end. */
export interface SourceSeen {
  /** The entry. */
  readonly id: EntryId;
  /** Its number in the plan. */
  readonly number: number;
  /** Its key, `null` for none. */
  readonly key: string | null;
}

/** An output that was committed. */
export interface OutputSeen {
  /** Its own id. */
  readonly id: EntryId;
  /** The entry that caused it, `null` where it names none. */
  readonly sourceId: EntryId | null;
  /** Its key, `null` for none. */
  readonly key: string | null;
  /** Its type. */
  readonly type: string;
  /** Its data, as JSON. The simulation's own handler writes `{number, part}`. */
  readonly payload: string;
}

/** A dead letter. */
export interface LetterSeen {
  /** Its own id. */
  readonly id: EntryId;
  /** The entry that was given up. */
  readonly sourceId: EntryId;
  /** The group that gave it up. */
  readonly group: string;
  /** Why. */
  readonly reason: string;
}

/** A stream that is handled, at the end. */
export interface StreamData {
  /** Its name. */
  readonly stream: string;
  /** How many lives it had. */
  readonly incarnations: number;
  /** The highest id, `0-0` for none. */
  readonly lastId: EntryId;
  /** Its entries, in order. */
  readonly entries: readonly SourceSeen[];
  /** Its dead letters, of all groups, in order. */
  readonly letters: readonly LetterSeen[];
}

/** A group at the end. */
export interface GroupData {
  /** Its stream. */
  readonly stream: string;
  /** Its name. */
  readonly group: string;
  /** The highest id handed out, `null` when the group is gone. */
  readonly lastDeliveredId: EntryId | null;
  /** Its checkpoint. */
  readonly checkpoint: DecodedCheckpoint;
  /** How many entries were counted as lost. */
  readonly lostCount: number;
  /** How many were lost before the group read them, and have not been counted yet; `null` where the broker did not say. */
  readonly unreadLostCount: number | null;
  /** What is pending. */
  readonly pending: readonly PendingEntry[];
  /** Its outputs, in the order in which they were committed. */
  readonly outputs: readonly OutputSeen[];
}

/** The contents of the broker, read through it. */
export interface SimulationData {
  /** All streams that are handled. */
  readonly streams: readonly StreamData[];
  /** All groups. */
  readonly groups: readonly GroupData[];
}

/** What came of a simulation. */
export interface SimulationResult {
  /** Everything that was seen, in order. */
  readonly happenings: readonly Happening[];
  /** A hash of all happenings: the same for the same plan. */
  readonly traceHash: string;
  /** The contents of the broker at the end, after every process was stopped. */
  readonly data: SimulationData;
  /** From the end of the last fault until everything was finished, in ms of virtual time; `null` when that never came. */
  readonly finishedMs: number | null;
  /** Who waited for what when it did not finish in time; empty when it did. */
  readonly stuck: readonly string[];
}

/** Who looks on, and what is put in the place of the simulation's own. They must not touch what goes on. */
export interface SimulationHooks {
  /**
   * Called after each call that the broker applied, before its caller hears of it. What it returns is waited for; it may
   * read from the broker, which is the one underneath all faults, but in one go: other calls come between two reads.
   */
  readonly onApplied?: (happening: Happening, broker: Broker) => void | Promise<void>;
  /** Called with every happening. */
  readonly onHappening?: (happening: Happening) => void;
  /** Observes every transition of every machine, as XState's `inspect` does. */
  readonly inspect?: (event: unknown, process: string) => void;
  /** Puts another broker in the place of the real one, such as one that breaks a promise; `clock` is the broker's. */
  readonly wrapBroker?: (broker: Broker, clock: Clock) => Broker;
  /** Puts another clock in the place of that of a process that starts, such as one whose timers run late. */
  readonly wrapClock?: (clock: Clock) => Clock;
  /** Makes the handler of a process that starts; default: one that does what the plan says of each entry. */
  readonly makeHandler?: (process: string) => Handler;
  /** Writes an entry of the plan; default: an event whose data is `{number}`. */
  readonly fieldsOf?: (entry: EntryPlan) => EntryFields;
  /** Called when every process has stopped, while the broker is still open; it is waited for. */
  readonly onEnd?: (broker: Broker) => Promise<void>;
  /** What is waited for in real time before virtual time goes on, `null` for nothing: handlers that wait for real things. */
  readonly untilQuiet?: () => Promise<void> | null;
}
