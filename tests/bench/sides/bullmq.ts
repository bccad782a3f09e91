/**
 * BullMQ as its documentation advises: a worker with a concurrency, jobs added in bulk, few completed jobs kept.
 *
 * @module
 */

import { Redis } from "ioredis";
import { jobChunks } from "./job_events.ts";
import { PLACE, type SideSettings } from "./lines.ts";
import type { Side } from "./side.ts";
import { Stopwatch } from "./stopwatch.ts";

/** A variable, because the package is found only with the configuration `rivals/queues.jsonc`. */
const PACKAGE = "bullmq";

/** What is used of it. */
interface BullMq {
  readonly Queue: new (name: string, options: { readonly connection: Redis }) => Queue;
  readonly Worker: new (
    name: string,
    process: () => Promise<void>,
    options: WorkerOptions,
  ) => Worker;
}

interface Queue {
  addBulk(jobs: { readonly name: string; readonly data: unknown }[]): Promise<unknown>;
  getJobCounts(...states: readonly string[]): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

interface WorkerOptions {
  readonly connection: Redis;
  readonly concurrency: number;
  readonly removeOnComplete: { readonly count: number };
}

interface Worker {
  on(event: "completed", listener: () => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** What its guide gives as good practice. */
const KEPT = { count: 1_000 };

/** {@linkcode Side} */
export async function bullmq({ inFlightMax }: SideSettings): Promise<Side> {
  const { Queue, Worker }: BullMq = await import(PACKAGE);
  return async ({ url, events, filled }) => {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    const queue = new Queue(PLACE.stream, { connection });
    if (filled === "before") await addAll(queue, events);
    const watch = new Stopwatch(events);
    const completed = Promise.withResolvers<void>();
    let completedCount = 0;
    const worker = new Worker(PLACE.stream, () => Promise.resolve(watch.handle()), {
      connection,
      concurrency: inFlightMax,
      removeOnComplete: KEPT,
    });
    worker.on("completed", () => {
      if (++completedCount === events) completed.resolve();
    });
    await worker.waitUntilReady();
    if (filled === "meanwhile") {
      watch.start();
      await addAll(queue, events);
    }
    await completed.promise;
    const figures = watch.stop();
    const left = await queue.getJobCounts("waiting", "active", "delayed", "failed");
    await worker.close();
    await queue.close();
    connection.disconnect();
    if (Object.values(left).some((count) => count > 0)) {
      throw new Error(`BullMQ left jobs: ${JSON.stringify(left)}`);
    }
    return figures;
  };
}

async function addAll(queue: Queue, events: number): Promise<void> {
  for (const chunk of jobChunks(events)) {
    await queue.addBulk(chunk.map(({ type, data }) => ({ name: type, data })));
  }
}
