/**
 * The handler that the tests of threads run in them: it does what the event's data says.
 *
 * @module
 */

import type { Event } from "../../src/domain/event.ts";
import type { HandlerContext } from "../../src/workers/handler.ts";

/** What an event asks for: a word, and what it needs. */
export interface Order {
  readonly act: string;
  readonly with?: unknown;
}

type Act = (event: Event<Order>, context: HandlerContext) => void | Promise<void>;

const never = () => new Promise<never>(() => {});

/** A loop that nobody can leave from inside, for so many ms. */
function spin(event: Event<Order>): void {
  const endMs = Date.now() + Number(event.data.with ?? Infinity);
  while (Date.now() < endMs);
}

function fillMemory(): never {
  const held: unknown[] = [];
  for (;;) held.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
}

const acts: Record<string, Act> = {
  nothing: () => {},
  tell: (event, context) => {
    const { attempt, deliveries, idempotencyKey, signal } = context;
    const { key, headers } = event;
    const told = { key, headers, attempt, deliveries, idempotencyKey, aborted: signal.aborted };
    context.publish("told", { type: "told", data: told, key: "k" });
  },
  defer: (_, context) => context.defer(250),
  deadLetter: (_, context) => context.deadLetter("no use"),
  log: (_, context) => {
    const odd = { n: 1, odd: Symbol("odd"), none: undefined };
    Reflect.apply(context.log, context, ["warn", "a line", odd]);
  },
  database: (_, context) => context.database(() => {}),
  throw: (event) => {
    throw event.data.with;
  },
  throwRange: () => Promise.reject(new RangeError("too far")),
  throwOdd: () => {
    throw Object.assign(() => {}, { toString: null });
  },
  throwTrap: () => {
    throw new Proxy(new Error("trap"), {
      get() {
        throw new Error("inner");
      },
    });
  },
  spin,
  spinUntilTold: (_, { signal }) => {
    while (!signal.aborted);
    signal.throwIfAborted();
  },
  spinLater: (event) => Promise.resolve().then(() => spin(event)),
  waitUntilTold: (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  ignore: never,
  regexp: () => void /(a+)+$/.test(`${"a".repeat(40)}b`),
  close: () => {
    globalThis.close();
    return never();
  },
  exit: () => Deno.exit(7),
  throwLater: () => {
    setTimeout(() => {
      throw new Error("later");
    });
    return never();
  },
  rejectLater: () => {
    Promise.reject(new Error("nobody waits"));
    return never();
  },
  sleep: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  slowly: (event) => new Promise((resolve) => setTimeout(resolve, Number(event.data.with))),
  fillMemory,
  fillMemoryLater: () => Promise.resolve().then(fillMemory),
  fillMemoryByTimer: () => {
    setTimeout(fillMemory);
    return never();
  },
  disturb: async (_, context) => {
    const { parentPort } = await import("node:worker_threads");
    const result = { kind: "deferred", delayMs: 0 };
    parentPort?.postMessage({ kind: "over", request: 1, result, forced: false });
    MessagePort.prototype.postMessage = () => {
      throw new Error("taken");
    };
    context.publish("told", { type: "told", data: "undisturbed" });
  },
  lookForPort: async (_, context) => {
    const { workerData } = await import("node:worker_threads");
    context.publish("told", { type: "told", data: Object.keys(workerData) });
  },
};

export default (event: Event<Order>, context: HandlerContext): void | Promise<void> =>
  acts[event.data.act]?.(event, context);
