/**
 * Where a soak happens: a folder of its own, in it a redis-server behind a proxy, or a SQLite file, and the files of the
 * service.
 *
 * @module
 */

import { connect } from "../../mod.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { BrokerKind } from "../chaos/place.ts";
import { type Attempts, CountingProxy } from "../support/counting_proxy.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { type Fault, redisFaults, sqliteFaults, type Stage } from "./fault.ts";
import { openRedisView } from "./redis_view.ts";
import { type ServiceFiles, writeServiceFiles } from "./service_files.ts";
import { openSqliteView } from "./sqlite_view.ts";
import type { View } from "./view.ts";

/** A place for one soak. */
export interface Place extends AsyncDisposable {
  readonly folder: string;
  /** Where the publisher publishes: past the proxy. */
  readonly url: string;
  readonly files: ServiceFiles;
  /** The permissions of the publisher and of the service. */
  readonly flags: { readonly publisher: readonly string[]; readonly service: readonly string[] };
  readonly view: View;
  /** Our own connection. */
  readonly broker: Broker;
  /** What the service attempted so far; `null` where nobody can count it. */
  readonly attempts: () => Attempts | null;
  readonly faults: (stage: Stage) => Fault[];
}

const ROOT = new URL("../..", import.meta.url).pathname;

/** Makes a place. The folder stays when the place is disposed. */
export async function openPlace(kind: BrokerKind): Promise<Place> {
  const folder = await Deno.makeTempDir({ prefix: `tidemark-soak-${kind}-` });
  await using stack = new AsyncDisposableStack();
  const place = kind === "redis" ? await redisIn(folder, stack) : await sqliteIn(folder, stack);
  const owned = stack.move();
  return { ...place, folder, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Furniture = Omit<Place, "folder" | keyof AsyncDisposable>;

async function redisIn(folder: string, stack: AsyncDisposableStack): Promise<Furniture> {
  // With "no" every answer follows a write to the file, which outlives the process; with "everysec" Redis puts writes
  // off while the disk is busy, and a killed process would lose what it has answered.
  const config = ["--appendfsync", "no"];
  const server = stack.use(await startRedisServer({ appendonly: true, config, dir: folder }));
  const proxy = stack.use(new CountingProxy(server.port));
  const broker = stack.use(await connect(server.url));
  return {
    url: server.url,
    files: await writeServiceFiles(folder, `redis_url: ${proxy.url}`),
    flags: {
      publisher: ["--ignore-env", `--allow-net=127.0.0.1:${server.port}`],
      service: [...serviceFlags(folder), `--allow-net=127.0.0.1:${proxy.port}`],
    },
    view: stack.use(openRedisView(server.url)),
    broker,
    attempts: () => proxy.attempts,
    faults: (stage) => redisFaults(stage, { server, proxy }),
  };
}

async function sqliteIn(folder: string, stack: AsyncDisposableStack): Promise<Furniture> {
  const path = `${folder}/soak.db`;
  const broker = stack.use(await connect(`sqlite:${path}`));
  return {
    url: `sqlite:${path}`,
    files: await writeServiceFiles(folder, `sqlite_path: ${path}`),
    flags: {
      publisher: ["--ignore-env", `--allow-read=${folder}`, `--allow-write=${folder}`],
      service: serviceFlags(folder),
    },
    view: stack.use(openSqliteView(path)),
    broker,
    attempts: () => null,
    faults: (stage) => sqliteFaults(stage, path),
  };
}

function serviceFlags(folder: string): string[] {
  return ["--ignore-env", `--allow-read=${ROOT},${folder}`, `--allow-write=${folder}`];
}
