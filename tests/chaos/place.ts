/**
 * Where a campaign happens: a folder of its own, and in it a redis-server with an append-only file, or a SQLite file.
 *
 * @module
 */

import { connect } from "../../mod.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import type { BrokerData } from "./moment.ts";
import { openRedisData } from "./redis_data.ts";
import { openSqliteData } from "./sqlite_data.ts";

/** The brokers that a campaign can run on. */
export type BrokerKind = "sqlite" | "redis";

/** A broker for one campaign. */
export interface Place extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  /** The permissions of a worker: its broker, and nothing else. */
  readonly workerFlags: readonly string[];
  /** The campaign's own connection, to publish and to ask. */
  readonly broker: Broker;
  /** The same data, read raw. */
  readonly data: BrokerData;
}

/** Makes a place. The folder stays when the place is disposed. */
export async function openPlace(kind: BrokerKind): Promise<Place> {
  const folder = await Deno.makeTempDir({ prefix: `tidemark-chaos-${kind}-` });
  await using stack = new AsyncDisposableStack();
  const { url, workerFlags } = kind === "redis" ? await redisIn(folder, stack) : sqliteIn(folder);
  const broker = stack.use(await connect(url));
  const data = stack.use(
    kind === "redis" ? openRedisData(url) : openSqliteData(`${folder}/chaos.db`),
  );
  const owned = stack.move();
  return {
    url,
    folder,
    workerFlags,
    broker,
    data,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function redisIn(
  folder: string,
  stack: AsyncDisposableStack,
): Promise<Pick<Place, "url" | "workerFlags">> {
  const server = stack.use(await startRedisServer({ appendonly: true, dir: folder }));
  // ioredis and its debug output look at the environment; they see an empty one.
  return { url: server.url, workerFlags: ["--ignore-env", `--allow-net=127.0.0.1:${server.port}`] };
}

function sqliteIn(folder: string): Pick<Place, "url" | "workerFlags"> {
  return {
    url: `sqlite:${folder}/chaos.db`,
    workerFlags: ["--ignore-env", `--allow-read=${folder}`, `--allow-write=${folder}`],
  };
}
