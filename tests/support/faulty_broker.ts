/**
 * A broker whose calls a test can let fail, hold back, or never answer, for one consumer or for all.
 *
 * @module
 */

import type { Broker } from "../../src/ports/broker.ts";

/** A call that a consumer makes. */
export interface BrokerCall {
  /** The method's name. */
  readonly method: string;
  /** Who calls, `null` where the call does not say. */
  readonly consumer: string | null;
  /** Of which group, `null` where the call does not say. */
  readonly group: string | null;
}

/** Decides about a call: throws in its place, or lets it go on when it returns or resolves. */
export type Fault = (call: BrokerCall) => void | Promise<void>;

/** Faults before a call is made, and after it was applied but before its answer. */
export interface Faults {
  readonly before: Fault;
  readonly after: Fault;
}

/** A broker with faults. It does not own what is underneath: disposing it does nothing. */
export function faultyBroker(broker: Broker, faults: Fault | Faults): Broker {
  const { before, after } = typeof faults === "function" ? { before: faults, after() {} } : faults;
  return new Proxy(broker, {
    get(target, method) {
      const value: unknown = Reflect.get(target, method);
      if (method === Symbol.asyncDispose) return () => Promise.resolve();
      if (typeof value !== "function" || typeof method !== "string") return value;
      return async (...args: unknown[]) => {
        const call = { method, consumer: null, group: null, ...whoOf(args[0]) };
        await before(call);
        const answer: unknown = await value.apply(target, args);
        await after(call);
        return answer;
      };
    },
  });
}

/** A fault that never answers. */
export function silence(): Promise<never> {
  return new Promise(() => {});
}

/** Lets one consumer's calls of a method throw. */
export function failing(consumer: string, method: string, thrown: () => unknown): Fault {
  return (call) => {
    if (call.consumer === consumer && call.method === method) throw thrown();
  };
}

function whoOf(value: unknown): { readonly consumer?: string; readonly group?: string } {
  if (typeof value !== "object" || value === null) return {};
  const consumer: unknown = Reflect.get(value, "consumer");
  const group: unknown = Reflect.get(value, "group");
  return {
    ...(typeof consumer === "string" ? { consumer } : {}),
    ...(typeof group === "string" ? { group } : {}),
  };
}
