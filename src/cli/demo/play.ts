/**
 * What happens in the demo, in order: publish, start three consumers, kill one, start it again, wait for the end.
 *
 * @module
 */

import { StreamProducer } from "../../producer/stream_producer.ts";
import type { Consumer } from "./consumer.ts";
import { Crew } from "./crew.ts";
import { type DemoInput, longestLane } from "./input.ts";
import type { Place } from "./place.ts";
import { grouped, type Screen } from "./screen.ts";

/** What happened, as far as the broker's data does not tell. */
export interface Story {
  /** The consumer that was killed. */
  readonly killed: string;
  /** How many events it had in hand then. */
  readonly inHand: number;
  /** From the start of its second process to that one's first handled event, in ms; `null` when it got none. */
  readonly resumedAfterMs: number | null;
  /** How often a handler has returned. More than there are events, if some were handled but not committed. */
  readonly handlerRuns: number;
}

/** With whom and where. */
export interface Stage {
  readonly place: Place;
  readonly input: DemoInput;
  readonly screen: Screen;
  /** Ends the play. */
  readonly signal: AbortSignal;
  /** What comes when all is done, while the consumers still run; they may be looked at until it is over. */
  readonly epilogue?: (story: Story) => Promise<void>;
}

/** The consumers. The one with most in hand is killed. */
const NAMES = ["ada", "ben", "cleo"];

/** How many handlers each consumer runs at once. */
const CONCURRENCY = 4;

/** Few, so that all three get something also where there are few keys: a key is with one consumer at a time. */
const COUNT = 8;

/** How long all the work together should take: long enough to watch. */
const WORK_MS_WANTED = 4_000;

/** An event takes at most as long as a call of a slow service. */
const WORK_MS_MAX = 40;

/** How many events are published a second time. */
const REPEATED = 500;

/**
 * How long idempotency keys are remembered: Redis keeps them for so long when their stream is gone, and the repetition
 * comes at once.
 */
const WINDOW_MS = 5_000;

/** Midway, as part of all events; and when nobody has anything in hand, at the latter. */
const KILL_AT = { earliest: 0.4, latest: 0.7 };

/** How long the killed consumer stays away, in ms. */
const AWAY_MS = 700;

/** Often enough to hit a consumer with events in hand. */
const LOOK_MS = 40;

/** Longer than a lease: if nothing moves for so long, nothing will. */
const STILL_MS_MAX = 15_000;

/**
 * Plays.
 *
 * @throws The signal's reason when it was ended.
 * @throws {ConsumerEndedError} When a consumer ended by itself.
 */
export async function play(stage: Stage): Promise<Story> {
  const { place, input, screen } = stage;
  await publish(stage);
  const workMs = workMsFor(input);
  const { url, stream, group, outputs } = place;
  const inspected = stage.epilogue !== undefined;
  const pace = { count: COUNT, workersMax: CONCURRENCY, workMs, inspected };
  const task = { url, stream, group, outputs, ...pace };
  await using crew = new Crew(task, place.consumerPermissions);
  const consumers = NAMES.map((name) => crew.start(name));
  screen.say(`Started ${consumers.length} consumers: ${consumers.map(named).join(", ")}`);
  screen.say(`  each event: SHA-256 of its text, ${workMs} ms of waiting, one output`);

  await watch(stage, crew, (seen) => isTimeToKill(seen, input.events.length));
  const first = busiest(consumers, await lookAt(place));
  await first.kill();
  const inHand = (await lookAt(place)).inHand.get(first.name) ?? 0;
  screen.shout(`kill -9 ${first.pid}: ${first.name} is gone, ${counted(inHand)} in hand`, "red");

  await watch(stage, crew, after(AWAY_MS));
  const second = crew.start(first.name);
  screen.say(`Started ${named(second)} again`);
  await watch(stage, crew, () => second.firstAfterMs !== null);
  const resumedAfterMs = second.firstAfterMs;
  if (resumedAfterMs !== null) {
    screen.shout(`${second.name} resumed: first event handled after ${resumedAfterMs} ms`, "green");
  }
  await watch(stage, crew, () => false);
  if (stage.epilogue === undefined) await crew.stop();
  const story = { killed: first.name, inHand, resumedAfterMs, handlerRuns: crew.handledCount };
  await stage.epilogue?.(story);
  await crew.stop();
  return story;
}

/** Publishes everything, and the beginning once more, as a producer does that did not get an answer. */
async function publish({ place, input, screen, signal }: Stage): Promise<void> {
  const producer = new StreamProducer({
    broker: place.broker,
    stream: place.stream,
    idempotencyWindowMs: WINDOW_MS,
  });
  const startedAtMs = performance.now();
  await producer.publishMany(input.events, { signal });
  const elapsedMs = Math.round(performance.now() - startedAtMs);
  const again = input.events.slice(0, REPEATED);
  const results = await producer.publishMany(again, { signal });
  const added = results.filter((result) => !result.duplicate).length;
  screen.say(
    `Published ${counted(input.events.length)} in ${elapsedMs} ms, ` +
      `and the first ${grouped(again.length)} again: ${grouped(added)} added`,
  );
}

/** So that all the work together takes the wanted time, also where one key has most of the events. */
function workMsFor({ events }: DemoInput): number {
  const rounds = Math.max(events.length / (NAMES.length * CONCURRENCY), longestLane(events));
  return Math.min(WORK_MS_MAX, Math.max(1, Math.round(WORK_MS_WANTED / rounds)));
}

/** What the broker says. */
interface Sight {
  /** How many outputs there are. */
  readonly done: number;
  /** Whether the group has finished everything. */
  readonly isFinished: boolean;
  /** How many events each consumer has in hand. */
  readonly inHand: ReadonlyMap<string, number>;
}

async function lookAt({ broker, stream, group, outputs }: Place): Promise<Sight> {
  const source = await broker.streamInfo(stream);
  const facts = (await broker.listGroups(stream)).find((each) => each.group === group);
  // The consumers make the group; until then there is nobody to ask for.
  const consumers = facts === undefined ? [] : await broker.listConsumers(stream, group);
  return {
    done: (await broker.streamInfo(outputs))?.length ?? 0,
    isFinished: facts?.pendingCount === 0 && facts.lastDeliveredId === source?.lastId,
    inHand: new Map(consumers.map((each) => [each.consumer, each.pendingCount])),
  };
}

/** Shows how far it is until something holds, everything is finished, or nothing moves any more. */
async function watch(
  { place, input, screen, signal }: Stage,
  crew: Crew,
  isOver: (seen: Sight) => boolean,
): Promise<void> {
  let latest = -1;
  let movedAtMs = performance.now();
  while (performance.now() - movedAtMs < STILL_MS_MAX) {
    signal.throwIfAborted();
    crew.check();
    const seen = await lookAt(place);
    screen.show({ done: seen.done, total: input.events.length, note: crew.note });
    if (seen.isFinished || isOver(seen)) return;
    if (seen.done !== latest) movedAtMs = performance.now();
    latest = seen.done;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function isTimeToKill({ done, inHand }: Sight, total: number): boolean {
  const isAnyBusy = [...inHand.values()].some((count) => count > 0);
  return done >= total * (isAnyBusy ? KILL_AT.earliest : KILL_AT.latest);
}

/** The consumer that has most in hand. */
function busiest(consumers: readonly Consumer[], { inHand }: Sight): Consumer {
  const has = ({ name }: Consumer) => inHand.get(name) ?? 0;
  return consumers.reduce((most, each) => has(each) > has(most) ? each : most);
}

/** Holds when so much time has passed. */
function after(delayMs: number): () => boolean {
  const endMs = performance.now() + delayMs;
  return () => performance.now() >= endMs;
}

function named({ name, pid }: Consumer): string {
  return `${name} (process ${pid})`;
}

function counted(events: number): string {
  return `${grouped(events)} event${events === 1 ? "" : "s"}`;
}
