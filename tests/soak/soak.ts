/**
 * One soak: a service under load for minutes, a fault now and then, samples of what it holds, and at the end every event
 * accounted for.
 *
 * @module
 */

import type { BrokerKind } from "../chaos/place.ts";
import { Books } from "./books.ts";
import { GROUPS } from "./layout.ts";
import type { Findings } from "./ledger.ts";
import { openPlace } from "./place.ts";
import { Publisher } from "./publisher.ts";
import { type Sample, takeSample } from "./sampler.ts";
import { planSoak, type ScenarioName } from "./scenario.ts";
import { Service } from "./service.ts";
import { rest, strike, type Struck } from "./struck.ts";
import { isFinished, type View } from "./view.ts";

/** What a soak is. */
export interface SoakOptions {
  readonly broker: BrokerKind;
  readonly scenario: ScenarioName;
  readonly durationMs: number;
  /** Events a second, all streams together. */
  readonly rate: number;
  /** Between the begins of two faults. */
  readonly everyMs: number;
  readonly seed: number;
  /** Told where its data is. */
  readonly onBegin: (folder: string) => void;
  /** Told of every sample. */
  readonly onSample: (sample: Sample) => void;
  /** Told of every fault. */
  readonly onStruck: (struck: Struck) => void;
  /** Ends it early, with everything that it started. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface SoakResult {
  readonly broker: BrokerKind;
  readonly scenario: ScenarioName;
  readonly durationS: number;
  readonly published: number;
  readonly samples: readonly Sample[];
  readonly struck: readonly Struck[];
  readonly findings: ReadonlyMap<string, Findings>;
  /** From the last publish until nothing was left to do, in s; `null` when that never came. */
  readonly finishS: number | null;
  /** The groups that were not finished, and how. */
  readonly unfinished: readonly string[];
  /** Ends that nobody asked for, and an end in order that was none. */
  readonly misconduct: readonly string[];
  /** Kept when something is wrong; the service's log is in it. */
  readonly folder: string;
}

const SAMPLE_MS = 5_000;
const FINISH_MS_MAX = 60_000;

/** Entries that each stream keeps at least: some seconds of events, so that groups rarely hold up the trimming. */
const LENGTH_MAX = 20_000;

/** Above the longest outage, so that what was published in it stays once; short, so that a soak reaches a steady state. */
const IDEMPOTENCY_MS = 60_000;

/** Runs a soak. @throws when it cannot be run at all; what is wrong with the product is in the result. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await openPlace(options.broker));
  const { folder, view } = place;
  options.onBegin(folder);
  const misconduct: string[] = [];
  const service = stack.use(
    new Service({
      files: place.files,
      logPath: `${folder}/service.log`,
      flags: place.flags.service,
    }),
  );
  const publisher = stack.use(
    new Publisher({
      url: place.url,
      rate: options.rate,
      lengthMax: LENGTH_MAX,
      idempotencyWindowMs: IDEMPOTENCY_MS,
    }, {
      flags: place.flags.publisher,
      onTrouble: (text) => misconduct.push(`publisher: ${text}`),
    }),
  );
  const published = (stream: string) => publisher.published(stream);
  const books = stack.use(new Books({ view, broker: place.broker, published }));
  const stage = { service, publisher, books };
  const { appointments, durationMs } = planSoak(place.faults(stage), options);

  const begunMs = performance.now();
  const nowS = () => (performance.now() - begunMs) / 1_000;
  publisher.go();
  const over = new AbortController();
  const sampled = { ...stage, view };
  let fault: string | null = null;
  const sampling = sampleUntil(AbortSignal.any([over.signal, options.signal]), async () => {
    const sample = await takeSample(sampled, { atS: nowS(), fault });
    options.onSample(sample);
    return sample;
  });
  const struck: Struck[] = [];
  for (const appointment of appointments) {
    await rest(appointment.atMs - nowS() * 1_000, options.signal);
    options.signal.throwIfAborted();
    fault = appointment.fault.name;
    const watched = { service, view, attempts: place.attempts, atS: nowS() };
    const striking = strike(appointment, {
      ...watched,
      signal: options.signal,
      onEnd: () => fault = null,
    });
    const result = await Promise.race([striking, publisher.lost]);
    struck.push(result);
    options.onStruck(result);
  }
  await rest(durationMs - nowS() * 1_000, options.signal);
  options.signal.throwIfAborted();
  over.abort();
  const samples = await sampling;
  await publisher.hold();

  const heldMs = performance.now();
  const unfinished = await untilFinished(sampled, options.signal);
  const finishS = unfinished.length === 0 ? (performance.now() - heldMs) / 1_000 : null;
  const code = await service.end();
  if (code !== 0) misconduct.push(`the service ended with exit code ${code}, wanted 0`);
  return {
    broker: options.broker,
    scenario: options.scenario,
    durationS: nowS(),
    published: publisher.total,
    samples,
    struck,
    findings: books.findings(),
    finishS,
    unfinished,
    misconduct: [...service.misconduct, ...misconduct],
    folder,
  };
}

async function sampleUntil(
  signal: AbortSignal,
  take: () => Promise<Sample>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (;;) {
    await rest(SAMPLE_MS, signal);
    if (signal.aborted) return samples;
    samples.push(await take());
  }
}

/** Waits until nothing is left to do. @returns what is left after the longest wait. */
async function untilFinished(
  { view, books }: { readonly view: View; readonly books: Books },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const endMs = performance.now() + FINISH_MS_MAX;
  for (;;) {
    const left: string[] = [];
    for (const plan of GROUPS) {
      const facts = await view.group(plan);
      if (isFinished(facts)) continue;
      const { pending, position, lastId, doneSet } = facts;
      left.push(
        `${plan.group}: ${pending} pending, ${doneSet} in the done-set, checkpoint ${position} of ${lastId}`,
      );
    }
    if (left.length === 0 && books.missing === 0) return [];
    if (performance.now() > endMs) return [...left, `${books.missing} outputs are missing`];
    await rest(100, signal);
    signal.throwIfAborted();
  }
}
