/**
 * The contract of entries that were trimmed or deleted before the group read them, while it works (T6): counted exactly,
 * found once, and never where nothing is lost.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership, Order } from "../../src/ports/consumer_store.ts";
import {
  append,
  commit,
  type Fact,
  GROUP,
  handled,
  join,
  readNew,
  STREAM,
  thrownBy,
  told,
} from "./contract.ts";

/** Entries `from-0` to `to-0`. */
function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}-0`);
}

/** What a look finds, as `2 after 1-0 before 4-0`, and accounts for. */
async function found(broker: Broker, member: Membership, account = true): Promise<string> {
  const loss = await broker.findUnreadLoss(member, { account });
  return loss === null ? "nothing" : `${loss.lost} after ${loss.afterId} before ${loss.beforeId}`;
}

/** What the broker has counted for the group. */
async function counted(broker: Broker): Promise<number | undefined> {
  return (await broker.listGroups(STREAM))[0]?.lostCount;
}

/** Joins once more and goes on, as a start does that accounts for so many. */
async function startAgain(
  broker: Broker,
  { member, accountFor }: { readonly member: Membership; readonly accountFor: number },
): Promise<number> {
  const { membership } = await broker.join(member);
  return await broker.establish(membership, {
    ...{ createStream: false, group: "keep", checkpoint: "keep", quarantine: false, accountFor },
  });
}

/** Defines the tests. */
export function testUnreadLosses(fact: Fact): void {
  for (const order of ["key", "none"] as const) testOrder(fact, order);
  fact(
    "a look is refused to an older process, and to one whose group was reset",
    async (broker) => {
      await append(broker, "1-0");
      const older = await join(broker, "ann");
      const newer = await join(broker, "ann");
      const look = (member: Membership) => () => broker.findUnreadLoss(member, { account: true });
      const before = await thrownBy(look(older), look(newer));
      await broker.resetGroup(STREAM, GROUP, "beginning");
      const after = await thrownBy(look(newer));
      await broker.deleteGroup(STREAM, GROUP, { force: true });
      assertEquals([...before, ...after, ...await thrownBy(look(newer))], [
        "ConsumerFencedError",
        "nothing",
        "GroupResetError",
        "GroupMissingError",
      ]);
    },
  );
}

function testOrder(fact: Fact, order: Order): void {
  const titled = (title: string, story: (broker: Broker) => Promise<void>) =>
    fact(`${title}, order ${order}`, story);

  titled("T6: entries trimmed under a lagging group are found once, exactly", async (broker) => {
    await append(broker, ...ids(1, 10));
    const ann = await join(broker, "ann", { order });
    const bob = await join(broker, "bob", { order });
    await readNew(broker, ann, 3);
    assertEquals(await found(broker, ann), "nothing");
    await broker.trim(STREAM, { lengthMax: 4 });
    assertEquals(await found(broker, ann, false), "3 after 3-0 before 7-0", "only looked at");
    assertEquals(await found(broker, bob), "3 after 3-0 before 7-0");
    assertEquals([await found(broker, ann), await found(broker, bob)], ["nothing", "nothing"]);
    assertEquals(told(await readNew(broker, bob, 2)), ["7-0 x1", "8-0 x1"]);
    assertEquals([await found(broker, ann), await counted(broker)], ["nothing", 3]);
    await readNew(broker, bob);
    assertEquals([await found(broker, ann), await counted(broker)], ["nothing", 3]);
  });

  titled(
    "entries trimmed before a read jumps over them are found when all is read",
    async (broker) => {
      await append(broker, ...ids(1, 10));
      const ann = await join(broker, "ann", { order });
      assertEquals(told(await readNew(broker, ann)).length, 10);
      assertEquals(await found(broker, ann), "nothing");
      await append(broker, ...ids(11, 20));
      await broker.trim(STREAM, { lengthMax: 3 });
      assertEquals(told(await readNew(broker, ann)), ["18-0 x1", "19-0 x1", "20-0 x1"]);
      assertEquals(await found(broker, ann, false), "7 after 10-0 before 20-0");
      assertEquals(await found(broker, ann), "7 after 10-0 before 20-0");
      assertEquals([await found(broker, ann), await counted(broker)], ["nothing", 7]);
    },
  );

  titled(
    "a second loss is found as the first one was, and all of one that grows",
    async (broker) => {
      await append(broker, ...ids(1, 4));
      const ann = await join(broker, "ann", { order });
      await broker.trim(STREAM, { lengthMax: 2 });
      assertEquals(await found(broker, ann), "2 after 0-0 before 3-0");
      await broker.trim(STREAM, { lengthMax: 1 });
      assertEquals(await found(broker, ann), "1 after 0-0 before 4-0");
      await readNew(broker, ann);
      await append(broker, ...ids(5, 6));
      await broker.trim(STREAM, { lengthMax: 0 });
      assertEquals(await found(broker, ann), "2 after 4-0 before null", "an empty stream");
      await append(broker, "7-0");
      await readNew(broker, ann);
      assertEquals([await found(broker, ann), await counted(broker)], ["nothing", 5]);
    },
  );

  titled("entries that a bounded append pushes out are found", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann", { order });
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0")]);
    assertEquals(await found(broker, ann), "nothing");
    for (const id of ids(2, 9)) {
      await append(broker, id);
      await broker.trim(STREAM, { lengthMax: 2 });
      if (id === "5-0") await readNew(broker, ann, 1);
    }
    await readNew(broker, ann);
    assertEquals([await found(broker, ann), await counted(broker)], ["5 after 1-0 before 9-0", 5]);
  });

  titled("a start accounts for what it has seen, and no look finds it again", async (broker) => {
    await append(broker, ...ids(1, 10));
    const ann = await join(broker, "ann", { order });
    await readNew(broker, ann, 2);
    await broker.trim(STREAM, { lengthMax: 5 });
    const seen = (await broker.join({ ...ann, consumer: "bob" })).group;
    const again = (await broker.join({ ...ann, consumer: "bob" })).group;
    const loss = { lost: 3, afterId: "2-0", beforeId: "6-0" } as const;
    assertEquals([seen?.unreadLoss, again?.unreadLoss], [loss, loss], "a join changes nothing");
    await broker.trim(STREAM, { lengthMax: 4 });
    assertEquals(await startAgain(broker, { member: ann, accountFor: 3 }), 3);
    assertEquals(await startAgain(broker, { member: ann, accountFor: 3 }), 1, "the rest of it");
    assertEquals(await startAgain(broker, { member: ann, accountFor: 3 }), 0, "told by another");
    const { membership, group } = await broker.join(ann);
    assertEquals([group?.unreadLoss, await found(broker, membership)], [null, "nothing"]);
    assertEquals(await counted(broker), 4);
  });

  titled("what was read before it was trimmed or deleted is not lost", async (broker) => {
    await append(broker, ...ids(1, 6));
    const ann = await join(broker, "ann", { order });
    await readNew(broker, ann, 4);
    await broker.deleteEntries(STREAM, ["2-0"]);
    assertEquals(await found(broker, ann), "nothing");
    await broker.trim(STREAM, { lengthMax: 2 });
    assertEquals(await found(broker, ann), "nothing");
    await readNew(broker, ann);
    await broker.trim(STREAM, { lengthMax: 0 });
    assertEquals([await found(broker, ann), await counted(broker)], ["nothing", 0]);
    await append(broker, "7-0");
    await readNew(broker, ann);
    assertEquals(await found(broker, ann), "nothing");
  });

  titled("entries deleted before they were read are found once at most", async (broker) => {
    await append(broker, ...ids(1, 9));
    const ann = await join(broker, "ann", { order });
    await readNew(broker, ann, 2);
    await broker.trim(STREAM, { lengthMax: 6 });
    await broker.deleteEntries(STREAM, ["6-0", "8-0"]);
    const looks = [await broker.findUnreadLoss(ann, { account: true })];
    for (let count = 0; count < 6; count++) {
      await readNew(broker, ann, 1);
      looks.push(await broker.findUnreadLoss(ann, { account: true }));
    }
    const sum = looks.reduce((before, loss) => before + (loss?.lost ?? 0), 0);
    assertEquals([sum, await counted(broker)], [3, 3]);
  });

  titled("a group has lost nothing that was gone before it was made", async (broker) => {
    await append(broker, ...ids(1, 8));
    await broker.trim(STREAM, { lengthMax: 4 });
    for (const start of ["beginning", "end", { afterId: "6-0" }, { afterId: "2-0" }] as const) {
      await broker.createGroup(STREAM, GROUP, start);
      const { membership, group } = await broker.join({
        ...{ stream: STREAM, group: GROUP, consumer: "ann", order },
      });
      await startAgain(broker, { member: membership, accountFor: 0 });
      const ann = (await broker.join(membership)).membership;
      const before = await found(broker, ann);
      await readNew(broker, ann);
      assertEquals([group?.unreadLoss, before, await found(broker, ann)], [
        null,
        "nothing",
        "nothing",
      ]);
      await broker.deleteGroup(STREAM, GROUP, { force: true });
    }
  });

  titled("a group that is set back has lost nothing that it had read before", async (broker) => {
    await append(broker, ...ids(1, 8));
    const ann = await join(broker, "ann", { order });
    await readNew(broker, ann);
    await broker.trim(STREAM, { lengthMax: 4 });
    for (const start of ["beginning", { afterId: "6-0" }, "end"] as const) {
      await broker.resetGroup(STREAM, GROUP, start, { force: true });
      const again = await join(broker, "ann", { order });
      const before = await found(broker, again);
      await readNew(broker, again, 2);
      assertEquals([before, await found(broker, again)], ["nothing", "nothing"]);
      await readNew(broker, again);
      assertEquals(await found(broker, again), "nothing");
    }
    const { membership } = await broker.join(ann);
    await broker.establish(membership, {
      ...{ createStream: false, quarantine: false, group: { reset: "0-0" } },
      checkpoint: { position: "0-0", done: [] },
    });
    assertEquals(await found(broker, membership), "nothing");
    await broker.trim(STREAM, { lengthMax: 1 });
    assertEquals(await found(broker, membership), "3 after 0-0 before 8-0", "it counts anew");
  });

  titled("each group of a stream has its own losses", async (broker) => {
    await append(broker, ...ids(1, 4));
    const ann = await join(broker, "ann", { order });
    const other = await join(broker, "ann", { order, group: "audit" });
    await readNew(broker, ann);
    await broker.trim(STREAM, { lengthMax: 1 });
    assertEquals([await found(broker, ann), await found(broker, other)], [
      "nothing",
      "3 after 0-0 before 4-0",
    ]);
  });
}
