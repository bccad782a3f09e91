/**
 * Promise: a group can be reset while its consumers work: nothing of the former life is committed, each of them goes on
 * at the new position by itself, and no process has to be started again. Method: services on real brokers, a reset in
 * the middle of a handler, in the middle of a pause and while nothing is to do; the results, and the story in the log.
 */

import { assertEquals } from "@std/assert";
import { ConsumerGroupManager, type Handler } from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { plan, publish, resultsOf, service } from "../support/supervised_service.ts";

for (const order of ["key", "none"] as const) {
  testOnEachBroker(
    `a group that is reset while all its workers are busy begins anew at once (order ${order})`,
    async ({ broker }) => {
      const groups = new ConsumerGroupManager(broker);
      const told: string[] = [];
      let isFirst = true;
      const handler: Handler = async (event, context) => {
        context.publish("results", { type: "result", data: event.data });
        if (!isFirst) return;
        isFirst = false;
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        told.push(String(context.signal.reason));
      };
      const { orchestrator, log } = service(broker, {
        consumers: [plan("jobs", { order, count: 1, handler })],
      });
      await orchestrator.start();
      await publish(broker, 0, 3);
      const isFull = () => !isFirst && orchestrator.facts()[0]?.load.demand === 0;
      await eventually("it is at work and reads no more", isFull);
      await groups.reset("jobs", "jobs", "beginning", { force: true });
      await eventually("all is done", async () => (await resultsOf(broker, "results")).length >= 3);
      await groups.reset("jobs", "jobs", "beginning"); // while there is nothing to do
      await eventually("all is done again", async () => {
        const [group] = await groups.list("jobs");
        const results = await resultsOf(broker, "results");
        return results.length >= 6 && group?.pendingCount === 0;
      });
      assertEquals(await resultsOf(broker, "results"), [0, 0, 1, 1, 2, 2]);
      assertEquals(told, ["HandlerAbortedError: The handler was told to stop: fenced"]);
      assertEquals(log.having("consumer failed"), []);
      assertEquals(orchestrator.facts().map(({ restarts }) => restarts), [0]);
      await orchestrator.stop();
      await orchestrator.finished;
    },
  );
}

testOnEachBroker(
  "a group that is reset while it is paused goes on there when it is resumed",
  async ({ broker }) => {
    const groups = new ConsumerGroupManager(broker);
    const { orchestrator } = service(broker, { consumers: [plan("jobs"), plan("audit")] });
    await orchestrator.start();
    await publish(broker, 0, 4);
    for (const group of ["jobs", "audit"]) {
      const results = () => resultsOf(broker, `results-${group}`);
      await eventually(`${group} is done`, async () => (await results()).length === 4);
    }
    orchestrator.pause({ group: "jobs" });
    await groups.reset("jobs", "jobs", "beginning", { force: true });
    const epoch = async () => (await groups.consumers("jobs", "jobs"))[0]?.epoch;
    await eventually("it has joined again, and is paused", async () => {
      const [facts] = orchestrator.facts();
      return await epoch() === 2 && facts?.state === "paused" && facts.pauseWanted;
    });
    assertEquals(await resultsOf(broker, "results-jobs"), [0, 1, 2, 3]);
    orchestrator.resume({ group: "jobs" });
    await eventually("it has done all again", async () => {
      return (await resultsOf(broker, "results-jobs")).length === 8;
    });
    assertEquals(
      await resultsOf(broker, "results-audit"),
      [0, 1, 2, 3],
      "another group is left alone",
    );
    await orchestrator.stop();
    await orchestrator.finished;
  },
);
