/**
 * What recording costs, as a table: how many events a second a consumer handles with the inspector's recorder off, on, on
 * with one reader that follows, and, to compare, with an empty listener at XState's own `inspect`. The handler does
 * nothing and the stream is in memory, so that every other cost is as small as it can be. The kinds take turns, round by
 * round: what slows the machine down slows all of them; a ratio is the median of the rounds' ratios.
 *
 *   deno run tests/bench/recorder.ts
 *
 * @module
 */

import { connect, StreamConsumer, StreamProducer } from "../../mod.ts";
import { follow } from "../../src/inspector/frame_reader.ts";
import { Recorder } from "../../src/inspector/recorder.ts";
import { type ActorHost, parentlessHost } from "../../src/workers/actor_host.ts";

/** How often each kind is measured; the median counts. */
const ROUNDS = Number(Deno.args[0] ?? 11);

/** How many events are read at once, and how many are handled in a round: about a second. */
const SETTINGS = [{ count: 1, events: 8_000 }, { count: 100, events: 120_000 }] as const;

/** So many events are published in one call. */
const PUBLISH_COUNT = 1_000;

/** One way to run a consumer. */
interface Kind {
  readonly name: string;
  /** Runs with a host for the consumer's actors. */
  readonly run: (measure: (host: ActorHost) => Promise<number>) => Promise<number>;
}

const kinds: readonly Kind[] = [
  { name: "off", run: (measure) => measure(parentlessHost(null)) },
  { name: "empty inspect", run: (measure) => measure(parentlessHost(() => {})) },
  {
    name: "recorder",
    run: async (measure) => {
      using recorder = new Recorder({ instance: "bench" });
      return await measure(recordedHost(recorder));
    },
  },
  {
    name: "recorder, 1 reader",
    run: async (measure) => {
      using recorder = new Recorder({ instance: "bench" });
      const end = new AbortController();
      const reading = readAll(recorder, end.signal);
      try {
        return await measure(recordedHost(recorder));
      } finally {
        end.abort();
        await reading;
      }
    },
  },
];

for (const { count, events } of SETTINGS) {
  const rates = kinds.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, { run }] of kinds.entries()) {
      const rate = await run((host) => eventsPerSecond({ count, events }, host));
      if (round > 0) rates[index]?.push(rate); // the first round compiles
    }
  }
  const off = rates[0] ?? [];
  for (const [index, { name }] of kinds.entries()) {
    const own = rates[index] ?? [];
    const ratio = median(own.map((rate, round) => rate / (off[round] ?? rate)));
    const [rate, times] = [median(own).toFixed(0), ratio.toFixed(3)];
    console.log(`count ${count}, ${name}`.padEnd(32), `${rate} /s`.padStart(12), `${times}x`);
  }
}

/** A host whose actors are recorded. */
function recordedHost(recorder: Recorder): ActorHost {
  const host = parentlessHost(null);
  return {
    start(logic, options) {
      const actor = host.start(logic, options);
      recorder.attach(actor);
      return actor;
    },
    end: (id) => host.end(id),
  };
}

/** Follows as a page would: every batch becomes JSON. */
async function readAll(recorder: Recorder, signal: AbortSignal): Promise<number> {
  let length = 0;
  for await (const messages of follow(recorder, { signal })) {
    length += JSON.stringify(messages).length;
  }
  return length;
}

async function eventsPerSecond(
  { count, events }: { readonly count: number; readonly events: number },
  host: ActorHost,
): Promise<number> {
  await using broker = await connect("sqlite::memory:");
  const producer = new StreamProducer({ broker, stream: "jobs" });
  for (let made = 0; made < events; made += PUBLISH_COUNT) {
    await producer.publishMany(
      Array.from({ length: PUBLISH_COUNT }, (_, index) => ({ type: "job", data: made + index })),
    );
  }
  const done = Promise.withResolvers<void>();
  let handled = 0;
  const options = { broker, stream: "jobs", group: "bench", count };
  await using consumer = new StreamConsumer(options, host);
  const startMs = performance.now();
  await consumer.subscribe(() => {
    if (++handled === events) done.resolve();
  });
  await done.promise;
  return events * 1_000 / (performance.now() - startMs);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
}
