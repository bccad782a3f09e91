/**
 * The scenario `start-resume`: from SIGKILL to the first commit of what the killed process held.
 *
 * @module
 */

import { fill } from "../growth/fill.ts";
import { BROKERS, openPlace, type Place } from "../growth/place.ts";
import { PAYLOAD_BYTES } from "../growth/sizes.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import { nowMs, startWorker, untilTold } from "./worker_process.ts";
import type { WorkerSettings } from "./worker_lines.ts";

const ROUNDS = 5;
const ROUNDS_FULL = 15;

/** Shorter than the default of 10 s, and told apart in the table: what comes on top of it does not depend on it. */
const LEASE_MS = 2_000;
const LEASE_MS_FULL = 10_000;

/** As many as one read takes: all are held by the process that is killed. */
const EVENTS = 100;

const STREAM = "start";

/** Who goes on. */
const SUCCESSORS = ["the same name, started anew", "another name, running"] as const;

/** {@linkcode Scenario} */
export const startResume: Scenario = {
  title: "Start: after SIGKILL",
  measures: [
    `A process holds ${EVENTS} entries and is killed. Either the same program is started at once, under the same name: what`,
    "was its own is handed to it without waiting. Or another process that runs already takes the entries over when their",
    `lease is over. The handler does nothing. Medians of ${ROUNDS} rounds, with --full of ${ROUNDS_FULL}.`,
    "",
    "total       from the kill until the first commit of the entries that were held; least and most of all rounds",
    "process     of it: until the new process has joined its group",
    "lease       of it: the lease, which began at the last renewal before the kill, up to a third of it earlier",
    "after       of it: the rest; below nothing, because the lease began before the kill",
  ].join("\n"),
  run,
};

interface Setting {
  readonly broker: Place["broker"];
  readonly successor: typeof SUCCESSORS[number];
  readonly rounds: Figures[];
}

interface Figures {
  readonly totalMs: number;
  readonly processMs: number;
}

async function run(options: ScenarioOptions): Promise<Row[]> {
  const settings = BROKERS.flatMap((broker) =>
    SUCCESSORS.map((successor): Setting => ({ broker, successor, rounds: [] }))
  );
  const count = options.full ? ROUNDS_FULL : ROUNDS;
  const leaseMs = options.full ? LEASE_MS_FULL : LEASE_MS;
  for (let round = 1; round <= count; round++) {
    for (const setting of settings) {
      const { broker, successor, rounds } = setting;
      options.signal.throwIfAborted();
      options.onProgress(`start-resume, round ${round} of ${count}: ${broker}, ${successor}`);
      rounds.push(await measure(setting, { ...options, leaseMs }));
    }
  }
  return settings.map((setting) => rowOf(setting, leaseMs));
}

async function measure(
  { broker, successor }: Setting,
  { leaseMs, signal }: ScenarioOptions & { readonly leaseMs: number },
): Promise<Figures> {
  await using place = await openPlace(broker);
  const { url, folder, connection } = place;
  const settings = { url, stream: STREAM, leaseMs, count: EVENTS };
  const start = (more: Pick<WorkerSettings, "consumer" | "handler">) =>
    startWorker({ ...settings, ...more }, { folder, signal });
  await fill({ broker: connection, stream: STREAM }, {
    events: EVENTS,
    payloadBytes: PAYLOAD_BYTES,
    signal,
  });
  await using first = start({ consumer: "first", handler: "hold" });
  await untilTold(first, "handling");
  const isRunning = successor === "another name, running";
  await using running = isRunning ? start({ consumer: "second", handler: 0 }) : null;
  if (running !== null) await untilTold(running, "joined");
  const killedMs = nowMs();
  await first[Symbol.asyncDispose]();
  await using anew = isRunning ? null : start({ consumer: "first", handler: 0 });
  const joinedMs = anew === null ? killedMs : await untilTold(anew, "joined");
  const worker = running ?? anew;
  if (worker === null) throw new Error("No process goes on");
  return {
    totalMs: await untilTold(worker, "committed") - killedMs,
    processMs: joinedMs - killedMs,
  };
}

function rowOf({ broker, successor, rounds }: Setting, leaseMs: number): Row {
  const totals = rounds.map(({ totalMs }) => totalMs);
  const isRunning = successor === "another name, running";
  const processMs = median(rounds.map((round) => round.processMs));
  const part = isRunning ? leaseMs : processMs;
  return {
    broker,
    "goes on": successor,
    "total ms": rounded(median(totals)),
    "least ms": rounded(Math.min(...totals)),
    "most ms": rounded(Math.max(...totals)),
    ...isRunning ? { "lease ms": leaseMs } : { "process ms": rounded(processMs) },
    "after ms": rounded(median(totals) - part),
  };
}
