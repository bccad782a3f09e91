/**
 * What the parts of the broker's contract suite share: how a test gets its broker, and short words for the usual calls,
 * so that a test reads as a story.
 *
 * @module
 */

import type { Delivery, EntryFields } from "../../src/domain/entry.ts";
import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { Output, Settlement } from "../../src/domain/settlement.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type {
  CommitResult,
  Deliveries,
  Membership,
  Order,
} from "../../src/ports/consumer_store.ts";

/** A broker for one test, empty and of its own. */
export interface OpenedBroker extends AsyncDisposable {
  readonly broker: Broker;
}

/** In what the adapters differ. */
export interface Features {
  /** A blocked read of an ordered group learns at once that the group is gone; otherwise when its wait is over. */
  readonly endsOrderedWaitAtOnce: boolean;
}

/** Defines one test of the contract. */
export type Fact = (
  fact: string,
  story: (broker: Broker) => Promise<void>,
) => void;

/** The stream, group and consumer of a test that needs only one of each. */
export const STREAM = "orders";
export const GROUP = "billing";

/** How to join. */
export interface JoinWords {
  readonly stream?: string;
  readonly group?: string;
  readonly order?: Order;
}

/** Joins, and makes stream and group from the beginning unless they exist. */
export async function join(
  broker: Broker,
  consumer: string,
  { stream = STREAM, group = GROUP, order = "none" }: JoinWords = {},
): Promise<Membership> {
  const { membership } = await broker.join({ stream, group, consumer, order });
  await broker.establish(membership, {
    createStream: true,
    group: { create: ENTRY_ID_ZERO },
    checkpoint: "keep",
    quarantine: false,
  });
  return membership;
}

/** Appends entries with these ids, and a key each where one is given: `"1-0"` or `"1-0 ann"`. */
export async function append(broker: Broker, ...entries: string[]): Promise<void> {
  await broker.append(STREAM, entries.map((entry) => entryOf(entry)));
}

function entryOf(text: string): { id: EntryId; fields: EntryFields } {
  const [id = "", key] = text.split(" ");
  const fields = ["event_type", "test", "payload", id];
  return { id: idOf(id), fields: key === undefined ? fields : [...fields, "key", key] };
}

/** A text that is known to be an id. */
export function idOf(text: string): EntryId {
  const [ms = "", seq = ""] = text.split("-");
  return `${BigInt(ms)}-${BigInt(seq)}`;
}

/** Reads what is new, without waiting. */
export function readNew(broker: Broker, member: Membership, count = 100): Promise<Delivery[]> {
  return broker.readNew(member, { count, blockMs: 0, signal: new AbortController().signal });
}

/** Takes over everything that is pending, in one page. */
export function claimAll(broker: Broker, member: Membership, count = 1_000): Promise<Deliveries> {
  return broker.claim(member, { idleMsMin: 0, afterId: ENTRY_ID_ZERO, count });
}

/** Reads everything that is pending for a consumer. */
export function readOwn(
  broker: Broker,
  member: Membership,
  { countDelivery = false } = {},
): Promise<Deliveries> {
  return broker.readOwnPending(member, { afterId: ENTRY_ID_ZERO, count: 1_000, countDelivery });
}

/** Deliveries as `1-0 x2`: id and count. */
export function told(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ id, deliveries }) => `${id} x${deliveries}`);
}

/** A settlement of an entry that was handled. */
export function handled(id: string, ...outputs: Output[]): Settlement {
  return { kind: "handled", id: idOf(id), outputs, work: [] };
}

/** A settlement of an entry that is to run again. */
export function deferred(id: string, { dueAtMs = 1_000, failures = 1 } = {}): Settlement {
  return { kind: "deferred", id: idOf(id), dueAtMs, failures };
}

/** A settlement of an entry whose data is gone. */
export function lost(id: string): Settlement {
  return { kind: "lost", id: idOf(id) };
}

/** An output that says a text. */
export function output(stream: string, text: string): Output {
  return { stream, fields: ["event_type", "said", "payload", text] };
}

let tokenCount = 0;

/** Commits settlements under a token of their own. */
export function commit(
  broker: Broker,
  member: Membership,
  settlements: readonly Settlement[],
  { token = `token-${++tokenCount}`, withDone = true }: {
    readonly token?: string | null;
    readonly withDone?: boolean;
  } = {},
): Promise<CommitResult> {
  return broker.commit(member, { token, settlements, withDone });
}

/** What is pending, as `1-0 ann x2`: id, owner and count. */
export async function pending(broker: Broker, group = GROUP): Promise<string[]> {
  const entries = await broker.listPending(STREAM, group, { count: 10_000 });
  return entries.map(({ id, consumer, deliveries }) => `${id} ${consumer} x${deliveries}`);
}

/** The texts that were output to a stream. */
export async function said(broker: Broker, stream: string): Promise<unknown[]> {
  const entries = await broker.range(stream, { count: 10_000 });
  return entries.map(({ fields }) => fields[3]);
}

/** Position and done-set as `2-0 | 4-0 5-0`. */
export function progress({ checkpoint: { position, done } }: CommitResult): string {
  return [position, "|", ...done].join(" ");
}

/** The names of what is thrown by calls that are expected to fail; `"nothing"` where one succeeds. */
export async function thrownBy(...calls: (() => Promise<unknown>)[]): Promise<string[]> {
  const names: string[] = [];
  for (const call of calls) {
    names.push(
      await call().then(() => "nothing", (error) => error instanceof Error ? error.name : "?"),
    );
  }
  return names;
}
