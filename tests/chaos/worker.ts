/**
 * One worker process of a campaign: an ordinary consumer that tells what it does, until it is stopped or killed. It
 * ends by itself, without `Deno.exit`, when its consumer has ended, so that whatever keeps it alive is a defect.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import {
  ClosedError,
  connect,
  ConsumerFencedError,
  type Report,
  StreamConsumer,
} from "../../mod.ts";
import { gatedBroker } from "./gated_broker.ts";
import { Gates } from "./gates.ts";
import { GROUP, SOURCE } from "./moment.ts";
import { isPoint, type Point } from "./points.ts";
import { tellingBroker } from "./told_broker.ts";
import {
  linesOf,
  REPLACED,
  type WorkerCommand,
  type WorkerLine,
  type WorkerSettings,
} from "./worker_line.ts";
import { chaosHandler, type Orders } from "./workload.ts";

/** Small batches, so that many commits and many entries are under way when a fault comes. */
const COUNT = 20;

const CONCURRENCY = 4;

/** Short, so that a worker notices soon what others handed back. */
const BLOCK_MS = 500;

/** Far more than any entry but poison needs; poison is given up after about a second. */
const ATTEMPTS_MAX = 8;

/** Faults alone must never make a dead letter here. */
const DELIVERIES_MAX = 100_000;

await work(JSON.parse(Deno.args[0] ?? "{}"));

async function work(settings: WorkerSettings): Promise<void> {
  const { url, name, leaseMs, naive, aim, gateFile } = settings;
  let commitIsAsked = false;
  const onReached = (point: Point, ids: readonly EntryId[]) =>
    tell({ kind: "reached", point, ids });
  const gates = new Gates({ aim, gateFile, onReached });
  await using broker = await connect(url);
  const telling = tellingBroker(broker, {
    naive,
    onCommit: ({ settlements }) => {
      if (!commitIsAsked) return;
      commitIsAsked = false;
      tell({ kind: "committing", id: settlements.find((s) => s.kind !== "deferred")?.id ?? null });
    },
  });
  await using consumer = new StreamConsumer({
    broker: gatedBroker(telling, gates),
    stream: SOURCE,
    group: GROUP,
    consumer: name,
    leaseMs,
    count: COUNT,
    workersMax: CONCURRENCY,
    blockMs: BLOCK_MS,
    attemptsMax: ATTEMPTS_MAX,
    deliveriesMax: DELIVERIES_MAX,
    retry: { initialMs: 10, maxMs: 300 },
    onReport: tellReport,
  });
  const commands = Deno.stdin.readable.getReader();
  let isOver = false;
  obey(commands, {
    tellNextCommit: () => commitIsAsked = true,
    state: () =>
      tell({ kind: "state", text: `${consumer.state} ${JSON.stringify(consumer.context)}` }),
    stop: () => void consumer.stop(),
    go: () => gates.open(),
    aim: (point) => gates.shut(point),
  }).then(() => {
    if (!isOver) Deno.exit(4); // the campaign is gone
  });
  const handler = chaosHandler({
    started: (id) => tell({ kind: "started", id }),
    ended: (id) => tell({ kind: "ended", id }),
  }, { hasDatabase: broker.kind === "sqlite" });
  try {
    await consumer.subscribe<Orders>(handler);
    tell({ kind: "ready" });
    await consumer.finished;
  } catch (error) {
    if (error instanceof ClosedError) return; // told to stop before it had begun to read
    console.error(error instanceof Error ? error.stack : error);
    Deno.exitCode = error instanceof ConsumerFencedError ? REPLACED : 1;
  } finally {
    isOver = true;
    await commands.cancel();
  }
}

/** Obeys commands until their stream ends. */
async function obey(
  commands: ReadableStreamDefaultReader<Uint8Array>,
  actions: Readonly<Record<Exclude<WorkerCommand, Point>, () => void>> & {
    readonly aim: (point: Point) => void;
  },
): Promise<void> {
  for await (const line of linesOf(commands)) {
    if (isPoint(line)) actions.aim(line);
    else if (isPlainCommand(line)) actions[line]();
  }
}

function isPlainCommand(line: string): line is Exclude<WorkerCommand, Point> {
  return ["tellNextCommit", "state", "stop", "go"].includes(line);
}

function tellReport(report: Report): void {
  if (report.kind === "fenced") tell({ kind: "fenced", count: report.ids.length });
  else if (report.kind !== "deadLettered") tell({ kind: "report", text: JSON.stringify(report) });
}

/** At once, not when the process finds the time: it may be dead by then. */
function tell(line: WorkerLine): void {
  let bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}
