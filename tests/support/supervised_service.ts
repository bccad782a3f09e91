/**
 * A service under supervision: consumers that make exactly one result for each job, on a clock that counts its timers
 * and with a log that keeps its lines.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Broker, type Handler, StreamProducer } from "../../mod.ts";
import { Orchestrator } from "../../src/orchestrator/orchestrator.ts";
import type { OrchestratorOptions } from "../../src/orchestrator/orchestrator_options.ts";
import type { ConsumerPlan } from "../../src/orchestrator/plan.ts";
import { CountingClock } from "./counting_clock.ts";
import { eventually } from "./eventually.ts";
import { StoryLog } from "./story_log.ts";

/** So many jobs there are, unless a test says otherwise. */
export const JOBS = 30;

/** Restarts without waiting for them. */
export const QUICK = { restartsMax: 3, initialMs: 1, maxMs: 5 } as const;

/** Makes one result for each job. */
function handlerFor(results: string): Handler {
  return (event, context) => context.publish(results, { type: "result", data: event.data });
}

/** A consumer of the jobs that writes one result for each to a stream of its group. */
export function plan(group: string, options: Partial<ConsumerPlan> = {}): ConsumerPlan {
  const pace = { leaseMs: 300, blockMs: 50, count: 7, graceMs: 200 };
  return { stream: "jobs", group, handler: handlerFor(`results-${group}`), ...pace, ...options };
}

/** An orchestrator with its story. */
export interface SupervisedService {
  readonly orchestrator: Orchestrator;
  readonly log: StoryLog;
  readonly clock: CountingClock;
}

/** Makes an orchestrator; it is not started. */
export function service(
  broker: Broker,
  options: Omit<OrchestratorOptions, "broker">,
): SupervisedService {
  const log = new StoryLog();
  const clock = new CountingClock();
  const given = { log, clock, supervision: QUICK, ...options };
  return { log, clock, orchestrator: new Orchestrator({ broker, ...given }) };
}

/** Publishes jobs by number. */
export async function publish(broker: Broker, from = 0, to = JOBS): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany(Array.from({ length: to - from }, (_, at) => ({
    type: "job",
    data: from + at,
    key: `key ${at % 4}`,
  })));
}

/** The jobs that have a result in a stream, sorted; a doubled one is there twice. */
export async function resultsOf(broker: Broker, stream: string): Promise<number[]> {
  const entries = await broker.range(stream, { count: 1_000 });
  return entries.map(({ fields }) => Number(fields[fields.indexOf("payload") + 1]))
    .sort((one, other) => one - other);
}

function numbers(to: number): number[] {
  return Array.from({ length: to }, (_, number) => number);
}

/** Waits until every job has its result in every group, and no job has two. */
export async function assertHandled(
  broker: Broker,
  groups: readonly string[],
  to = JOBS,
): Promise<void> {
  for (const group of groups) {
    const results = () => resultsOf(broker, `results-${group}`);
    await eventually(`all jobs of ${group} are done`, async () => (await results()).length >= to);
    assertEquals(await results(), numbers(to), group);
  }
}
