/**
 * The scenario `sse`: many clients follow one run while it emits events, and a server that one would write by hand does
 * the same with as many clients.
 *
 * @module
 */

import { type RedisServer, startRedisServer } from "../../support/redis_server.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { type Figures, measureRound } from "./round.ts";
import { rowOf } from "./rows.ts";

const EVENTS_PER_SECOND = 100;
const WARM_UP_SECONDS = 2;

/** How often each is measured, in turn with the others; the medians count. */
const ROUNDS = 3;

const CLIENT_COUNTS = [100, 1_000];

/** What clients read from; the first is the rival. */
const SERVERS = ["by hand", "sqlite", "redis"] as const;

type Server = typeof SERVERS[number];

/** What is measured, and all that was found. */
interface Setting {
  readonly clients: number;
  readonly server: Server;
  readonly rounds: Figures[];
}

/** {@linkcode Scenario} */
export const sse: Scenario = {
  title: "Clients that follow one run by server-sent events",
  measures: [
    `A run emits ${EVENTS_PER_SECOND} events of 200 bytes a second, kept in SQLite or Redis. Server and clients are`,
    "processes of their own; every client checks that it gets each event once and in order. The rival is written by",
    "hand, a ReadableStream for each client: nothing is kept, and nothing bounded. Sums of all rounds for what was",
    `lost, doubled or disordered, medians of ${ROUNDS} rounds for everything else.`,
    "",
    "median, p99, max  from emit until a client has read the bytes; x by hand: the p99 by that of the rival",
    "late              99 of 100 events were emitted at most so much later than planned",
    "cores             how busy a process was while all this was measured",
    "connect           until all clients have the head of their answer",
    "rss, heap         of the server for each client, with all connected; heap is without garbage",
  ].join("\n"),
  run,
};

async function run(options: ScenarioOptions): Promise<Row[]> {
  await using redis = await startRedisServer();
  const settings = CLIENT_COUNTS.flatMap((clients) =>
    SERVERS.map((server): Setting => ({ clients, server, rounds: [] }))
  );
  for (let round = 1; round <= ROUNDS; round++) {
    for (const setting of settings) {
      const { server, clients, rounds } = setting;
      options.onProgress(`sse, round ${round} of ${ROUNDS}: ${server}, ${clients} clients`);
      rounds.push(await measure(setting, { ...options, redis }));
    }
  }
  return settings.map(({ server, clients, rounds }) => {
    const rival = settings.find((other) => other.clients === clients);
    return { clients, server, ...rowOf(rounds, rival?.rounds ?? []) };
  });
}

async function measure(
  { server, clients }: Setting,
  { redis, seconds, signal }: ScenarioOptions & { readonly redis: RedisServer },
): Promise<Figures> {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-bench-" });
  try {
    return await measureRound({
      kind: server === "by hand" ? "naive" : "tidemark",
      clients,
      eventsPerSecond: EVENTS_PER_SECOND,
      warmUpSeconds: WARM_UP_SECONDS,
      seconds,
      signal,
      folder,
      url: server === "redis" ? redis.url : `sqlite:${folder}/runs.db`,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
