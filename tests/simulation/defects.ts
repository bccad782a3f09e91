/**
 * Deliberate defects: each breaks one promise. A simulation that does not find them out says nothing about the product.
 * They are brokers, wrapped around the real one, so that all the rest of it is as it is.
 *
 * @module
 */

import type { Delivery } from "../../src/domain/entry.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership } from "../../src/ports/consumer_store.ts";
import { outputsOf } from "../../src/testing/plan.ts";
import { tellingBroker } from "../chaos/told_broker.ts";
import { altered, type Defect } from "./defect.ts";
import { LIVENESS_DEFECTS } from "./liveness_defects.ts";
import { SITUATION_DEFECTS } from "./situation_defects.ts";

/** All of them. */
export const DEFECTS: Readonly<Record<string, Defect>> = {
  outputsFirst: {
    wording: "outputs are appended first, then the entry is acknowledged",
    breaks: ["I2"],
    wrapBroker: (broker) => tellingBroker(broker, { naive: "outputs-first", onCommit() {} }),
  },
  acknowledgeFirst: {
    wording: "the entry is acknowledged first, then outputs are appended",
    breaks: ["I1", "I2", "I8"],
    wrapBroker: (broker) => tellingBroker(broker, { naive: "acknowledge-first", onCommit() {} }),
  },
  noEpochs: {
    wording: "a process whose name a newer one has taken may go on",
    breaks: ["I4"],
    wrapBroker: withoutEpochs,
  },
  noOrder: {
    wording: "entries of one key are handed out to several consumers at once",
    breaks: ["I5"],
    wrapBroker: withoutOrder,
  },
  noReclaim: {
    wording: "entries of dead consumers are never taken over",
    breaks: ["L1"],
    wrapBroker: (broker) =>
      altered(broker, {
        claim: () => Promise.resolve({ entries: [], lost: [], next: null }),
      }),
  },
  noRenewal: {
    wording: "leases are never renewed",
    breaks: ["H1"],
    wrapBroker: (broker) => altered(broker, { renew: () => Promise.resolve({ fenced: [] }) }),
  },
  lettersLost: {
    wording: "dead letters are acknowledged and dropped",
    breaks: ["I1"],
    wrapBroker: (broker) =>
      altered(broker, {
        commit: (membership, request) =>
          broker.commit(membership, {
            ...request,
            settlements: request.settlements.map((each) =>
              each.kind === "deadLettered"
                ? { kind: "handled", id: each.id, outputs: [], work: [] }
                : each
            ),
          }),
      }),
  },
  checkpointTooHigh: {
    wording: "a commit moves the checkpoint to its last entry, whatever is pending below it",
    breaks: ["I6"],
    wrapBroker: (broker) =>
      altered(broker, {
        async commit(membership, request) {
          const result = await broker.commit(membership, request);
          const position = request.settlements.at(-1)?.id ?? result.checkpoint.position;
          return { ...result, checkpoint: { ...result.checkpoint, position } };
        },
      }),
  },
  trimsItself: {
    wording: "a commit trims its stream to 10 entries",
    breaks: ["I7"],
    wrapBroker: (broker) =>
      altered(broker, {
        async commit(membership, request) {
          const result = await broker.commit(membership, request);
          await broker.trim(membership.stream, { lengthMax: 10 });
          return result;
        },
      }),
  },
  madeUpOutputs: {
    wording: "a commit appends an output of an entry that does not exist",
    breaks: ["I9"],
    wrapBroker: (broker) =>
      altered(broker, {
        async commit(membership, request) {
          const result = await broker.commit(membership, request);
          const fields = ["event_type", "out", "payload", "{}", "source_id", "1-1"];
          await broker.append(outputsOf(membership), [{ fields }]);
          return result;
        },
      }),
  },
  handsOutAgain: {
    wording: "a read for new entries brings one that was handed out before as well",
    breaks: ["I3"],
    wrapBroker: handingOutAgain,
  },
  neverWaits: {
    wording: "a read for new entries returns at once with nothing",
    breaks: ["I10"],
    wrapBroker: (broker) =>
      altered(broker, {
        readNew: (membership, options) => broker.readNew(membership, { ...options, blockMs: 0 }),
      }),
  },
  failuresForgotten: {
    wording: "an entry that is handed out again comes without the failures that were noted",
    breaks: ["H2"],
    wrapBroker: (broker) =>
      altered(broker, {
        async readOwnPending(membership, options) {
          const page = await broker.readOwnPending(membership, options);
          return { ...page, entries: page.entries.map(unfailed) };
        },
        async claim(membership, options) {
          const page = await broker.claim(membership, options);
          return { ...page, entries: page.entries.map(unfailed) };
        },
      }),
  },
  ...LIVENESS_DEFECTS,
  ...SITUATION_DEFECTS,
};

function unfailed(delivery: Delivery): Delivery {
  return { ...delivery, failures: 0 };
}

function withoutEpochs(broker: Broker): Broker {
  const newest = new Map<string, Pick<Membership, "epoch" | "ticket">>();
  const nameOf = ({ stream, group, consumer }: Omit<Membership, "epoch" | "ticket" | "order">) =>
    JSON.stringify([stream, group, consumer]);
  const renewed = (membership: Membership): Membership => ({
    ...membership,
    ...newest.get(nameOf(membership)),
  });
  return altered(broker, {
    async join(member) {
      const facts = await broker.join(member);
      const { epoch, ticket } = facts.membership;
      newest.set(nameOf(member), { epoch, ticket });
      return facts;
    },
    readNew: (membership, options) => broker.readNew(renewed(membership), options),
    readOwnPending: (membership, options) => broker.readOwnPending(renewed(membership), options),
    claim: (membership, options) => broker.claim(renewed(membership), options),
    renew: (membership, ids) => broker.renew(renewed(membership), ids),
    commit: (membership, request) => broker.commit(renewed(membership), request),
  });
}

function withoutOrder(broker: Broker): Broker {
  return altered(broker, {
    async join(member) {
      const facts = await broker.join({ ...member, order: "none" });
      return { ...facts, membership: { ...facts.membership, order: "none" } };
    },
  });
}

function handingOutAgain(broker: Broker): Broker {
  const first = new Map<string, Delivery>();
  return altered(broker, {
    async readNew(membership, options) {
      const entries = await broker.readNew(membership, options);
      const name = JSON.stringify([membership.stream, membership.group]);
      const before = first.get(name);
      const [now] = entries;
      if (before === undefined && now !== undefined) first.set(name, now);
      return before === undefined || now === undefined ? entries : [before, ...entries];
    },
  });
}
