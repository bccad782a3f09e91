/**
 * A broker with a gate at every named point, so that a worker can be stopped exactly there.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { ConsumerStore } from "../../src/ports/consumer_store.ts";
import type { Gates } from "./gates.ts";
import { lookOnAtCommits } from "./sqlite_commits.ts";

/** The calls that have a gate. */
type Gated = Pick<
  ConsumerStore,
  "join" | "establish" | "readNew" | "claim" | "renew" | "release" | "commit"
>;

/** Wraps a broker. Once per process. */
export function gatedBroker(broker: Broker, gates: Gates): Broker {
  const gated = new Map<PropertyKey, unknown>(Object.entries(gatedCalls(broker, gates)));
  return new Proxy(broker, {
    get(target, name): unknown {
      if (gated.has(name)) return gated.get(name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function gatedCalls(broker: Broker, gates: Gates): Gated {
  return {
    async join(member) {
      await gates.pass("start.joining");
      const facts = await broker.join(member);
      await gates.pass("start.joined");
      return facts;
    },
    async establish(membership, plan) {
      await gates.pass("start.validating");
      const accounted = await broker.establish(membership, plan);
      await gates.pass("start.established");
      return accounted;
    },
    async readNew(membership, reading) {
      const entries = await broker.readNew(membership, reading);
      if (entries.length > 0) await gates.pass("read.handedOut", entries.map(({ id }) => id));
      return entries;
    },
    async claim(membership, claiming) {
      const page = await broker.claim(membership, claiming);
      const ids = page.entries.map(({ id }) => id);
      if (ids.length > 0) await gates.pass("reclaim.applied", ids);
      return page;
    },
    async renew(membership, ids) {
      if (ids.length > 0) await gates.pass("renewal.unsent", ids);
      const result = await broker.renew(membership, ids);
      const renewed = ids.filter((id) => !result.fenced.includes(id));
      if (renewed.length > 0) await gates.pass("renewal.applied", renewed);
      return result;
    },
    async release(membership, ids) {
      if (ids !== "all") return await broker.release(membership, ids);
      await gates.pass("stop.unsent");
      const released = await broker.release(membership, ids);
      await gates.pass("stop.applied");
      return released;
    },
    commit: gatedCommit(broker, gates),
  };
}

/**
 * On Redis the campaign holds the request or the answer on its way, once it is told that one is about to be sent; on
 * SQLite the commit itself is held.
 */
function gatedCommit(broker: Broker, gates: Gates): ConsumerStore["commit"] {
  const hasWire = broker.kind === "redis";
  let handled: readonly EntryId[] = [];
  let letters: readonly EntryId[] = [];
  const passAtOnce = (step: "sent" | "applied") => {
    if (handled.length > 0) gates.passAtOnce(`commit.${step}`, handled);
    if (letters.length > 0) gates.passAtOnce(`letter.${step}`, letters);
  };
  if (!hasWire) {
    lookOnAtCommits({ before: () => passAtOnce("sent"), after: () => passAtOnce("applied") });
  }
  return async (membership, request) => {
    const { settlements } = request;
    const finished = settlements.filter(({ kind }) => kind === "handled").map(({ id }) => id);
    const dead = settlements.filter(({ kind }) => kind === "deadLettered").map(({ id }) => id);
    if (finished.length > 0) await gates.pass("commit.unsent", finished);
    if (hasWire) {
      for (const step of ["sent", "applied"] as const) {
        if (finished.length > 0) await gates.pass(`commit.${step}`, finished);
        if (dead.length > 0) await gates.pass(`letter.${step}`, dead);
      }
    }
    handled = finished;
    letters = dead;
    const result = await broker.commit(membership, request).finally(() => {
      handled = letters = [];
    });
    if (finished.length > 0) await gates.pass("commit.answered", finished);
    return result;
  };
}
