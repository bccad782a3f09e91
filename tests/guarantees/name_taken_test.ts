/**
 * Promise: of two processes with the same consumer name the older one is fenced, says so, and ends or takes another name
 * as it is configured; nothing is doubled, and what else it runs goes on. Method: two orchestrators on real brokers,
 * jobs before, while and after, the results and the names that are left.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ConsumerFencedError } from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { assertHandled, JOBS, plan, publish, service } from "../support/supervised_service.ts";

testOnEachBroker(
  "of two processes with the same name the older one renames, both go on, nothing is doubled, no name is left",
  async ({ broker, reopen }) => {
    await using other = await reopen();
    const consumers = [plan("calm"), plan("jobs", { onFenced: "rename" })];
    const older = service(broker, { consumers });
    const newer = service(other, { consumers: [plan("jobs", { onFenced: "rename" })] });
    await older.orchestrator.start();
    await publish(broker, 0, 10);
    await newer.orchestrator.start();
    const renamed = () =>
      older.log.having("another process has taken this consumer's name, going on under a new one");
    await publish(broker, 10, 20);
    await eventually("the older one has another name", () => renamed().length === 1);
    const name = String(renamed()[0]?.fields.consumer);
    assertEquals([renamed()[0]?.fields.before, name.slice(0, 5)], ["main", "main~"]);
    await eventually(
      "it reads under it",
      () => older.log.having("consumer reads").some(({ fields }) => fields.consumer === name),
    );
    await publish(broker, 20, JOBS);
    await assertHandled(broker, ["calm", "jobs"]);
    const names = async () =>
      (await broker.listConsumers("jobs", "jobs")).map(({ consumer }) => consumer);
    assertEquals(await names(), ["main", name]);
    await older.orchestrator.stop();
    await older.orchestrator.finished;
    assertEquals(await names(), ["main"]);
    await newer.orchestrator.stop();
    await newer.orchestrator.finished;
    assertEquals([older.clock.timerCount, newer.clock.timerCount], [0, 0]);
  },
);

testOnEachBroker(
  "of two processes with the same name the older one ends, says so, and its sibling goes on",
  async ({ broker, reopen }) => {
    await using other = await reopen();
    const older = service(broker, { consumers: [plan("calm"), plan("jobs")] });
    const newer = service(other, { consumers: [plan("jobs")] });
    await older.orchestrator.start();
    await publish(broker, 0, 10);
    await newer.orchestrator.start();
    const givenUp = () => older.log.having("the consumer is given up, the others go on");
    await publish(broker, 10, 20);
    await eventually("the older one is given up", () => givenUp().length === 1);
    assertEquals(givenUp().map(({ fields }) => [fields.group, fields.code]), [[
      "jobs",
      "CONSUMER_FENCED",
    ]]);
    await publish(broker, 20, JOBS);
    await assertHandled(broker, ["calm", "jobs"]);
    await older.orchestrator.stop();
    await assertRejects(() => older.orchestrator.finished, ConsumerFencedError);
    await newer.orchestrator.stop();
    await newer.orchestrator.finished;
  },
);
