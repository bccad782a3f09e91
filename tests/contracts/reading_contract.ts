/**
 * The contract of hand-outs: new entries, own pending ones, claimed ones.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ENTRY_ID_MAX, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import {
  append,
  claimAll,
  commit,
  deferred,
  type Fact,
  GROUP,
  handled,
  join,
  pending,
  readNew,
  readOwn,
  STREAM,
  thrownBy,
  told,
} from "./contract.ts";

/** Defines the tests. */
export function testReading(fact: Fact): void {
  fact("readNew hands every entry to one consumer of each group", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    const other = await join(broker, "ann", { group: "audit" });
    const story = [
      told(await readNew(broker, ann, 2)),
      told(await readNew(broker, bob, 2)),
      told(await readNew(broker, ann, 2)),
      told(await readNew(broker, bob, 2)),
      told(await readNew(broker, other)),
    ];
    assertEquals(story, [
      ["1-0 x1", "2-0 x1"],
      ["3-0 x1", "4-0 x1"],
      ["5-0 x1"],
      [],
      ["1-0 x1", "2-0 x1", "3-0 x1", "4-0 x1", "5-0 x1"],
    ]);
    assertEquals(await pending(broker), [
      "1-0 ann x1",
      "2-0 ann x1",
      "3-0 bob x1",
      "4-0 bob x1",
      "5-0 ann x1",
    ]);
  });

  fact("readNew hands out the whole entry", async (broker) => {
    await append(broker, "1-0 k");
    const [delivery] = await readNew(broker, await join(broker, "ann"));
    assertEquals(delivery, {
      id: "1-0",
      fields: ["event_type", "test", "payload", "1-0", "key", "k"],
      deliveries: 1,
      failures: 0,
      dueAtMs: 0,
    });
  });

  fact("pages are at most 1,000 entries", async (broker) => {
    const member = await join(broker, "ann");
    for (const count of [0, 1_001, 1.5, NaN]) {
      const thrown = await thrownBy(
        () => readNew(broker, member, count),
        () =>
          broker.readOwnPending(member, { afterId: ENTRY_ID_ZERO, count, countDelivery: false }),
        () => claimAll(broker, member, count),
      );
      assertEquals(thrown, Array(3).fill("InvalidOptionError"), String(count));
    }
  });

  fact("T9: own pending entries are counted only when a new process reads them", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    const counts = [
      told((await readOwn(broker, ann)).entries),
      told((await readOwn(broker, ann)).entries),
      told((await readOwn(broker, ann, { countDelivery: true })).entries),
      told((await readOwn(broker, ann)).entries),
    ];
    assertEquals(counts.map((page) => page.join(" ")), [
      "1-0 x1 2-0 x1",
      "1-0 x1 2-0 x1",
      "1-0 x2 2-0 x2",
      "1-0 x2 2-0 x2",
    ]);
    assertEquals(await pending(broker), ["1-0 ann x2", "2-0 ann x2"]);
  });

  fact("T15: own pending entries outlive their process and belong to the name", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    await readNew(broker, await join(broker, "ann"), 2);
    await readNew(broker, await join(broker, "bob"), 1);
    const again = await join(broker, "ann");
    const read = await readOwn(broker, again, { countDelivery: true });
    assertEquals([told(read.entries), read.lost, read.next], [["1-0 x2", "2-0 x2"], [], null]);
  });

  fact("T8: own pending entries and claims come in pages, to the end", async (broker) => {
    const all = Array.from({ length: 25 }, (_, index) => `${index + 1}-0`);
    await append(broker, ...all);
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 20);
    await readNew(broker, bob);

    const walk = async (
      page: (afterId: EntryId) => ReturnType<typeof readOwn>,
    ): Promise<string[]> => {
      const ids: string[] = [];
      let afterId: EntryId | null = ENTRY_ID_ZERO;
      while (afterId !== null) {
        const { entries, next } = await page(afterId);
        ids.push(...entries.map(({ id }) => id));
        afterId = next;
      }
      return ids;
    };
    const own = await walk((afterId) =>
      broker.readOwnPending(ann, { afterId, count: 7, countDelivery: false })
    );
    const claimed = await walk((afterId) => broker.claim(bob, { idleMsMin: 0, afterId, count: 4 }));
    assertEquals([own, claimed], [all.slice(0, 20), all]);
    assertEquals((await broker.listConsumers(STREAM, GROUP)).map((c) => c.pendingCount), [0, 25]);
  });

  fact("T8: claim finds an orphan behind many busy entries", async (broker) => {
    const all = Array.from({ length: 60 }, (_, index) => `${index + 1}-0`);
    await append(broker, ...all);
    const ann = await join(broker, "ann");
    const read = await readNew(broker, ann);
    const busy = read.slice(0, 59).map(({ id }) => id);
    const leaseMs = 40;
    const endMs = Date.now() + 10_000;
    const claimed: string[] = [];
    while (claimed.length === 0 && Date.now() < endMs) {
      await broker.renew(ann, busy);
      let afterId: EntryId | null = ENTRY_ID_ZERO;
      while (afterId !== null) {
        const page = await broker.claim(ann, { idleMsMin: leaseMs, afterId, count: 2 });
        claimed.push(...told(page.entries));
        afterId = page.next;
      }
    }
    assertEquals(claimed.at(-1), "60-0 x2", "also a consumer's own orphan");
  });

  fact("claim takes over what was idle, and counts the delivery", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 2);
    const far = { idleMsMin: 1_000_000, afterId: ENTRY_ID_ZERO, count: 10 };
    assertEquals(await broker.claim(bob, far), { entries: [], lost: [], next: null });
    const { entries, lost, next } = await claimAll(broker, bob);
    assertEquals([told(entries), lost, next], [["1-0 x2", "2-0 x2"], [], null]);
    assertEquals(entries[0]?.fields, ["event_type", "test", "payload", "1-0"]);
    assertEquals(await pending(broker), ["1-0 bob x2", "2-0 bob x2"]);
    const fenced = await commit(broker, ann, [handled("1-0"), handled("2-0")]);
    assertEquals(fenced.verdicts, ["fenced", "fenced"]);
  });

  fact("what was deferred or failed is remembered through every hand-out", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann);
    await commit(broker, ann, [deferred("1-0", { dueAtMs: 77_000, failures: 2 })]);
    await broker.recordFailure(ann, "2-0", 3);
    await broker.recordFailure(ann, "2-0", 4);
    await broker.recordFailure(bob, "3-0", 9);
    await broker.recordFailure(ann, "9-0", 9);
    const facts = (page: Awaited<ReturnType<typeof readOwn>>) =>
      page.entries.map(({ id, failures, dueAtMs }) => `${id} ${failures} ${dueAtMs}`);
    const expected = ["1-0 2 77000", "2-0 4 0", "3-0 0 0"];
    assertEquals(facts(await readOwn(broker, ann)), expected);
    assertEquals(facts(await readOwn(broker, await join(broker, "ann"))), expected);
    assertEquals(facts(await claimAll(broker, bob)), expected);
    await broker.release(bob, "all");
    assertEquals(facts(await claimAll(broker, bob)), expected);
    await broker.recordFailure(bob, "1-0", 3);
    assertEquals(
      facts(await readOwn(broker, bob))[0],
      "1-0 3 0",
      "it has run since it was deferred",
    );
  });

  fact("recordFailure is forgotten with its entry", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await broker.recordFailure(ann, "1-0", 3);
    await commit(broker, ann, [handled("1-0")]);
    await broker.establish(ann, {
      createStream: false,
      group: { reset: "0-0" },
      checkpoint: { position: "0-0", done: [] },
      quarantine: false,
    });
    assertEquals((await readNew(broker, ann)).map(({ failures }) => failures), [0]);
  });

  fact(
    "nothing is pending after the highest id, and who asks must be the one of that name",
    async (broker) => {
      await append(broker, "1-0", ENTRY_ID_MAX);
      const old = await join(broker, "ann");
      const ann = await join(broker, "ann");
      await readNew(broker, ann);
      const after = { afterId: ENTRY_ID_MAX, count: 9 };
      const nothing = { entries: [], lost: [], next: null };
      const own = { ...after, countDelivery: false };
      const seen = [
        await broker.listPending(STREAM, GROUP, after),
        await broker.listPending(STREAM, GROUP, { ...after, idleMsMin: 0, consumer: "ann" }),
        await broker.readOwnPending(ann, own),
        await broker.claim(ann, { ...after, idleMsMin: 0 }),
      ];
      assertEquals(seen, [[], [], nothing, nothing]);
      const thrown = await thrownBy(
        () => broker.readOwnPending(old, own),
        () => broker.claim(old, { ...after, idleMsMin: 0 }),
        () => broker.listPending(STREAM, "absent", after),
        () => broker.listPending("absent", GROUP, after),
      );
      const fenced = "ConsumerFencedError";
      assertEquals(thrown, [fenced, fenced, "GroupMissingError", "StreamMissingError"]);
    },
  );
}
