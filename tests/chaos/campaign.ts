/**
 * One campaign on one broker: publish, hit the workers while they work, wait until everything is finished, and look at
 * what the broker's data says.
 *
 * @module
 */

import { BrokerUnavailableError, StreamProducer } from "../../mod.ts";
import type { NewEvent } from "../../src/domain/event.ts";
import { check, type Findings } from "./checker.ts";
import { Background } from "./background.ts";
import { Faults } from "./faults.ts";
import { Fleet, type FleetCounts } from "./fleet.ts";
import { type FaultCounts, Hits } from "./hits.ts";
import { FROM_THE_BEGINNING, isFinished, type Moment, SOURCE } from "./moment.ts";
import { type Observed, Watch } from "./observer.ts";
import { type BrokerKind, openPlace, type Place } from "./place.ts";
import { Seeded } from "./seeded.ts";
import type { Naive } from "./worker_line.ts";
import { makeEvent, type Orders } from "./workload.ts";

/** What a campaign is. */
export interface CampaignOptions {
  readonly broker: BrokerKind;
  readonly faults: number;
  /** At most so many are published; as many as are needed for every fault to find work. */
  readonly entries: number;
  readonly seed: number;
  readonly naive: Naive;
  /** Told where its data is. */
  readonly onBegin: (folder: string) => void;
  /** Told how far it is: faults made. */
  readonly onFault: (made: number) => void;
  /** Ends it early, with everything that it started. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface CampaignResult {
  readonly broker: BrokerKind;
  readonly seed: number;
  readonly durationMs: number;
  /** From the last fault, or its end, until everything was finished, in ms; `null` when that never came. */
  readonly finishMs: number | null;
  /** Unfinished entries when the last fault was made. */
  readonly unfinishedAtLastFault: number;
  readonly faults: FaultCounts;
  readonly fleet: FleetCounts;
  readonly observed: Observed;
  readonly findings: Findings;
  /** What is not finished and why, when it did not end in time. */
  readonly stuck: readonly string[];
  /** Kept only when something is wrong. */
  readonly folder: string;
}

/** The workers. */
export const NAMES = ["w1", "w2", "w3", "w4"] as const;

/** Short, so that many leases run out in a campaign; above three times what a loaded machine delays a timer. */
const LEASE_MS = 600;

/** So many entries are unfinished at every fault, so that it finds work; at the last one, so that it hits some, more. */
const BACKLOG = 150;
const LAST_BACKLOG = 400;

/** From the last fault until everything must be finished, in ms. Usually it takes two leases. */
const FINISH_MS_MAX = 60_000;

/** A campaign that is shorter leaves out points; it is for looking at something in particular. */
export const POINTS_FROM = 20;

/**
 * Every so many faults the campaign leaves the workers alone until the checkpoint moves: a handler that takes longer than
 * a lease never comes to its end where each worker is hit once a second, and everything waits behind it.
 */
const REST_EVERY = 25;
const REST_LEASES_MAX = 4;

/** A call waits for a second, and nobody is stopped for longer than three leases. */
const PUBLISH_TRIES_MAX = 5;

/** How many stuck entries are named. */
const STUCK_MAX = 20;

/** Runs a campaign. @throws when it cannot be run at all; what is wrong with the product is in the result. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const startedAt = performance.now();
  await using place = await openPlace(options.broker);
  options.onBegin(place.folder);
  const random = new Seeded(options.seed);
  const workload = new Seeded(options.seed + 1); // of its own, so that a seed always makes the same one
  const feeder = new Feeder(place, { random: workload, entriesMax: options.entries });
  await feeder.feed(BACKLOG);
  const watch = new Watch(place.data);
  await using fleet = new Fleet({ place, leaseMs: LEASE_MS, naive: options.naive });
  const hits = new Hits();
  const background = new Background();
  const refill = () => feeder.feed(BACKLOG - (feeder.published - watch.finishedCount));
  const given = { fleet, watch, random, hits, background, refill, leaseMs: LEASE_MS };
  const faults = new Faults(given);
  if (options.faults > 0) await faults.strikeFirst(NAMES[0]);
  await fleet.begin(NAMES);

  let told = 0;
  let restAt = REST_EVERY;
  while (hits.made + 1 < options.faults && !fleet.isHopeless) {
    options.signal.throwIfAborted();
    await faults.prelude();
    await refill();
    await faults.strike();
    while (told < hits.made) options.onFault(++told);
    if (told < restAt) continue;
    restAt += REST_EVERY;
    await watch.untilMoved(REST_LEASES_MAX * LEASE_MS);
  }
  if (options.faults >= POINTS_FROM) await faults.completePoints();
  if (options.faults > 0) {
    await feeder.feed(LAST_BACKLOG);
    await faults.strikeAnywhere();
  }
  const unfinishedAtLastFault = unfinishedIn(await place.data.read(FROM_THE_BEGINNING));
  await background.settled(options.signal);

  const settledAt = performance.now();
  const isDone = !fleet.isHopeless && await untilFinished(watch, options.signal);
  const finishMs = isDone ? performance.now() - settledAt : null;
  const observed = await watch.end();
  const last = await place.data.read(FROM_THE_BEGINNING);
  const stuck = isDone ? [] : [...stuckIn(last), ...await fleet.states()];
  await fleet.stop();
  return {
    broker: options.broker,
    seed: options.seed,
    durationMs: performance.now() - startedAt,
    finishMs,
    unfinishedAtLastFault,
    faults: hits.counts,
    fleet: fleet.counts,
    observed,
    findings: check(await place.data.read(FROM_THE_BEGINNING), feeder.published),
    stuck,
    folder: place.folder,
  };
}

/** Publishes the workload. */
class Feeder {
  readonly #producer: StreamProducer<Orders>;
  readonly #workload: { readonly random: Seeded; readonly entriesMax: number };
  #published = 0;

  constructor(
    { broker }: Place,
    workload: { readonly random: Seeded; readonly entriesMax: number },
  ) {
    this.#producer = new StreamProducer({ broker, stream: SOURCE });
    this.#workload = workload;
  }

  /** How many entries were published. */
  get published(): number {
    return this.#published;
  }

  /** Publishes the next entries of the workload, never more than there are. */
  async feed(count: number): Promise<void> {
    const { random, entriesMax } = this.#workload;
    const from = this.#published;
    const size = Math.min(count, entriesMax - from);
    if (size <= 0) return;
    this.#published += size; // before the call: several may be made at a time
    const numbers = Array.from({ length: size }, (_, at) => from + at);
    await this.#publish(numbers.map((number) => makeEvent(number, { random, leaseMs: LEASE_MS })));
  }

  /** A process that was stopped within a transaction may hold the lock of the file for longer than a call waits. */
  async #publish(events: readonly NewEvent<Orders>[]): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        await this.#producer.publishMany(events);
        return;
      } catch (error) {
        if (!(error instanceof BrokerUnavailableError) || tries === PUBLISH_TRIES_MAX) throw error;
      }
    }
  }
}

async function untilFinished(watch: Watch, signal: AbortSignal): Promise<boolean> {
  const endMs = Date.now() + FINISH_MS_MAX;
  while (Date.now() < endMs) {
    signal.throwIfAborted();
    if (watch.latest !== null && isFinished(watch.latest)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

function unfinishedIn({ entries, outputs, letters }: Moment): number {
  const finished = new Set([...outputs.map(({ sourceId }) => sourceId), ...letters]);
  return entries.filter(({ id }) => !finished.has(id)).length;
}

function stuckIn({ pending, position, lastDelivered, lastId, done }: Moment): string[] {
  return [
    `checkpoint ${position}, last handed out ${lastDelivered}, last id ${lastId}`,
    `${pending.length} pending, ${done.length} in the done-set`,
    ...pending.slice(0, STUCK_MAX).map(({ id, consumer, idleMs, deliveries }) =>
      `${id} is pending for ${consumer}, idle ${idleMs} ms, handed out ${deliveries} times`
    ),
  ];
}
