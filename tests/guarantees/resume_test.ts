/**
 * Promise: a process that was killed resumes within 5 s of its new start, loses nothing and commits nothing twice.
 * Method: real processes, `kill -9` in the middle of the work, then what the broker holds; and a consumer whose clock
 * stands still, so that it can have waited for nothing.
 */

import { assert, assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { type Broker, StreamConsumer, StreamProducer } from "../../mod.ts";
import { join, readNew } from "../contracts/contract.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const EVENTS = 200;

/** A worker process and the lines that it has printed. */
class Worker {
  readonly lines: string[] = [];
  readonly startedAt = performance.now();
  firstHandledMs = 0;
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(url: string, permissions: string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--ignore-env",
        ...permissions,
        "tests/support/counting_worker.ts",
        url,
        "main",
        "2",
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#reading = this.#read();
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#reading;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#process.stdout) {
      if (this.firstHandledMs === 0) this.firstHandledMs = performance.now() - this.startedAt;
      this.lines.push(...decoder.decode(chunk).trim().split("\n"));
    }
  }
}

async function killAndResume(broker: Broker, url: string, permissions: string[]): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany(Array.from({ length: EVENTS }, (_, data) => ({ type: "job", data })));
  const first = new Worker(url, permissions);
  await eventually("it is in the middle", () => first.lines.length > EVENTS / 4, 30_000);
  await first.kill();
  assert(first.lines.length < EVENTS, "it was killed before the end");
  const second = new Worker(url, permissions);
  await eventually("all are done", async () => (await results(broker)).length >= EVENTS, 30_000);
  await second.kill();
  console.log(`resumed ${Math.round(second.firstHandledMs)} ms after the start of the process`);
  assert(second.firstHandledMs < 5_000);
  const handled = await results(broker);
  assertEquals(handled, Array.from({ length: EVENTS }, (_, index) => String(index)));
}

async function results(broker: Broker): Promise<string[]> {
  const entries = await broker.range("results", { count: 1_000 });
  return entries.map((entry) => String(entry.fields[entry.fields.indexOf("payload") + 1]));
}

Deno.test("a killed process resumes within 5 s, with nothing lost or doubled (SQLite file)", async () => {
  const dir = await Deno.makeTempDir({ prefix: "tidemark-" });
  try {
    const path = `${dir}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    await killAndResume(broker, `sqlite:${path}`, [`--allow-read=${dir}`, `--allow-write=${dir}`]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a killed process resumes within 5 s, with nothing lost or doubled (Redis)", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await killAndResume(broker, server.url, [`--allow-net=127.0.0.1:${server.port}`]);
});

for (const order of ["key", "none"] as const) {
  testOnEachBroker(
    `L2: what a killed process held and what is new is handled at once, however long leases are (order ${order})`,
    async ({ broker }) => {
      const place = { stream: "jobs", group: "workers", consumer: "main", order };
      const killed = await join(broker, "main", place);
      const producer = new StreamProducer({ broker, stream: "jobs" });
      await producer.publishMany([0, 1, 2].map((data) => ({ type: "job", key: "a", data })));
      assertEquals((await readNew(broker, killed, 2)).length, 2);
      const clock = new VirtualClock();
      const longest = { leaseMs: 3_600_000, blockMs: 60_000 };
      await using consumer = new StreamConsumer({ broker, ...place, ...longest, clock });
      const handled: unknown[] = [];
      const started = consumer.subscribe((event) => void handled.push(event.data));
      started.catch(() => {}); // one that has not started in time is told to end
      await eventually("all are handled", async () => {
        await clock.advance(0);
        return handled.length === 3;
      }, 5_000);
      await started;
      assertEquals(handled, [0, 1, 2]);
    },
  );
}
