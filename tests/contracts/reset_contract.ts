/**
 * The contract of a group's new life: `resetGroup`, and the checkpoints that are moved aside.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { decodeCheckpoint } from "../../src/domain/checkpoint.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership } from "../../src/ports/consumer_store.ts";
import type { StartPosition } from "../../src/ports/group_store.ts";
import {
  append,
  claimAll,
  commit,
  type Fact,
  GROUP,
  handled,
  join,
  output,
  pending,
  progress,
  readNew,
  readOwn,
  said,
  STREAM,
  thrownBy,
  told,
} from "./contract.ts";

/** Position and done-set of a stored checkpoint. */
function shown(found: unknown): string {
  const decoded = decodeCheckpoint(found, { stream: STREAM, group: GROUP });
  if (decoded.kind !== "valid") return decoded.kind;
  return [decoded.checkpoint.position, "|", ...decoded.checkpoint.done].join(" ");
}

/** Reads all that is new, as handled. */
async function handledOf(broker: Broker, member: Membership): Promise<Settlement[]> {
  return (await readNew(broker, member)).map(({ id }) => handled(id));
}

async function stored(broker: Broker): Promise<string> {
  return shown(await broker.loadCheckpoint(STREAM, GROUP));
}

/** Defines the tests. */
export function testResets(fact: Fact): void {
  fact("resetGroup moves group and checkpoint to where it is told to", async (broker) => {
    await append(broker, "5-0", "5-1", "7-0");
    await broker.createGroup(STREAM, GROUP, { afterId: "5-1" });
    const starts: [StartPosition, string][] = [
      ["beginning", "0-0"],
      ["end", "7-0"],
      [{ afterId: "5-0" }, "5-0"],
      [{ afterId: "6-0" }, "6-0"],
      [{ afterId: "7-0" }, "7-0"],
      [{ fromTimeMs: 6 }, "5-18446744073709551615"],
      [{ fromTimeMs: 9_999_999_999_999 }, "7-0"],
      [{ fromTimeMs: 0 }, "0-0"],
    ];
    for (const [start, position] of starts) {
      const result = await broker.resetGroup(STREAM, GROUP, start);
      assertEquals(result, { position, droppedCount: 0, fencedCount: 0 });
      const [info] = await broker.listGroups(STREAM);
      assertEquals([info?.lastDeliveredId, await stored(broker)], [position, `${position} |`]);
    }
    const ann = await join(broker, "ann");
    assertEquals(told(await readNew(broker, ann)), ["5-0 x1", "5-1 x1", "7-0 x1"]);
  });

  fact("resetGroup writes a checkpoint that a consumer starts from", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    await broker.createGroup(STREAM, GROUP, "end");
    await broker.resetGroup(STREAM, GROUP, { afterId: "2-0" });
    const facts = await broker.join({ stream: STREAM, group: GROUP, consumer: "a", order: "key" });
    const decoded = decodeCheckpoint(facts.checkpoint, { stream: STREAM, group: GROUP });
    assert(decoded.kind === "valid");
    const { savedAtMs, ...checkpoint } = decoded.checkpoint;
    assert(Math.abs(savedAtMs - Date.now()) < 60_000);
    assertEquals(checkpoint, {
      schema: 1,
      stream: STREAM,
      group: GROUP,
      consumer: "tidemark:reset",
      incarnation: facts.stream?.incarnation ?? "none",
      position: "2-0",
      done: [],
      epoch: 0,
    });
    assertEquals([facts.group?.lastDeliveredId, facts.entriesAddedAtCheckpoint], ["2-0", 3]);
  });

  fact("resetGroup spares pending entries unless it is forced", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann, 3);
    await commit(broker, ann, [handled("2-0")]);
    const before = [await broker.listGroups(STREAM), await stored(broker), await pending(broker)];
    const error = await broker.resetGroup(STREAM, GROUP, "end").catch((error) => error);
    assertEquals(
      [error.name, error.message],
      [
        "PendingEntriesError",
        'Cannot reset group "billing": 2 entries are pending, let them finish or force it',
      ],
    );
    const after = [await broker.listGroups(STREAM), await stored(broker), await pending(broker)];
    assertEquals(after, before, "nothing has changed");
    assertEquals(progress(await commit(broker, ann, [handled("1-0")])), "2-0 |");

    const result = await broker.resetGroup(STREAM, GROUP, { afterId: "3-0" }, { force: true });
    assertEquals(result, { position: "3-0", droppedCount: 1, fencedCount: 1 });
    assertEquals([await stored(broker), await pending(broker)], ["3-0 |", []]);
  });

  fact("a consumer that holds entries while its group is reset commits nothing", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 y");
    for (const order of ["key", "none"] as const) {
      const group = `by-${order}`;
      const ann = await join(broker, "ann", { group, order });
      const bob = await join(broker, "bob", { group, order });
      await readNew(broker, ann, 1);
      await readNew(broker, bob);
      await broker.recordFailure(ann, "1-0", 3);
      const reset = await broker.resetGroup(STREAM, group, "beginning", { force: true });
      assertEquals(reset, { position: "0-0", droppedCount: 3, fencedCount: 2 });
      const thrown = await thrownBy(
        () => commit(broker, ann, [handled("1-0", output(`out-${order}`, "former life"))]),
        () => commit(broker, bob, [handled("3-0", output(`out-${order}`, "former life"))]),
        () => broker.renew(ann, ["1-0"]),
        () => broker.release(bob, "all"),
        () => readOwn(broker, ann),
        () => claimAll(broker, bob),
      );
      assertEquals(thrown, Array(6).fill("GroupResetError"));

      const again = await join(broker, "ann", { group, order });
      const read = await readNew(broker, again);
      assertEquals(told(read), ["1-0 x1", "2-0 x1", "3-0 x1"], "also what waited for bob");
      assertEquals([again.epoch, read.map(({ failures }) => failures)], [2, [0, 0, 0]]);
      const settlements = read.map(({ id }) => handled(id, output(`out-${order}`, id)));
      const result = await commit(broker, again, settlements);
      assertEquals([result.verdicts, progress(result)], [Array(3).fill("committed"), "3-0 |"]);
      assertEquals(await said(broker, `out-${order}`), ["1-0", "2-0", "3-0"]);
    }
  });

  fact("an idle reader of a former life commits nothing of what it gets", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    const signal = new AbortController().signal;
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0"), handled("2-0")]);
    const waiting = broker.readNew(ann, { count: 10, blockMs: 5_000, signal })
      .catch((error) => error.name);
    await broker.resetGroup(STREAM, GROUP, "beginning");
    const got = await waiting;
    if (Array.isArray(got)) {
      // Reading an unordered group checks no epoch; committing does.
      const thrown = await thrownBy(() => commit(broker, ann, [handled("1-0")]));
      assertEquals([told(got), thrown], [["1-0 x1", "2-0 x1"], ["GroupResetError"]]);
    } else {
      assertEquals(got, "ConsumerFencedError");
    }
    const again = await join(broker, "ann");
    const entries = [
      ...(await readOwn(broker, again)).entries,
      ...await readNew(broker, again),
    ];
    assertEquals(entries.map(({ id }) => id), ["1-0", "2-0"]);
    const { verdicts } = await commit(broker, again, [handled("1-0"), handled("2-0")]);
    assertEquals(verdicts, ["committed", "committed"]);
  });

  fact(
    "resetGroup sends the last process of a name back to join, and no older one",
    async (broker) => {
      await append(broker, "1-0");
      const older = await join(broker, "ann", { order: "key" });
      const newer = await join(broker, "ann", { order: "key" });
      const toldTo = async (...members: Membership[]) =>
        await thrownBy(...members.map((member) => () => broker.renew(member, [])));
      const reset = () => broker.resetGroup(STREAM, GROUP, "beginning");
      await reset();
      assertEquals(await toldTo(older, newer), ["ConsumerFencedError", "GroupResetError"]);
      const error = await broker.release(newer, "all").catch((error) => error);
      const { message, stream, group } = error;
      assertEquals([message, stream, group], [
        'Cannot go on in stream "orders": group "billing" was moved to another position, join it again',
        STREAM,
        GROUP,
      ]);
      const fenced = await broker.release(older, "all").catch((error) => error);
      assertEquals([fenced.epoch, fenced.currentEpoch], [1, 2]);

      await reset();
      assertEquals(await toldTo(older, newer), ["ConsumerFencedError", "GroupResetError"], "twice");
      const newest = await join(broker, "ann", { order: "key" });
      assertEquals([newest.epoch, told(await readNew(broker, newest))], [3, ["1-0 x1"]]);
      const after = await toldTo(older, newer, newest);
      assertEquals(after, ["ConsumerFencedError", "ConsumerFencedError", "nothing"]);
    },
  );

  fact("a reader that keeps the order of keys learns at once of a reset", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann", { order: "key" });
    assertEquals(progress(await commit(broker, ann, await handledOf(broker, ann))), "1-0 |");
    const signal = new AbortController().signal;
    const begunMs = performance.now();
    const waiting = broker.readNew(ann, { count: 1, blockMs: 10_000, signal })
      .catch((error) => error.name);
    await broker.resetGroup(STREAM, GROUP, "end");
    assertEquals(await waiting, "GroupResetError");
    assert(performance.now() - begunMs < 5_000);
  });

  fact(
    "resetGroup forgets the done-set, the tokens and each consumer's position",
    async (broker) => {
      await append(broker, "1-0", "2-0", "3-0", "4-0");
      const ann = await join(broker, "ann");
      await join(broker, "bob");
      await readNew(broker, ann);
      await commit(broker, ann, [handled("2-0"), handled("4-0")], { token: "same" });
      await broker.resetGroup(STREAM, GROUP, { afterId: "1-0" }, { force: true });
      assertEquals(await broker.listConsumers(STREAM, GROUP), [
        { consumer: "ann", pendingCount: 0, epoch: 1, position: null },
        { consumer: "bob", pendingCount: 0, epoch: 1, position: null },
      ]);
      const again = await join(broker, "ann");
      assertEquals(told(await readNew(broker, again)), ["2-0 x1", "3-0 x1", "4-0 x1"]);
      const result = await commit(broker, again, [handled("2-0"), handled("4-0")], {
        token: "same",
      });
      assertEquals(
        [result.kind, result.verdicts, progress(result)],
        ["committed", ["committed", "committed"], "2-0 | 4-0"],
      );
    },
  );

  fact("T6: after a reset what was trimmed before counts as read", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0");
    await broker.createGroup(STREAM, GROUP, "end");
    await broker.trim(STREAM, { beforeId: "3-0" });
    const seen: unknown[] = [];
    for (const start of ["beginning", { afterId: "1-0" }, "end"] as const) {
      await broker.resetGroup(STREAM, GROUP, start);
      const member = { stream: STREAM, group: GROUP, consumer: "ann", order: "none" } as const;
      const { group } = await broker.join(member);
      const [info] = await broker.listGroups(STREAM);
      seen.push([group?.entriesRead, info?.lag]);
    }
    assertEquals(seen, [[2, 2], [2, 2], [4, 0]]);
  });

  fact("resetGroup makes a group again that has left its checkpoint behind", async (broker) => {
    await append(broker, "1-0", "2-0");
    const facts = await broker.join({ stream: STREAM, group: GROUP, consumer: "a", order: "none" });
    assertEquals([facts.group, await broker.listGroups(STREAM)], [null, []]);
    const result = await broker.resetGroup(STREAM, GROUP, { afterId: "1-0" });
    assertEquals(result, { position: "1-0", droppedCount: 0, fencedCount: 1 });
    const again = await join(broker, "a");
    assertEquals(told(await readNew(broker, again)), ["2-0 x1"]);
  });

  fact("resetGroup names what is missing, and what lies beyond the end", async (broker) => {
    const reset = (start: StartPosition) => broker.resetGroup(STREAM, GROUP, start);
    const noStream = await thrownBy(() => reset("end"));
    await append(broker, "1-0");
    const noGroup = await thrownBy(() => reset("end"));
    assertEquals([noStream, noGroup], [["StreamMissingError"], ["GroupMissingError"]]);
    assertEquals(await broker.listGroups(STREAM), [], "no group is made by a wrong name");
    await broker.createGroup(STREAM, GROUP, "beginning");
    const thrown = await thrownBy(
      () => reset({ afterId: "1-1" }),
      () => reset({ fromTimeMs: -1 }),
      () => broker.resetGroup(" ", GROUP, "end"),
      () => broker.resetGroup(STREAM, "", "end"),
    );
    assertEquals(thrown, [
      "StartBeyondEndError",
      "InvalidOptionError",
      "InvalidNameError",
      "InvalidNameError",
    ]);
    assertEquals((await broker.listGroups(STREAM))[0]?.lastDeliveredId, "0-0");
  });

  fact("resetGroup leaves the other groups of the stream alone", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const other = await join(broker, "ann", { group: "audit", order: "key" });
    await join(broker, "ann");
    await readNew(broker, other, 1);
    const before = await broker.listGroups(STREAM);
    await broker.resetGroup(STREAM, GROUP, "beginning");
    assertEquals(await broker.listGroups(STREAM), before);
    assertEquals(progress(await commit(broker, other, [handled("1-0")])), "1-0 |");
  });

  fact("listQuarantined shows what was moved aside, newest first", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    assertEquals(await broker.listQuarantined(STREAM, GROUP), []);
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0"), handled("3-0")]);
    await broker.resetGroup(STREAM, GROUP, { afterId: "2-0" }, { force: true });
    await broker.resetGroup(STREAM, GROUP, "end");
    const found = await broker.listQuarantined(STREAM, GROUP);
    assertEquals(found.map(({ stored }) => shown(stored)), ["2-0 |", "1-0 | 3-0"]);
    for (const { movedAtMs } of found) assert(Math.abs(movedAtMs - Date.now()) < 60_000);
    assertEquals(await broker.listQuarantined("absent", GROUP), []);
  });

  fact("what was moved aside goes with its group, and with its stream", async (broker) => {
    const groups = [GROUP, "audit"];
    const counts = async () => {
      const found: number[] = [];
      for (const group of groups) {
        found.push((await broker.listQuarantined(STREAM, group)).length);
      }
      return found;
    };
    await append(broker, "1-0");
    for (const group of groups) {
      await broker.createGroup(STREAM, group, "beginning");
      await broker.resetGroup(STREAM, group, "end");
      await broker.resetGroup(STREAM, group, "end");
    }
    const seen = [await counts()];
    await broker.deleteGroup(STREAM, GROUP);
    seen.push(await counts());
    await broker.deleteStream(STREAM);
    await append(broker, "1-0");
    for (const group of groups) await broker.createGroup(STREAM, group, "beginning");
    assertEquals([...seen, await counts()], [[1, 1], [0, 1], [0, 0]]);
  });
}
