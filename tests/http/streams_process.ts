/**
 * A streams' server in a process of its own, on a Redis. Run as a program it is that server: it takes the URL of the Redis,
 * prints its port, and serves until it is killed.
 *
 * @module
 */

import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { HttpServer } from "../../src/http/server.ts";
import { streamRoutes } from "../../src/http/streams/stream_routes.ts";

/** A process that serves. */
export interface StreamsProcess extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** It was not killed. */
  readonly isAlive: boolean;
  /** Kills it with SIGKILL. Idempotent. */
  kill(): Promise<void>;
}

/** Starts a process, which answers. */
export async function startStreamsProcess(redisUrl: string): Promise<StreamsProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-prompt", "--ignore-env"],
      ...["--allow-net=127.0.0.1", import.meta.filename ?? "", redisUrl],
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: port = "" } = await reader.read();
  let isAlive = true;
  const kill = async () => {
    if (!isAlive) return;
    isAlive = false;
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
  };
  return {
    url: `http://127.0.0.1:${Number(port)}`,
    get isAlive() {
      return isAlive;
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

if (import.meta.main) {
  const broker = await openRedisBroker({ url: Deno.args[0] ?? "" });
  const server = new HttpServer({ routes: [streamRoutes({ broker })] });
  console.log(server.address.port);
}
