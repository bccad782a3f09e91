/**
 * The scenario `threads`: what threads cost and what they gain: the start of one, its memory, the hand-over of an event, and how
 * many events a second a handler gets done that keeps a processor busy, in this isolate and in one to three threads. The
 * events are of a stream in memory, so that next to nothing but the handler is measured.
 *
 * @module
 */

import { connect, StreamConsumer, type StreamConsumerOptions, StreamProducer } from "../../mod.ts";
import type { Delivery } from "../../src/domain/entry.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { type ThreadWorkers, threadWorkers } from "../../src/workers/threads/thread_workers.ts";
import type { Row, Scenario, ScenarioOptions } from "./scenario.ts";
import { median, rounded } from "./statistics.ts";
import { hashRounds } from "./thread_handler.ts";

const HANDLER = new URL("./thread_handler.ts", import.meta.url);

/** How often each thing is measured; the median counts. */
const ROUNDS = 5;

/** So many entries are handed over in one round. */
const HAND_OVERS = 3_000;

/** So many events are handled in one round. */
const EVENTS = 500;

/** So many before that, until the code of every thread is compiled. */
const WARM_UP_EVENTS = 100;

/** How long the handler works on one of them, in ms. */
const WORK_MS = 2;

const BYTES_PER_MB = 1_048_576;

/** {@linkcode Scenario} */
export const threads: Scenario = {
  title: "Handlers in threads",
  measures: [
    `The start of a thread, the hand-over of an event to it and back, and how many events a handler that works for`,
    `${WORK_MS} ms gets done, against the same handler without threads. Medians of ${ROUNDS} rounds.`,
  ].join("\n"),
  run,
};

async function run({ signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const measure of [measureStart, measureHandOver, measureWork]) {
    onProgress(`threads: ${rows.length} figures`);
    rows.push(...await measure(signal));
  }
  return rows;
}

async function start(): Promise<ThreadWorkers> {
  return await threadWorkers({
    modules: { handler: HANDLER.href, codec: "event" },
    place: { stream: "jobs", group: "workers", consumer: "main", incarnation: "first" },
    timeoutMs: 0,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
}

async function measureStart(signal: AbortSignal): Promise<Row[]> {
  await using _warm = await start();
  const took: number[] = [];
  const grew: number[] = [];
  await using threads = new AsyncDisposableStack();
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted();
    const before = Deno.memoryUsage().rss;
    const startMs = performance.now();
    threads.use(await start());
    took.push(performance.now() - startMs);
    grew.push((Deno.memoryUsage().rss - before) / BYTES_PER_MB);
  }
  return [
    { what: "start of a thread", measured: rounded(median(took)), unit: "ms" },
    { what: "memory of a thread", measured: rounded(median(grew)), unit: "MB" },
  ];
}

async function measureHandOver(signal: AbortSignal): Promise<Row[]> {
  await using threads = await start();
  await using worker = threads.make({ onFree() {}, onBroken() {} });
  const measure = async (bytes: number) => {
    const payload = JSON.stringify("x".repeat(bytes));
    const fields = ["event_type", "job", "payload", payload];
    const delivery: Delivery = { id: "1-0", fields, deliveries: 1, failures: 0, dueAtMs: 0 };
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      signal.throwIfAborted();
      const startMs = performance.now();
      for (let count = 0; count < HAND_OVERS; count++) await worker.run(delivery, 0);
      took.push((performance.now() - startMs) * 1_000 / HAND_OVERS);
    }
    return { measured: rounded(median(took)), unit: "µs" };
  };
  return [
    { what: "hand-over and answer, 100 B", ...await measure(100) },
    { what: "hand-over and answer, 100 kB", ...await measure(100_000) },
  ];
}

async function measureWork(signal: AbortSignal): Promise<Row[]> {
  const rounds = roundsFor(WORK_MS);
  const settings: readonly [what: string, options: Partial<StreamConsumerOptions>][] = [
    ["inline", { mode: "inline" }],
    ["1 thread", { mode: "threads" }],
    ["2 threads", { mode: "threads", workersMin: 2, workersMax: 2 }],
    ["3 threads", { mode: "threads", workersMin: 3, workersMax: 3 }],
  ];
  const perSecond = settings.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    signal.throwIfAborted();
    for (const [index, [, options]] of settings.entries()) {
      perSecond[index]?.push(await eventsPerSecond(rounds, options));
    }
  }
  const [inline = 1] = perSecond.map(median);
  return settings.map(([what], index) => {
    const rate = median(perSecond[index] ?? []);
    const figures = { measured: rounded(rate), unit: "/s", "x inline": rounded(rate / inline, 2) };
    return { what: `${WORK_MS} ms of hashing, ${what}`, ...figures };
  });
}

async function eventsPerSecond(
  rounds: number,
  options: Partial<StreamConsumerOptions>,
): Promise<number> {
  await using broker = await connect("sqlite::memory:");
  const place = { broker, stream: "jobs", group: "workers" };
  await using consumer = new StreamConsumer({ ...place, ...options });
  await consumer.subscribe(HANDLER);
  const producer = new StreamProducer<number>({ broker, stream: "jobs" });
  const publish = (count: number) =>
    producer.publishMany(Array.from({ length: count }, () => ({ type: "job", data: rounds })));
  const untilCommitted = async (count: number) => {
    while ((consumer.context?.committedCount ?? 0) < count) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await publish(WARM_UP_EVENTS);
  await untilCommitted(WARM_UP_EVENTS);
  const startMs = performance.now();
  await publish(EVENTS);
  await untilCommitted(WARM_UP_EVENTS + EVENTS);
  return EVENTS / (performance.now() - startMs) * 1_000;
}

/** How many rounds of hashing take so long. */
function roundsFor(workMs: number): number {
  hashRounds(20_000); // until the code is compiled
  const startMs = performance.now();
  hashRounds(20_000);
  return Math.round(20_000 * workMs / (performance.now() - startMs));
}
