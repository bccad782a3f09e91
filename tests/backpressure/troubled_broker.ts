/**
 * A real broker whose calls are written down, and which a test can make fail or hang.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Broker } from "../../src/ports/broker.ts";

/** A broker and the handles of a test on it. */
export class TroubledBroker {
  /** What the code under test gets. */
  readonly broker: Broker;
  /** The names of the calls, oldest first. */
  calls: string[] = [];
  /** What calls in trouble throw; `null` when they go through. */
  failure: Error | null = null;
  /** Which calls are in trouble: all, unless told otherwise. */
  isInTrouble: (call: string, stream: unknown) => boolean = () => true;
  #held: Promise<void> = Promise.resolve();

  /** @param broker The broker behind it. */
  constructor(broker: Broker) {
    this.broker = new Proxy(broker, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          this.calls.push(String(name));
          if (this.isInTrouble(String(name), args[0])) {
            await this.#held;
            if (this.failure !== null) throw this.failure;
          }
          return await Reflect.apply(value, target, args);
        };
      },
    });
  }

  /** The calls since the last look. */
  look(): string[] {
    const seen = this.calls;
    this.calls = [];
    return seen;
  }

  /** Lets every call in trouble hang from now on. @returns Lets them go on. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return () => {
      this.#held = Promise.resolve();
      resolve();
    };
  }
}

/** Lets everything settle that needs no timer. */
export function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
