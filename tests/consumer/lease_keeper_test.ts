/**
 * The lease keeper renews everything that is held in time, however much it is, and tells what it has lost.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { LeaseKeeper } from "../../src/consumer/lease_keeper.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { append, claimAll, idOf, join, readNew, told } from "../contracts/contract.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const LEASE_MS = 30_000;

/** What a keeper of these ids has to tell, in words. */
function keeperOf(
  held: readonly string[],
  place: { readonly broker: Broker; readonly clock: VirtualClock },
): { readonly keeper: LeaseKeeper; readonly heard: string[] } {
  const heard: string[] = [];
  const keeper = new LeaseKeeper({
    ...place,
    leaseMs: LEASE_MS,
    ids: () => held.map(idOf),
    onFenced: (ids) => heard.push(`lost ${ids.join(" ")}`),
    onReplaced: ({ code }) => heard.push(code),
    onForgotten: ({ code }) => heard.push(code),
  });
  return { keeper, heard };
}

Deno.test("LeaseKeeper renews all that is held every third of the lease, also more than one renewal takes", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  const member = await join(broker, "ann");
  const held = Array.from({ length: 2_500 }, (_, index) => `${index + 1}-0`);
  for (let from = 0; from < held.length; from += 1_000) {
    await append(broker, ...held.slice(from, from + 1_000));
    await readNew(broker, member, 1_000);
  }
  const { keeper, heard } = keeperOf(held, { broker, clock });
  keeper.begin(member);
  await clock.advance(LEASE_MS - 1);
  keeper.stop();
  const bob = await join(broker, "bob");
  const idle = { idleMsMin: LEASE_MS / 2, afterId: "0-0", count: 1_000 } as const;
  assertEquals([(await broker.claim(bob, idle)).entries, heard], [[], []]);
  assertEquals((await claimAll(broker, bob)).entries.length, 1_000);
});

Deno.test("LeaseKeeper tells what another consumer has now, and then that a newer process has its name", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  const member = await join(broker, "ann");
  await append(broker, "1-0", "2-0", "3-0");
  await readNew(broker, member);
  const { keeper, heard } = keeperOf(["1-0", "2-0", "3-0"], { broker, clock });
  keeper.begin(member);
  const bob = await join(broker, "bob");
  assertEquals(told((await claimAll(broker, bob, 2)).entries), ["1-0 x2", "2-0 x2"]);
  await clock.advance(LEASE_MS / 3);
  assertEquals(heard, ["lost 1-0 2-0"]);
  await join(broker, "ann");
  await clock.advance(LEASE_MS / 3);
  keeper.stop();
  assertEquals(heard, ["lost 1-0 2-0", "CONSUMER_FENCED"]);
});
