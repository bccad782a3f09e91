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
  type Fact,
  handled,
  idOf,
  join,
  pending,
  readNew,
  readOwn,
  told,
} from "./contract.ts";

const KEY = { order: "key" } as const;

async function two(broker: Broker): Promise<[ann: Membership, bob: Membership]> {
  return [await join(broker, "ann", KEY), await join(broker, "bob", KEY)];
}

/** Commits entries as handled. */
async function finish(broker: Broker, member: Membership, ...ids: string[]): Promise<unknown> {
  return (await commit(broker, member, ids.map((id) => handled(id)))).verdicts.join(" ");
}

/** Defines the tests. */
export function testOrderByKey(fact: Fact): void {
  fact("a new entry waits until the earlier ones of its key are finished", async (broker) => {
    await append(broker, "1-0 x", "2-0 y", "3-0 x", "4-0", "5-0 y", "6-0 z", "7-0 x");
    const [ann, bob] = await two(broker);
    const story = [
      told(await readNew(broker, ann, 2)),
      told(await readNew(broker, bob)),
      told(await readNew(broker, bob)),
      await pending(broker),
      await finish(broker, ann, "1-0"),
      told(await readNew(broker, ann)),
      told(await readNew(broker, bob)),
      await finish(broker, bob, "3-0", "4-0", "7-0"),
      await finish(broker, ann, "2-0"),
      told(await readNew(broker, bob)),
    ];
    assertEquals(story, [
      ["1-0 x1", "2-0 x1"],
      ["4-0 x1", "6-0 x1"],
      [],
      [
        "1-0 ann x1",
        "2-0 ann x1",
        "3-0 bob x0",
        "4-0 bob x1",
        "5-0 bob x0",
        "6-0 bob x1",
        "7-0 bob x0",
      ],
      "committed",
      [],
      ["3-0 x1", "7-0 x1"],
      "committed committed committed",
      "committed",
      ["5-0 x1"],
    ]);
  });

  fact("what follows a waiting entry waits too, for whoever asked", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const [ann, bob] = await two(broker);
    const cid = await join(broker, "cid", KEY);
    await readNew(broker, ann, 1);
    await readNew(broker, bob, 1);
    await readNew(broker, cid, 1);
    await append(broker, "4-0 x", "5-0 y");
    const story = [
      told(await readNew(broker, ann)),
      await finish(broker, ann, "1-0"),
      told(await readNew(broker, ann)),
      told(await readNew(broker, cid)),
      told(await readNew(broker, bob)),
      await finish(broker, bob, "2-0"),
      told(await readNew(broker, cid)),
      await finish(broker, cid, "3-0"),
      told(await readNew(broker, ann)),
    ];
    assertEquals(story, [
      ["5-0 x1"],
      "committed",
      [],
      [],
      ["2-0 x1"],
      "committed",
      ["3-0 x1"],
      "committed",
      ["4-0 x1"],
    ]);
  });

  fact("what is set free comes before handed-back and new entries", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 y", "4-0 z");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await readNew(broker, bob, 1);
    await readNew(broker, ann, 1);
    await broker.release(ann, ["3-0"]);
    await finish(broker, ann, "1-0");
    const story = [
      told(await readNew(broker, bob, 1)),
      told(await readNew(broker, bob, 1)),
      told(await readNew(broker, bob, 1)),
    ];
    assertEquals(story, [["2-0 x1"], ["3-0 x1"], ["4-0 x1"]]);
  });

  fact("a key whose entries are finished belongs to nobody", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await finish(broker, ann, "1-0");
    assertEquals(told(await readNew(broker, bob, 1)), ["2-0 x1"]);
    assertEquals(told(await readNew(broker, ann)), []);
    assertEquals(told(await readNew(broker, bob)), [], "3-0 waits for ann");
    await finish(broker, bob, "2-0");
    assertEquals(told(await readNew(broker, ann)), ["3-0 x1"]);
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
    await finish(broker, ann, "1-0", "2-0", "3-0", "4-0", "5-0");
    const free = ["12-0 x1", "13-0 x1", "14-0 x1", "16-0 x1"];
    assertEquals(told(await readNew(broker, bob)), free);
  });

  fact("a claimed entry waits behind an earlier one that is elsewhere", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 y");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    const { entries } = await broker.claim(bob, { idleMsMin: 0, afterId: "1-0", count: 9 });
    assertEquals(told(entries), ["3-0 x2"]);
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 bob x1", "3-0 bob x2"]);
    await finish(broker, ann, "1-0");
    assertEquals(told(await readNew(broker, bob)), ["2-0 x2"]);
  });

  fact("a claim takes over what waits for a dead consumer", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    const cid = await join(broker, "cid", KEY);
    assertEquals(told((await claimAll(broker, cid)).entries), ["1-0 x2", "2-0 x1", "3-0 x1"]);
    assertEquals(await finish(broker, cid, "1-0", "2-0", "3-0"), "committed committed committed");
    assertEquals([told(await readNew(broker, ann)), told(await readNew(broker, bob))], [[], []]);
  });

  fact("an own pending entry waits behind an earlier one that is elsewhere", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x", "4-0 y");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.claim(bob, { idleMsMin: 0, afterId: ENTRY_ID_ZERO, count: 1 });
    assertEquals(told((await readOwn(broker, ann)).entries), ["4-0 x1"]);
    await finish(broker, bob, "1-0");
    assertEquals(told(await readNew(broker, ann)), ["2-0 x2", "3-0 x2"]);
  });

  fact(
    "join makes what waits an ordinary own pending entry, which may wait again",
    async (broker) => {
      await append(broker, "1-0 x", "2-0 x", "3-0 y", "4-0 y");
      const [ann, bob] = await two(broker);
      await readNew(broker, ann, 1);
      await readNew(broker, bob, 1);
      await readNew(broker, ann, 1);
      await readNew(broker, bob, 1);
      await finish(broker, ann, "3-0");
      const again = await join(broker, "bob", KEY);
      assertEquals(told(await readNew(broker, again)), []);
      assertEquals(told((await readOwn(broker, again, { countDelivery: true })).entries), [
        "4-0 x1",
      ]);
      await finish(broker, ann, "1-0");
      assertEquals(told(await readNew(broker, again)), ["2-0 x1"]);
    },
  );

  fact("own pending entries that only waited count from 1", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    await finish(broker, ann, "1-0");
    assertEquals(told((await readOwn(broker, bob)).entries), ["2-0 x1"]);
    assertEquals(told(await readNew(broker, bob)), []);
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

  fact("a handed-back entry waits behind an earlier one that is elsewhere", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.release(ann, ["2-0"]);
    assertEquals(told(await readNew(broker, bob)), []);
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 bob x0"]);
    await finish(broker, ann, "1-0");
    assertEquals(told(await readNew(broker, bob)), ["2-0 x1"]);
  });

  fact(
    "what only waits for a consumer is handed back with whatever it hands back",
    async (broker) => {
      await append(broker, "1-0 x", "2-0 x", "3-0 y", "4-0 y");
      const [ann, bob] = await two(broker);
      await readNew(broker, ann, 1);
      await readNew(broker, bob, 1);
      await readNew(broker, ann, 1);
      await readNew(broker, bob, 1);
      await finish(broker, ann, "1-0");
      assertEquals(await broker.release(bob, []), 2, "one that is free, and one that waits");
      assertEquals(told(await readNew(broker, ann)), ["2-0 x1", "4-0 x1"]);
      assertEquals(await finish(broker, ann, "2-0", "3-0", "4-0"), "committed committed committed");
      assertEquals([await broker.release(bob, []), await pending(broker)], [0, []]);
    },
  );

  fact("a group that was set back reads on to the highest id that there can be", async (broker) => {
    const last = "18446744073709551615-18446744073709551615";
    await append(broker, "1-0 x", "2-0 x", `${last} y`);
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    await readNew(broker, bob);
    const plan = { createStream: false, checkpoint: "keep", quarantine: false } as const;
    await broker.establish(bob, { ...plan, group: { reset: "1-0" } });
    const again = [told(await readNew(broker, bob)), told(await readNew(broker, bob))];
    assertEquals(again, [[`${last} x1`], []]);
  });

  fact(
    "a new entry waits for one of its key without data in between, also after a reset",
    async (broker) => {
      await append(broker, "1-0 x", "2-0 x", "3-0 x");
      const [ann, bob] = await two(broker);
      await readNew(broker, ann);
      await broker.deleteEntries("orders", [idOf("2-0")]);
      const plan = { createStream: false, checkpoint: "keep", quarantine: false } as const;
      await broker.establish(bob, { ...plan, group: { reset: "0-0" } });
      assertEquals(told(await readNew(broker, bob)), ["1-0 x1"]);
      assertEquals(await pending(broker), ["1-0 bob x1", "2-0 ann x1", "3-0 bob x0"]);
    },
  );

  fact("what only waited is handed back uncounted", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.claim(bob, { idleMsMin: 0, afterId: "1-0", count: 9 });
    assertEquals(await broker.release(bob, "all"), 1);
    assertEquals((await pending(broker))[1], "2-0 tidemark:released x1");
  });

  fact("a consumer for which a thousand entries wait is given no new ones", async (broker) => {
    const ids = Array.from({ length: 1_201 }, (_, index) => `${index + 1}-0`);
    await append(broker, ...ids.slice(0, 600).map((id) => `${id} x`));
    await append(broker, ...ids.slice(600).map((id) => `${id} x`));
    const [ann, bob] = await two(broker);
    await readNew(broker, ann, 1);
    assertEquals(await readNew(broker, bob, 1_000), []);
    await append(broker, "9999-0 y");
    assertEquals(await readNew(broker, bob, 1_000), []);
    const waiting = (await broker.listConsumers("orders", "billing"))[1];
    assertEquals(waiting?.pendingCount, 1_000);

    let last = "1-0";
    await finish(broker, ann, last);
    const read: string[] = [];
    for (let turn = 0; turn < 100 && read.length < 1_201; turn++) {
      const page = await readNew(broker, bob, 1_000);
      if (page.length === 0) break;
      read.push(...page.map(({ id }) => id));
      last = page.at(-1)?.id ?? last;
      await finish(broker, bob, ...page.map(({ id }) => id).sort(byNumber));
    }
    assertEquals(read.filter((id) => id !== "9999-0"), ids.slice(1));
  });

  fact("in an unordered group keys do not matter", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 1);
    assertEquals(told(await readNew(broker, bob)), ["2-0 x1", "3-0 x1"]);
    assertEquals(await finish(broker, bob, "2-0", "3-0"), "committed committed");
  });
}

function byNumber(left: string, right: string): number {
  return Number(idOf(left).split("-")[0]) - Number(idOf(right).split("-")[0]);
}
