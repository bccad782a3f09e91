/**
 * The contract of `order: "key"`: the events of a key are with one consumer at a time, whoever hands them out.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership } from "../../src/ports/consumer_store.ts";
import {
  append,
  claimAll,
  commit,
  deferred,
  type Fact,
  handled,
  join,
  output,
  pending,
  readNew,
  readOwn,
  said,
  told,
} from "./contract.ts";

const KEY = { order: "key" } as const;

async function two(broker: Broker): Promise<[ann: Membership, bob: Membership]> {
  return [await join(broker, "ann", KEY), await join(broker, "bob", KEY)];
}

/** What waits for a consumer, and how much of it there is. */
async function assigned(broker: Broker, member: Membership): Promise<string[]> {
  const { assignedCount } = await broker.renew(member, []);
  const { entries } = await broker.readAssigned(member, { count: 100 });
  return [`${assignedCount} assigned`, ...told(entries)];
}

/** Defines the tests. */
export function testOrderByKey(fact: Fact): void {
  fact("a new entry follows the unfinished one of its key", async (broker) => {
    await append(broker, "1-0 x", "2-0 y", "3-0 x", "4-0", "5-0 y", "6-0 z", "7-0 x");
    const [ann, bob] = await two(broker);
    const story = [
      told(await readNew(broker, ann, 2)),
      told(await readNew(broker, bob)),
      told(await readNew(broker, bob)),
      await assigned(broker, bob),
      await assigned(broker, ann),
      await assigned(broker, ann),
    ];
    assertEquals(story, [
      ["1-0 x1", "2-0 x1"],
      ["4-0 x1", "6-0 x1"],
      [],
      ["0 assigned"],
      ["3 assigned", "3-0 x1", "5-0 x1", "7-0 x1"],
      ["0 assigned"],
    ]);
    const result = await commit(
      broker,
      ann,
      ["1-0", "2-0", "3-0", "5-0", "7-0"].map((id) => handled(id)),
    );
    assertEquals(new Set(result.verdicts), new Set(["committed"]));
  });

  fact("a key whose entries are finished belongs to nobody", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await commit(broker, ann, [handled("1-0")]);
    assertEquals(told(await readNew(broker, bob, 1)), ["2-0 x1"]);
    assertEquals(told(await readNew(broker, ann)), []);
    assertEquals(await assigned(broker, bob), ["1 assigned", "3-0 x1"]);
  });

  fact("entries without a key go to anybody; keys are compared by their bytes", async (broker) => {
    const raw = new Uint8Array([0xff, 0x6b]);
    const [ann, bob] = await two(broker);
    const key = (value: string | Uint8Array) => ["event_type", "e", "key", value];
    await broker.append("orders", [
      { id: "1-0", fields: ["event_type", "e"] },
      { id: "2-0", fields: key("k") },
      { id: "3-0", fields: key(raw) },
      { id: "4-0", fields: key("") },
      { id: "5-0", fields: key("a\0b") },
    ]);
    assertEquals((await readNew(broker, ann)).length, 5);
    await broker.append("orders", [
      { id: "11-0", fields: ["event_type", "e"] },
      { id: "12-0", fields: key(new TextEncoder().encode("k")) },
      { id: "13-0", fields: key(raw) },
      { id: "14-0", fields: key("") },
      { id: "15-0", fields: key("a\0c") },
      { id: "16-0", fields: key("a\0b") },
      { id: "17-0", fields: ["event_type", "e", "key", "new", "key", "k"] },
      { id: "18-0", fields: ["event_type", "key", "e", "k"] },
    ]);
    assertEquals(told(await readNew(broker, bob)), ["11-0 x1", "15-0 x1", "17-0 x1", "18-0 x1"]);
    assertEquals(await assigned(broker, ann), [
      "4 assigned",
      "12-0 x1",
      "13-0 x1",
      "14-0 x1",
      "16-0 x1",
    ]);
  });

  fact("an assigned entry has the idle time of the one that it follows", async (broker) => {
    await append(broker, "1-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    const leaseMs = 50;
    const endMs = Date.now() + 10_000;
    let claimed: string[] = [];
    await append(broker, "2-0 x");
    await readNew(broker, bob);
    while (claimed.length === 0 && Date.now() < endMs) {
      const page = await broker.claim(bob, {
        idleMsMin: leaseMs,
        afterId: ENTRY_ID_ZERO,
        count: 9,
      });
      claimed = told(page.entries);
    }
    assertEquals(claimed, ["1-0 x2", "2-0 x1"], "the dead owner's entries go over together");
  });

  fact("a claimed entry follows the unfinished one of its key", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 y");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    const { entries } = await broker.claim(bob, { idleMsMin: 0, afterId: "1-0", count: 9 });
    assertEquals(told(entries), ["3-0 x2"]);
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 ann x1", "3-0 bob x2"]);
    assertEquals(await assigned(broker, ann), ["1 assigned", "2-0 x2"]);

    assertEquals(told((await claimAll(broker, bob)).entries), ["1-0 x2", "2-0 x3", "3-0 x3"]);
    assertEquals(await assigned(broker, ann), ["0 assigned"]);
  });

  fact("an own pending entry whose predecessor is elsewhere goes there", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x", "4-0 y");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.claim(bob, { idleMsMin: 0, afterId: ENTRY_ID_ZERO, count: 1 });
    assertEquals(told((await readOwn(broker, ann)).entries), ["4-0 x1"]);
    assertEquals(await assigned(broker, bob), ["2 assigned", "2-0 x2", "3-0 x2"]);
  });

  fact("an assigned entry is handed on when its predecessor has moved", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const [ann, bob] = await two(broker);
    const cid = await join(broker, "cid", KEY);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    await broker.claim(cid, { idleMsMin: 0, afterId: ENTRY_ID_ZERO, count: 1 });
    assertEquals(await assigned(broker, ann), ["2 assigned"]);
    assertEquals(await assigned(broker, cid), ["2 assigned", "2-0 x1", "3-0 x1"]);
  });

  fact("an entry waits behind one that waits for the same consumer", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    await append(broker, "3-0 x", "4-0 y");
    assertEquals(told(await readNew(broker, ann)), ["4-0 x1"], "2-0 has not been handed out");
    const page = await broker.readAssigned(ann, { count: 1 });
    assertEquals([told(page.entries), page.next], [["2-0 x1"], "2-0"]);
    const rest = await broker.readAssigned(ann, { count: 1 });
    assertEquals([told(rest.entries), rest.next], [["3-0 x1"], null]);
  });

  fact("join makes assigned entries ordinary own pending ones", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    assertEquals((await broker.renew(ann, [])).assignedCount, 1);
    const again = await join(broker, "ann", KEY);
    assertEquals(await assigned(broker, again), ["0 assigned"]);
    const own = await readOwn(broker, again, { countDelivery: true });
    assertEquals(told(own.entries), ["1-0 x2", "2-0 x1"]);
  });

  fact("own pending entries that were never handed out count from 1", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    assertEquals(told((await readOwn(broker, ann)).entries), ["1-0 x1", "2-0 x1"]);
    assertEquals(await assigned(broker, ann), ["0 assigned"]);
  });

  fact("handed-back entries come before new ones, in order of their key", async (broker) => {
    await append(broker, "1-0 x", "2-0 y", "3-0 x", "4-0 z", "5-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 4);
    await broker.release(ann, ["1-0", "3-0", "4-0"]);
    assertEquals(told(await readNew(broker, bob, 2)), ["1-0 x1", "3-0 x1"]);
    assertEquals(told(await readNew(broker, bob)), ["4-0 x1", "5-0 x1"]);
    assertEquals(await pending(broker), [
      "1-0 bob x1",
      "2-0 ann x1",
      "3-0 bob x1",
      "4-0 bob x1",
      "5-0 bob x1",
    ]);
  });

  fact("what follows a handed-back entry waits with it", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 2);
    await broker.release(ann, ["1-0"]);
    assertEquals(told((await readOwn(broker, ann)).entries), [], "2-0 follows 1-0");
    assertEquals(told(await readNew(broker, bob, 1)), ["1-0 x1"]);
    assertEquals(told(await readNew(broker, ann)), []);
    assertEquals(told(await readNew(broker, bob)), []);
    assertEquals(await assigned(broker, bob), ["2 assigned", "2-0 x2", "3-0 x1"]);
  });

  fact("a handed-back entry goes to the consumer of its predecessor", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.release(ann, ["2-0"]);
    assertEquals(told(await readNew(broker, bob)), []);
    assertEquals(await assigned(broker, ann), ["1 assigned", "2-0 x1"]);
  });

  fact("a commit is fenced when an earlier entry of the key was taken", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x", "4-0 y");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.claim(bob, { idleMsMin: 0, afterId: ENTRY_ID_ZERO, count: 1 });
    const settlements = ["2-0", "3-0", "4-0"].map((id) => handled(id, output("out", id)));
    const result = await commit(broker, ann, settlements);
    assertEquals(result.verdicts, ["fenced", "fenced", "committed"]);
    assertEquals(await said(broker, "out"), ["4-0"]);
    assertEquals(await pending(broker), ["1-0 bob x2", "2-0 bob x1", "3-0 bob x1"]);
    assertEquals(await assigned(broker, bob), ["2 assigned", "2-0 x2", "3-0 x2"]);
    const rest = ["1-0", "2-0", "3-0"].map((id) => handled(id, output("out", id)));
    assertEquals((await commit(broker, bob, rest)).verdicts, Array(3).fill("committed"));
    assertEquals(await said(broker, "out"), ["4-0", "1-0", "2-0", "3-0"]);
  });

  fact("a commit is fenced behind an entry that was handed back", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.release(ann, ["1-0"]);
    assertEquals((await commit(broker, ann, [handled("2-0")])).verdicts, ["fenced"]);
    assertEquals(told(await readNew(broker, bob)), ["1-0 x1", "2-0 x2"]);
  });

  fact("an entry is held behind an own one that is not finished", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 y", "4-0 y", "5-0 x");
    const [ann] = await two(broker);
    await readNew(broker, ann);
    const first = await commit(broker, ann, [
      deferred("1-0"),
      handled("2-0", output("out", "2-0")),
      handled("3-0", output("out", "3-0")),
      handled("4-0", output("out", "4-0")),
    ]);
    assertEquals(first.verdicts, ["committed", "held", "committed", "committed"]);
    assertEquals((await commit(broker, ann, [handled("5-0")])).verdicts, ["held"]);
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 ann x1", "5-0 ann x1"]);
    const last = await commit(broker, ann, ["1-0", "2-0", "5-0"].map((id) => handled(id)));
    assertEquals(last.verdicts, ["committed", "committed", "committed"]);
    assertEquals(await said(broker, "out"), ["3-0", "4-0"]);
  });

  fact("in an unordered group keys do not matter", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 1);
    assertEquals(told(await readNew(broker, bob)), ["2-0 x1", "3-0 x1"]);
    const result = await commit(broker, bob, [handled("2-0"), handled("3-0")]);
    assertEquals([result.verdicts, result.assignedCount], [["committed", "committed"], 0]);
  });
}
