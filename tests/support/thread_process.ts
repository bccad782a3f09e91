/**
 * A program that uses a thread. Its argument says for what: `permissions` tells what code in a thread may do,
 * `leaveBehind` runs a handler that nobody can stop, and then ends.
 *
 * @module
 */

import { systemClock } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { type ThreadWorkers, threadWorkers } from "../../src/workers/threads/thread_workers.ts";
import { hastyClock, OBEDIENT, order } from "./thread_rig.ts";

const shared = {
  place: { stream: "orders", group: "billing", consumer: "main", incarnation: "first" },
  random: systemRandom,
  log: silentLog,
};

async function start(
  handler: string,
  { timeoutMs = 0, clock = systemClock } = {},
): Promise<ThreadWorkers> {
  return await threadWorkers({ ...shared, modules: { handler, codec: "event" }, timeoutMs, clock });
}

const tasks: Record<string, () => Promise<void>> = {
  async permissions() {
    await using threads = await start(new URL("./thread_permissions.ts", import.meta.url).href);
    await using worker = threads.make({ onFree() {}, onBroken() {} });
    const result = await worker.run(order("nothing"), 0);
    if (result.kind === "givenUp") console.log(result.reason);
  },
  async leaveBehind() {
    // The handler is told after 20 ms; 20 times faster, its thread is given up 62 ms later.
    await using threads = await start(OBEDIENT, { timeoutMs: 400, clock: hastyClock(20) });
    const broken = Promise.withResolvers<void>();
    await using worker = threads.make({
      onFree() {},
      onBroken(reason) {
        console.log(`broken: ${reason}`);
        broken.resolve();
      },
    });
    const result = await worker.run(order("spinLater"), 0);
    await broken.promise;
    console.log(result.kind);
  },
};

await tasks[Deno.args[0] ?? ""]?.().catch((error) => console.log(String(error)));
