/**
 * Promise: a consumer that has to join its group again goes on as the one it is now: what it asked before does not harm
 * it, nothing of before stays open, and nothing is told twice. Method: a real server, a broker whose calls wait or fail
 * when a test says so.
 */

import { assert, assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { type Broker, BrokerUnavailableError, StreamConsumer, StreamProducer } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

async function setting(): Promise<AsyncDisposable & { broker: Broker; client: Redis }> {
  const open = new AsyncDisposableStack();
  const server = open.use(await startRedisServer());
  const broker = open.use(await openRedisBroker({ url: server.url }));
  const client = open.adopt(new Redis(server.url), (client) => void client.disconnect());
  return { broker, client, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

const place = { stream: "jobs", group: "workers" } as const;

async function clients(client: Redis): Promise<string[]> {
  return String(await client.client("LIST")).trim().split("\n");
}

for (const order of ["key", "none"] as const) {
  Deno.test(`T5: a read of before a rejoin does not fence its own consumer (order ${order})`, async () => {
    await using given = await setting();
    const { broker, client } = given;
    const gate = Promise.withResolvers<void>();
    const seen: unknown[] = [];
    await using consumer = new StreamConsumer({ broker, ...place, order, blockMs: 5_000 });
    await consumer.subscribe(async (event) => {
      seen.push(event.data);
      if (event.data === "A") await gate.promise;
    });
    const producer = new StreamProducer({ broker, stream: "jobs" });
    await producer.publish({ type: "job", data: "A" });
    await eventually("the next read waits beside the handler", async () => {
      const waits = (await clients(client)).some((line) => /cmd=xread(group)? /.test(line));
      return seen.length === 1 && waits;
    });
    await client.xgroup("DESTROY", "jobs", "workers");
    gate.resolve();
    await eventually("it has joined again", () => consumer.context?.epoch === 2);
    await producer.publish({ type: "job", data: "B" });
    await eventually("both are handled", async () => {
      const [group] = await broker.listGroups("jobs");
      return seen.includes("B") && group?.pendingCount === 0;
    });
    assert(consumer.state !== "failed");
  });
}

Deno.test("a renewal of before a rejoin does not fence its own consumer, and none is sent meanwhile", async () => {
  await using given = await setting();
  const gates = { renew: Promise.withResolvers<void>(), establish: Promise.withResolvers<void>() };
  const calls: string[] = [];
  let isHeld = false;
  const broker: Broker = {
    ...given.broker,
    async renew(membership, ids) {
      calls.push(`renew ${membership.epoch}`);
      if (isHeld) await gates.renew.promise;
      return await given.broker.renew(membership, ids).finally(() => calls.push("answered"));
    },
    async establish(membership, plan) {
      calls.push(`establish ${membership.epoch}`);
      if (membership.epoch > 1) await gates.establish.promise;
      return await given.broker.establish(membership, plan);
    },
  };
  const clock = new VirtualClock();
  const leaseMs = 300;
  await using consumer = new StreamConsumer({ broker, ...place, leaseMs, clock, blockMs: 20 });
  await consumer.subscribe(() => {});
  const until = (what: string, holds: () => boolean) =>
    eventually(what, async () => {
      await clock.advance(10);
      return holds();
    });
  isHeld = true;
  await until("a renewal is under way", () => calls.includes("renew 1"));
  await given.client.xgroup("DESTROY", "jobs", "workers");
  await until("it joins again", () => calls.includes("establish 2"));
  calls.length = 0;
  gates.renew.resolve();
  await until("the renewal is refused", () => calls.includes("answered"));
  await clock.advance(leaseMs);
  assertEquals([calls, consumer.state], [["answered"], "validating"]);
  isHeld = false;
  gates.establish.resolve();
  await until("it renews under its new epoch", () => calls.includes("renew 2"));
  assertEquals([calls.includes("renew 1"), consumer.state === "failed"], [false, false]);
});

Deno.test("a consumer that joined again many times holds one connection for waiting", async () => {
  await using given = await setting();
  const { broker, client } = given;
  await using consumer = new StreamConsumer({ broker, ...place, order: "none", blockMs: 100 });
  await consumer.subscribe(() => {});
  for (let epoch = 2; epoch <= 6; epoch++) {
    await client.xgroup("DESTROY", "jobs", "workers");
    await eventually("it reads again", () => {
      return consumer.context?.epoch === epoch && consumer.state === "reading";
    });
  }
  // The commands of the broker, the one that waits, and this test's own.
  await eventually("the others are closed", async () => (await clients(client)).length === 3);
});

Deno.test("a start that is tried again tells its reports once", async () => {
  await using given = await setting();
  let failures = 3;
  const broker: Broker = {
    ...given.broker,
    establish: (membership, plan) =>
      "create" in Object(plan.group) && plan.createStream !== true && failures-- > 0
        ? Promise.reject(new BrokerUnavailableError("establish", "OOM"))
        : given.broker.establish(membership, plan),
  };
  const told: string[] = [];
  const onReport = (report: { kind: string }) => void told.push(report.kind);
  await using consumer = new StreamConsumer({ broker, ...place, onReport });
  await consumer.subscribe(() => {});
  for (const epochMin of [5, 6]) {
    await given.client.xgroup("DESTROY", "jobs", "workers");
    await eventually("it reads again", () => {
      return (consumer.context?.epoch ?? 0) >= epochMin && consumer.state === "reading";
    });
  }
  assertEquals(told, ["groupRecreated", "groupRecreated"]);
});

Deno.test("a stop during a commit waits for its answer and tells of it once", async () => {
  await using given = await setting();
  const gate = Promise.withResolvers<void>();
  let commits = 0;
  const broker: Broker = {
    ...given.broker,
    async commit(membership, request) {
      commits++;
      await gate.promise;
      return await given.broker.commit(membership, request);
    },
  };
  const told: string[] = [];
  const onReport = (report: { kind: string }) => void told.push(report.kind);
  const consumer = new StreamConsumer({ broker, ...place, onReport });
  await consumer.subscribe((_event, context) => context.deadLetter("unwanted"));
  await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job", data: "A" });
  await eventually("the commit is under way", () => commits === 1);
  const stopped = consumer.stop();
  await eventually("it drains", () => consumer.state === "draining");
  gate.resolve();
  await stopped;
  assertEquals([commits, told], [1, ["deadLettered"]]);
});

Deno.test("a quick resume reads nothing before what was handed back is handed back", async () => {
  await using given = await setting();
  const gate = Promise.withResolvers<void>();
  const calls: string[] = [];
  const broker: Broker = {
    ...given.broker,
    async release(membership, ids) {
      calls.push("release begins");
      await gate.promise;
      const count = await given.broker.release(membership, ids);
      calls.push("release ends");
      return count;
    },
    readNew(membership, options) {
      calls.push("read");
      return given.broker.readNew(membership, options);
    },
    readOwnPending(membership, options) {
      calls.push("read");
      return given.broker.readOwnPending(membership, options);
    },
  };
  const first = Promise.withResolvers<void>();
  const seen: unknown[] = [];
  const told: string[] = [];
  const onReport = (report: { kind: string }) => void told.push(report.kind);
  await using consumer = new StreamConsumer({ broker, ...place, onReport });
  await consumer.subscribe(async (event) => {
    seen.push(event.data);
    if (event.data === 0) await first.promise;
  });
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany([0, 1, 2, 3].map((data) => ({ type: "job", data })));
  await eventually("the others wait behind the first", () => consumer.load.inFlight === 4);
  consumer.pause();
  await eventually("the others are handed back", () => calls.includes("release begins"));
  consumer.resume();
  gate.resolve();
  first.resolve();
  await eventually("all are handled", async () => {
    const [group] = await broker.listGroups("jobs");
    return seen.length >= 4 && group?.pendingCount === 0;
  });
  const between = calls.slice(calls.indexOf("release begins") + 1, calls.indexOf("release ends"));
  assertEquals([between, seen, told], [[], [0, 1, 2, 3], []]);
});
