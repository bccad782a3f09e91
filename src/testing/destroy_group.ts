/**
 * Destroys a group as `XGROUP DESTROY` does: its pending list and position are gone; its checkpoint and the epochs of its
 * consumers stay, because they are keys of their own (V5). `deleteGroup` of a broker removes all of it, after which
 * everything is handled again, as asked.
 *
 * @module
 */

import { decodeCheckpoint } from "../domain/checkpoint.ts";
import type { Broker } from "../ports/broker.ts";

/** Under which name the checkpoint is put back. */
const OPERATOR = "operator";

/** Destroys a group, if it is there. In a timer of its own nothing comes between its steps. */
export async function destroyGroup(broker: Broker, stream: string, group: string): Promise<void> {
  const stored = decodeCheckpoint(await broker.loadCheckpoint(stream, group), { stream, group });
  const consumers = await broker.listConsumers(stream, group);
  await broker.deleteGroup(stream, group, { force: true });
  for (const { consumer, epoch } of consumers) {
    for (let join = 0; join < epoch; join++) {
      await broker.join({ stream, group, consumer, order: "none" });
    }
  }
  if (stored.kind !== "valid") return;
  const { position, done } = stored.checkpoint;
  const { membership } = await broker.join({ stream, group, consumer: OPERATOR, order: "none" });
  await broker.establish(membership, {
    createStream: false,
    group: "keep",
    checkpoint: { position, done },
    quarantine: false,
  });
}
