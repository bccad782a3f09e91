/**
 * What a deliberate defect is: something that is put in the place of the broker, or of the clocks, and breaks one promise.
 *
 * @module
 */

import type { Broker } from "../../src/ports/broker.ts";
import type { SimulationHooks } from "../../src/testing/simulation_result.ts";

/** A defect, as a trial takes it. */
export interface Defect extends Pick<SimulationHooks, "wrapBroker" | "wrapClock"> {
  /** What is done wrong. */
  readonly wording: string;
  /** The invariants of which it must break at least one. */
  readonly breaks: readonly string[];
  /** The seed to begin with, default 1: a situation that only one of many plans has is not waited for. */
  readonly from?: number;
}

/** The methods that a defect does in its own way. */
type Own = Partial<Broker>;

/** The same broker, but for some methods. */
export function altered(broker: Broker, own: Own): Broker {
  return new Proxy(broker, {
    get(target, name): unknown {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
