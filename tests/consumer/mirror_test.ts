/** The separate checkpoint store behind a consumer: whatever it does, also never answering, holds up nobody. */

import { assertEquals } from "@std/assert";
import { Mirror } from "../../src/consumer/mirror.ts";
import type { Report } from "../../src/consumer/report.ts";
import type { Checkpoint } from "../../src/domain/checkpoint.ts";
import type { CheckpointStore } from "../../src/ports/checkpoint_store.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { silence } from "../support/faulty_broker.ts";
import { checkpoint } from "../support/start_up_facts.ts";
import { settle, VirtualClock } from "../support/virtual_clock.ts";

/** A mirror of a store whose calls answer or do not. */
function mirrored() {
  const clock = new VirtualClock();
  const reports: Report[] = [];
  const saved: Checkpoint[] = [];
  const line = { isSilent: true };
  const late = Promise.withResolvers<boolean>();
  const store: CheckpointStore = {
    load: async () => line.isSilent ? await silence() : saved.at(-1) ?? null,
    quarantine: async () => line.isSilent ? await silence() : undefined,
    async save(given) {
      if (line.isSilent) await late.promise;
      saved.push(given);
      return true;
    },
    async [Symbol.asyncDispose]() {},
  };
  const report = (told: Report) => void reports.push(told);
  return {
    ...{ clock, reports, saved, line, late },
    mirror: new Mirror({ store, clock, random: systemRandom, report }),
  };
}

Deno.test("Mirror goes on without a store that never answers, and tells it once", async () => {
  const { mirror, clock, reports, saved, line } = mirrored();
  const loading = mirror.load("orders", "billing");
  await clock.advance(5_000);
  assertEquals(await loading, null);
  const quarantining = mirror.quarantine("orders", "billing");
  await clock.advance(5_000);
  await quarantining;
  mirror.save(checkpoint);
  await clock.advance(5_000);
  line.isSilent = false;
  await clock.advance(5_000);
  assertEquals(saved, [checkpoint]);
  assertEquals(reports, [
    { kind: "checkpointStoreDown", reason: "BROKER_UNAVAILABLE" },
    { kind: "checkpointStoreUp" },
  ]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("Mirror.close leaves no timer behind beside a store that never answers", async () => {
  const { mirror, clock, late, saved } = mirrored();
  mirror.save(checkpoint);
  mirror.save({ ...checkpoint, position: "6-0" });
  const closing = mirror.close();
  await settle();
  await clock.advance(400);
  await closing;
  assertEquals(clock.timerCount, 0);
  late.resolve(true); // when nobody waits for it any more
  await settle();
  assertEquals([saved, clock.timerCount], [[checkpoint], 0]);
});
