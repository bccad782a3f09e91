/**
 * Promise: whatever answer a network loses, cuts in half or holds back, every event has exactly one output, in the order
 * of its key, and nothing stays pending; a stop takes no longer than the grace and a second. Method: two real consumers
 * behind a proxy that does it on command or at random, a real server, what it holds afterwards.
 */

import { assert, assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { COMMIT } from "../../src/brokers/redis/scripts/commit.lua.ts";
import { ESTABLISH, JOIN } from "../../src/brokers/redis/scripts/joining.lua.ts";
import { RENEW } from "../../src/brokers/redis/scripts/leasing.lua.ts";
import {
  CLAIM,
  READ_NEW_IN_ORDER,
  READ_OWN_PENDING,
} from "../../src/brokers/redis/scripts/reading.lua.ts";
import { type Broker, type Handler, StreamConsumer, StreamProducer } from "../../mod.ts";
import { TcpProxy } from "../brokers/redis/tcp_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { LATE_MS } from "../support/loaded_machine.ts";
import { startRedisServer } from "../support/redis_server.ts";

const ORDERS = ["key", "none"] as const;
const KEYS = 7;
const GRACE_MS = 300;

const handler: Handler = async (event, context) => {
  await new Promise((resolve) => setTimeout(resolve, 2));
  context.publish("results", { type: "result", data: event.data });
};

/** Two consumers behind a proxy, and a client beside it. */
class Setting implements AsyncDisposable {
  #published = 0;

  private constructor(
    readonly order: typeof ORDERS[number],
    readonly proxy: TcpProxy,
    readonly direct: Broker,
    readonly consumers: readonly StreamConsumer[],
    readonly open: AsyncDisposableStack,
  ) {}

  static async start(order: typeof ORDERS[number], callTimeoutMs = 5_000): Promise<Setting> {
    const open = new AsyncDisposableStack();
    const server = open.use(await startRedisServer());
    const proxy = open.use(new TcpProxy(server.port));
    const direct = open.use(await openRedisBroker({ url: server.url }));
    const consumers: StreamConsumer[] = [];
    for (const consumer of ["one", "two"]) {
      const broker = open.use(await openRedisBroker({ url: proxy.url, callTimeoutMs }));
      const place = { broker, stream: "jobs", group: "workers", consumer, order };
      const pace = { workersMax: 4, count: 20, leaseMs: 900, blockMs: 200, graceMs: GRACE_MS };
      consumers.push(new StreamConsumer({ ...place, ...pace }));
    }
    return new Setting(order, proxy, direct, consumers, open);
  }

  async subscribe(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.subscribe(handler)));
  }

  async publish(count: number): Promise<void> {
    const producer = new StreamProducer({ broker: this.direct, stream: "jobs" });
    await producer.publishMany(Array.from({ length: count }, () => {
      const data = this.#published++;
      return { type: "job", data, key: `key ${data % KEYS}` };
    }));
  }

  /** Waits until nothing is left to do, and examines what was done. */
  async examine(): Promise<void> {
    const last = (await this.direct.streamInfo("jobs"))?.lastId;
    await eventually("nothing is left to do", async () => {
      const [group] = await this.direct.listGroups("jobs");
      return group?.pendingCount === 0 && group.lastDeliveredId === last;
    });
    const found: number[][] = Array.from({ length: KEYS }, () => []);
    for (const { fields } of await this.direct.range("results", { count: 1_000 })) {
      const data = Number(fields[fields.indexOf("payload") + 1]);
      found[data % KEYS]?.push(data);
    }
    if (this.order === "none") { for (const list of found) list.sort((a, b) => a - b); }
    const all = Array.from({ length: this.#published }, (_, data) => data);
    assertEquals(found, found.map((_, key) => all.filter((data) => data % KEYS === key)));
    const reader = new StreamConsumer({ broker: this.direct, stream: "jobs", group: "workers" });
    const stored = await reader.loadCheckpoint();
    assert(stored.kind === "valid");
    assertEquals([stored.checkpoint.position, stored.checkpoint.done], [last, []]);
  }

  /** Stops both at once. @returns how long it took, in ms. */
  async stop(): Promise<number> {
    const begun = performance.now();
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    return performance.now() - begun;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.open.disposeAsync();
  }
}

const REQUESTS = { JOIN, ESTABLISH, READ_OWN_PENDING, READ_NEW_IN_ORDER, CLAIM, RENEW, COMMIT };

for (const order of ORDERS) {
  for (
    const [name, { sha }] of Object.entries({ ...REQUESTS, XREADGROUP: { sha: "XREADGROUP" } })
  ) {
    const isOther = order === "key" ? "XREADGROUP" : "READ_NEW_IN_ORDER";
    if (name === isOther) continue;
    Deno.test(`P5: lost answers to ${name} double and lose nothing (order ${order})`, async () => {
      await using setting = await Setting.start(order);
      const areLost = setting.proxy.loseRepliesTo(sha, 4);
      await setting.publish(60);
      await setting.subscribe();
      await setting.publish(60);
      await eventually("all of them are lost", async () => {
        await setting.publish(1);
        return areLost();
      });
      await setting.examine();
    });
  }

  Deno.test(`a network that fails at random doubles and loses nothing (order ${order})`, async () => {
    await using setting = await Setting.start(order, 1_000);
    const { proxy } = setting;
    await setting.subscribe();
    const faults: readonly (() => void)[] = [
      () => void proxy.loseNextReply(),
      () => void proxy.loseNextReply(Math.random()),
      () => proxy.goSilent(),
      () => {
        proxy.goSilent();
        proxy.cut();
      },
      () => proxy.delayMs = 150,
      () => proxy.refuse(),
      () => proxy.cut(),
    ];
    const met: number[] = [];
    for (let round = 0; round < 25; round++) {
      const fault = Math.floor(Math.random() * faults.length);
      met.push(fault);
      faults[fault]?.();
      const until = performance.now() + Math.random() * 300;
      while (performance.now() < until) {
        await setting.publish(1);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      proxy.recover();
    }
    await setting.examine();
  });

  Deno.test(`L5: stop ends within the grace and a second on a silent network (order ${order})`, async () => {
    await using setting = await Setting.start(order);
    await setting.subscribe();
    setting.proxy.goSilent();
    await eventually("calls are under way", () => setting.proxy.silencedCount > 3);
    const tookMs = await setting.stop();
    assert(tookMs < GRACE_MS + 1_000 + LATE_MS, `took ${tookMs} ms`);
  });
}

Deno.test("L5: stop ends within the grace and a second while it joins, and after refusals", async () => {
  for (const fault of ["goSilent", "refuse"] as const) {
    await using setting = await Setting.start("key");
    setting.proxy[fault]();
    const started = setting.consumers.map((consumer) => consumer.subscribe(handler));
    const ended = Promise.allSettled(started);
    await eventually("a call failed or is under way", () => {
      if (fault === "goSilent") return setting.proxy.silencedCount > 1;
      return setting.consumers.every((consumer) => consumer.state === "backingOff");
    });
    const tookMs = await setting.stop();
    assert(tookMs < GRACE_MS + 1_000 + LATE_MS, `took ${tookMs} ms`);
    assertEquals((await ended).map(({ status }) => status), ["rejected", "rejected"]);
  }
});

Deno.test("L5: stop ends within the grace and a second when a handler never ends", async () => {
  await using setting = await Setting.start("key");
  const begun: unknown[] = [];
  const [consumer] = setting.consumers;
  assert(consumer !== undefined);
  await consumer.subscribe((event) => {
    begun.push(event.data);
    return new Promise(() => {});
  });
  await setting.publish(1);
  await eventually("it runs", () => begun.length === 1);
  setting.proxy.goSilent();
  const tookMs = await setting.stop();
  assert(tookMs < GRACE_MS + 1_000 + LATE_MS, `took ${tookMs} ms`);
});
