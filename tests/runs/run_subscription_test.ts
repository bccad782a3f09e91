/**
 * A subscription tells what is missing between two events, as their numbers say.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { runEventNumber } from "../../src/domain/run.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { EventStore } from "../../src/runs/event_store.ts";
import { RunLog } from "../../src/runs/run_log.ts";
import { RunSubscription } from "../../src/runs/run_subscription.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const FIELDS = ["event_type", "told", "payload", "null"];

Deno.test("RunSubscription tells events that are missing between two others as a gap, exactly", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const events = new RunLog("0-0", { eventsMax: 10, bytesMax: 10_000 });
  const told: string[] = [];
  using subscription = new RunSubscription({
    run: "r",
    afterId: "0-0",
    events,
    store: new EventStore({ broker }),
    clock: new VirtualClock(),
    random: systemRandom,
    onClosed: () => {},
    listener(item) {
      if (item.kind === "event") told.push(String(runEventNumber(item.event.id)));
      else if (item.kind === "gap") told.push(`gap ${item.gap.count} to ${item.gap.untilId}`);
      else told.push(item.status);
    },
  });
  events.pushStored((["1-1", "1-2", "2-5", "3-6", "4-9"] as const).map((id) => ({
    id,
    fields: FIELDS,
  })));
  events.close({ status: "completed", reason: null });
  assertEquals(await subscription.closed, null);
  assertEquals(told, ["1", "2", "gap 2 to 2-4", "5", "6", "gap 2 to 4-8", "9", "completed"]);
});
