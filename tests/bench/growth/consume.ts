/**
 * A process with consumers of the scenarios of growth: starts them, lets them wait, lets them handle what there is with a
 * handler that does nothing, and tells what that took.
 *
 * @module
 */

import { connect, StreamConsumer } from "../../../mod.ts";
import { linesOf } from "../../chaos/worker_line.ts";
import { startCpuShare } from "../processor.ts";
import { CommitWatch } from "./commit_watch.ts";
import { type ConsumeSettings, consumeSettings, type Sample, tell } from "./lines.ts";
import { type MemoryUse, memoryUse } from "./memory_use.ts";

/** How often it looks whether all have paused, in ms: small beside what is measured, and nothing is measured meanwhile. */
const POLL_MS = 5;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const settings = consumeSettings.parse(JSON.parse(Deno.args[0] ?? ""));
  const { url, isHeld, idleMs, events, sampleEvents } = settings;
  const commands = linesOf(Deno.stdin.readable.getReader());
  const finished = Promise.withResolvers<void>();
  const samples: Sample[] = [];
  let goneMs = performance.now();
  const watch = new CommitWatch(await connect(url), (count) => {
    if (sampleEvents > 0 && count >= (samples.length + 1) * sampleEvents) {
      samples.push({ events: count, atMs: performance.now() - goneMs, ...memoryUse() });
    }
    if (events !== null && count >= events) finished.resolve();
  });
  const consumers = consumersOf(settings, watch);
  for (const { finished: ended } of consumers) ended.catch((error) => finished.reject(error));
  const startsHeld = isHeld && idleMs === 0;
  for (const consumer of startsHeld ? consumers : []) consumer.pause();
  goneMs = performance.now();
  await Promise.all(consumers.map((consumer) => consumer.subscribe(() => {})));
  if (startsHeld) await untilPaused(consumers);
  const startedAtMs = performance.timeOrigin + goneMs;
  tell({ startMs: performance.now() - goneMs, startedAtMs, ...memoryUse() });
  if (idleMs > 0) {
    tell(await idle(idleMs));
    await pauseAll(consumers);
  }
  await commands.next();
  if (isHeld) goneMs = performance.now();
  for (const consumer of consumers) consumer.resume();
  await Promise.race([finished.promise, ...(events === null ? [commands.next()] : [])]);
  // What is told to end may still wait for the answer to its last commit.
  await pauseAll(consumers);
  tell({
    events: watch.events,
    firstAtMs: watch.firstAtMs,
    lastAtMs: watch.lastAtMs,
    commitMedianMs: watch.tookMs.quantileMs(0.5),
    commitP99Ms: watch.tookMs.quantileMs(0.99),
    samples,
    ...memoryUse(),
  });
  // It ends when its standard input does.
  await commands.next();
  Deno.exit();
}

function consumersOf(
  { members, order, leaseMs }: ConsumeSettings,
  { broker }: CommitWatch,
): StreamConsumer[] {
  return members.map((member) => new StreamConsumer({ ...member, broker, order, leaseMs }));
}

async function idle(idleMs: number): Promise<{ readonly cores: number } & MemoryUse> {
  const cores = startCpuShare();
  await wait(idleMs);
  return { cores: cores(), ...memoryUse() };
}

async function pauseAll(consumers: readonly StreamConsumer[]): Promise<void> {
  for (const consumer of consumers) consumer.pause();
  await untilPaused(consumers);
}

async function untilPaused(consumers: readonly StreamConsumer[]): Promise<void> {
  while (consumers.some(({ state }) => state !== "paused")) await wait(POLL_MS);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
