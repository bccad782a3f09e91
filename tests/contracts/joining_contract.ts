/**
 * The contract of a consumer's start: `join` and `establish`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { decodeCheckpoint } from "../../src/domain/checkpoint.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { EstablishPlan, Membership } from "../../src/ports/consumer_store.ts";
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
  readOwn,
  STREAM,
  thrownBy,
  told,
} from "./contract.ts";

const KEEP: EstablishPlan = {
  createStream: false,
  group: "keep",
  checkpoint: "keep",
  quarantine: false,
};

async function joinOnly(broker: Broker, consumer = "ann") {
  return await broker.join({ stream: STREAM, group: GROUP, consumer, order: "none" });
}

/** Position and done-set of the stored checkpoint. */
async function stored(broker: Broker): Promise<string> {
  const found = await broker.loadCheckpoint(STREAM, GROUP);
  const decoded = decodeCheckpoint(found, { stream: STREAM, group: GROUP });
  if (decoded.kind !== "valid") return decoded.kind;
  return [decoded.checkpoint.position, "|", ...decoded.checkpoint.done].join(" ");
}

function writes(position: EntryId, ...done: EntryId[]): EstablishPlan {
  return { ...KEEP, checkpoint: { position, done } };
}

/** Defines the tests. */
export function testJoining(fact: Fact): void {
  fact("join works without stream and group, and counts the epochs of a name", async (broker) => {
    const first = await joinOnly(broker);
    const second = await joinOnly(broker);
    const other = await joinOnly(broker, "bob");
    assertEquals([first, second, other].map(({ membership: { epoch } }) => epoch), [1, 2, 1]);
    const { stream, group, checkpoint, entriesAddedAtCheckpoint } = second;
    assertEquals({ stream, group, checkpoint, entriesAddedAtCheckpoint }, {
      stream: null,
      group: null,
      checkpoint: null,
      entriesAddedAtCheckpoint: 0,
    });
    assertEquals(second.membership, {
      stream: STREAM,
      group: GROUP,
      consumer: "ann",
      epoch: 2,
      ticket: second.membership.ticket,
      order: "none",
    });
    const tickets = [first, second, other].map(({ membership: { ticket } }) => ticket);
    assertEquals(new Set(tickets).size, 3, "no join has the ticket of another one");
    assert(Math.abs(second.nowMs - Date.now()) < 60_000);
    assertEquals(await broker.streamInfo(STREAM), null, "join makes nothing");
  });

  fact("join tells the facts of stream, group and checkpoint", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 2);
    await readNew(broker, bob, 2);
    await commit(broker, ann, [handled("1-0")]);
    const facts = await joinOnly(broker, "bob");
    assertEquals(facts.stream, await broker.streamInfo(STREAM));
    assertEquals(facts.group, {
      lastDeliveredId: "4-0",
      entriesRead: 4,
      unreadLoss: null,
      pendingCount: 3,
      firstPendingId: "2-0",
      ownPendingCount: 2,
    });
    assertEquals(facts.checkpoint, await broker.loadCheckpoint(STREAM, GROUP));
    assertEquals(facts.entriesAddedAtCheckpoint, 5);
    const decoded = decodeCheckpoint(facts.checkpoint, { stream: STREAM, group: GROUP });
    assert(decoded.kind === "valid");
    const { savedAtMs, incarnation, ...checkpoint } = decoded.checkpoint;
    assert(Math.abs(savedAtMs - Date.now()) < 60_000);
    assertEquals(incarnation, facts.stream?.incarnation);
    assertEquals(checkpoint, {
      schema: 1,
      stream: STREAM,
      group: GROUP,
      consumer: "ann",
      position: "1-0",
      done: [],
      epoch: 1,
    });
  });

  fact("the name under which handed-back entries are kept cannot be joined", async (broker) => {
    const thrown = await thrownBy(() => joinOnly(broker, "tidemark:released"));
    assertEquals(thrown, ["InvalidNameError"]);
  });

  fact("T15: an older process of the same name is refused everything", async (broker) => {
    await append(broker, "1-0", "2-0");
    const old = await join(broker, "ann", { order: "key" });
    await readNew(broker, old, 1);
    const now = await join(broker, "ann", { order: "key" });
    const thrown = await thrownBy(
      () => broker.establish(old, writes("1-0")),
      () => readNew(broker, old),
      () => readOwn(broker, old),
      () => claimAll(broker, old),
      () => broker.renew(old, ["1-0"]),
      () => broker.release(old, "all"),
      () => broker.recordFailure(old, "1-0", 1),
      () => commit(broker, old, [handled("1-0")]),
    );
    assertEquals(thrown, Array(8).fill("ConsumerFencedError"));
    assertEquals(await pending(broker), ["1-0 ann x1"]);
    assertEquals(await stored(broker), "none");
    assertEquals(told((await readOwn(broker, now, { countDelivery: true })).entries), ["1-0 x2"]);
  });

  fact(
    "an older process is refused everything, also where its epoch has come again",
    async (broker) => {
      const deletions = [
        () => broker.deleteStream(STREAM),
        () => broker.deleteGroup(STREAM, GROUP, { force: true }),
        async () => {
          await broker.release(now, "all");
          return await broker.deleteConsumer(STREAM, GROUP, "ann");
        },
      ];
      await append(broker, "1-0");
      let now = await join(broker, "ann", { order: "key" });
      for (const [round, deletes] of deletions.entries()) {
        const old = now;
        await readNew(broker, old, 1);
        assertEquals(await deletes(), true);
        const id: EntryId = `${BigInt(round + 2)}-0`;
        await append(broker, id);
        now = await join(broker, "ann", { order: "key" });
        assertEquals([old.epoch, now.epoch], [1, 1]);
        const handedOut = told(await readNew(broker, now, 9));
        assert(handedOut.some((each) => each.startsWith(id)));
        const thrown = await thrownBy(
          () => broker.establish(old, writes(id)),
          () => readNew(broker, old),
          () => readOwn(broker, old),
          () => claimAll(broker, old),
          () => broker.renew(old, [id]),
          () => broker.release(old, "all"),
          () => broker.recordFailure(old, id, 1),
          () => commit(broker, old, [handled(id)]),
        );
        assertEquals(thrown, Array(8).fill("ConsumerFencedError"));
        assertEquals(told((await readOwn(broker, now)).entries), handedOut);
      }
    },
  );

  fact("T15: an older process of an unordered group is fenced at its commit", async (broker) => {
    await append(broker, "1-0");
    const old = await join(broker, "ann");
    await readNew(broker, old);
    await join(broker, "ann");
    const error = await commit(broker, old, [handled("1-0")]).catch((error) => error);
    const { name, consumer, epoch, currentEpoch } = error;
    assertEquals([name, consumer, epoch, currentEpoch], ["ConsumerFencedError", "ann", 1, 2]);
  });

  fact("establish makes the stream only when its plan says so", async (broker) => {
    const { membership } = await joinOnly(broker);
    const thrown = await thrownBy(() => broker.establish(membership, KEEP));
    assertEquals([thrown, await broker.streamInfo(STREAM)], [["StreamMissingError"], null]);
    const plan: EstablishPlan = { ...KEEP, createStream: true, group: { create: "0-0" } };
    await broker.establish(membership, plan);
    const first = await broker.streamInfo(STREAM);
    await broker.establish(membership, plan);
    assertEquals(first?.groupCount, 1);
    assertEquals(await broker.streamInfo(STREAM), first, "twice is once");
  });

  fact("establish creates, advances and resets the group", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0");
    const { membership } = await joinOnly(broker);
    const moved: unknown[] = [];
    const move = async (group: EstablishPlan["group"]) => {
      await broker.establish(membership, { ...KEEP, group });
      moved.push((await broker.listGroups(STREAM))[0]?.lastDeliveredId);
    };
    await move({ create: "2-0" });
    await move({ create: "1-0" });
    await move({ advance: "1-0" });
    await move({ advance: "3-0" });
    await move("keep");
    await move({ reset: "1-0" });
    assertEquals(moved, ["2-0", "2-0", "2-0", "3-0", "3-0", "1-0"]);
    assertEquals(told(await readNew(broker, membership)), ["2-0 x1", "3-0 x1", "4-0 x1"]);
  });

  fact("establish writes the checkpoint of a new group only with the group", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const begin = async (consumer: string, create: EntryId) => {
      const { membership } = await joinOnly(broker, consumer);
      const plan: EstablishPlan = { ...KEEP, group: { create }, checkpoint: "ofNewGroup" };
      await broker.establish(membership, plan);
      return membership;
    };
    const ann = await begin("ann", "1-0");
    assertEquals(await stored(broker), "1-0 |");
    await begin("bob", "3-0");
    assertEquals(await stored(broker), "1-0 |", "2-0 and 3-0 are not finished");
    assertEquals(told(await readNew(broker, ann)), ["2-0 x1", "3-0 x1"]);
    const { verdicts } = await commit(broker, ann, [handled("2-0"), handled("3-0")]);
    assertEquals(verdicts, ["committed", "committed"]);
  });

  fact(
    "establish writes the checkpoint of a new group for the plan that makes it",
    async (broker) => {
      await append(broker, "1-0");
      const { membership } = await joinOnly(broker);
      const plan: EstablishPlan = { ...KEEP, checkpoint: "ofNewGroup" };
      await broker.establish(membership, plan);
      const kept = [await stored(broker), await broker.listGroups(STREAM)];
      await broker.establish(membership, { ...plan, group: { reset: "1-0" } });
      await broker.establish(membership, { ...plan, group: { reset: "0-0" } });
      assertEquals([...kept, await stored(broker)], ["none", [], "1-0 |"]);
    },
  );

  fact("establish advances no group that is gone, and sets none beyond the end", async (broker) => {
    await append(broker, "1-0");
    const { membership } = await joinOnly(broker);
    const thrown = await thrownBy(
      () => broker.establish(membership, { ...KEEP, group: { advance: "1-0" } }),
      () => broker.establish(membership, { ...KEEP, group: { create: "2-0" } }),
      () => broker.establish(membership, { ...KEEP, group: { reset: "2-0" } }),
    );
    assertEquals(thrown, ["GroupMissingError", "StartBeyondEndError", "StartBeyondEndError"]);
    assertEquals(await broker.listGroups(STREAM), []);
  });

  fact("establish writes the checkpoint forward only, but for a reset", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0", "6-0");
    const member = await join(broker, "ann");
    const seen: string[] = [];
    const write = async (plan: EstablishPlan) => {
      await broker.establish(member, plan);
      seen.push(await stored(broker));
    };
    await write(writes("3-0", "5-0", "2-0"));
    await write(writes("2-0", "4-0"));
    await write(writes("3-0", "6-0"));
    await write(writes("5-0"));
    await write({ ...writes("1-0", "4-0"), group: { reset: "1-0" } });
    assertEquals(seen, ["3-0 | 5-0", "3-0 | 5-0", "3-0 | 5-0 6-0", "5-0 | 6-0", "1-0 | 4-0"]);
  });

  fact("establish with quarantine moves the checkpoint aside first", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const member = await join(broker, "ann");
    await broker.establish(member, writes("2-0", "3-0"));
    await broker.establish(member, { ...KEEP, quarantine: true });
    assertEquals(await stored(broker), "none");
    await broker.establish(member, writes("2-0", "3-0"));
    await broker.establish(member, { ...writes("1-0"), quarantine: true });
    assertEquals(await stored(broker), "1-0 |", "it is not held back by what was moved aside");
  });

  fact("establish with quarantine moves nothing aside where there is nothing", async (broker) => {
    await append(broker, "1-0");
    const member = await join(broker, "ann");
    await broker.establish(member, { ...KEEP, quarantine: true });
    assertEquals(await broker.listQuarantined(STREAM, GROUP), []);
  });

  fact("establish refuses a reset that was decided on another checkpoint", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const reset = (position: EntryId, decidedOn: unknown): EstablishPlan => ({
      ...writes(position),
      group: { reset: position },
      decidedOn,
    });
    await broker.establish(ann, reset("1-0", null));
    const seen = await broker.loadCheckpoint(STREAM, GROUP);
    const again = await thrownBy(() => broker.establish(ann, reset("0-0", null)));
    await broker.establish(ann, reset("2-0", seen));
    const late = await thrownBy(
      () => broker.establish(ann, reset("3-0", seen)),
      () => broker.establish(ann, { ...KEEP, quarantine: true, decidedOn: seen }),
      () => broker.establish(ann, { ...writes("2-0"), decidedOn: seen }),
    );
    const changed = "CheckpointChangedError";
    assertEquals([again, late], [[changed], [changed, changed, "nothing"]]);
    const [group] = await broker.listGroups(STREAM);
    assertEquals([await stored(broker), group?.lastDeliveredId], ["2-0 |", "2-0"]);
  });

  fact("T3: a group that was reset hands out anew and moves pending entries", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 2);
    await broker.recordFailure(ann, "2-0", 4);
    await commit(broker, ann, [handled("1-0")]);
    await broker.establish(bob, { ...KEEP, group: { reset: "0-0" } });
    const again = await readNew(broker, bob);
    assertEquals(told(again), ["1-0 x1", "2-0 x1", "3-0 x1"]);
    assertEquals(await pending(broker), ["1-0 bob x1", "2-0 bob x1", "3-0 bob x1"]);
    const result = await commit(broker, bob, [handled("1-0"), handled("2-0"), handled("3-0")]);
    assertEquals(result.verdicts, ["done", "committed", "committed"], "the checkpoint remembers");
    assertEquals(await pending(broker), []);
  });

  fact("membership of a missing group is told so by every call", async (broker) => {
    const member: Membership = (await joinOnly(broker)).membership;
    const thrown = async (order: "key" | "none") =>
      await thrownBy(
        () => readNew(broker, { ...member, order }),
        () => readOwn(broker, { ...member, order }),
        () => claimAll(broker, { ...member, order }),
        () => broker.renew({ ...member, order }, ["1-0"]),
        () => broker.release({ ...member, order }, "all"),
        () => commit(broker, { ...member, order }, [handled("1-0")]),
      );
    for (const order of ["key", "none"] as const) {
      assertEquals(await thrown(order), Array(6).fill("GroupMissingError"));
    }
    await broker.createStream(STREAM);
    for (const order of ["key", "none"] as const) {
      assertEquals(await thrown(order), Array(6).fill("GroupMissingError"));
    }
  });
}
