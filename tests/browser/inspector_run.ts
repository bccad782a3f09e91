/**
 * `tidemark run --inspect-control` as a user starts it, on a broker that can be struck, and what it has recorded itself.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { type Broker, connect, StreamProducer } from "../../mod.ts";
import { isFrame, type Message } from "../../src/inspector/format.ts";
import { type Timeline, timelineOf } from "../../src/inspector/timeline.ts";
import { TcpProxy } from "../brokers/redis/tcp_proxy.ts";
import { freePort, startRedisServer } from "../support/redis_server.ts";
import { ServiceProcess } from "../support/service_process.ts";

/** An event whose data names a file fails until that is there; one that is to last takes until its own is there. */
const HANDLER = `export default async ({ data }, ctx) => {
  const isThere = (file) => {
    try {
      return Deno.statSync(file).isFile;
    } catch {
      return false;
    }
  };
  while (data.lastsUntil && !isThere(data.lastsUntil)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (data.file && !isThere(data.file)) throw new Error("no customer of this name");
  ctx.publish("results", { type: "result", data: data.name });
};
`;

/** The stream that `main` reads. */
export const JOBS = "jobs-of-main";

/** How a service is started. */
export interface ServiceStart {
  /** Further lines of its configuration. */
  readonly more: string;
  /** Further arguments. */
  readonly args?: readonly string[];
  /** How many consumers it has; the second one has nothing to do. Default 1. */
  readonly consumers?: 1 | 2;
}

/** Where it runs, and what can happen there. */
export interface Scene extends AsyncDisposable {
  /** A file that is not there. */
  readonly file: string;
  /** The broker, never struck. */
  readonly broker: Broker;
  /** Starts a service with the consumer `main` of `jobs-of-main`. */
  start(how: ServiceStart): Promise<ServiceProcess>;
  /** From now on calls of the first service fail. @returns Ends that. */
  strike(): () => void;
}

/** Brokers by name. */
export const SCENES: Readonly<Record<string, () => Promise<Scene>>> = {
  async Redis() {
    await using open = new AsyncDisposableStack();
    const server = open.use(await startRedisServer());
    const proxy = open.use(new TcpProxy(server.port));
    const broker = open.use(await connect(server.url));
    return await sceneOf(open.move(), broker, {
      place: `redis_url: ${proxy.url}`,
      strike() {
        proxy.refuse();
        return () => proxy.recover();
      },
    });
  },
  async SQLite() {
    await using open = new AsyncDisposableStack();
    const dir = await Deno.makeTempDir({ prefix: "tidemark-" });
    open.defer(() => Deno.remove(dir, { recursive: true }));
    const path = `${dir}/t.db`;
    const broker = open.use(await connect(`sqlite:${path}`));
    return await sceneOf(open.move(), broker, {
      place: `sqlite_path: ${path}`,
      strike() {
        const database = new DatabaseSync(path);
        database.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
        return () => database.close();
      },
    });
  },
};

async function sceneOf(
  open: AsyncDisposableStack,
  broker: Broker,
  { place, strike }: { readonly place: string } & Pick<Scene, "strike">,
): Promise<Scene> {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-scene-" });
  open.defer(() => Deno.remove(folder, { recursive: true }));
  return {
    broker,
    strike,
    file: `${folder}/mended`,
    async start({ more, args = [], consumers = 1 }) {
      // With the other one the process goes on when the first has lost its name.
      const streams = ["main", "second"].slice(0, consumers).map((consumer) =>
        `{ name: jobs-of-${consumer}, group: calm, consumer: ${consumer}, handler: ./handler.ts }`
      );
      const yaml = [
        `redis_streams: { ${place}, streams: [${streams}] }`,
        "retry: { attempts_max: 2, initial_ms: 10 }",
        more,
      ].join("\n");
      return open.use(await ServiceProcess.start({ yaml, handler: HANDLER, args }));
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** A service with its page. */
export async function startShown(
  scene: Scene,
): Promise<{ readonly process: ServiceProcess; readonly url: string }> {
  const port = freePort();
  const process = await scene.start({
    more: `http: { port: ${port} }`,
    args: ["--inspect-control"],
    consumers: 2,
  });
  await process.says("consumer reads");
  return { process, url: `http://127.0.0.1:${port}` };
}

/** Publishes a job. */
export async function publishJob(
  { broker }: Scene,
  data: { readonly name: string; readonly lastsUntil?: string; readonly file?: string },
): Promise<void> {
  await new StreamProducer({ broker, stream: JOBS }).publish({ type: "job", data });
}

/** The names of the jobs that were handled, in order. */
export async function resultsOf({ broker }: Scene): Promise<unknown[]> {
  const entries = await broker.range("results", { count: 100 }).catch(() => []);
  return entries.map(({ fields }) => JSON.parse(String(fields[fields.indexOf("payload") + 1])));
}

/** What a service has recorded. */
export interface Recorded {
  /** As its file. */
  readonly text: string;
  /** To go about in. */
  readonly timeline: Timeline;
  /** The states of the consumer `main`, one after the other, and since when; one that did not change is
   * there again, and `""` stands for none. */
  readonly states: readonly { readonly state: string; readonly atMs: number }[];
}

/** Asks a service for all that it has recorded. */
export async function recordedBy(url: string): Promise<Recorded> {
  const text = await (await fetch(`${url}/inspector/session`)).text();
  const messages: Message[] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const consumers = new Set<string>();
  const states: { state: string; atMs: number }[] = [];
  for (const message of messages) {
    if (!isFrame(message)) continue;
    if (message.type === "started" && message.actor.machine === "consumer") {
      const { id, place, state } = message.actor;
      if (place?.consumer !== "main") continue;
      consumers.add(id);
      states.push({ state: nameOf(state), atMs: message.atMs });
    }
    if (message.type === "ended" && consumers.has(message.actor.id)) {
      states.push({ state: "", atMs: message.atMs });
    }
    if (message.type !== "transition" || !consumers.has(message.actor)) continue;
    states.push({ state: nameOf(message.to), atMs: message.atMs });
  }
  return { text, timeline: timelineOf(messages), states };
}

function nameOf(state: unknown): string {
  if (typeof state === "string") return `consumer.${state}`;
  const [[outer, inner] = ["", ""]] = Object.entries(state ?? {});
  return `consumer.${outer}.${inner}`;
}
