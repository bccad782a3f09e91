/**
 * The contract of a read that waits.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership, Order } from "../../src/ports/consumer_store.ts";
import { eventually } from "../support/eventually.ts";
import {
  append,
  commit,
  type Fact,
  type Features,
  GROUP,
  handled,
  join,
  STREAM,
  thrownBy,
  told,
} from "./contract.ts";

const ORDERS: readonly Order[] = ["none", "key"];

/** Longer than any test runs. */
const FAR_MS = 30_000;

function wait(broker: Broker, member: Membership, signal = new AbortController().signal) {
  return broker.readNew(member, { count: 10, blockMs: FAR_MS, signal });
}

/** Reads that wait are known to the broker only by their effect: a short wait before, so that the read has begun. */
async function untilItWaits(broker: Broker): Promise<void> {
  let turns = 0;
  await eventually("the read waits", async () => {
    await broker.streamInfo(STREAM);
    return ++turns >= 10;
  });
}

/** Defines the tests. */
export function testWaiting(fact: Fact, features: Features): void {
  for (const order of ORDERS) {
    fact(`readNew waits for an entry, order ${order}`, async (broker) => {
      const member = await join(broker, "ann", { order });
      const reading = wait(broker, member);
      await untilItWaits(broker);
      const sentMs = performance.now();
      await append(broker, "1-0");
      assertEquals(told(await reading), ["1-0 x1"]);
      assert(performance.now() - sentMs < 1_000);
      await broker.leave(member);
    });

    fact(`readNew is empty after its time, order ${order}`, async (broker) => {
      const member = await join(broker, "ann", { order });
      const startMs = performance.now();
      const { signal } = new AbortController();
      const read = await broker.readNew(member, { count: 10, blockMs: 60, signal });
      const tookMs = performance.now() - startMs;
      assertEquals(read, []);
      assert(tookMs >= 50 && tookMs < 5_000, `it took ${tookMs} ms`);
      await broker.leave(member);
    });

    fact(`readNew ends on its signal and never rejects, order ${order}`, async (broker) => {
      const member = await join(broker, "ann", { order });
      assertEquals(await wait(broker, member, AbortSignal.abort()), []);
      const abort = new AbortController();
      const reading = wait(broker, member, abort.signal);
      await untilItWaits(broker);
      abort.abort();
      assertEquals(await reading, []);
      await append(broker, "1-0");
      assertEquals(told(await wait(broker, member)), ["1-0 x1"], "the next read works");
      await broker.leave(member);
    });

    fact(`T5: readNew learns that the group was deleted, order ${order}`, async (broker) => {
      const member = await join(broker, "ann", { order });
      const endsAtOnce = order === "none" || features.endsOrderedWaitAtOnce;
      const { signal } = new AbortController();
      const blockMs = endsAtOnce ? FAR_MS : 300;
      const reading = broker.readNew(member, { count: 10, blockMs, signal });
      const outcome = thrownBy(() => reading);
      await untilItWaits(broker);
      await broker.deleteGroup(STREAM, GROUP);
      const seen = [...await outcome, ...await thrownBy(() => wait(broker, member))];
      assertEquals(seen, [endsAtOnce ? "GroupMissingError" : "nothing", "GroupMissingError"]);
      await broker.leave(member);
    });

    fact(`T5: readNew learns that the stream was deleted, order ${order}`, async (broker) => {
      const member = await join(broker, "ann", { order });
      const endsAtOnce = order === "none" || features.endsOrderedWaitAtOnce;
      const { signal } = new AbortController();
      const blockMs = endsAtOnce ? FAR_MS : 300;
      const reading = broker.readNew(member, { count: 10, blockMs, signal });
      const outcome = thrownBy(() => reading);
      await untilItWaits(broker);
      await broker.deleteStream(STREAM);
      const seen = [...await outcome, ...await thrownBy(() => wait(broker, member))];
      assertEquals(seen, [endsAtOnce ? "GroupMissingError" : "nothing", "GroupMissingError"]);
      await broker.leave(member);
    });
  }

  fact("a reader that waits is woken by the commit that sets its entry free", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const ann = await join(broker, "ann", { order: "key" });
    const bob = await join(broker, "bob", { order: "key" });
    const signal = new AbortController().signal;
    await broker.readNew(ann, { count: 1, blockMs: 0, signal });
    assertEquals(await wait(broker, bob), [], "it ends at once: what is new must wait");
    const reading = wait(broker, bob);
    await untilItWaits(broker);
    await commit(broker, ann, [handled("1-0")]);
    assertEquals(told(await reading), ["2-0 x1"]);
    await broker.leave(bob);
  });

  fact("a reader that waits is woken by entries that were handed back", async (broker) => {
    await append(broker, "1-0 x");
    const ann = await join(broker, "ann", { order: "key" });
    const bob = await join(broker, "bob", { order: "key" });
    await wait(broker, ann);
    const reading = wait(broker, bob);
    await untilItWaits(broker);
    await broker.release(ann, "all");
    assertEquals(told(await reading), ["1-0 x1"]);
    await broker.leave(ann);
    await broker.leave(bob);
  });

  fact("readers that wait share new entries without doubles", async (broker) => {
    const members = await Promise.all(["ann", "bob", "cid"].map((name) => join(broker, name)));
    const reads = members.map((member) =>
      broker.readNew(member, { count: 1, blockMs: FAR_MS, signal: new AbortController().signal })
    );
    await untilItWaits(broker);
    await append(broker, "1-0", "2-0", "3-0");
    const read = (await Promise.all(reads)).flat().map(({ id }) => id).sort();
    assertEquals(read, ["1-0", "2-0", "3-0"]);
    for (const member of members) await broker.leave(member);
  });

  fact("leave is idempotent and leaves name and entries", async (broker) => {
    await append(broker, "1-0");
    const member = await join(broker, "ann");
    await wait(broker, member);
    await broker.leave(member);
    await broker.leave(member);
    assertEquals((await broker.listConsumers(STREAM, GROUP)).map((c) => c.pendingCount), [1]);
  });

  fact("a broker is disposed twice without harm, and refuses calls afterwards", async (broker) => {
    const member = await join(broker, "ann");
    const reading = wait(broker, member).then(() => "settled", () => "settled");
    await untilItWaits(broker);
    await broker[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
    assertEquals(await reading, "settled");
    assertEquals((await thrownBy(() => broker.streamInfo(STREAM)))[0] === "nothing", false);
  });
}
