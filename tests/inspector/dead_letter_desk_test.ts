/** Parts of a replay: whoever asks for the next one until there is none has asked for all. */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { deadLetterFields } from "../../src/domain/dead_letter.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { DeadLetterDesk } from "../../src/inspector/dead_letter_desk.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

Deno.test("DeadLetterDesk.replay comes to an end with a slow broker, and leaves nothing", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await broker.createStream("jobs");
  for (const id of ["1-0", "2-0", "3-0"] as const) {
    const { stream, fields } = deadLetterFields({
      ...{ stream: "jobs", group: "calm", consumer: "main", id, reason: "wrong", error: null },
      ...{ attempts: 1, deliveries: 1, diedAtMs: 1, fields: ["n", id] },
    });
    await broker.append(stream, [{ fields }]);
  }
  const clock = new VirtualClock();
  const slow = faultyBroker(broker, { before() {}, after: () => clock.jump(4_000) });
  const desk = new DeadLetterDesk({ broker: slow, clock });
  const replayed: number[] = [];
  for (let after: EntryId = "0-0";;) {
    const part = await desk.replay({ stream: "jobs", group: "calm" }, { after });
    replayed.push(part.replayed);
    if (part.next === null || replayed.length > 5) break;
    after = part.next;
  }
  assertEquals(replayed, [1, 1, 1]);
});
