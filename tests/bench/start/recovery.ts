/**
 * The scenario `start-recovery`: from the restart of a Redis server to the next commit.
 *
 * @module
 */

import { connect } from "../../../mod.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { fill } from "../growth/fill.ts";
import { PAYLOAD_BYTES } from "../growth/sizes.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import { nowMs, startWorker, untilTold } from "./worker_process.ts";

const ROUNDS = 5;
const ROUNDS_FULL = 15;

/** How long the server is away, in ms: a restart, and long enough that attempts to reach it have become rare. */
const AWAY_MS = [0, 3_000];

/** Enough that there is always something to commit: a commit each ten events, and each event takes at least 1 ms. */
const EVENTS = 100_000;
const COUNT = 10;
const WORK_MS = 1;

/** So many commits before the server is killed: then everything is compiled. */
const COMMITS = 20;

const STREAM = "start";

/** {@linkcode Scenario} */
export const startRecovery: Scenario = {
  title: "Start: after a restart of Redis",
  measures: [
    `A process handles a stream, ${WORK_MS} ms for each event, a commit for each ${COUNT}. The server, which keeps an append-only file,`,
    "is killed and started again, at once or after a while. The process is left alone. Medians of",
    `${ROUNDS} rounds, with --full of ${ROUNDS_FULL}.`,
    "",
    "away     between the kill and the start of the server",
    "server   until it answers again: it reads its file",
    "after    from that answer until the process has the answer to a commit; least and most of all rounds",
  ].join("\n"),
  run,
};

interface Setting {
  readonly awayMs: number;
  readonly rounds: Figures[];
}

interface Figures {
  readonly serverMs: number;
  readonly afterMs: number;
}

async function run({ full, signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  const settings = AWAY_MS.map((awayMs): Setting => ({ awayMs, rounds: [] }));
  const count = full ? ROUNDS_FULL : ROUNDS;
  for (let round = 1; round <= count; round++) {
    for (const { awayMs, rounds } of settings) {
      signal.throwIfAborted();
      onProgress(`start-recovery, round ${round} of ${count}: away for ${awayMs} ms`);
      rounds.push(await measure(awayMs, signal));
    }
  }
  return settings.map(({ awayMs, rounds }) => {
    const after = rounds.map(({ afterMs }) => afterMs);
    return {
      "away ms": awayMs,
      "server ms": rounded(median(rounds.map(({ serverMs }) => serverMs))),
      "after ms": rounded(median(after)),
      "least ms": rounded(Math.min(...after)),
      "most ms": rounded(Math.max(...after)),
    };
  });
}

async function measure(awayMs: number, signal: AbortSignal): Promise<Figures> {
  await using server = await startRedisServer({ appendonly: true });
  {
    await using broker = await connect(server.url);
    await fill({ broker, stream: STREAM }, {
      events: EVENTS,
      payloadBytes: PAYLOAD_BYTES,
      signal,
    });
  }
  await using worker = startWorker({
    url: server.url,
    stream: STREAM,
    consumer: "main",
    leaseMs: 10_000,
    count: COUNT,
    handler: WORK_MS,
  }, { folder: server.dir, signal });
  for (let commit = 0; commit < COMMITS; commit++) await untilTold(worker, "committed");
  await server.kill("SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, awayMs));
  const startMs = nowMs();
  await server.start();
  const answersMs = nowMs();
  const committedMs = await untilTold(worker, "committed", { sinceMs: startMs });
  return { serverMs: answersMs - startMs, afterMs: committedMs - answersMs };
}
