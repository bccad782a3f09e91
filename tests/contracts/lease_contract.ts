/**
 * The contract of leases: renew them, lose them, hand entries back.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import {
  append,
  claimAll,
  commit,
  type Fact,
  handled,
  join,
  pending,
  readNew,
  readOwn,
  told,
} from "./contract.ts";

/** Defines the tests. */
export function testLeases(fact: Fact): void {
  fact("renew keeps entries from being claimed", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann);
    const leaseMs = 60;
    const endMs = Date.now() + 10_000;
    const claimed: string[] = [];
    while (claimed.length === 0 && Date.now() < endMs) {
      assertEquals(await broker.renew(ann, ["1-0"]), { fenced: [] });
      const page = await broker.claim(bob, {
        idleMsMin: leaseMs,
        afterId: ENTRY_ID_ZERO,
        count: 9,
      });
      claimed.push(...told(page.entries));
    }
    assertEquals(claimed, ["2-0 x2"]);
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 bob x2"], "renewals do not count");
  });

  fact("release hands everything back, up to the highest id that there can be", async (broker) => {
    const ids = Array.from({ length: 999 }, (_, index) => `${index + 1}-0`);
    await append(broker, ...ids, "18446744073709551615-18446744073709551615");
    const ann = await join(broker, "ann");
    await readNew(broker, ann, 1_000);
    assertEquals([await broker.release(ann, "all"), await broker.release(ann, "all")], [1_000, 0]);
  });

  fact("renew keeps what waits for a consumer", async (broker) => {
    const key = { order: "key" } as const;
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = [await join(broker, "ann", key), await join(broker, "bob", key)];
    const cid = await join(broker, "cid", key);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    const endMs = Date.now() + 10_000;
    let claimed: string[] = [];
    while (claimed.length === 0 && Date.now() < endMs) {
      assertEquals(await broker.renew(bob, []), { fenced: [] });
      const page = await broker.claim(cid, { idleMsMin: 60, afterId: ENTRY_ID_ZERO, count: 9 });
      claimed = told(page.entries);
    }
    assertEquals([claimed, await pending(broker)], [["1-0 x2"], ["1-0 cid x2", "2-0 bob x0"]]);
  });

  fact("T10: renew takes nothing back and names what is gone", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 3);
    await commit(broker, ann, [handled("1-0")]);
    await broker.claim(bob, { idleMsMin: 0, afterId: "1-0", count: 1 });
    const renewed = await broker.renew(ann, ["1-0", "2-0", "3-0", "4-0"]);
    assertEquals(renewed, { fenced: ["1-0", "2-0", "4-0"] });
    assertEquals(await pending(broker), ["2-0 bob x2", "3-0 ann x1"]);
    assertEquals(await broker.renew(ann, []), { fenced: [] });
  });

  fact("T10: a zombie's commit is fenced entry by entry, without effect", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann);
    await broker.claim(bob, { idleMsMin: 0, afterId: "1-0", count: 1 });
    const { verdicts } = await commit(broker, ann, ["1-0", "2-0", "3-0"].map((id) => handled(id)));
    assertEquals(verdicts, ["committed", "fenced", "committed"]);
    assertEquals(await pending(broker), ["2-0 bob x2"]);
  });

  fact("release hands entries to the next one at once, uncounted", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann);
    const counts = [
      await broker.release(ann, ["1-0", "9-0"]),
      await broker.release(ann, ["1-0"]),
      await broker.release(bob, ["2-0"]),
    ];
    const far = await broker.claim(bob, { idleMsMin: 1_000_000, afterId: ENTRY_ID_ZERO, count: 9 });
    assertEquals([counts, told(far.entries)], [[1, 0, 0], ["1-0 x1"]]);
    assertEquals(await broker.release(ann, "all"), 2);
    assertEquals(told((await claimAll(broker, bob)).entries), ["1-0 x2", "2-0 x1", "3-0 x1"]);
    assertEquals(told((await readOwn(broker, ann)).entries), []);
  });

  fact("release hands back more than a thousand entries", async (broker) => {
    const ids = Array.from({ length: 2_500 }, (_, index) => `${index + 1}-0`);
    for (let from = 0; from < ids.length; from += 500) {
      await append(broker, ...ids.slice(from, from + 500));
    }
    const ann = await join(broker, "ann");
    for (let page = 0; page < 3; page++) await readNew(broker, ann, 1_000);
    assertEquals(await broker.release(ann, "all"), 2_500);
    assertEquals(await broker.release(ann, "all"), 0);
  });

  fact("a consumer that handed back is fenced at its commit", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await broker.release(ann, "all");
    assertEquals((await commit(broker, ann, [handled("1-0")])).verdicts, ["fenced"]);
    assertEquals((await broker.renew(ann, ["1-0"])).fenced, ["1-0"]);
  });

  fact("release notes how many entries the stream had", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann");
    await append(broker, "2-0", "3-0");
    const { stream, group, consumer, order } = ann;
    const before = await broker.join({ stream, group, consumer, order });
    await broker.release(before.membership, "all");
    const after = await broker.join({ stream, group, consumer, order });
    const counts = [before, after].map(({ entriesAddedAtCheckpoint }) => entriesAddedAtCheckpoint);
    assertEquals(counts, [1, 3]);
  });
}
