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
  claimAll,
  commit,
  type Fact,
  type Features,
  GROUP,
  handled,
  join,
  readNew,
  STREAM,
  thrownBy,
  told,
} from "./contract.ts";

const ORDERS: readonly Order[] = ["none", "key"];

/** Longer than any test runs. */
const FAR_MS = 10_000;

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
      assert(performance.now() - sentMs < FAR_MS / 2);
      await broker.leave(member);
    });

    fact(`readNew is empty after its time, order ${order}`, async (broker) => {
      const member = await join(broker, "ann", { order });
      const startMs = performance.now();
      const { signal } = new AbortController();
      const read = await broker.readNew(member, { count: 10, blockMs: 60, signal });
      const tookMs = performance.now() - startMs;
      assertEquals(read, []);
      assert(tookMs >= 50 && tookMs < FAR_MS / 2, `it took ${tookMs} ms`);
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

  fact(
    "T7: a reader that waits is woken by the claim that finds what it waits for lost",
    async (broker) => {
      await append(broker, "1-0 x", "2-0 x");
      const ann = await join(broker, "ann", { order: "key" });
      const bob = await join(broker, "bob", { order: "key" });
      await readNew(broker, ann, 1);
      assertEquals(await wait(broker, bob), [], "2-0 must wait");
      await broker.deleteEntries(STREAM, ["1-0"]);
      const reading = wait(broker, bob);
      await untilItWaits(broker);
      const cid = await join(broker, "cid", { order: "key" });
      assertEquals((await claimAll(broker, cid, 1)).lost, ["1-0"]);
      assertEquals(told(await reading), ["2-0 x1"]);
      await broker.leave(bob);
    },
  );

  fact(
    "T7: a reader that waits is woken by the read that finds what it waits for lost",
    async (broker) => {
      await append(broker, "1-0 x", "2-0 x", "3-0 x");
      const ann = await join(broker, "ann", { order: "key" });
      const bob = await join(broker, "bob", { order: "key" });
      const cid = await join(broker, "cid", { order: "key" });
      await readNew(broker, ann, 1);
      await readNew(broker, bob, 1);
      assertEquals(await readNew(broker, cid, 1), [], "3-0 must wait");
      await commit(broker, ann, [handled("1-0")]);
      const reading = wait(broker, cid);
      await untilItWaits(broker);
      await broker.deleteEntries(STREAM, ["2-0"]);
      assertEquals(await readNew(broker, bob), []);
      assertEquals(told(await reading), ["3-0 x1"]);
      await broker.leave(cid);
    },
  );

  fact("T7: a read that finds what it waits for lost waits no longer", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const ann = await join(broker, "ann", { order: "key" });
    const bob = await join(broker, "bob", { order: "key" });
    await readNew(broker, ann, 1);
    assertEquals(await readNew(broker, bob), [], "2-0 must wait");
    await broker.release(ann, "all");
    await broker.deleteEntries(STREAM, ["1-0"]);
    const startMs = performance.now();
    const read = [...await wait(broker, bob), ...await readNew(broker, bob)];
    assert(performance.now() - startMs < FAR_MS / 2);
    assertEquals(told(read), ["2-0 x1"]);
    await broker.leave(bob);
  });

  fact("T7: a read that finds nothing but lost entries waits no longer", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x", "4-0 x");
    const ann = await join(broker, "ann", { order: "key" });
    const bob = await join(broker, "bob", { order: "key" });
    await readNew(broker, ann, 1);
    assertEquals(await readNew(broker, bob), [], "the others must wait");
    await commit(broker, ann, [handled("1-0")]);
    await broker.deleteEntries(STREAM, ["2-0", "3-0"]);
    const startMs = performance.now();
    const read: string[] = [];
    while (read.length === 0 && performance.now() - startMs < FAR_MS) {
      const { signal } = new AbortController();
      read.push(...told(await broker.readNew(bob, { count: 1, blockMs: FAR_MS, signal })));
    }
    assertEquals(read, ["4-0 x1"]);
    assert(performance.now() - startMs < FAR_MS / 2);
    await broker.leave(bob);
  });

  fact(
    "a reader that waits is woken by its renewal, where nobody else could tell it",
    async (broker) => {
      await append(broker, "1-0 x", "2-0 x");
      const ann = await join(broker, "ann", { order: "key" });
      const bob = await join(broker, "bob", { order: "key" });
      await readNew(broker, ann, 1);
      assertEquals(await readNew(broker, bob), [], "2-0 must wait");
      // Whoever keeps no order asks for no keys.
      await commit(broker, { ...ann, order: "none" }, [handled("1-0")]);
      const reading = wait(broker, bob);
      await untilItWaits(broker);
      await broker.renew(bob, []);
      assertEquals(told(await reading), ["2-0 x1"]);
      await broker.leave(bob);
    },
  );

  fact("a reader that waits learns at once that its group was reset", async (broker) => {
    await append(broker, "1-0 x");
    const ann = await join(broker, "ann", { order: "key" });
    await commit(broker, ann, (await readNew(broker, ann)).map(({ id }) => handled(id)));
    const outcome = thrownBy(() => wait(broker, ann));
    await untilItWaits(broker);
    await broker.resetGroup(STREAM, GROUP, { afterId: "0-0" });
    assertEquals(await outcome, ["GroupResetError"]);
    await broker.leave(ann);
  });

  fact("a reader that waits learns that a newer process has its name", async (broker) => {
    const ann = await join(broker, "ann", { order: "key" });
    const blockMs = features.endsOrderedWaitAtOnce ? FAR_MS : 300;
    const { signal } = new AbortController();
    const reading = broker.readNew(ann, { count: 10, blockMs, signal });
    const outcome = thrownBy(() => reading);
    await untilItWaits(broker);
    await join(broker, "ann", { order: "key" });
    const seen = [...await outcome, ...await thrownBy(() => readNew(broker, ann))];
    const first = features.endsOrderedWaitAtOnce ? "ConsumerFencedError" : "nothing";
    assertEquals(seen, [first, "ConsumerFencedError"]);
    await broker.leave(ann);
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
