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
import { Wire } from "./wire.ts";

/** The brokers that a campaign can run on. */
export type BrokerKind = "sqlite" | "redis";

/** How one worker process comes to the broker. */
export interface Door {
  readonly url: string;
  /** The permissions of the worker: its broker, and nothing else. */
  readonly workerFlags: readonly string[];
  /** What lies between, on Redis. */
  readonly wire: Wire | null;
  /** Lets a waiting thread of the worker go, on SQLite. */
  readonly gateFile: string | null;
}

/** A broker for one campaign. */
export interface Place extends AsyncDisposable {
  readonly kind: BrokerKind;
  readonly folder: string;
  /** Makes the way in for one worker process, whose wire is the caller's to dispose. */
  readonly openDoor: () => Door;
  /** The campaign's own connection, to publish. */
  readonly broker: Broker;
  /** The same data, read raw. */
  readonly data: BrokerData;
}

/** Makes a place. The folder stays when the place is disposed. */
export async function openPlace(kind: BrokerKind): Promise<Place> {
  const folder = await Deno.makeTempDir({ prefix: `tidemark-chaos-${kind}-` });
  await using stack = new AsyncDisposableStack();
  const { url, openDoor } = kind === "redis" ? await redisIn(folder, stack) : sqliteIn(folder);
  const broker = stack.use(await connect(url));
  const data = stack.use(
    kind === "redis" ? openRedisData(url) : openSqliteData(`${folder}/chaos.db`),
  );
  const owned = stack.move();
  return {
    kind,
    folder,
    openDoor,
    broker,
    data,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function redisIn(
  folder: string,
  stack: AsyncDisposableStack,
): Promise<{ readonly url: string; readonly openDoor: () => Door }> {
  const server = stack.use(await startRedisServer({ appendonly: true, dir: folder }));
  const openDoor = () => {
    const wire = new Wire(server.port);
    const url = `redis://127.0.0.1:${wire.port}`;
    // ioredis and its debug output look at the environment; they see an empty one.
    const workerFlags = ["--ignore-env", `--allow-net=127.0.0.1:${wire.port}`];
    return { url, workerFlags, wire, gateFile: null };
  };
  return { url: server.url, openDoor };
}

function sqliteIn(folder: string): { readonly url: string; readonly openDoor: () => Door } {
  const url = `sqlite:${folder}/chaos.db`;
  const workerFlags = ["--ignore-env", `--allow-read=${folder}`, `--allow-write=${folder}`];
  let doors = 0;
  const openDoor = () => ({ url, workerFlags, wire: null, gateFile: `${folder}/gate${doors++}` });
  return { url, openDoor };
}
