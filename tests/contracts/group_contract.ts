/**
 * The contract of groups as an operator sees them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { StartPosition } from "../../src/ports/group_store.ts";
import {
  append,
  claimAll,
  commit,
  type Fact,
  GROUP,
  handled,
  join,
  pending,
  readNew,
  STREAM,
  thrownBy,
  told,
} from "./contract.ts";

/** Defines the tests. */
export function testGroups(fact: Fact): void {
  fact("createGroup begins where it is told to", async (broker) => {
    await append(broker, "5-0", "5-1", "7-0");
    const starts: Record<string, StartPosition> = {
      a_beginning: "beginning",
      b_end: "end",
      c_after: { afterId: "5-0" },
      d_after_between: { afterId: "6-0" },
      e_after_last: { afterId: "7-0" },
      f_time: { fromTimeMs: 5 },
      g_time_between: { fromTimeMs: 6 },
      h_time_future: { fromTimeMs: 9_999_999_999_999 },
      i_time_zero: { fromTimeMs: 0 },
    };
    const read: string[] = [];
    for (const [group, start] of Object.entries(starts)) {
      await broker.createGroup(STREAM, group, start);
      const entries = await readNew(broker, await join(broker, "ann", { group }));
      read.push([group, ...entries.map(({ id }) => id)].join(" "));
    }
    assertEquals(read, [
      "a_beginning 5-0 5-1 7-0",
      "b_end",
      "c_after 5-1 7-0",
      "d_after_between 7-0",
      "e_after_last",
      "f_time 5-0 5-1 7-0",
      "g_time_between 7-0",
      "h_time_future",
      "i_time_zero 5-0 5-1 7-0",
    ]);
  });

  fact("createGroup leaves an existing group alone", async (broker) => {
    await append(broker, "1-0", "2-0");
    const made = [
      await broker.createGroup(STREAM, GROUP, { afterId: "1-0" }),
      await broker.createGroup(STREAM, GROUP, "beginning"),
      await broker.createGroup(STREAM, GROUP, { afterId: "9-0" }),
    ];
    assertEquals(made, [true, false, false]);
    assertEquals((await broker.listGroups(STREAM))[0]?.lastDeliveredId, "1-0");
  });

  fact("createGroup makes the stream only when told to", async (broker) => {
    const thrown = await thrownBy(() => broker.createGroup(STREAM, GROUP, "end"));
    assertEquals([thrown, await broker.streamInfo(STREAM)], [["StreamMissingError"], null]);
    const made = await broker.createGroup(STREAM, GROUP, "end", { createStream: true });
    const info = await broker.streamInfo(STREAM);
    assertEquals([made, info?.groupCount, info?.entriesAdded], [true, 1, 0]);
  });

  fact("T4: createGroup refuses a start beyond the end", async (broker) => {
    await append(broker, "10-0");
    const thrown = await thrownBy(
      () => broker.createGroup(STREAM, GROUP, { afterId: "10-1" }),
      () => broker.createGroup("new", GROUP, { afterId: "1-0" }, { createStream: true }),
    );
    assertEquals(thrown, ["StartBeyondEndError", "StartBeyondEndError"]);
    assertEquals([await broker.listGroups(STREAM), await broker.streamInfo("new")], [[], null]);
  });

  fact("T1: listGroups tells delivered, pending and unread apart", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0");
    const ann = await join(broker, "ann");
    await join(broker, "bob");
    await broker.createGroup(STREAM, "audit", "end");
    await readNew(broker, ann, 4);
    await commit(broker, ann, [handled("1-0"), handled("2-0"), handled("4-0")]);
    assertEquals(await broker.listGroups(STREAM), [
      {
        group: "audit",
        lastDeliveredId: "5-0",
        pendingCount: 0,
        firstPendingId: null,
        consumerCount: 0,
        lag: 0,
        lostCount: 0,
      },
      {
        group: GROUP,
        lastDeliveredId: "4-0",
        pendingCount: 1,
        firstPendingId: "3-0",
        consumerCount: 2,
        lag: 1,
        lostCount: 0,
      },
    ]);
    assertEquals(await broker.listGroups("absent"), []);
  });

  fact("T12: deleteGroup and deleteConsumer spare pending entries", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    await join(broker, "bob");
    await readNew(broker, ann, 1);
    const thrown = await thrownBy(
      () => broker.deleteGroup(STREAM, GROUP),
      () => broker.deleteConsumer(STREAM, GROUP, "ann"),
    );
    assertEquals(thrown, ["PendingEntriesError", "PendingEntriesError"]);
    assertEquals(await pending(broker), ["1-0 ann x1"]);

    const deleted = [
      await broker.deleteConsumer(STREAM, GROUP, "bob"),
      await broker.deleteConsumer(STREAM, GROUP, "bob"),
      await broker.deleteGroup(STREAM, GROUP, { force: true }),
      await broker.deleteGroup(STREAM, GROUP),
      await broker.deleteGroup("absent", GROUP),
    ];
    assertEquals(deleted, [true, false, true, false, false]);
    assertEquals(await broker.listGroups(STREAM), []);
    assertEquals(await broker.loadCheckpoint(STREAM, GROUP), null);
  });

  fact("deleteGroup forgets everything of the group but its name", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann", { order: "key" });
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0"), handled("3-0")]);
    await broker.deleteGroup(STREAM, GROUP, { force: true });
    assertEquals(await thrownBy(() => readNew(broker, ann)), ["GroupMissingError"]);

    const again = await join(broker, "ann", { order: "key" });
    assertEquals([again.epoch, told(await readNew(broker, again))], [1, [
      "1-0 x1",
      "2-0 x1",
      "3-0 x1",
    ]]);
    const { verdicts } = await commit(broker, again, [handled("1-0"), handled("3-0")]);
    assertEquals(verdicts, ["committed", "committed"]);
  });

  fact("T13: listConsumers shows who joined or holds entries", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    await join(broker, "cid");
    await join(broker, "ann");
    const bob = await join(broker, "bob");
    const again = await join(broker, "ann");
    await readNew(broker, again, 2);
    await commit(broker, again, [handled("2-0")]);
    await readNew(broker, bob);
    await broker.release(bob, "all");
    assertEquals(ann.epoch, 1);
    assertEquals(await broker.listConsumers(STREAM, GROUP), [
      { consumer: "ann", pendingCount: 1, epoch: 3, position: "2-0" },
      { consumer: "bob", pendingCount: 0, epoch: 1, position: null },
      { consumer: "cid", pendingCount: 0, epoch: 1, position: null },
    ]);
    assertEquals((await broker.listGroups(STREAM))[0]?.consumerCount, 3);
  });

  fact("a consumer that was deleted is told to join again", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann");
    await broker.deleteConsumer(STREAM, GROUP, "ann");
    const thrown = await thrownBy(
      () => claimAll(broker, ann),
      () => broker.renew(ann, []),
      () => commit(broker, ann, [handled("1-0")]),
    );
    assertEquals(thrown, Array(3).fill("GroupMissingError"));
  });

  fact("listPending filters by consumer, idle time and id", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 2);
    await readNew(broker, bob, 2);
    const list = async (options: Partial<Parameters<typeof broker.listPending>[2]>) => {
      const entries = await broker.listPending(STREAM, GROUP, { count: 10, ...options });
      return entries.map(({ id, consumer }) => `${id} ${consumer}`).join(", ");
    };
    assertEquals([
      await list({}),
      await list({ count: 1 }),
      await list({ consumer: "bob" }),
      await list({ consumer: "nobody" }),
      await list({ afterId: "2-0", count: 1 }),
      await list({ consumer: "ann", afterId: "1-0" }),
      await list({ idleMsMin: 0 }),
      await list({ idleMsMin: 1_000_000 }),
    ], [
      "1-0 ann, 2-0 ann, 3-0 bob, 4-0 bob",
      "1-0 ann",
      "3-0 bob, 4-0 bob",
      "",
      "3-0 bob",
      "2-0 ann",
      "1-0 ann, 2-0 ann, 3-0 bob, 4-0 bob",
      "",
    ]);
    const [entry] = await broker.listPending(STREAM, GROUP, { count: 1 });
    assertEquals([entry?.deliveries, (entry?.idleMs ?? -1) >= 0], [1, true]);
    const thrown = await thrownBy(() => list({ count: 0 }), () => list({ count: 10_001 }));
    assertEquals(thrown, ["InvalidOptionError", "InvalidOptionError"]);
  });

  fact("what is missing is named: the stream, or the group", async (broker) => {
    const calls = [
      () => broker.listConsumers(STREAM, GROUP),
      () => broker.listPending(STREAM, GROUP, { count: 1 }),
      () => broker.deleteConsumer(STREAM, GROUP, "ann"),
    ];
    assertEquals(await thrownBy(...calls), Array(3).fill("StreamMissingError"));
    await broker.createStream(STREAM);
    assertEquals(await thrownBy(...calls), Array(3).fill("GroupMissingError"));
  });
}
