/**
 * Promise: whatever a handler does costs only its own event; the timeout frees workers that are stuck; the events of a
 * key stay in order while other keys run beside them; workers come and go with the work, and nothing of them is left
 * behind. Method: real brokers, handlers that misbehave in every way that JavaScript allows, then what the broker holds;
 * a host that counts the living actors, and the sanitizers of the test runner for timers.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Broker,
  type Clock,
  deadLetterStream,
  type HandlerContext,
  type HandlerFunction,
  InvalidOptionError,
  readDeadLetter,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
  type Timer,
} from "../../mod.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { WatchedHost } from "../support/pool_host.ts";

/** Something that every touch of makes throw. */
const untouchable = new Proxy({}, {
  get: refuse,
  has: refuse,
  ownKeys: refuse,
  getPrototypeOf: refuse,
  getOwnPropertyDescriptor: refuse,
});

function refuse(): never {
  throw new Error("inner");
}

function throws(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

/** Handlers that must cost their own event, as plain JavaScript can write them. */
const bad: Record<string, (context: HandlerContext) => unknown> = {
  "throws undefined": throws(undefined),
  "throws null": throws(null),
  "throws a symbol": throws(Symbol("no")),
  "throws a frozen object": throws(Object.freeze({ message: "frozen" })),
  "throws an error with throwing getters": throws(
    Object.defineProperties(new Error("no"), {
      message: { get: refuse },
      name: { get: refuse },
      stack: { get: refuse },
    }),
  ),
  "throws a proxy that throws": throws(untouchable),
  "rejects with a proxy that throws": () => Promise.reject(untouchable),
  "rejects twice": () =>
    new Promise((_, reject) => {
      reject(new Error("once"));
      reject(new Error("twice"));
    }),
  "is a thenable that rejects twice and resolves": () => ({
    then(resolve: () => void, reject: (error: unknown) => void) {
      reject(new Error("once"));
      reject(new Error("twice"));
      resolve();
    },
  }),
  "resolves to a thenable that throws": () => Promise.resolve().then(() => ({ then: refuse })),
  "returns a thenable that throws": () => ({ then: refuse }),
  "returns something whose then throws": () => ({
    get then() {
      return refuse();
    },
  }),
  "returns a proxy that throws": () => untouchable,
  "never settles": () => new Promise(() => {}),
  "returns a thenable that never settles": () => ({ then() {} }),
  "rejects after its abort": ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => queueMicrotask(() => reject(signal.reason)));
    }),
  "resolves after its abort": ({ signal }) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => queueMicrotask(() => resolve(null)));
    }),
  "publishes after its abort": (context) =>
    new Promise((_, reject) => {
      context.signal.addEventListener("abort", () => {
        try {
          context.publish("results", { type: "late" });
        } catch (refusal) {
          reject(refusal);
        }
      });
    }),
};

/** Handlers that return what nobody asked for, and are done. */
const odd: Record<string, () => unknown> = {
  "returns a number": () => NaN,
  "returns a text": () => "text",
  "returns a symbol": () => Symbol("yes"),
  "returns a function": () => refuse,
  "returns a frozen object": () => Object.freeze({ then: 5 }),
  "returns an object without prototype": () => Object.create(null),
  "resolves to anything": () => Promise.resolve({ then: "no function" }),
  "resolves to a promise": () => Promise.resolve(Promise.resolve(untouchable === null)),
};

/** The types of handlers do not allow what a program can do. */
function handlerOf(handle: (data: string, context: HandlerContext) => unknown): HandlerFunction {
  const loose: (event: { data: unknown }, context: HandlerContext) => void = (event, context) =>
    handle(String(event.data), context);
  return loose;
}

function consumerOn(
  broker: Broker,
  options?: Partial<StreamConsumerOptions>,
  host?: WatchedHost,
): StreamConsumer {
  const given = { broker, stream: "jobs", group: "workers", ...options };
  return new StreamConsumer(given, host);
}

async function publish(broker: Broker, ...keys: readonly string[]): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany(keys.map((key) => ({ type: "job", key, data: key })));
}

async function deadLetterKeys(broker: Broker): Promise<unknown[]> {
  const entries = await broker.range(deadLetterStream("jobs"), { count: 1_000 });
  return entries.map((entry) => {
    const fields = readDeadLetter(entry)?.fields ?? [];
    return fields[fields.indexOf("key") + 1];
  });
}

async function resultKeys(broker: Broker): Promise<unknown[]> {
  const entries = await broker.range("results", { count: 1_000 });
  return entries.map(({ fields }) => fields[fields.indexOf("key") + 1]);
}

testOnEachBroker(
  "whatever a handler throws, returns or leaves undone costs only its own event",
  async ({ broker }) => {
    const unhandled: unknown[] = [];
    const onUnhandled = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      unhandled.push(event.reason);
    };
    addEventListener("unhandledrejection", onUnhandled);
    try {
      const fine = Object.keys(bad).map((key) => `fine beside: ${key}`);
      await publish(broker, ...Object.keys(bad), ...Object.keys(odd), ...fine);
      await using consumer = consumerOn(broker, {
        workersMax: 3,
        handlerTimeoutMs: 20,
        attemptsMax: 2,
        retry: { initialMs: 1, maxMs: 1, multiplier: 1 },
      });
      await consumer.subscribe(handlerOf((key, context) => {
        const misbehave = bad[key];
        if (misbehave !== undefined) return misbehave(context);
        context.publish("results", { type: "result", key });
        return odd[key]?.();
      }));
      const all = Object.keys(bad).length;
      await eventually(
        "all were given up",
        async () => (await deadLetterKeys(broker)).length === all,
      );
      await consumer.stop();
      assertEquals((await deadLetterKeys(broker)).sort(), Object.keys(bad).sort());
      assertEquals((await resultKeys(broker)).sort(), [...Object.keys(odd), ...fine].sort());
      const [group] = await broker.listGroups("jobs");
      assertEquals([group?.pendingCount, unhandled], [0, []]);
    } finally {
      removeEventListener("unhandledrejection", onUnhandled);
    }
  },
);

testOnEachBroker(
  "with every worker stuck, the timeout tells the handlers and frees the workers for others",
  async ({ broker }) => {
    const reasons: unknown[] = [];
    const stuck = Array.from({ length: 6 }, (_, index) => `stuck ${index}`);
    await publish(broker, ...stuck, "fine");
    await using consumer = consumerOn(broker, {
      workersMax: 3,
      handlerTimeoutMs: 40,
      attemptsMax: 1,
    });
    let seen: unknown = null;
    await consumer.subscribe(handlerOf((key, context) => {
      if (key === "fine") return context.publish("results", { type: "result", key });
      const { signal } = context;
      signal.addEventListener("abort", () => reasons.push(signal.reason?.reason));
      seen ??= consumer.view.workers;
      return new Promise(() => {});
    }));
    await eventually("the other one was handled", async () => {
      return (await resultKeys(broker)).length === 1;
    });
    await consumer.stop();
    assertEquals(seen, { total: 1, free: 1, broken: 0 });
    assertEquals(reasons, stuck.map(() => "timeout"));
    assertEquals((await deadLetterKeys(broker)).sort(), stuck);
  },
);

testOnEachBroker(
  "the events of a key are handled in order while other keys run beside them",
  async ({ broker }) => {
    const keys = ["a", "b", "c"];
    const producer = new StreamProducer({ broker, stream: "jobs" });
    const rounds = [0, 1, 2, 3];
    await producer.publishMany(
      rounds.flatMap((round) => keys.map((key) => ({ type: "job", key, data: `${key} ${round}` }))),
    );
    const story: string[] = [];
    const running = new Set<string>();
    let together = Promise.withResolvers<void>();
    await using consumer = consumerOn(broker, { workersMax: 3 });
    await consumer.subscribe(async ({ key = "", data }) => {
      assert(!running.has(key), `two events of ${key} ran at once`);
      running.add(key);
      story.push(String(data));
      // Nobody goes on before all keys run: side by side, or never.
      const { promise, resolve } = together;
      if (running.size === keys.length) {
        resolve();
        together = Promise.withResolvers<void>();
      }
      await promise;
      running.delete(key);
    });
    await eventually("all were handled", () => story.length === 12 && running.size === 0);
    for (const key of keys) {
      const ofKey = story.filter((line) => line.startsWith(key));
      assertEquals(ofKey, rounds.map((round) => `${key} ${round}`));
    }
  },
);

/** A clock on which the looks of a crew, every 5 s, come when the test says so. */
class LookClock implements Clock {
  readonly #looks = new Set<() => void>();

  nowMs(): number {
    return systemClock.nowMs();
  }

  after(delayMs: number, callback: () => void): Timer {
    if (delayMs !== 5_000) return systemClock.after(delayMs, callback);
    this.#looks.add(callback);
    return { cancel: () => this.#looks.delete(callback) };
  }

  get lookCount(): number {
    return this.#looks.size;
  }

  look(): void {
    const due = [...this.#looks];
    this.#looks.clear();
    for (const callback of due) callback();
  }
}

Deno.test("workersMin and workersMax that cannot work together are refused, with the reason", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const faults = [
    { workersMin: 0 },
    { workersMin: 2 },
    { workersMin: 9, workersMax: 8 },
    { workersMin: 1.5, workersMax: 8 },
    { workersMax: 1_001 },
    { workersMax: 0 },
  ];
  const said = faults.map((fault) =>
    assertThrows(() => consumerOn(broker, fault), InvalidOptionError).message
  );
  assertEquals(said, [
    'Cannot use option "workersMin": it is 0, wanted a whole number from 1 to 1000',
    'Cannot use option "workersMin": it is 2, wanted at most workersMax, which is 1',
    'Cannot use option "workersMin": it is 9, wanted at most workersMax, which is 8',
    'Cannot use option "workersMin": it is 1.5, wanted a whole number from 1 to 1000',
    'Cannot use option "workersMax": it is 1001, wanted a whole number from 1 to 1000',
    'Cannot use option "workersMax": it is 0, wanted a whole number from 1 to 1000',
  ]);
  consumerOn(broker, { workersMin: 8, workersMax: 8 });
});

testOnEachBroker(
  "workers come with the work up to workersMax, and go down to workersMin when it is done",
  async ({ broker }) => {
    const clock = new LookClock();
    const host = new WatchedHost();
    const open = Promise.withResolvers<void>();
    await using consumer = consumerOn(broker, { workersMin: 2, workersMax: 5, clock }, host);
    assertEquals(consumer.view, {
      running: [],
      resting: [],
      workers: { total: 0, free: 0, broken: 0 },
    });
    let handled = 0;
    await consumer.subscribe(async () => {
      await open.promise;
      handled++;
    });
    assertEquals(consumer.view.workers, { total: 2, free: 2, broken: 0 });
    await publish(broker, ...Array.from({ length: 20 }, (_, index) => `key ${index}`));
    await eventually("all workers are busy", () => consumer.view.running.length === 5);
    assertEquals(consumer.view.workers, { total: 5, free: 0, broken: 0 });
    const names = ["worker-1", "worker-2", "worker-3", "worker-4", "worker-5"];
    assertEquals(consumer.view.running.map(({ worker }) => worker).sort(), names);
    await eventually(
      "they are shown to be busy",
      () => names.every((name) => host.story.some((line) => line.startsWith(`${name} busy`))),
    );
    clock.look();
    assertEquals(consumer.view.workers.total, 5);
    open.resolve();
    await eventually("all were handled", () => handled === 20 && consumer.load.inFlight === 0);
    assertEquals(consumer.view.workers, { total: 5, free: 5, broken: 0 });
    clock.look();
    clock.look();
    assertEquals(consumer.view.workers, { total: 2, free: 2, broken: 0 });
    assertEquals([clock.lookCount, host.ids.length], [0, 3]);
    await consumer.stop();
    assertEquals([consumer.view.workers.total, host.ids], [0, []]);
  },
);

testOnEachBroker(
  "nothing of the workers is left after a stop, however stuck they are",
  async ({ broker }) => {
    for (const now of [true, false]) {
      const host = new WatchedHost();
      const consumer = consumerOn(broker, {
        consumer: `now ${now}`,
        workersMax: 4,
        graceMs: 30,
        handlerTimeoutMs: 600_000,
      }, host);
      const reasons: unknown[] = [];
      await consumer.subscribe(handlerOf((_, { signal }) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason?.reason));
        return new Promise(() => {});
      }));
      await publish(broker, "a", "b", "c", "d", "e");
      await eventually("all workers are stuck", () => consumer.view.running.length === 4);
      assertEquals(host.ids.length, 5);
      await consumer.stop({ now });
      assertEquals([host.ids, consumer.view.workers.total], [[], 0]);
      assertEquals(reasons, ["stopped", "stopped", "stopped", "stopped"]);
    }
  },
);
