/**
 * Deliberate defects of liveness (L2 to L5). Two of them need clocks as well: the product bounds each of its waits by a
 * timer, so that a broker that never answers can neither hold up a stop (L5) nor keep a promise from settling (L4).
 *
 * @module
 */

import { BrokerUnavailableError } from "../../src/domain/errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { altered, type Defect } from "./defect.ts";

/** So often a consumer's name is refused: with a quarter of a second between two tries, about 15 s. */
const REFUSALS = 60;

/** For so long new entries are not seen, in ms: until long after the faults, and less than a plan may take to finish. */
const BLIND_MS = 62_000;

/** All of them. */
export const LIVENESS_DEFECTS: Readonly<Record<string, Defect>> = {
  neverReady: {
    wording: `a consumer is refused its name ${REFUSALS} times`,
    breaks: ["L2"],
    wrapBroker: refusing,
  },
  blind: {
    wording: "new entries are not seen for a minute",
    breaks: ["L3"],
    wrapBroker: blind,
  },
  neverStops: {
    wording: "handing back is never answered, and a wait never ends",
    breaks: ["L4"],
    wrapBroker: neverHandingBack,
    wrapClock: (clock) => ({ nowMs: () => clock.nowMs(), after: () => ({ cancel() {} }) }),
  },
  stopsLate: {
    wording: "handing back is never answered, and a wait lasts four times as long",
    breaks: ["L5"],
    wrapBroker: neverHandingBack,
    wrapClock: (clock) => ({
      nowMs: () => clock.nowMs(),
      after: (delayMs, callback) => clock.after(4 * delayMs, callback),
    }),
  },
};

function refusing(broker: Broker): Broker {
  const refusals = new Map<string, number>();
  return altered(broker, {
    async join(member) {
      const name = JSON.stringify([member.stream, member.group, member.consumer]);
      const count = refusals.get(name) ?? 0;
      if (count === REFUSALS) return await broker.join(member);
      refusals.set(name, count + 1);
      throw new BrokerUnavailableError("join a group", "LOADING");
    },
  });
}

function blind(broker: Broker, clock: Clock): Broker {
  const seesFromMs = clock.nowMs() + BLIND_MS;
  return altered(broker, {
    async readNew(membership, options) {
      if (clock.nowMs() >= seesFromMs) return await broker.readNew(membership, options);
      const { blockMs, signal } = options;
      await new Promise<void>((resolve) => {
        const timer = clock.after(blockMs, resolve);
        const onAbort = () => {
          timer.cancel();
          resolve();
        };
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
      });
      return [];
    },
  });
}

function neverHandingBack(broker: Broker): Broker {
  return altered(broker, { release: () => new Promise(() => {}) });
}
