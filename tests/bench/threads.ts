/**
 * What threads cost and what they gain, as a table: the start of one, its memory, the hand-over of an event, and how
 * many events a second a handler gets done that keeps a processor busy, in this isolate and in one to three threads. The
 * events are of a stream in memory, so that next to nothing but the handler is measured.
 *
 *   deno run --allow-read=. tests/bench/threads.ts
 *
 * @module
 */

import { connect, StreamConsumer, type StreamConsumerOptions, StreamProducer } from "../../mod.ts";
import type { Delivery } from "../../src/domain/entry.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { type ThreadWorkers, threadWorkers } from "../../src/workers/threads/thread_workers.ts";
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

const rows: [what: string, value: string][] = [
  ...await measureStart(),
  ...await measureHandOver(),
  ...await measureWork(),
];
const width = Math.max(...rows.map(([what]) => what.length));
for (const [what, value] of rows) console.log(`${what.padEnd(width)}  ${value.padStart(10)}`);

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

async function measureStart(): Promise<typeof rows> {
  await using _warm = await start();
  const took: number[] = [];
  const grew: number[] = [];
  await using threads = new AsyncDisposableStack();
  for (let round = 0; round < ROUNDS; round++) {
    const before = Deno.memoryUsage().rss;
    const startMs = performance.now();
    threads.use(await start());
    took.push(performance.now() - startMs);
    grew.push((Deno.memoryUsage().rss - before) / BYTES_PER_MB);
  }
  return [
    ["start of a thread", `${median(took).toFixed(0)} ms`],
    ["memory of a thread", `${median(grew).toFixed(0)} MB`],
  ];
}

async function measureHandOver(): Promise<typeof rows> {
  await using threads = await start();
  await using worker = threads.make({ onFree() {}, onBroken() {} });
  const measure = async (bytes: number) => {
    const payload = JSON.stringify("x".repeat(bytes));
    const fields = ["event_type", "job", "payload", payload];
    const delivery: Delivery = { id: "1-0", fields, deliveries: 1, failures: 0, dueAtMs: 0 };
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startMs = performance.now();
      for (let count = 0; count < HAND_OVERS; count++) await worker.run(delivery, 0);
      took.push((performance.now() - startMs) * 1_000 / HAND_OVERS);
    }
    return `${median(took).toFixed(0)} µs`;
  };
  return [
    ["hand-over and answer, 100 B", await measure(100)],
    ["hand-over and answer, 100 kB", await measure(100_000)],
  ];
}

async function measureWork(): Promise<typeof rows> {
  const rounds = roundsFor(WORK_MS);
  const settings: readonly [what: string, options: Partial<StreamConsumerOptions>][] = [
    ["inline", { mode: "inline" }],
    ["1 thread", { mode: "threads" }],
    ["2 threads", { mode: "threads", workersMin: 2, workersMax: 2 }],
    ["3 threads", { mode: "threads", workersMin: 3, workersMax: 3 }],
  ];
  const perSecond = settings.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, options]] of settings.entries()) {
      perSecond[index]?.push(await eventsPerSecond(rounds, options));
    }
  }
  const [inline = 1] = perSecond.map(median);
  return settings.map(([what], index) => {
    const rate = median(perSecond[index] ?? []);
    const ratio = (rate / inline).toFixed(2);
    return [`${WORK_MS} ms of hashing, ${what}`, `${rate.toFixed(0)} /s, ${ratio}x`];
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
