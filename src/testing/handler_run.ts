/**
 * One simulated run of a user's handler, and what came of it: the results of each event, and of the outside world.
 *
 * @module
 */

import { decodeEntry } from "../domain/codec.ts";
import { readDeadLetter } from "../domain/dead_letter.ts";
import type { EntryId } from "../domain/entry_id.ts";
import { encodeEvent, type Event, type NewEvent } from "../domain/event.ts";
import { deadLetterStream } from "../domain/names.ts";
import type { Broker } from "../ports/broker.ts";
import type { Handler } from "../workers/handler.ts";
import type { Break } from "./broken_promise.ts";
import type { Happening } from "./happening.ts";
import { EVENTS } from "./handler_plan.ts";
import { EndlessLoopError } from "./instant.ts";
import type { Plan } from "./plan.ts";
import type { SimulatedOutput } from "./simulated_output.ts";
import { simulatePlan } from "./simulation.ts";
import { Witness } from "./witness.ts";

/** The outside world that a handler touches, such as a stand-in for somebody else's service. */
export interface OutsideWorld {
  /** Puts it back to its beginning, before each run. */
  reset(): void | Promise<void>;
  /** Tells what has become of it, after each run: anything that JSON can say, and the same whatever the order of events of different keys. */
  observe(): unknown;
}

/** What all runs have in common. */
export interface HandlerRunSetting {
  /** The events, in the order in which they are published. */
  readonly events: readonly NewEvent[];
  /** Makes the handler for a process that starts. */
  readonly makeHandler: () => Handler;
  /** The part of an output that counts. */
  readonly comparable: (output: SimulatedOutput) => unknown;
  /** The outside world. */
  readonly world: OutsideWorld;
  /** How long a handler may take, in ms of real time. */
  readonly settleMsMax: number;
}

/** What became of an event. */
export interface EventResult {
  /** What counts of its outputs, in the order in which they were published. */
  readonly outputs: readonly unknown[];
  /** How many dead letters were made of it. */
  readonly letters: number;
}

/** What came of a run. */
export interface HandlerRunResult {
  /** What was found while it ran; then it was ended, and nothing else is known. */
  readonly broken: Break | null;
  /** What became of each event. */
  readonly results: readonly EventResult[];
  /** The outside world. */
  readonly observed: unknown;
  /** How many attempts of the handler there were. */
  readonly attempts: number;
  /** What was seen. */
  readonly happenings: readonly Happening[];
}

/** Ends a run whose handler was found out. */
class FoundOut extends Error {}

/** Runs a plan with a user's handler. */
export async function runHandler(
  plan: Plan,
  setting: HandlerRunSetting,
): Promise<HandlerRunResult> {
  const numbers = new Map<EntryId, number>();
  const witness = new Witness({
    ...setting,
    numberOf: ({ id, stream }) => stream === EVENTS ? numbers.get(id) ?? -1 : -1,
  });
  const happenings: Happening[] = [];
  const results: { outputs: unknown[]; letters: number }[] = setting.events.map(() => ({
    outputs: [],
    letters: 0,
  }));
  await setting.world.reset();
  const untilQuiet = () => {
    if (witness.broken !== null) throw new FoundOut();
    return witness.untilQuiet();
  };
  const fieldsOf = ({ number }: { readonly number: number }) => {
    const { key, ...event } = setting.events[number] ?? { type: "missing" };
    return encodeEvent({ ...event, ...(key === undefined ? {} : { key }) });
  };
  try {
    const { finishedMs, stuck } = await simulatePlan(plan, {
      hooks: {
        makeHandler: () => witness.makeHandler(),
        fieldsOf,
        untilQuiet,
        onHappening: (happening) => {
          happenings.push(happening);
          if (happening.kind === "published") numbers.set(happening.id, happening.number);
        },
        onEnd: (broker) => readResults(broker, { results, numbers, setting }),
      },
    });
    const broken = witness.broken ?? (finishedMs === null ? unfinished(stuck) : null);
    const observed = plainly(setting.world.observe());
    return { broken, results, observed, attempts: witness.attempts, happenings };
  } catch (error) {
    const { attempts } = witness;
    const broken = error instanceof FoundOut ? witness.broken : foundIn(error);
    return { broken, results, observed: null, attempts, happenings };
  }
}

async function readResults(
  broker: Broker,
  { results, numbers, setting }: {
    readonly results: readonly { outputs: unknown[]; letters: number }[];
    readonly numbers: ReadonlyMap<EntryId, number>;
    readonly setting: HandlerRunSetting;
  },
): Promise<void> {
  for (const stream of await broker.listStreams()) {
    for (const entry of await broker.range(stream, { count: RANGE_MAX })) {
      if (stream === deadLetterStream(EVENTS)) {
        const id = readDeadLetter(entry)?.meta.id;
        const result = id === undefined ? undefined : results[numbers.get(id) ?? -1];
        if (result !== undefined) result.letters++;
        continue;
      }
      const event = decodeEntry(entry, stream, "event");
      const sourceId = event.sourceId;
      const result = sourceId === undefined ? undefined : results[numbers.get(sourceId) ?? -1];
      result?.outputs.push([stream, plainly(setting.comparable(outputOf(event)))]);
    }
  }
}

/** The most entries that one read of a stream gives. */
const RANGE_MAX = 10_000;

function outputOf({ stream, type, data, key, headers }: Event): SimulatedOutput {
  return { stream, type, data, ...(key === undefined ? {} : { key }), headers };
}

function unfinished(stuck: readonly string[]): Break {
  const text = `its events were not finished in time: ${stuck.join("; ")}`;
  return { kind: "neverFinishes", event: null, text };
}

/** What a simulation that could not go on says of the handler. @throws what says nothing of it. */
function foundIn(error: unknown): Break {
  if (!(error instanceof EndlessLoopError)) throw error;
  return {
    kind: "neverFinishes",
    event: null,
    text: `its events were not finished: ${error.loop}`,
  };
}

/** What JSON keeps of a value, so that later changes to it do not count. */
export function plainly(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
