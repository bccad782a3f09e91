/**
 * The channels of Moleculer on Redis Streams, as their documentation shows them.
 *
 * @module
 */

import { Redis } from "ioredis";
import { jobChunks } from "./job_events.ts";
import { PLACE, type SideSettings } from "./lines.ts";
import type { Side } from "./side.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Variables, because the packages are found only with the configuration `rivals/queues.jsonc`. */
const [BROKER, CHANNELS] = ["moleculer", "@moleculer/channels"];

/** What is used of the one. */
interface Moleculer {
  readonly ServiceBroker: new (
    options: { readonly logger: false; readonly middlewares: readonly unknown[] },
  ) => ServiceBroker;
}

/** What is used of the other. */
interface Channels {
  readonly Middleware: (options: { readonly adapter: string }) => unknown;
}

interface ServiceBroker {
  createService(schema: unknown): unknown;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The middleware adds it. */
  sendToChannel(channel: string, payload: unknown): Promise<void>;
}

const { stream, group } = PLACE;

/** {@linkcode Side} */
export async function moleculer({ inFlightMax }: SideSettings): Promise<Side> {
  const { ServiceBroker }: Moleculer = await import(BROKER);
  const { Middleware }: Channels = await import(CHANNELS);
  return async ({ url, events, filled }) => {
    const redis = new Redis(url);
    if (filled === "before") await append(redis, events);
    const watch = new Stopwatch(events);
    const broker = new ServiceBroker({
      logger: false,
      middlewares: [Middleware({ adapter: url })],
    });
    broker.createService({
      name: "jobs",
      channels: {
        [stream]: {
          group,
          maxInFlight: inFlightMax,
          redis: { startID: "0" },
          handler: () => Promise.resolve(watch.handle()),
        },
      },
    });
    await broker.start();
    if (filled === "meanwhile") {
      watch.start();
      for (const chunk of jobChunks(events)) {
        await Promise.all(chunk.map(({ data }) => broker.sendToChannel(stream, data)));
      }
    }
    await watch.allHandled;
    // Nothing tells when it has acknowledged, so that the server is asked, one question at a time.
    while (await pendingCount(redis) > 0);
    const figures = watch.stop();
    await broker.stop();
    redis.disconnect();
    return figures;
  };
}

/** As its own `sendToChannel` writes them, but many at once. */
async function append(redis: Redis, events: number): Promise<void> {
  for (const chunk of jobChunks(events)) {
    const pipeline = redis.pipeline();
    for (const { data } of chunk) pipeline.xadd(stream, "*", "payload", JSON.stringify(data));
    await pipeline.exec();
  }
}

async function pendingCount(redis: Redis): Promise<number> {
  const reply: unknown = await redis.xpending(stream, group);
  return Array.isArray(reply) ? Number(reply[0]) : NaN;
}
