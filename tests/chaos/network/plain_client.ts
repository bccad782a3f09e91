/**
 * A plain client of Redis beside the product, which outlasts every trouble of its server and can be closed at any moment.
 *
 * @module
 */

import { Redis, type RedisOptions } from "ioredis";

const AGAIN_MS = 20;

/** Opens one. @param options Of ioredis, beyond that it comes back soon. */
export function openPlainClient(url: string, options: RedisOptions = {}): Redis {
  const client = new Redis(url, { ...options, retryStrategy: () => AGAIN_MS });
  client.on("error", () => {}); // told by the call that fails
  return client;
}

/** Closes one. @returns when nothing is left of it. */
export async function closePlainClient(client: Redis): Promise<void> {
  if (client.status === "end") return;
  // One that waits for its next attempt has no socket whose end it would notice.
  const hasSocket = client.status !== "reconnecting";
  const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
  client.disconnect();
  if (hasSocket) await ended;
}
