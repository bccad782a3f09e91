/**
 * One consumer of the demo, as a program of its own: it gets its task as a line of JSON on standard input, handles
 * events until that input ends, and writes a line of JSON for every event it has handled. So it also ends when the demo
 * itself is killed.
 *
 * @module
 */

import { runConsumer } from "../../service/run_consumer.ts";
import { runInspected, type RunInspectedOptions } from "../../service/run_inspected.ts";
import type { ConsumerNews, ConsumerTask } from "./consumer_task.ts";
import { digestOf } from "./digest.ts";

if (import.meta.main) {
  try {
    await work();
  } catch (error) {
    // One line, which the demo shows.
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    Deno.exit(1);
  }
}

async function work(): Promise<void> {
  // Ctrl-C reaches every process of the terminal: the demo decides what becomes of this one.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os !== "windows") Deno.addSignalListener(signal, () => {});
  }
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await input.read();
  const task: ConsumerTask = JSON.parse(value);
  const ended = new AbortController();
  const ending = input.read().then(() => ended.abort());
  const { stream, group, consumer, count, workersMax } = task;
  const place = { url: task.url, stream, group, consumer, signal: ended.signal };
  const options = { ...place, count, workersMax, handler: handlerOf(task) };
  await (task.inspected ? runInspected(options) : runConsumer(options));
  await ending;
}

function handlerOf({ workMs, outputs }: ConsumerTask): RunInspectedOptions["handler"] {
  return async (event, context) => {
    const digest = await digestOf(textOf(event.data));
    await delay(workMs, context.signal);
    context.publish(outputs, { type: "text.digested", data: { digest }, key: event.key });
    tell({ id: event.id, atMs: Date.now() });
  };
}

/** @throws {TypeError} For data that the demo has not published. */
function textOf(data: unknown): string {
  if (
    typeof data === "object" && data !== null && "text" in data && typeof data.text === "string"
  ) {
    return data.text;
  }
  throw new TypeError("an event without a text");
}

function tell(news: ConsumerNews): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(news)}\n`);
  for (let from = 0; from < bytes.length;) from += Deno.stdout.writeSync(bytes.subarray(from));
}

/** Waits, as a handler does that asks a slow service. */
function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => {
    clearTimeout(timer);
    reject(signal.reason);
  };
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", abort);
    resolve();
  }, delayMs);
  signal.addEventListener("abort", abort, { once: true });
  return promise;
}
