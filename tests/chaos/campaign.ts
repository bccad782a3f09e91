/**
 * One campaign on one broker: publish, hit the workers while they work, wait until everything is finished, and look at
 * what the broker's data says.
 *
 * @module
 */

import { StreamProducer } from "../../mod.ts";
import { check, type Findings } from "./checker.ts";
import { type FaultCounts, Faults } from "./faults.ts";
import { Fleet, type FleetCounts } from "./fleet.ts";
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

const NAMES = ["w1", "w2", "w3"] as const;

/** Short, so that many leases run out in a campaign; above three times what a loaded machine delays a timer. */
const LEASE_MS = 1_000;

/** So much is published before the first worker starts. */
const SHARE_BEFORE = 0.1;

/** So much is published in equal parts with the faults; what is left comes with the last one, so that it hits work. */
const SHARE_DURING = 0.75;

/** From the last fault until everything must be finished, in ms. Usually it takes two leases. */
const FINISH_MS_MAX = 60_000;

/** The most entries of one append. */
const APPEND_MAX = 500;

/** How many stuck entries are named. */
const STUCK_MAX = 20;

/** Runs a campaign. @throws when it cannot be run at all; what is wrong with the product is in the result. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const startedAt = performance.now();
  await using place = await openPlace(options.broker);
  options.onBegin(place.folder);
  const random = new Seeded(options.seed);
  const feed = feeder(place, { random, total: options.entries });
  await feed(options.entries * SHARE_BEFORE);

  const { url, workerFlags: flags, broker, data } = place;
  await using fleet = new Fleet({ url, flags, leaseMs: LEASE_MS, naive: options.naive });
  await fleet.begin(NAMES);

  const watch = new Watch(data);
  const faults = new Faults({ fleet, broker, random, leaseMs: LEASE_MS });
  for (let made = 0; made < options.faults && !fleet.isHopeless; made++) {
    options.signal.throwIfAborted();
    await faults.prelude();
    const isLast = made + 1 === options.faults;
    await feed(isLast ? options.entries : options.entries * SHARE_DURING / options.faults);
    await faults.strike();
    options.onFault(made + 1);
  }
  const unfinishedAtLastFault = unfinishedIn(await data.read(FROM_THE_BEGINNING));
  await faults.settle();

  const settledAt = performance.now();
  const isDone = !fleet.isHopeless && await untilFinished(watch, options.signal);
  const finishMs = isDone ? performance.now() - settledAt : null;
  const observed = await watch.end();
  const last = await data.read(FROM_THE_BEGINNING);
  const stuck = isDone ? [] : [...stuckIn(last), ...await fleet.states()];
  await fleet.stop();
  return {
    broker: options.broker,
    seed: options.seed,
    durationMs: performance.now() - startedAt,
    finishMs,
    unfinishedAtLastFault,
    faults: faults.counts,
    fleet: fleet.counts,
    observed,
    findings: check(await data.read(FROM_THE_BEGINNING), options.entries),
    stuck,
    folder: place.folder,
  };
}

/** Publishes the next entries of the workload, never more than there are; parts of entries add up. */
function feeder(
  { broker }: Place,
  workload: { readonly random: Seeded; readonly total: number },
): (count: number) => Promise<void> {
  const producer = new StreamProducer<Orders>({ broker, stream: SOURCE });
  const { random, total } = workload;
  let published = 0;
  let due = 0;
  return async (count) => {
    due = Math.min(total, due + count);
    const end = Math.floor(due);
    while (published < end) {
      const size = Math.min(APPEND_MAX, end - published);
      const events = Array.from(
        { length: size },
        (_, at) => makeEvent(published + at, { random, leaseMs: LEASE_MS }),
      );
      await producer.publishMany(events);
      published += size;
    }
  };
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
