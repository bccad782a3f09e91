/**
 * Dead letters as consumers leave them, for the tests of what operators do with them.
 *
 * @module
 */

import { deadLetterFields } from "../../src/domain/dead_letter.ts";
import type { EntryFields } from "../../src/domain/entry.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";

/** Where they are kept. */
export const LETTERS = "{orders}:dead-letters";

/** A dead letter as a consumer leaves it. */
export interface Dead {
  readonly id: EntryId;
  readonly group?: string;
  readonly stream?: string;
  readonly reason?: string;
  readonly error?: unknown;
  readonly fields?: EntryFields;
}

/** The fields of one; an event of the type `order.placed` unless told otherwise. */
export function letterFields(
  { id, group = "billing", stream = "orders", ...rest }: Dead,
): EntryFields {
  const { reason = "its handler failed", error = new Error("Boom"), fields } = rest;
  const told = { stream, group, consumer: "ann", id, reason, error, attempts: 3, deliveries: 2 };
  const event = ["event_type", "order.placed", "payload", `{"of":"${id}"}`, "key", "k"];
  return deadLetterFields({ ...told, diedAtMs: 1_767_225_600_000, fields: fields ?? event }).fields;
}

/** Leaves dead letters with the ids 1-0, 2-0, …, and makes their stream. */
export async function leave(broker: Broker, ...letters: Dead[]): Promise<void> {
  await broker.createStream("orders");
  for (const [index, letter] of letters.entries()) {
    await broker.append(LETTERS, [{
      id: `${BigInt(index + 1)}-0`,
      fields: letterFields(letter),
    }]);
  }
}

/** The payloads of a stream of events. */
export async function payloads(broker: Broker, stream: string): Promise<unknown[]> {
  const entries = await broker.range(stream, { count: 10_000 });
  return entries.map(({ fields }) => fields[3]);
}

/** The ids of all that are left. */
export async function letterIds(broker: Broker): Promise<EntryId[]> {
  return (await broker.range(LETTERS, { count: 10_000 })).map(({ id }) => id);
}
