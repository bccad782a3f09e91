/**
 * One cell of the matrix: a working service, one fault at one point of its network for a moment, and what came of it.
 *
 * @module
 */

import { connect } from "../../../mod.ts";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import { check, type Findings } from "../checker.ts";
import { FROM_THE_BEGINNING, isFinished } from "../moment.ts";
import { type Observed, Watch } from "../observer.ts";
import { openRedisData } from "../redis_data.ts";
import { Seeded } from "../seeded.ts";
import { Caller } from "./caller.ts";
import { pause } from "./carriage.ts";
import type { NetworkFault } from "./fault.ts";
import { type Layout, layoutsFor } from "./layout.ts";
import type { Point } from "./point.ts";
import { type Deadlines, type PromiseFindings, PromiseWatch } from "./promises.ts";
import { FaultProxy } from "./proxy.ts";
import { Publisher } from "./publisher.ts";
import { StruckProcess } from "./struck_process.ts";
import { CommitWitness } from "./witness.ts";

/** What a cell is. */
export interface CellOptions {
  readonly fault: NetworkFault;
  readonly point: Point;
  /** The server, which other cells may use too. */
  readonly server: { readonly url: string; readonly port: number };
  /** What the names of its streams begin with: unlike those of every other cell on the server. */
  readonly prefix: string;
  readonly seed: number;
  /** Of the broker; `null` for those of `connect`. */
  readonly deadlines: Deadlines | null;
  /** The fault strikes only so often. */
  readonly times: number;
  /** One of the two processes is stopped under the fault. */
  readonly stopsOne: boolean;
  /** Puts something in place of the broker of the processes, such as one with a defect. Default: nothing. */
  readonly wrap?: (broker: Broker) => Broker;
}

/** What came of one stream. */
export interface StreamResult {
  readonly order: Layout["order"];
  readonly findings: Findings;
  readonly observed: Observed;
}

/** What all clients of a service attempted together, a second. */
export interface Rate {
  readonly connections: number;
  readonly requests: number;
}

/** What came of a cell. */
export interface CellResult {
  readonly fault: string;
  readonly point: string;
  readonly seed: number;
  readonly stopsOne: boolean;
  /** How often the fault struck. */
  readonly strikes: number;
  /** From the fault's end until every consumer had committed again on every stream, in ms. */
  readonly recoveredMs: number;
  /** Who had not. */
  readonly waiting: readonly string[];
  /** From the end of publishing until nothing was left to do, in ms; `null` when that never came. */
  readonly finishedMs: number | null;
  /** What was attempted before and under the fault. */
  readonly calm: Rate;
  readonly struck: Rate;
  /** Lines of the log from the fault's begin to the recovery. */
  readonly lines: number;
  readonly promises: PromiseFindings;
  readonly streams: readonly StreamResult[];
}

/** Those of `connect`. */
export const DEADLINES: Deadlines = { connectMs: 5_000, callMs: 5_000 };

/** How long a fault lasts, in ms: three renewals of a lease. */
const FAULT_MS = 600;

/** How long the service works before it, in ms. */
const CALM_MS = 300;

/** Recovery and the end of all work are waited for no longer, in ms; they are late long before. */
export const RECOVERY_MS_MAX = 20_000;

/** Between two events of one stream, in ms. */
const EVERY_MS = 15;

const NAMES = ["one", "two"] as const;

/** Runs a cell. @throws when it cannot be run at all; what is wrong with the product is in the result. */
export async function runCell(options: CellOptions): Promise<CellResult> {
  const { fault, point, server, seed, times, stopsOne } = options;
  const deadlines = options.deadlines ?? DEADLINES;
  await using stack = new AsyncDisposableStack();
  const layouts = layoutsFor(options.prefix);
  const watch = new PromiseWatch(deadlines);
  const pace = { lateMs: deadlines.callMs + 300, random: new Seeded(seed) };
  const proxy = stack.use(await FaultProxy.start(server.port, pace));
  const witness = stack.use(new CommitWitness(server.url, layouts));
  const direct = stack.use(await connect(server.url));
  const data = layouts.map((names) => stack.use(openRedisData(server.url, names)));
  const over = (): Promise<Broker> =>
    options.deadlines === null ? connect(proxy.url) : openRedisBroker({
      url: proxy.url,
      connectTimeoutMs: deadlines.connectMs,
      callTimeoutMs: deadlines.callMs,
    });

  const processes: StruckProcess[] = [];
  for (const name of NAMES) {
    const broker = options.wrap?.(await over()) ?? await over();
    processes.push(stack.use(await StruckProcess.start({ name, broker, layouts, watch })));
  }
  const remote = stack.use(await over());
  const watches = data.map((each) => new Watch(each));
  const publishing = stack.use(new AsyncDisposableStack());
  const publishers = layouts.map(({ source: stream }) =>
    publishing.use(
      new Publisher({ owner: "direct", broker: direct, stream, everyMs: EVERY_MS, watch }),
    )
  );
  for (const [at, { source: stream }] of layouts.entries()) {
    const owner = "remote";
    const everyMs = 4 * EVERY_MS;
    publishers.push(
      publishing.use(new Publisher({ owner, broker: remote, stream, everyMs, watch })),
    );
    if (at === 0) publishing.use(new Caller(watch.broker(remote), layouts[0] ?? raise()));
  }

  await witness.untilCommitted(NAMES, { withinMs: RECOVERY_MS_MAX });
  const calm = await rateOf(proxy, () => pause(CALM_MS));
  const linesBefore = linesOf(processes);
  await proxy.arm({ fault, point, times });
  const struck = await rateOf(proxy, async () => {
    await pause(FAULT_MS / 2);
    if (stopsOne) void processes[1]?.stop();
    await pause(FAULT_MS / 2);
  });
  const { strikes } = proxy;
  await proxy.disarm();
  const working = processes.filter(({ isStopped }) => !isStopped).map(({ name }) => name);
  const { tookMs, waiting } = await witness.untilCommitted(working, {
    withinMs: RECOVERY_MS_MAX,
  });
  const lines = linesOf(processes) - linesBefore;
  await publishing.disposeAsync();
  const finishedMs = await untilFinished(watches);
  for (const process of processes) await process.stop();
  const streams: StreamResult[] = [];
  for (const [at, { order, source }] of layouts.entries()) {
    const observed = await watches[at]?.end() ?? raise();
    const last = await data[at]?.read(FROM_THE_BEGINNING) ?? raise();
    const published = publishers.filter(({ stream }) => stream === source)
      .reduce((sum, { entries }) => sum + entries.length, 0);
    streams.push({ order, observed, findings: check(last, published) });
  }
  await stack.disposeAsync();
  return {
    fault: fault.name,
    point: point.name,
    seed,
    stopsOne,
    strikes,
    recoveredMs: tookMs,
    waiting,
    finishedMs,
    calm,
    struck,
    lines,
    promises: watch.findings(),
    streams,
  };
}

/** Watches what is attempted while something lasts. */
export async function rateOf(proxy: FaultProxy, during: () => Promise<void>): Promise<Rate> {
  const before = proxy.attempts;
  const beganMs = performance.now();
  await during();
  const seconds = (performance.now() - beganMs) / 1_000;
  const after = proxy.attempts;
  return {
    connections: (after.connections - before.connections) / seconds,
    requests: (after.requests - before.requests) / seconds,
  };
}

function linesOf(processes: readonly StruckProcess[]): number {
  return processes.reduce((sum, { linesCount }) => sum + linesCount, 0);
}

async function untilFinished(watches: readonly Watch[]): Promise<number | null> {
  const beganMs = performance.now();
  for (;;) {
    const tookMs = performance.now() - beganMs;
    if (watches.every(({ latest }) => latest !== null && isFinished(latest))) return tookMs;
    if (tookMs > RECOVERY_MS_MAX) return null;
    await pause(10);
  }
}

function raise(): never {
  throw new Error("Cannot run a cell: one of its streams is missing");
}
