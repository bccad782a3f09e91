/**
 * A broker with something in every place that it has, and every way to look at it and to change it: for tests of what
 * becomes of the calls when what is stored, or what is answered, is not as it should be.
 *
 * @module
 */

import { decodeCheckpoint } from "../../src/domain/checkpoint.ts";
import type { JournalAddress } from "../../src/domain/journal.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Order } from "../../src/ports/consumer_store.ts";
import {
  append,
  claimAll,
  commit,
  handled,
  join,
  output,
  readNew,
  readOwn,
  STREAM,
} from "../contracts/contract.ts";
import { CANARY } from "./hostile.ts";

const RUN: JournalAddress = { space: "runs", name: "a" };
const DEAD: Settlement = {
  ...{ kind: "deadLettered", id: "2-0", reason: "test" },
  letter: output("dead", "2-0"),
};
const GROUPS: readonly (readonly [group: string, order: Order])[] = [["g", "none"], ["k", "key"]];

/** Puts something everywhere: entries, two groups with pending, finished and handed-back entries, a journal, a process. */
export async function fillBroker(broker: Broker): Promise<void> {
  await append(broker, "1-0 a", "2-0 b", "3-0 a", "4-0", "5-0 a", "6-0 b");
  await broker.append(STREAM, [{ fields: ["payload", CANARY], idempotencyKey: "once" }]);
  for (const [group, order] of GROUPS) {
    const ann = await join(broker, "ann", { group, order });
    const bob = await join(broker, "bob", { group, order });
    await readNew(broker, ann, 4);
    await readNew(broker, bob, 2);
    await commit(broker, ann, [handled("1-0"), DEAD], { token: "t" });
    await broker.release(bob, "all");
  }
  await broker.resetGroup(STREAM, "g", { afterId: "2-0" }, { force: true });
  await readNew(broker, await join(broker, "ann", { group: "g" }), 2);
  await broker.announce("p1", "{}", 3_600_000);
  const entries = [{ fields: ["event_type", "t", "payload", "1"] }];
  await broker.createJournal(RUN, { state: "{}", entries });
  await broker.changeJournal(RUN, { entries, token: "t" });
}

/** Every way to look at it or to change it, one call each. */
export function callsOf(broker: Broker): (() => Promise<unknown>)[] {
  const consuming = GROUPS.flatMap(([group, order]) => {
    const member = () => join(broker, "ann", { group, order });
    return [
      async () => readOwn(broker, await member()),
      async () => readNew(broker, await member(), 3),
      async () => claimAll(broker, await member()),
      async () => commit(broker, await member(), [handled("3-0"), handled("4-0")]),
      async () => commit(broker, await member(), [{ ...DEAD, id: "5-0" }], { token: "t" }),
      async () => broker.renew(await member(), ["3-0"]),
      async () => broker.recordFailure(await member(), "3-0", 2),
      async () => broker.release(await member(), "all"),
      () => broker.listConsumers(STREAM, group),
      () => broker.listPending(STREAM, group, { count: 100 }),
      () => broker.listQuarantined(STREAM, group),
      async () =>
        decodeCheckpoint(await broker.loadCheckpoint(STREAM, group), { stream: STREAM, group }),
      () => broker.resetGroup(STREAM, group, "beginning", { force: true }),
    ];
  });
  return [
    () => broker.listStreams(),
    () => broker.streamInfo(STREAM),
    () => broker.streamBytes(STREAM),
    () => broker.range(STREAM, { count: 100 }),
    () => broker.range(STREAM, { count: 100, reverse: true }),
    () => broker.append(STREAM, [{ fields: ["a", "b"], idempotencyKey: "once" }], { lengthMax: 3 }),
    () => broker.listGroups(STREAM),
    ...consuming,
    () => broker.listInstances(),
    () => broker.loadJournal(RUN),
    () => broker.readJournal(RUN, { count: 100 }),
    () => broker.listJournals("runs", { limit: 10 }),
    () => broker.changeJournal(RUN, { entries: [{ fields: ["a", "b"] }], token: "t" }),
    () => broker.changeJournal(RUN, { entries: [{ fields: ["a", "b"] }], lengthMax: 1 }),
    () => broker.trim(STREAM, { lengthMax: 1 }),
    () => broker.deleteJournal(RUN),
    () => broker.deleteStream(STREAM),
  ];
}
