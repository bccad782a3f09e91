/**
 * The scenario `growth-processes`: 1 to 8 processes on one stream.
 *
 * @module
 */

import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import { ConsumerProcess } from "./consumer_process.ts";
import { fill } from "./fill.ts";
import { BROKERS, openPlace, type Place } from "./place.ts";
import { PAYLOAD_BYTES } from "./sizes.ts";

const COUNTS = [1, 2, 4, 8];
const ORDERS = ["key", "none"] as const;
const EVENTS = 40_000;
const EVENTS_FULL = 400_000;
const ROUNDS = 3;
const ROUNDS_FULL = 5;

/** How often it is looked whether everything is handled, in ms. When it was is told by the processes themselves. */
const POLL_MS = 50;

const STREAM = "growth";
const GROUP = "growth";

/** {@linkcode Scenario} */
export const growthProcesses: Scenario = {
  title: "Growth: processes on one stream",
  isByName: true,
  measures: [
    "1 to 8 processes share a stream that is full of events, as one group, a consumer each, with a handler that does",
    `nothing: each must ask the broker for everything that it does. More processes than cores share the cores, with the`,
    `server and with each other. Medians of ${ROUNDS} rounds, with --full of ${ROUNDS_FULL}.`,
    "",
    "order          whether the events of a key keep their order over all processes",
    "events/s       of all together, until the last commit; x 1: by that of one process",
    "least          the share of the process that handled least, by an equal share",
    "commit         from call to answer, of up to 100 events: the median, and the worst p99 of a process",
  ].join("\n"),
  run,
};

interface Setting {
  readonly broker: Place["broker"];
  readonly order: typeof ORDERS[number];
  readonly processes: number;
  readonly rounds: Figures[];
}

interface Figures {
  readonly perSecond: number;
  readonly leastShare: number;
  readonly commitMedianMs: number;
  readonly commitP99Ms: number;
}

async function run(options: ScenarioOptions): Promise<Row[]> {
  const settings = BROKERS.flatMap((broker) =>
    ORDERS.flatMap((order) =>
      COUNTS.map((processes): Setting => ({ broker, order, processes, rounds: [] }))
    )
  );
  const count = options.full ? ROUNDS_FULL : ROUNDS;
  for (let round = 1; round <= count; round++) {
    for (const setting of settings) {
      const { broker, order, processes, rounds } = setting;
      options.signal.throwIfAborted();
      options.onProgress(
        `growth-processes, round ${round} of ${count}: ${broker}, order ${order}, ${processes}`,
      );
      rounds.push(await measure(setting, options));
    }
  }
  return settings.map((setting) => rowOf(setting, settings));
}

async function measure(
  { broker, order, processes }: Setting,
  { events: wanted, full, signal }: ScenarioOptions,
): Promise<Figures> {
  const events = wanted ?? (full ? EVENTS_FULL : EVENTS);
  await using place = await openPlace(broker);
  const target = { broker: place.connection, stream: STREAM };
  await fill(target, { events, payloadBytes: PAYLOAD_BYTES, signal });
  await using stack = new AsyncDisposableStack();
  const children: ConsumerProcess[] = [];
  for (let index = 0; index < processes; index++) {
    const members = [{ stream: STREAM, group: GROUP, consumer: `c-${index}` }];
    children.push(stack.use(await ConsumerProcess.start(place, { members, order, signal })));
  }
  const goneMs = performance.timeOrigin + performance.now();
  await Promise.all(children.map((child) => child.go()));
  await untilHandled(place, signal);
  await Promise.all(children.map((child) => child.go()));
  const done = await Promise.all(children.map((child) => child.done()));
  const handled = done.reduce((sum, each) => sum + each.events, 0);
  if (handled !== events) throw new Error(`${handled} of ${events} events were committed`);
  const working = done.filter((each) => each.events > 0);
  return {
    perSecond: events / (Math.max(...working.map((each) => each.lastAtMs)) - goneMs) * 1_000,
    leastShare: Math.min(...done.map((each) => each.events)) / (events / processes),
    commitMedianMs: median(working.map((each) => each.commitMedianMs)),
    commitP99Ms: Math.max(...working.map((each) => each.commitP99Ms)),
  };
}

async function untilHandled({ connection }: Place, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const group = (await connection.listGroups(STREAM)).find((each) => each.group === GROUP);
    if (group?.lag === 0 && group.pendingCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function rowOf({ broker, order, processes, rounds }: Setting, all: readonly Setting[]): Row {
  const one = all.find((other) =>
    other.broker === broker && other.order === order && other.processes === 1
  );
  const of = (key: keyof Figures) => median(rounds.map((round) => round[key]));
  return {
    broker,
    order,
    processes,
    "events/s": rounded(of("perSecond")),
    "x 1": rounded(of("perSecond") / median((one?.rounds ?? []).map((each) => each.perSecond)), 2),
    least: rounded(of("leastShare"), 2),
    "commit ms": rounded(of("commitMedianMs"), 2),
    "commit p99 ms": rounded(of("commitP99Ms"), 2),
  };
}
