/**
 * The broker as one life of a process sees it: the real one, at the other end of a link.
 *
 * @module
 */

import type { Broker } from "../ports/broker.ts";
import type {
  CommitRequest,
  ConsumerStore,
  Deliveries,
  Membership,
} from "../ports/consumer_store.ts";
import type { Delivery } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { Settlement } from "../domain/settlement.ts";
import type { Applied, HandedOut, MemberPlace, SettlementSeen } from "./happening.ts";
import type { Link } from "./link.ts";

/** What is shown where the consumer of a call is not known. */
const NOBODY = "";

/** Puts a link before a broker. It does not own what is underneath: disposing it does nothing. */
export function linkedBroker(broker: Broker, link: Link): Broker {
  const calls: Readonly<Record<string, unknown>> = { ...consumerCalls(broker, link) };
  return new Proxy(broker, {
    get(target, name): unknown {
      if (name === Symbol.asyncDispose) return () => Promise.resolve();
      if (typeof name === "string" && name in calls) return calls[name];
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || typeof name !== "string") return value;
      return (...args: unknown[]) => link.pass(name, async () => await value.apply(target, args));
    },
  });
}

/** The calls of a consumer, each told in full. */
function consumerCalls(broker: Broker, link: Link): ConsumerStore {
  return {
    join: (member) =>
      link.call({
        place: placeOf(member),
        epoch: 0,
        asked: { method: "join" },
        apply: () => broker.join(member),
        tell: ({ membership: { epoch } }) => ({ method: "join", epoch }),
      }),
    establish: (membership, plan) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "establish", plan },
        apply: () => broker.establish(membership, plan),
        tell: (accounted) => ({ method: "establish", accounted }),
      }),
    readOwnPending: (membership, options) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "readOwnPending", afterId: options.afterId, count: options.count },
        apply: () => broker.readOwnPending(membership, options),
        tell: (answer) => handedOut("readOwnPending", answer),
      }),
    readNew: (membership, options) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "readNew", count: options.count, blockMs: options.blockMs },
        apply: async (signal) => {
          const lost: EntryId[] = [];
          const onLost = (ids: readonly EntryId[]) => void lost.push(...ids);
          return {
            entries: await broker.readNew(membership, { ...options, signal, onLost }),
            lost,
          };
        },
        tell: (answer) => handedOut("readNew", answer),
        waits: { signal: options.signal, nothing: { entries: [], lost: [] } },
      }).then(({ entries, lost }) => {
        if (lost.length > 0) options.onLost?.(lost);
        return entries;
      }),
    claim: (membership, options) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "claim", afterId: options.afterId, count: options.count },
        apply: () => broker.claim(membership, options),
        tell: (answer) => handedOut("claim", answer),
      }),
    renew: (membership, ids) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "renew", ids },
        apply: () => broker.renew(membership, ids),
        tell: ({ fenced }) => ({ method: "renew", fenced }),
      }),
    release: (membership, ids) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "release", ids },
        apply: () => broker.release(membership, ids),
        tell: (count) => ({ method: "release", count }),
      }),
    recordFailure: (membership, id, failures) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "recordFailure", id, failures },
        apply: () => broker.recordFailure(membership, id, failures),
        tell: () => ({ method: "recordFailure" }),
      }),
    commit: (membership, request) => commit(broker, { link, membership, request }),
    findUnreadLoss: (membership, options) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "findUnreadLoss", account: options.account },
        apply: () => broker.findUnreadLoss(membership, options),
        tell: (loss) => ({ method: "findUnreadLoss", lost: loss?.lost ?? 0 }),
      }),
    loadCheckpoint: (stream, group) =>
      link.call({
        place: { stream, group, consumer: NOBODY },
        epoch: 0,
        asked: { method: "loadCheckpoint" },
        apply: () => broker.loadCheckpoint(stream, group),
        tell: () => ({ method: "loadCheckpoint" }),
      }),
    leave: (membership) =>
      link.call({
        ...callerOf(membership),
        asked: { method: "leave" },
        apply: () => broker.leave(membership),
        tell: () => ({ method: "leave" }),
      }),
  };
}

function commit(
  broker: Broker,
  { link, membership, request }: {
    readonly link: Link;
    readonly membership: Membership;
    readonly request: CommitRequest;
  },
): ReturnType<ConsumerStore["commit"]> {
  const { token } = request;
  const settlements = request.settlements.map(settlementSeen);
  return link.call({
    ...callerOf(membership),
    asked: { method: "commit", token, settlements },
    apply: () => broker.commit(membership, request),
    tell: ({ kind: result, verdicts, checkpoint: { position } }) => ({
      ...{ method: "commit", result, token, settlements, verdicts, position },
    }),
  });
}

function placeOf({ stream, group, consumer }: MemberPlace): MemberPlace {
  return { stream, group, consumer };
}

function callerOf(
  membership: Membership,
): { readonly place: MemberPlace; readonly epoch: number } {
  return { place: placeOf(membership), epoch: membership.epoch };
}

function handedOut(
  method: "readOwnPending" | "readNew" | "claim",
  { entries, lost }: Pick<Deliveries, "entries" | "lost">,
): Applied {
  return { method, entries: entries.map(seen), lost };
}

function seen({ id, deliveries, failures }: Delivery): HandedOut {
  return { id, deliveries, failures };
}

function settlementSeen(settlement: Settlement): SettlementSeen {
  const { id, kind } = settlement;
  const outputs = kind === "handled" ? settlement.outputs.length : kind === "deadLettered" ? 1 : 0;
  return { id, kind, outputs };
}
