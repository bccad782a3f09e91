/**
 * The scenario `inspector`: what recording costs forty consumers that have nothing else to do, without and with somebody who
 * looks on.
 *
 * @module
 */

import { connect, StreamConsumer, StreamProducer } from "../../mod.ts";
import { follow } from "../../src/inspector/frame_reader.ts";
import { Recorder } from "../../src/inspector/recorder.ts";
import { startCpuShare } from "./processor.ts";
import type { Row, Scenario, ScenarioOptions } from "./scenario.ts";
import { median, rounded } from "./statistics.ts";

const CONSUMERS = 40;

/** How often each is measured, in turn with the others; the medians count. */
const ROUNDS = 9;

/** How many events are read at once, and how many there are for each consumer: a second or two. */
const SETTINGS = [{ count: 1, events: 250 }, { count: 100, events: 3_000 }] as const;

/** So many events are published in one call. */
const PUBLISH_COUNT = 1_000;

const INSTANCE = "bench";

/** Who looks on; the first is what the others are compared with. */
const KINDS = ["off", "recorder", "recorder, a reader"] as const;

type Kind = typeof KINDS[number];

/** {@linkcode Scenario} */
export const recorder: Scenario = {
  title: "What the inspector's recorder costs",
  measures: [
    `${CONSUMERS} consumers handle the same stream in groups of their own, with a handler that does nothing and a stream`,
    "in memory, so that every other cost is as small as it can be. The reader follows as a page does: every 50 ms what is",
    `new becomes JSON. The kinds take turns for ${ROUNDS} rounds.`,
    "",
    "count     events that are read, handled and committed at once; 1 is the worst case, 100 the default",
    "events/s  of all consumers, the median",
    "x off     the median of the rounds' ratios to the same round without a recorder; best: the best round by the best",
    "cpu x off what an event costs the processor, by medians: other programs on the machine change it little",
    "frames/s  that were recorded; gaps: the share that the reader was told it missed, in %",
  ].join("\n"),
  run,
};

/** What one round showed. */
interface Figures {
  readonly eventsPerSecond: number;
  readonly cpuMicrosPerEvent: number;
  readonly framesPerSecond: number;
  readonly missedShare: number;
}

async function run({ signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const setting of SETTINGS) {
    const found = new Map(KINDS.map((kind): [Kind, Figures[]] => [kind, []]));
    for (let round = 0; round <= ROUNDS; round++) {
      onProgress(`inspector, count ${setting.count}, round ${round} of ${ROUNDS}`);
      // Each begins as often as the others: what one leaves behind, such as garbage, slows down the next.
      const turns = [...found].map((_, index, all) => all[(index + round) % all.length]);
      for (const [kind, figures] of turns.filter((turn) => turn !== undefined)) {
        signal.throwIfAborted();
        const measured = await measure(kind, setting);
        if (round > 0) figures.push(measured); // the first round compiles
      }
    }
    const off = ratesOf(found.get("off"));
    const offMicros = median(microsOf(found.get("off")));
    for (const [kind, figures] of found) {
      const rates = ratesOf(figures);
      rows.push({
        count: setting.count,
        recording: kind,
        "events/s": rounded(median(rates)),
        "x off": rounded(median(rates.map((rate, round) => rate / (off[round] ?? NaN))), 3),
        best: rounded(Math.max(...rates) / Math.max(...off), 3),
        "cpu x off": rounded(median(microsOf(figures)) / offMicros, 3),
        "frames/s": rounded(median(figures.map(({ framesPerSecond }) => framesPerSecond))),
        gaps: rounded(100 * median(figures.map(({ missedShare }) => missedShare))),
      });
    }
  }
  return rows;
}

function ratesOf(figures: readonly Figures[] = []): number[] {
  return figures.map(({ eventsPerSecond }) => eventsPerSecond);
}

function microsOf(figures: readonly Figures[] = []): number[] {
  return figures.map(({ cpuMicrosPerEvent }) => cpuMicrosPerEvent);
}

async function measure(kind: Kind, setting: typeof SETTINGS[number]): Promise<Figures> {
  if (kind === "off") return await handleAll(setting, null);
  using recorder = new Recorder({ instance: INSTANCE });
  const end = new AbortController();
  const reading = kind === "recorder" ? 0 : readAll(recorder, end.signal);
  try {
    const figures = await handleAll(setting, recorder);
    end.abort();
    return { ...figures, missedShare: await reading / recorder.lastSeq };
  } finally {
    end.abort();
    await reading;
  }
}

/** Follows as a page would. @returns how many frames it missed. */
async function readAll(recorder: Recorder, signal: AbortSignal): Promise<number> {
  let missedCount = 0;
  let length = 0;
  for await (const messages of follow(recorder, { signal })) {
    length += JSON.stringify(messages).length;
    for (const message of messages) if (message.type === "gap") missedCount += message.count;
  }
  return length > 0 ? missedCount : 0;
}

async function handleAll(
  { count, events }: typeof SETTINGS[number],
  recorder: Recorder | null,
): Promise<Figures> {
  await using broker = await connect("sqlite::memory:");
  const producer = new StreamProducer({ broker, stream: "jobs" });
  for (let made = 0; made < events; made += PUBLISH_COUNT) {
    const length = Math.min(PUBLISH_COUNT, events - made);
    await producer.publishMany(
      Array.from({ length }, (_, index) => ({ type: "job", data: made + index })),
    );
  }
  const done = Promise.withResolvers<void>();
  const all = events * CONSUMERS;
  let handled = 0;
  await using stack = new AsyncDisposableStack();
  const consumers = Array.from({ length: CONSUMERS }, (_, number) => {
    const options = { broker, stream: "jobs", group: `group-${number}`, count };
    const consumer = stack.use(new StreamConsumer(options));
    if (recorder !== null) consumer.inspect(recorder);
    return consumer;
  });
  const endCpuShare = startCpuShare();
  const startMs = performance.now();
  await Promise.all(consumers.map((consumer) =>
    consumer.subscribe(() => {
      if (++handled === all) done.resolve();
    })
  ));
  await done.promise;
  const seconds = (performance.now() - startMs) / 1_000;
  return {
    eventsPerSecond: all / seconds,
    cpuMicrosPerEvent: endCpuShare() * seconds * 1_000_000 / all,
    framesPerSecond: (recorder?.lastSeq ?? 0) / seconds,
    missedShare: 0,
  };
}
