/**
 * Where the scenarios of growth keep their streams: a Redis server or a file, each its own and gone at the end.
 *
 * @module
 */

import { Redis } from "ioredis";
import { type Broker, connect } from "../../../mod.ts";
import { startRedisServer } from "../../support/redis_server.ts";

/** A broker and what stands behind it. */
export interface Place extends AsyncDisposable {
  /** What it is called in a table. */
  readonly broker: "redis" | "sqlite";
  readonly url: string;
  /** A folder that processes may read and write, for the file. */
  readonly folder: string;
  /** A connection of the process that measures. */
  readonly connection: Broker;
  /** What the server holds in memory, or how large the file is with all that belongs to it. */
  readonly bytes: () => Promise<number>;
}

/** The brokers that are measured. */
export const BROKERS = ["redis", "sqlite"] as const;

/** Opens one of them, empty: what one measurement leaves behind must not slow down the next. */
export async function openPlace(broker: Place["broker"]): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "tidemark-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const { url, bytes } = broker === "redis" ? await openServer(stack) : {
    url: `sqlite:${folder}/growth.db`,
    bytes: () => Promise.resolve(fileBytes(folder)),
  };
  const connection = stack.use(await connect(url));
  const owned = stack.move();
  return {
    broker,
    url,
    folder,
    connection,
    bytes,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openServer(stack: AsyncDisposableStack): Promise<Pick<Place, "url" | "bytes">> {
  const { url } = stack.use(await startRedisServer());
  const client = new Redis(url);
  stack.defer(() => client.disconnect());
  return {
    url,
    async bytes() {
      const text = await client.info("memory");
      return Number(/^used_memory:(\d+)/m.exec(text)?.[1] ?? NaN);
    },
  };
}

function fileBytes(folder: string): number {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  return names.reduce((sum, name) => sum + Deno.statSync(`${folder}/${name}`).size, 0);
}
