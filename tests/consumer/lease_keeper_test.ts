/**
 * The lease keeper renews everything that is held, however much it is, in pages that the broker takes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { LeaseKeeper } from "../../src/consumer/lease_keeper.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { append, claimAll, idOf, join, readNew } from "../contracts/contract.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const LEASE_MS = 30_000;

Deno.test("LeaseKeeper renews all that is held, also more than one renewal takes", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  const member = await join(broker, "ann");
  const held = Array.from({ length: 2_500 }, (_, index) => `${index + 1}-0`);
  for (let from = 0; from < held.length; from += 1_000) {
    await append(broker, ...held.slice(from, from + 1_000));
    await readNew(broker, member, 1_000);
  }
  const heard: EntryId[] = [];
  const keeper = new LeaseKeeper({
    broker,
    clock,
    leaseMs: LEASE_MS,
    ids: () => held.map(idOf),
    onFenced: (ids) => heard.push(...ids),
    onReplaced: () => heard.push("0-0"),
    onForgotten: () => heard.push("0-0"),
  });
  keeper.begin(member);
  await clock.advance(LEASE_MS - 1);
  keeper.stop();
  const bob = await join(broker, "bob");
  const { entries } = await broker.claim(bob, {
    idleMsMin: LEASE_MS / 2,
    afterId: "0-0",
    count: 1_000,
  });
  assertEquals([entries, heard], [[], []]);
  assertEquals((await claimAll(broker, bob)).entries.length, 1_000);
});
