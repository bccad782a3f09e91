/**
 * The contract of `order: "key"` at the commit: outputs of a key appear in the order of its entries, whoever commits.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership } from "../../src/ports/consumer_store.ts";
import {
  append,
  commit,
  deferred,
  type Fact,
  handled,
  join,
  output,
  pending,
  readNew,
  said,
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
export function testOrderOfCommits(fact: Fact): void {
  fact("a commit is fenced when an earlier entry of the key was taken", async (broker) => {
    await append(broker, "1-0 x", "2-0 x", "3-0 x", "4-0 y");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.claim(bob, { idleMsMin: 0, afterId: ENTRY_ID_ZERO, count: 1 });
    const settlements = ["2-0", "3-0", "4-0"].map((id) => handled(id, output("out", id)));
    const result = await commit(broker, ann, settlements);
    assertEquals(result.verdicts, ["fenced", "fenced", "committed"]);
    assertEquals(await said(broker, "out"), ["4-0"]);
    assertEquals(await pending(broker), ["1-0 bob x2", "2-0 ann x1", "3-0 ann x1"]);
    assertEquals(told(await readNew(broker, ann)), []);
    await commit(broker, bob, [handled("1-0", output("out", "1-0"))]);
    assertEquals(told(await readNew(broker, ann)), ["2-0 x2", "3-0 x2"]);
    await commit(broker, ann, settlements.slice(0, 2));
    assertEquals(await said(broker, "out"), ["4-0", "1-0", "2-0", "3-0"]);
  });

  fact("a commit is fenced behind an entry that was handed back", async (broker) => {
    await append(broker, "1-0 x", "2-0 x");
    const [ann, bob] = await two(broker);
    await readNew(broker, ann);
    await broker.release(ann, ["1-0"]);
    assertEquals(await finish(broker, ann, "2-0"), "fenced");
    assertEquals(told(await readNew(broker, bob)), ["1-0 x1"]);
    await finish(broker, bob, "1-0");
    assertEquals(told(await readNew(broker, ann)), ["2-0 x2"]);
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
    assertEquals(await finish(broker, ann, "5-0"), "held");
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 ann x1", "5-0 ann x1"]);
    assertEquals(await finish(broker, ann, "1-0", "2-0", "5-0"), "committed committed committed");
    assertEquals(await said(broker, "out"), ["3-0", "4-0"]);
  });
}
