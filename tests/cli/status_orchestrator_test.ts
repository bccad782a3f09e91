/**
 * `status` and `explain` with a process that really runs: an orchestrator announces itself, somebody else looks.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { explained } from "../../src/cli/status/screen.ts";
import { takeSurvey } from "../../src/cli/status/survey.ts";
import { Orchestrator } from "../../src/orchestrator/orchestrator.ts";
import type { Explanation } from "../../src/telemetry/explanation.ts";
import { inFolder } from "../brokers/sqlite/in_folder.ts";
import { eventually } from "../support/eventually.ts";

Deno.test("an orchestrator's consumer is seen and explained from outside", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    await using observer = await openSqliteBroker({ path });
    const look = () => takeSurvey(observer, { nowMs: Date.now() });
    await using orchestrator = new Orchestrator({
      broker,
      consumers: [{ stream: "orders", group: "billing", consumer: "ann", handler: () => {} }],
    });
    await orchestrator.start();
    orchestrator.pause(); // before it announces itself for the first time
    let told: Explanation | undefined;
    await eventually("it is seen to be paused", async () => {
      told = explained(await look()).find(({ instance }) => instance !== null)?.explanation;
      return told?.code === "paused";
    });
    assertStringIncludes(told?.text ?? "", "Paused by an operator");
    await orchestrator.stop();
    const { processes, unattended } = await look();
    assertEquals([processes, unattended.map(({ group }) => group)], [[], ["billing"]]);
  }));
