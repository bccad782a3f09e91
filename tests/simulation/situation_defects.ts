/**
 * Deliberate defects that show only in a situation which chance hardly ever brings about: groups that are begun by two at
 * once, pauses that last, clocks that are set back, losses that a read finds.
 *
 * @module
 */

import type { Broker } from "../../src/ports/broker.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { altered, type Defect } from "./defect.ts";

/** All of them. */
export const SITUATION_DEFECTS: Readonly<Record<string, Defect>> = {
  beginsForOthers: {
    wording: "whoever finds a group made meanwhile takes all before its own beginning as finished",
    breaks: ["I1", "I6"],
    from: 318,
    wrapBroker: (broker) =>
      altered(broker, {
        establish(membership, plan) {
          const { group, checkpoint } = plan;
          const isNew = checkpoint === "ofNewGroup" && typeof group === "object" &&
            "create" in group;
          return broker.establish(
            membership,
            isNew ? { ...plan, checkpoint: { position: group.create, done: [] } } : plan,
          );
        },
      }),
  },
  keepsWhatWaits: {
    wording: "whoever pauses or drains keeps what waits for it",
    breaks: ["L6"],
    from: 132,
    wrapBroker: (broker) =>
      altered(broker, {
        release: (membership, ids) =>
          ids === "all" ? broker.release(membership, ids) : Promise.resolve(0),
      }),
  },
  lossesUntold: {
    wording: "a read that finds entries without data says nothing of them",
    breaks: ["I11"],
    from: 30,
    wrapBroker: (broker) =>
      altered(broker, {
        readNew: (membership, options) =>
          broker.readNew(membership, { ...options, onLost: () => {} }),
      }),
  },
  leasesByTimeOfDay: {
    wording: "with the broker's clock set back, nothing is taken over until it is as late again",
    breaks: ["L1", "L6"],
    from: 162,
    wrapBroker: claimingByTimeOfDay,
  },
  waitsByTimeOfDay: {
    wording: "with the clock of a process set back, its waits last until it is as late again",
    breaks: ["L1", "L5", "L6"],
    from: 33,
    wrapClock: waitingByTimeOfDay,
  },
};

function claimingByTimeOfDay(broker: Broker, clock: Clock): Broker {
  let latestMs = 0;
  return altered(broker, {
    claim(membership, options) {
      const nowMs = clock.nowMs();
      latestMs = Math.max(latestMs, nowMs);
      if (nowMs === latestMs) return broker.claim(membership, options);
      return Promise.resolve({ entries: [], lost: [], next: null });
    },
  });
}

function waitingByTimeOfDay(clock: Clock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    after(delayMs, callback) {
      const dueAtMs = clock.nowMs() + delayMs;
      const look = () => {
        const leftMs = dueAtMs - clock.nowMs();
        if (leftMs > 0) timer = clock.after(leftMs, look);
        else callback();
      };
      let timer = clock.after(delayMs, look);
      return { cancel: () => timer.cancel() };
    },
  };
}
