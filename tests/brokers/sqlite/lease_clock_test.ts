/** Leases where the clock is set back: the living keep their entries, and the dead do not keep theirs for long. */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import type { EntryId } from "../../../src/domain/entry_id.ts";
import { append, join, readNew, told } from "../../contracts/contract.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

Deno.test("claim finds the entries of a dead consumer a lease after the clock was set back", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  await append(broker, "1-0", "2-0");
  const [dead, living, heir] = [
    await join(broker, "dead"),
    await join(broker, "living"),
    await join(broker, "heir"),
  ];
  await readNew(broker, dead, 1);
  await readNew(broker, living, 1);
  const leaseMs = 1_000;
  const claim = async (afterId: EntryId = "0-0") =>
    told((await broker.claim(heir, { idleMsMin: leaseMs, afterId, count: 1 })).entries);
  clock.jump(-3_600_000);
  const found = [await claim()];
  for (const waitMs of [leaseMs - 1, 1]) {
    await clock.advance(waitMs);
    await broker.renew(living, ["2-0"]);
    found.push(await claim(), await claim("1-0"));
  }
  assertEquals(found, [[], [], [], ["1-0 x2"], []]);
});
