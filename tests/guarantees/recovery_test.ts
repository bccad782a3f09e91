/**
 * Promise: within 10 s after a Redis server is back (restarted with its append-only file, killed, or flushed), events
 * are handled again, nothing is lost that the server kept, and nothing is committed twice; the same for a group or
 * stream that somebody removed. Method: a real server, real faults, what the server holds afterwards.
 */

import { assert, assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import {
  type Broker,
  BrokerUnavailableError,
  type Report,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { type RedisServer, startRedisServer } from "../support/redis_server.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** A service under test: a consumer that makes one result per job, and a client beside it. */
class Service implements AsyncDisposable {
  readonly reports: Report[] = [];
  readonly consumer: StreamConsumer;
  readonly #producer: StreamProducer;
  #published = 0;

  private constructor(
    readonly server: RedisServer,
    readonly broker: Broker,
    readonly client: Redis,
    options: Partial<StreamConsumerOptions>,
  ) {
    const report = (report: Report) => void this.reports.push(report);
    const place = { broker, stream: "jobs", group: "workers", leaseMs: 1_000, count: 10 };
    this.consumer = new StreamConsumer({ ...place, onReport: report, ...options });
    this.#producer = new StreamProducer({ broker, stream: "jobs" });
  }

  static async start(options: Partial<StreamConsumerOptions> = {}): Promise<Service> {
    const server = await startRedisServer({ appendonly: true });
    const broker = await openRedisBroker({ url: server.url });
    const client = new Redis(server.url);
    client.on("error", () => {}); // it reconnects by itself
    const service = new Service(server, broker, client, options);
    await service.consumer.subscribe((event, context) => {
      context.publish("results", { type: "result", data: event.data });
    });
    return service;
  }

  /** Publishes numbered jobs, each exactly once, whatever the server does meanwhile. */
  async publish(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const data = this.#published++;
      await this.#producer.publish({ type: "job", data, idempotencyKey: `job ${data}` });
    }
  }

  async results(): Promise<string[]> {
    const entries = await this.client.xrange("results", "-", "+");
    return entries.map(([, fields]) => fields[fields.indexOf("payload") + 1] ?? "");
  }

  /** Waits until jobs from..to-1 have results, and tells how long it took. */
  async handled(from: number, to: number): Promise<number> {
    const begun = Date.now();
    await eventually(`jobs ${from} to ${to - 1} are done`, async () => {
      const done = new Set(await this.results());
      for (let job = from; job < to; job++) if (!done.has(String(job))) return false;
      return true;
    });
    return Date.now() - begun;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer.stop({ now: true });
    await this.client.quit();
    await this.broker[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  Deno.test(`T19: recovers within 10 s after a server with its file was ended by ${signal}`, async () => {
    await using service = await Service.start();
    await service.publish(50);
    await service.handled(0, 50);
    await service.server.kill(signal);
    await eventually("it backs off", () => service.consumer.state === "backingOff");
    await service.server.restart();
    const backAt = Date.now();
    await service.publish(20);
    await service.handled(50, 70);
    const recoveredMs = Date.now() - backAt;
    console.log(`recovered ${recoveredMs} ms after the server was back`);
    assert(recoveredMs < 10_000);
    assertEquals(await service.results(), numbers(0, 70));
  });
}

Deno.test("recovers within 10 s after a server without a file came back empty", async () => {
  await using service = await Service.start();
  await service.client.config("SET", "appendonly", "no");
  await service.publish(10);
  await service.handled(0, 10);
  await service.server.kill("SIGKILL");
  for await (const file of Deno.readDir(service.server.dir)) {
    if (file.isDirectory) {
      await Deno.remove(`${service.server.dir}/${file.name}`, { recursive: true });
    }
  }
  await service.server.restart();
  const backAt = Date.now();
  await service.publish(10);
  await service.handled(10, 20);
  assert(Date.now() - backAt < 10_000);
  assertEquals(await service.results(), numbers(10, 20));
});

Deno.test("recovers within 10 s after FLUSHALL, with every event published since", async () => {
  await using service = await Service.start({ start: "end" });
  await service.publish(10);
  await service.handled(0, 10);
  await service.client.flushall();
  const flushedAt = Date.now();
  await service.publish(10);
  await service.handled(10, 20);
  assert(Date.now() - flushedAt < 10_000);
  assertEquals(await service.results(), numbers(10, 20));
});

Deno.test("T5: goes on after its group was destroyed, and commits nothing twice", async () => {
  await using service = await Service.start();
  for (let round = 0; round < 5; round++) {
    await service.publish(20);
    await service.client.xgroup("DESTROY", "jobs", "workers");
    await service.publish(5);
    await service.handled(round * 25, round * 25 + 25);
  }
  assertEquals((await service.results()).sort(), numbers(0, 125).sort());
  assert(service.reports.some((report) => report.kind === "groupRecreated"));
});

Deno.test("T3: a group that was set back hands out finished events, and none is committed twice", async () => {
  await using service = await Service.start();
  await service.publish(30);
  await service.handled(0, 30);
  await service.client.xgroup("SETID", "jobs", "workers", "0");
  await service.publish(10);
  await service.handled(30, 40);
  await eventually("nothing is pending", async () => {
    const [group] = await service.broker.listGroups("jobs");
    return group?.pendingCount === 0;
  });
  assertEquals(await service.results(), numbers(0, 40));
});

Deno.test("T20: forgets nothing when the server's scripts are flushed", async () => {
  await using service = await Service.start();
  for (let round = 0; round < 10; round++) {
    await service.client.script("FLUSH");
    await service.publish(5);
  }
  await service.handled(0, 50);
  assertEquals(await service.results(), numbers(0, 50));
});

Deno.test("I18: survives connections that are cut again and again", async () => {
  await using service = await Service.start();
  for (let round = 0; round < 20; round++) {
    await service.client.client("KILL", "TYPE", "normal", "SKIPME", "yes");
    await service.publish(5);
  }
  await service.handled(0, 100);
  assertEquals((await service.results()).sort(), numbers(0, 100).sort());
});

Deno.test("T24: a paused server is not taken for a dead one", async () => {
  await using service = await Service.start();
  await service.publish(10);
  await service.client.client("PAUSE", 1_500, "WRITE");
  await service.publish(10);
  await service.handled(0, 20);
  assertEquals(await service.results(), numbers(0, 20));
});

Deno.test("T21: a full server loses nothing: no entry is acknowledged without its output", async () => {
  await using service = await Service.start();
  await service.publish(10);
  await service.handled(0, 10);
  await service.client.client("PAUSE", 300, "ALL");
  await service.publish(20);
  await service.client.config("SET", "maxmemory", "1");
  await eventually(
    "it backs off or is done",
    async () => service.consumer.state === "backingOff" || (await service.results()).length === 30,
  );
  await service.client.config("SET", "maxmemory", "0");
  await service.handled(10, 30);
  assertEquals(await service.results(), numbers(0, 30));
});

Deno.test("L3: goes on within a second after an outage of an hour, on a clock that a test moves", async () => {
  const clock = new VirtualClock();
  await using inner = await openSqliteBroker({ path: ":memory:", clock });
  let isDown = false;
  const broker = faultyBroker(inner, () => {
    if (isDown) throw new BrokerUnavailableError("call", "ECONNREFUSED");
  });
  await using consumer = new StreamConsumer({ broker, stream: "jobs", group: "workers", clock });
  const handled: unknown[] = [];
  const started = consumer.subscribe((event) => void handled.push(event.data));
  await clock.advance(1_000);
  await started;
  isDown = true;
  await clock.advance(3_600_000);
  await new StreamProducer({ broker: inner, stream: "jobs" }).publish({ type: "job", data: "A" });
  assertEquals(handled, []);
  isDown = false;
  await clock.advance(1_000);
  assertEquals(handled, ["A"]);
});
