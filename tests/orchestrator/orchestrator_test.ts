/** The orchestrator as a program uses it: when it may be started. */

import { assertRejects } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { ClosedError, InvalidOptionError } from "../../src/domain/errors.ts";
import { plan, service } from "../support/supervised_service.ts";

Deno.test("Orchestrator starts once, and not after a stop", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const consumers = [plan("calm")];
  const { orchestrator } = service(broker, { consumers });
  const first = orchestrator.start();
  await assertRejects(() => orchestrator.start(), InvalidOptionError, "a second call");
  await first;
  await orchestrator.stop();
  await assertRejects(() => orchestrator.start(), ClosedError);
  const unused = service(broker, { consumers }).orchestrator;
  await unused.stop();
  await assertRejects(() => unused.start(), ClosedError);
  await unused.finished;
});
