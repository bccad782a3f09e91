/**
 * The contract of entries whose data is gone while they were pending or unread (T6, T7).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { eventually } from "../support/eventually.ts";
import {
  append,
  claimAll,
  commit,
  type Fact,
  GROUP,
  handled,
  join,
  lost,
  pending,
  progress,
  readNew,
  readOwn,
  STREAM,
  told,
} from "./contract.ts";

/** Defines the tests. */
export function testLostEntries(fact: Fact): void {
  fact("T6: entries trimmed under a group are jumped over, and can be counted", async (broker) => {
    await append(broker, ...Array.from({ length: 10 }, (_, index) => `${index + 1}-0`));
    const ann = await join(broker, "ann");
    await readNew(broker, ann, 3);
    await broker.trim(STREAM, { lengthMax: 4 });
    const { stream, group } = await broker.join({ ...ann, consumer: "observer" });
    const { entriesAdded = 0, length = 0 } = stream ?? {};
    assertEquals(
      entriesAdded - length - (group?.entriesRead ?? 0),
      3,
      "lost before they were read",
    );
    const own = await readOwn(broker, ann);
    assertEquals([told(own.entries), own.lost], [[], ["1-0", "2-0", "3-0"]]);
    assertEquals(told(await readNew(broker, ann)), ["7-0 x1", "8-0 x1", "9-0 x1", "10-0 x1"]);
  });

  fact(
    "T7: own pending entries without data stay until they are settled as lost",
    async (broker) => {
      await append(broker, "1-0", "2-0", "3-0");
      const ann = await join(broker, "ann");
      await readNew(broker, ann);
      await broker.deleteEntries(STREAM, ["2-0"]);
      for (const _ of [1, 2]) {
        const { entries, lost } = await readOwn(broker, ann);
        assertEquals([told(entries), lost], [["1-0 x1", "3-0 x1"], ["2-0"]]);
      }
      const result = await commit(broker, ann, [handled("1-0"), lost("2-0"), handled("3-0")]);
      assertEquals(result.verdicts, ["committed", "committed", "committed"]);
      assertEquals([progress(result), await pending(broker)], ["3-0 |", []]);
      assertEquals((await broker.listGroups(STREAM))[0]?.lostCount, 1);
    },
  );

  fact(
    "T7: claim takes entries without data off the list, counts and names them",
    async (broker) => {
      await append(broker, "1-0", "2-0", "3-0", "4-0");
      const ann = await join(broker, "ann");
      const bob = await join(broker, "bob");
      await readNew(broker, ann);
      await broker.deleteEntries(STREAM, ["2-0", "4-0"]);
      const claimed = await claimAll(broker, bob);
      assertEquals([told(claimed.entries), claimed.lost], [["1-0 x2", "3-0 x2"], ["2-0", "4-0"]]);
      assertEquals(await pending(broker), ["1-0 bob x2", "3-0 bob x2"]);
      assertEquals((await broker.listGroups(STREAM))[0]?.lostCount, 2);

      const result = await commit(broker, bob, ["2-0", "4-0"].map(lost));
      assertEquals(result.verdicts, ["done", "done"]);
      assertEquals((await broker.listGroups(STREAM))[0]?.lostCount, 2, "counted once");
      const last = await commit(broker, bob, [handled("1-0"), handled("3-0")]);
      assertEquals(progress(last), "4-0 |");
    },
  );

  fact("T7: a lost entry below the checkpoint does not move it back", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann);
    await broker.establish(ann, {
      createStream: false,
      group: "keep",
      checkpoint: { position: "3-0", done: [] },
      quarantine: false,
    });
    await broker.deleteEntries(STREAM, ["1-0"]);
    assertEquals((await claimAll(broker, bob)).lost, [], "it is finished");
    assertEquals(await pending(broker), ["2-0 bob x2", "3-0 bob x2"]);
    const result = await commit(broker, bob, [handled("2-0")]);
    assertEquals([result.verdicts, progress(result)], [["done"], "3-0 |"]);
  });

  fact("T7: what was handled before it came again is not lost with its data", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x");
    const ann = await join(broker, "ann", { order: "key" });
    const bob = await join(broker, "bob", { order: "key" });
    await readNew(broker, ann);
    const plan = { createStream: false, checkpoint: "keep", quarantine: false } as const;
    await broker.establish(ann, { ...plan, group: { reset: "0-0" } });
    await commit(broker, ann, [handled("1-0"), handled("2-0")]);
    assertEquals(told(await readNew(broker, bob, 2)), ["1-0 x1", "2-0 x1"]);
    await broker.trim(STREAM, { lengthMax: 0 });
    const claimed = await claimAll(broker, ann);
    assertEquals([claimed.entries, claimed.lost], [[], ["3-0"]]);
    const [group] = await broker.listGroups(STREAM);
    assertEquals([group?.lostCount, group?.pendingCount], [1, 0]);
  });

  fact("T7: a handled entry whose data is gone commits as any other", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await broker.trim(STREAM, { lengthMax: 0 });
    const result = await commit(broker, ann, [handled("1-0"), handled("2-0")]);
    assertEquals([result.verdicts, progress(result)], [["committed", "committed"], "2-0 |"]);
  });

  fact("T7: entries without data are not handed back, nor handed on", async (broker) => {
    await append(broker, "1-0 k", "2-0 k", "3-0 k");
    const ann = await join(broker, "ann", { order: "key" });
    const bob = await join(broker, "bob", { order: "key" });
    await readNew(broker, ann);
    await broker.deleteEntries(STREAM, ["2-0"]);
    assertEquals(await broker.release(ann, "all"), 2);
    assertEquals((await readOwn(broker, ann)).lost, ["2-0"]);
    await claimAll(broker, bob);
    assertEquals(await pending(broker), ["1-0 bob x1", "3-0 bob x1"]);
    const { verdicts } = await commit(broker, bob, [handled("1-0"), handled("3-0")]);
    assertEquals(verdicts, ["committed", "committed"]);
  });

  fact(
    "T7: what was handed back and then deleted is counted by the next read, and named",
    async (broker) => {
      await append(broker, "1-0 k", "2-0 k", "3-0 k");
      const ann = await join(broker, "ann", { order: "key" });
      await readNew(broker, ann, 2);
      await broker.release(ann, "all");
      await broker.deleteEntries(STREAM, ["1-0"]);
      const lostIds: EntryId[] = [];
      const signal = new AbortController().signal;
      const onLost = (ids: readonly EntryId[]) => void lostIds.push(...ids);
      const read = await broker.readNew(ann, { count: 9, blockMs: 0, signal, onLost });
      assertEquals([told(read), lostIds], [["2-0 x1", "3-0 x1"], ["1-0"]]);
      assertEquals((await broker.listGroups(STREAM)).map(({ lostCount }) => lostCount), [1]);
      const result = await commit(broker, ann, [handled("2-0"), handled("3-0")]);
      assertEquals([result.verdicts, progress(result)], [["committed", "committed"], "3-0 |"]);
    },
  );

  fact(
    "T7: what waits behind a lost entry is set free by the claim that finds it",
    async (broker) => {
      await append(broker, "1-0 k", "2-0 k");
      const ann = await join(broker, "ann", { order: "key" });
      const bob = await join(broker, "bob", { order: "key" });
      const cid = await join(broker, "cid", { order: "key" });
      await readNew(broker, ann, 1);
      await readNew(broker, bob);
      await broker.deleteEntries(STREAM, ["1-0"]);
      const claimed = await broker.claim(cid, { idleMsMin: 0, afterId: "0-0", count: 1 });
      assertEquals([told(claimed.entries), claimed.lost], [[], ["1-0"]]);
      assertEquals(told(await readNew(broker, bob)), ["2-0 x1"]);
    },
  );

  fact(
    "T7: what waits for a consumer and is then deleted is not kept by its renewals",
    async (broker) => {
      await append(broker, "1-0 k", "2-0 k");
      const ann = await join(broker, "ann", { order: "key" });
      const bob = await join(broker, "bob", { order: "key" });
      const cid = await join(broker, "cid", { order: "key" });
      await readNew(broker, ann, 1);
      await readNew(broker, bob);
      await broker.deleteEntries(STREAM, ["2-0"]);
      await eventually("it is found as lost", async () => {
        await broker.renew(bob, []);
        const claimed = await broker.claim(cid, { idleMsMin: 50, afterId: "1-0", count: 1 });
        return claimed.lost.includes("2-0");
      });
    },
  );

  fact("T7: a lost entry does not stand in the way of its key", async (broker) => {
    await append(broker, "1-0 k", "2-0 k");
    const ann = await join(broker, "ann", { order: "key" });
    await readNew(broker, ann);
    await broker.deleteEntries(STREAM, ["1-0"]);
    const { verdicts } = await commit(broker, ann, [lost("1-0"), handled("2-0")]);
    assertEquals([verdicts, await pending(broker, GROUP)], [["committed", "committed"], []]);
  });

  fact(
    "T7: a lost entry is settled also while an earlier one of its key is elsewhere",
    async (broker) => {
      await append(broker, "1-0 k", "2-0 k", "3-0 k");
      const ann = await join(broker, "ann", { order: "key" });
      const bob = await join(broker, "bob", { order: "key" });
      await readNew(broker, ann, 1);
      await readNew(broker, bob);
      await broker.deleteEntries(STREAM, ["2-0"]);
      assertEquals((await readOwn(broker, bob)).lost, ["2-0"]);
      const { verdicts } = await commit(broker, bob, [lost("2-0"), handled("3-0")]);
      assertEquals(verdicts, ["committed", "fenced"], "what follows it still waits");
      assertEquals((await readOwn(broker, bob)).lost, []);
      await commit(broker, ann, [handled("1-0")]);
      assertEquals(told(await readNew(broker, bob)), ["3-0 x1"]);
    },
  );
}
