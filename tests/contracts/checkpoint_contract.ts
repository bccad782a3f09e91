/**
 * The contract of the checkpoint: the watermark of the whole group and the done-set above it, forward only.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { advanceWatermark } from "../../src/domain/watermark.ts";
import {
  append,
  claimAll,
  commit,
  deferred,
  type Fact,
  handled,
  idOf,
  join,
  lost,
  progress,
  readNew,
  STREAM,
} from "./contract.ts";

/** Defines the tests. */
export function testCheckpoints(fact: Fact): void {
  fact("T1: the watermark stays below the first unfinished entry of the group", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0", "6-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 3);
    await readNew(broker, bob, 2);
    const story = [
      progress(await commit(broker, bob, [handled("5-0")])),
      progress(await commit(broker, ann, [handled("1-0")])),
      progress(await commit(broker, bob, [handled("4-0")])),
      progress(await commit(broker, ann, [handled("3-0")])),
      progress(await commit(broker, ann, [handled("2-0")])),
    ];
    assertEquals(story, ["0-0 | 5-0", "1-0 | 5-0", "1-0 | 4-0 5-0", "1-0 | 3-0 4-0 5-0", "5-0 |"]);
    const positions = (await broker.listConsumers(STREAM, "billing")).map((c) => c.position);
    assertEquals(positions, ["2-0", "4-0"], "each consumer's own last committed entry");
  });

  fact("the done-set is answered only when asked for", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    const { checkpoint, doneCount } = await commit(broker, ann, [handled("3-0")], {
      withDone: false,
    });
    assertEquals([checkpoint.done, doneCount], [[], 1]);
    assertEquals((await commit(broker, ann, [handled("2-0")])).checkpoint.done, ["2-0", "3-0"]);
  });

  fact("a deferred entry holds the watermark until it is finished", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    const story = [
      progress(await commit(broker, ann, [deferred("1-0"), handled("2-0")])),
      progress(await commit(broker, ann, [handled("3-0")])),
      progress(await commit(broker, ann, [handled("1-0")])),
    ];
    assertEquals(story, ["0-0 | 2-0", "0-0 | 2-0 3-0", "3-0 |"]);
  });

  fact("V5: the watermark does not jump over what was not read yet", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0", "6-0");
    const ann = await join(broker, "ann");
    await broker.establish(ann, {
      createStream: false,
      group: { reset: "2-0" },
      checkpoint: { position: "2-0", done: ["5-0"] },
      quarantine: false,
    });
    await readNew(broker, ann, 1);
    const first = await commit(broker, ann, [handled("3-0")]);
    await readNew(broker, ann, 2);
    const second = await commit(broker, ann, [handled("4-0"), handled("5-0")]);
    assertEquals([progress(first), progress(second)], ["3-0 | 5-0", "5-0 |"]);
    assertEquals(second.verdicts, ["committed", "done"]);
  });

  fact("V6: after a reset, an entry finished late does not hide unread ones", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0"), handled("2-0")]);
    await broker.establish(bob, {
      createStream: false,
      group: { reset: "0-0" },
      checkpoint: { position: "0-0", done: [] },
      quarantine: false,
    });
    const late = await commit(broker, ann, [handled("3-0")]);
    assertEquals([late.verdicts, progress(late)], [["committed"], "0-0 | 3-0"]);
    await readNew(broker, bob);
    const again = await commit(broker, bob, ["1-0", "2-0", "3-0"].map((id) => handled(id)));
    assertEquals(again.verdicts, ["committed", "committed", "done"]);
    assertEquals(progress(again), "3-0 |");
  });

  fact("the checkpoint follows the rule of the domain, whatever the order", async (broker) => {
    const count = 60;
    const ids = Array.from({ length: count }, (_, index) => idOf(`${index + 1}-0`));
    await append(broker, ...ids);
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    for (let page = 0; page < 6; page++) await readNew(broker, page % 2 ? ann : bob, 10);
    await claimAll(broker, ann, 17);
    const owners = new Map<EntryId, string>();
    for (const { id, consumer } of await broker.listPending(STREAM, "billing", { count })) {
      owners.set(id, consumer);
    }
    // A fixed shuffle: multiples of 23 modulo 61 visit every number once.
    const shuffled = ids.map((_, index) => ids[((index + 1) * 23) % 61 - 1] ?? ids[0]);
    let model: { position: EntryId; done: EntryId[] } = { position: "0-0", done: [] };
    const unfinished = new Set(ids);
    for (const id of shuffled) {
      if (id === undefined || !unfinished.delete(id)) continue;
      const member = owners.get(id) === "ann" ? ann : bob;
      const kind = id === "30-0" ? lost(id) : handled(id);
      const result = await commit(broker, member, [kind]);
      const [firstPending = null] = ids.filter((other) => unfinished.has(other));
      const finished = [...model.done, id];
      model = advanceWatermark({ position: model.position, finished, firstPending });
      const { position, done } = result.checkpoint;
      assertEquals({ position, done }, model);
    }
    assertEquals(model, { position: "60-0", done: [] });
  });
}
