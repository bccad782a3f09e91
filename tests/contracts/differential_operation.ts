/**
 * One call of the broker port as plain data, so that a sequence of them can be printed, repeated on another broker and
 * made shorter; and what a broker answers to it, with everything taken out that may differ: clocks, idle times, the
 * marks of streams' lives, ids that the server chose.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import { TidemarkError } from "../../src/domain/errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership } from "../../src/ports/consumer_store.ts";

/** The methods that are driven. */
export type Method =
  | "createStream"
  | "deleteStream"
  | "listStreams"
  | "append"
  | "range"
  | "trim"
  | "deleteEntries"
  | "streamInfo"
  | "createGroup"
  | "deleteGroup"
  | "resetGroup"
  | "listGroups"
  | "listConsumers"
  | "deleteConsumer"
  | "listPending"
  | "join"
  | "establish"
  | "readOwnPending"
  | "readNew"
  | "claim"
  | "renew"
  | "release"
  | "recordFailure"
  | "commit"
  | "loadCheckpoint"
  | "leave"
  | "listQuarantined"
  | "announce"
  | "withdraw"
  | "listInstances";

/** A call: its method and its arguments, without signals. */
export type Operation = {
  readonly [M in Method]: { readonly method: M; readonly args: Arguments<M> };
}[Method];

type Arguments<M extends Method> = M extends "readNew"
  ? [member: Parameters<Broker["readNew"]>[0], count: number]
  : M extends "join" ? [joiner: Joiner]
  : Parameters<Broker[M]>;

/** How names of streams begin that outputs go to: their ids are the server's choice. */
export const OUTPUT_PREFIX = "out-";

/** Streams that outputs go to. */
export const OUTPUT_STREAMS: readonly string[] = [`${OUTPUT_PREFIX}a`, `${OUTPUT_PREFIX}b`];

/** What a broker told a joiner. */
interface Welcome {
  readonly ticket: string;
  readonly checkpoint: unknown;
}

/** What a broker told joiners, by the texts that stand for their tickets in the calls, which are the same for all. */
const WELCOMES = new WeakMap<Broker, Map<string, Welcome>>();

/** Who joins: the text stands for the ticket that is given to it. */
export type Joiner = Parameters<Broker["join"]>[0] & { readonly ticket: string };

/** Calls a broker. @returns Its answer, or the error as data. */
export async function perform(broker: Broker, operation: Operation): Promise<unknown> {
  try {
    return normalise(await call(broker, withTicket(broker, operation)), operation);
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error;
    const { name, recovery } = error;
    const facts = ["currentEpoch", "pendingCount", "lastId", "id"].flatMap((fact) =>
      fact in error ? [[fact, Reflect.get(error, fact)]] : []
    );
    return { error: name, recovery, ...Object.fromEntries(facts) };
  }
}

/** The same call with the ticket that this broker gave, and the checkpoint that a plan was decided on. */
function withTicket(broker: Broker, operation: Operation): Operation {
  const welcomes = WELCOMES.get(broker);
  if (operation.method === "establish") {
    const [member, plan] = operation.args;
    const ticket = welcomes?.get(member.ticket)?.ticket ?? member.ticket;
    const decidedOn = welcomes?.get(String(plan.decidedOn))?.checkpoint;
    const decided = "decidedOn" in plan ? { ...plan, decidedOn } : plan;
    return { method: "establish", args: [{ ...member, ticket }, decided] };
  }
  const [member] = operation.args;
  if (operation.method === "join" || typeof member !== "object") return operation;
  const ticket = welcomes?.get(member.ticket)?.ticket ?? member.ticket;
  return Object.assign({ ...operation }, {
    args: [{ ...member, ticket }, ...operation.args.slice(1)],
  });
}

async function join(broker: Broker, joiner: Joiner): Promise<unknown> {
  const facts = await broker.join(joiner);
  const welcomes = WELCOMES.get(broker) ?? new Map<string, Welcome>();
  const { membership: { ticket }, checkpoint } = facts;
  WELCOMES.set(broker, welcomes.set(joiner.ticket, { ticket, checkpoint }));
  return facts;
}

async function call(broker: Broker, operation: Operation): Promise<unknown> {
  switch (operation.method) {
    case "createStream":
      return broker.createStream(...operation.args);
    case "deleteStream":
      return broker.deleteStream(...operation.args);
    case "listStreams":
      return broker.listStreams();
    case "append":
      return broker.append(...operation.args);
    case "range":
      return broker.range(...operation.args);
    case "trim":
      return broker.trim(...operation.args);
    case "deleteEntries":
      return broker.deleteEntries(...operation.args);
    case "streamInfo":
      return broker.streamInfo(...operation.args);
    case "createGroup":
      return broker.createGroup(...operation.args);
    case "deleteGroup":
      return broker.deleteGroup(...operation.args);
    case "resetGroup":
      return broker.resetGroup(...operation.args);
    case "listGroups":
      return broker.listGroups(...operation.args);
    case "listConsumers":
      return broker.listConsumers(...operation.args);
    case "deleteConsumer":
      return broker.deleteConsumer(...operation.args);
    case "listPending":
      return broker.listPending(...operation.args);
    case "join":
      return join(broker, ...operation.args);
    case "establish":
      return broker.establish(...operation.args);
    case "readOwnPending":
      return broker.readOwnPending(...operation.args);
    case "readNew": {
      const [member, count] = operation.args;
      // Reading an unordered group checks no epoch: who never joined is served by Redis and refused by SQLite.
      if (member.order === "none" && !await hasJoined(broker, member)) return "has not joined";
      const { signal } = new AbortController();
      const lost: EntryId[] = [];
      const onLost = (ids: readonly EntryId[]) => void lost.push(...ids);
      const entries = await broker.readNew(member, { count, blockMs: 0, signal, onLost });
      return { entries, lost };
    }
    case "claim":
      return broker.claim(...operation.args);
    case "renew":
      return broker.renew(...operation.args);
    case "release":
      return broker.release(...operation.args);
    case "recordFailure":
      return broker.recordFailure(...operation.args);
    case "commit":
      return broker.commit(...operation.args);
    case "loadCheckpoint":
      return broker.loadCheckpoint(...operation.args);
    case "leave":
      return broker.leave(...operation.args);
    case "listQuarantined":
      return broker.listQuarantined(...operation.args);
    case "announce":
      return broker.announce(...operation.args);
    case "withdraw":
      return broker.withdraw(...operation.args);
    case "listInstances":
      return broker.listInstances();
  }
}

async function hasJoined(broker: Broker, member: Membership): Promise<boolean> {
  const consumers = await broker.listConsumers(member.stream, member.group);
  return consumers.some(({ consumer, epoch }) => consumer === member.consumer && epoch > 0);
}

/** What may differ, by the name of its field. */
const VARYING: ReadonlySet<string> = new Set([
  "nowMs",
  "savedAtMs",
  "movedAtMs",
  "ageMs",
  "incarnation",
  "idleMs",
  "ticket",
  "workErrors",
  // T14: Redis estimates them, and after a trim it miscounts; the contract suite says what they must be.
  "lag",
  "entriesRead",
  // Redis counts what was deleted further on with what was trimmed, the embedded broker once a read has come to it.
  "unreadLoss",
]);

function normalise(answer: unknown, { method, args }: Operation): unknown {
  // Redis reads unordered groups natively, which does not tell what was noted of an entry before a reset.
  const hidesFailures = method === "readNew" && args[0].order === "none";
  const hidesIds = (method === "range" || method === "streamInfo") &&
    args[0].startsWith(OUTPUT_PREFIX);
  return JSON.parse(JSON.stringify(answer ?? null, (name, value) => {
    if (VARYING.has(name)) return undefined;
    if (hidesFailures && (name === "failures" || name === "dueAtMs")) return undefined;
    if (hidesIds && (name === "id" || name === "firstId" || name === "lastId")) return undefined;
    return value;
  }));
}
