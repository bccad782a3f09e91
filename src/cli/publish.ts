/**
 * `tidemark publish`: publishes JSON lines from standard input.
 *
 * @module
 */

import { checkName } from "../domain/names.ts";
import { StreamProducer } from "../producer/stream_producer.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { Interrupt } from "./interrupt.ts";
import { type PublishCounts, publishLines } from "./publish_lines.ts";
import { ProgressLine, writeNote, writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark publish STREAM [--config FILE | --url URL] [--json] < lines.jsonl

Publishes events from standard input, one JSON record a line:
  {"type": "order.placed", "data": {"id": 7}, "key": "customer-1",
   "headers": {"trace": "abc"}, "idempotencyKey": "order-7"}
Only type is needed. A line with an idempotencyKey is published once, however often it
is given. At the first bad line publishing ends; the lines before it are published.

Options:
  --json         Print the counts as JSON
${lastOptionsHelp()}`;

/** The command. */
export const publish: Command = {
  name: "publish",
  summary: "Publish JSON lines from standard input",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      json: { type: "boolean", default: false },
    });
    const stream = streamOf(positionals);
    await using broker = await openBrokerOf(values, { createFile: true });
    const producer = new StreamProducer({ broker, stream });
    return await publishInput(producer, values.json);
  },
};

function streamOf(positionals: readonly string[]): string {
  const [stream, extra] = positionals;
  if (stream === undefined) throw new UsageError("Cannot publish: no stream is named");
  if (extra !== undefined) {
    throw new UsageError(`Cannot publish to "${extra}" too: one stream at a time`);
  }
  return checkName("stream", stream);
}

async function publishInput(producer: StreamProducer, asJson: boolean): Promise<number> {
  const counts: PublishCounts = { published: 0, duplicates: 0, lastId: null };
  const startedAtMs = performance.now();
  if (Deno.stdin.isTerminal()) writeNote("Type one JSON record a line, end with Ctrl-D");
  using interrupt = new Interrupt("Stopping after the lines that are on their way");
  using progress = new ProgressLine();
  try {
    await publishLines(standardInput(interrupt.signal), {
      producer,
      counts,
      signal: interrupt.signal,
      onProgress: () => progress.show(() => `${countText(counts)} so far`),
    });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  } finally {
    progress[Symbol.dispose]();
    const elapsedMs = Math.round(performance.now() - startedAtMs);
    writeResult(
      asJson
        ? JSON.stringify({ stream: producer.stream, ...counts, elapsedMs })
        : `Published ${countText(counts)} to "${producer.stream}" in ${elapsedMs} ms`,
    );
  }
  return interrupt.signal.aborted ? 1 : 0;
}

/** Standard input; the signal ends it. */
async function* standardInput(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = Deno.stdin.readable.getReader();
  const end = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", end, { once: true });
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    signal.removeEventListener("abort", end);
    end(); // also after a bad line, or the open input would keep the program alive
  }
}

function countText(counts: PublishCounts): string {
  const events = `${counts.published.toLocaleString("en")} event${
    counts.published === 1 ? "" : "s"
  }`;
  if (counts.duplicates === 0) return events;
  return `${events} (and ${
    counts.duplicates.toLocaleString("en")
  } known by their idempotency keys)`;
}
