/**
 * What the tests of the Redis broker begin with: a broker, a stream with entries, a consumer that has joined.
 *
 * @module
 */

import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import type { Delivery } from "../../../src/domain/entry.ts";
import type { EntryId } from "../../../src/domain/entry_id.ts";
import type { Output, Settlement } from "../../../src/domain/settlement.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import type { CommitRequest, Membership, Order } from "../../../src/ports/consumer_store.ts";

/** A signal that nobody aborts. */
export const noSignal: AbortSignal = new AbortController().signal;

/** Opens a broker with short deadlines, so that a test of a deadline is short as well. */
export function openBroker(url: string): Promise<Broker> {
  return openRedisBroker({ url, connectTimeoutMs: 2_000, callTimeoutMs: 1_000 });
}

/** Joins a group of the stream, making both where they are missing. */
export async function joinGroup(
  broker: Broker,
  consumer: string,
  options: { readonly stream?: string; readonly order?: Order } = {},
): Promise<Membership> {
  const { stream = "orders", order = "none" } = options;
  const { membership } = await broker.join({ stream, group: "billing", consumer, order });
  await broker.establish(membership, {
    createStream: true,
    group: { create: "0-0" },
    checkpoint: { position: "0-0", done: [] },
    quarantine: false,
  });
  return membership;
}

/** Appends `1-0`, `2-0` and so on; a text gives the entry that key. */
export async function appendKeys(
  broker: Broker,
  keys: readonly (string | null)[],
  options: { readonly stream?: string; readonly first?: number } = {},
): Promise<void> {
  const { stream = "orders", first = 1 } = options;
  await broker.append(
    stream,
    keys.map((key, index) => ({
      id: `${BigInt(first + index)}-0`,
      fields: key === null ? ["payload", "1"] : ["payload", "1", "key", key],
    })),
  );
}

/** Reads new entries without waiting. */
export function readNow(broker: Broker, membership: Membership, count = 100): Promise<Delivery[]> {
  return broker.readNew(membership, { count, blockMs: 0, signal: noSignal });
}

/** The ids of deliveries, for whole comparisons. */
export function idsOf(deliveries: readonly Delivery[]): EntryId[] {
  return deliveries.map(({ id }) => id);
}

/** A settlement of a handler that succeeded. */
export function handled(id: EntryId, outputs: readonly Output[] = []): Settlement {
  return { kind: "handled", id, outputs, work: [] };
}

/** A commit of handled entries. */
export function commitOf(token: string, ids: readonly EntryId[]): CommitRequest {
  return { token, settlements: ids.map((id) => handled(id)), withDone: true };
}

/** Runs redis-cli and returns what it prints. */
export async function redisCli(port: number, ...args: string[]): Promise<string> {
  const command = new Deno.Command("redis-cli", { args: ["-p", String(port), ...args] });
  const { stdout } = await command.output();
  return new TextDecoder().decode(stdout).trimEnd();
}

/** Tries until a condition holds; fails after 5 s. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("The condition did not come true within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
