/**
 * Promise: a consumer that fails is started again, with growing waits, at most N times in a window, and then given up;
 * and what fails, throws, loses its connection or its name there never touches a sibling. Method: real brokers, faults
 * at the port for one consumer only, the outputs of all, and what was said.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  BrokerUnavailableError,
  type Random,
  WrongTypeError,
} from "../../mod.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { failing, type Fault, faultyBroker } from "../support/faulty_broker.ts";
import {
  assertHandled,
  JOBS,
  plan,
  publish,
  QUICK,
  resultsOf,
  service,
} from "../support/supervised_service.ts";

function all(...faults: readonly Fault[]): Fault {
  return async (call) => {
    for (const fault of faults) await fault(call);
  };
}

/** What can go wrong with one consumer for good, by its name. */
const LASTING_FAULTS: readonly (readonly [string, string, () => unknown])[] = [
  ["denied", "join", () => new AccessDeniedError("join", "NOPERM")],
  ["mistyped", "join", () => new TypeError("x is not a function")],
  ["textual", "establish", () => "a text"],
  ["nameless", "join", () => Object.create(null)],
  ["unread", "readNew", () => new RangeError("out of range")],
  ["unclaimed", "claim", () => new Error("no claim")],
  ["uncommitted", "commit", () => new Error("no commit")],
];

testOnEachBroker(
  "whatever fails in one consumer, it is restarted, then given up, and its siblings handle everything once",
  async ({ broker }) => {
    const bad = LASTING_FAULTS.map(([name]) => name);
    const faulty = faultyBroker(broker, all(...LASTING_FAULTS.map((fault) => failing(...fault))));
    const { orchestrator, log, clock } = service(faulty, {
      consumers: [
        plan("calm"),
        // One in a group of its own, and one beside a sibling that has to take over.
        ...bad.map((consumer) => plan(`of ${consumer}`, { consumer })),
        plan("shared", { consumer: "uncommitted" }),
        plan("shared", { consumer: "sibling" }),
      ],
    });
    await publish(broker, 0, JOBS / 2);
    await orchestrator.start();
    await publish(broker, JOBS / 2, JOBS);
    await assertHandled(broker, ["calm", "shared"]);
    const givenUp = () => log.having("the consumer is given up, the others go on");
    await eventually("all bad ones are given up", () => givenUp().length === bad.length + 1);
    const restarts = log.having("the consumer is started again");
    for (const consumer of bad) {
      const group = `of ${consumer}`;
      const of = (lines: typeof restarts) => lines.filter(({ fields }) => fields.group === group);
      assertEquals(of(restarts).map(({ fields }) => fields.failures), [1, 2, 3], consumer);
      assertEquals(of(givenUp()).map(({ fields }) => fields.failures), [4], consumer);
      const results = await resultsOf(broker, `results-${group}`);
      assertEquals(results, [...new Set(results)], consumer); // what it did before it failed
    }
    assertEquals(orchestrator.state, "healthy");
    await orchestrator.stop();
    const error = await orchestrator.finished.catch((error: unknown) => error);
    assert(error !== undefined, "finished told of a consumer that was given up");
    assertEquals(orchestrator.state, "failed");
    assertEquals(clock.timerCount, 0);
  },
);

testOnEachBroker(
  "a consumer that fails for a while is restarted, and handles everything once",
  async ({ broker }) => {
    let failures = 0;
    const calls = ["join", "establish", "readNew", "commit", "readOwnPending"];
    const faulty = faultyBroker(broker, ({ method, consumer }) => {
      if (consumer !== "shaky" || method !== calls[failures]) return;
      failures++;
      throw new Error(`${method} is broken`);
    });
    const { orchestrator, log, clock } = service(faulty, {
      consumers: [plan("calm"), plan("shaky", { consumer: "shaky" })],
      supervision: { ...QUICK, restartsMax: calls.length },
    });
    await publish(broker);
    await orchestrator.start();
    await assertHandled(broker, ["calm", "shaky"]);
    assertEquals(failures, calls.length);
    assertEquals(log.having("the consumer is started again").length, calls.length);
    assertEquals(log.having("consumer failed").length, calls.length);
    await orchestrator.stop();
    await orchestrator.finished;
    assertEquals([orchestrator.state, clock.timerCount], ["stopped", 0]);
  },
);

testOnEachBroker(
  "a lost connection, a poison entry, a bad handler and bad listeners cost no restart and no sibling",
  async ({ broker }) => {
    let lost = 0;
    const faulty = faultyBroker(broker, ({ method, consumer }) => {
      if (consumer !== "offline" || method !== "readNew" || lost >= 5) return;
      lost++;
      throw new BrokerUnavailableError("read", "ECONNRESET");
    });
    const throws = () => {
      throw new Error("listener");
    };
    const { orchestrator, log } = service(faulty, {
      inspect: throws,
      consumers: [
        plan("calm", { onReport: throws }),
        plan("offline", { consumer: "offline" }),
        plan("bad", {
          consumer: "bad",
          attemptsMax: 2,
          retry: { initialMs: 1, maxMs: 1 },
          handler: throws,
        }),
      ],
    });
    await broker.append("jobs", [{ fields: ["no", "event"] }]); // a dead letter for everybody
    await publish(broker);
    await orchestrator.start();
    await assertHandled(broker, ["calm", "offline"]);
    await eventually("the bad handler's events are dead letters", async () => {
      const group = (await broker.listGroups("jobs")).find(({ group }) => group === "bad");
      return group?.pendingCount === 0 && group.lag === 0;
    });
    assertEquals([lost, log.having("the consumer is started again")], [5, []]);
    await orchestrator.stop();
    await orchestrator.finished;
  },
);

testOnEachBroker(
  "an operator restarts what was given up, and it handles everything once",
  async ({ broker }) => {
    let isBroken = true;
    const faulty = faultyBroker(broker, ({ method, consumer }) => {
      if (isBroken && consumer === "bad" && method === "join") {
        throw new WrongTypeError("jobs", "string", "stream");
      }
    });
    const { orchestrator, log } = service(faulty, {
      consumers: [plan("calm"), plan("mended", { consumer: "bad" })],
    });
    await publish(broker);
    await orchestrator.start();
    const givenUp = () => log.having("the consumer is given up, the others go on").length;
    await eventually("it is given up", () => givenUp() === 1);
    assertEquals(log.having("the consumer is started again"), []); // it could not help
    orchestrator.restart({ group: "mended" });
    await eventually("it is given up again", () => givenUp() === 2);
    isBroken = false;
    orchestrator.restart({ consumer: "bad" });
    await assertHandled(broker, ["calm", "mended"]);
    assertEquals(givenUp(), 2);
    await orchestrator.stop();
    await orchestrator.finished; // what was mended has not failed
  },
);

testOnEachBroker(
  "an operator drains consumers and restarts them: what ran is committed, the rest is handled once, the service goes on",
  async ({ broker }) => {
    const release = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { orchestrator, log, clock } = service(broker, {
      consumers: [
        plan("calm"),
        plan("drained", {
          graceMs: 10_000,
          count: 1,
          handler: async (event, context) => {
            begun.resolve();
            await release.promise;
            context.publish("results-drained", { type: "result", data: event.data });
          },
        }),
      ],
    });
    await publish(broker, 0, JOBS / 2);
    await orchestrator.start();
    await begun.promise;
    const told = () => orchestrator.facts().map(({ supervision, state }) => [supervision, state]);
    const isSo = (text: string) => () => told().join(" ") === text;
    const calm = told()[0]?.join();
    orchestrator.drain({ group: "drained" });
    await eventually("it drains", () => told()[1]?.join() === "draining,draining");
    release.resolve();
    await eventually("it has stopped", () => told()[1]?.join() === "stopped,stopped");
    const results = await resultsOf(broker, "results-drained");
    assert(results.length > 0, "what ran was not committed");
    assertEquals(results, [...new Set(results)]);
    await publish(broker, JOBS / 2, JOBS);
    await assertHandled(broker, ["calm"]);
    orchestrator.drain();
    await eventually("both have stopped", isSo("stopped,stopped stopped,stopped"));
    assertEquals([orchestrator.state, calm?.startsWith("running")], ["healthy", true]);
    orchestrator.restart();
    await assertHandled(broker, ["calm", "drained"]);
    orchestrator.drain({ group: "drained" });
    await eventually("it has stopped again", () => told()[1]?.join() === "stopped,stopped");
    assertEquals(
      log.having("the consumer was drained, it waits to be restarted").map(({ fields }) =>
        fields.group
      ).sort(),
      ["calm", "drained", "drained"],
    );
    await orchestrator.stop();
    await orchestrator.finished;
    assertEquals([orchestrator.state, clock.timerCount], ["stopped", 0]);
  },
);

testOnEachBroker(
  "told to end when one is given up, all end in order, and the error is that one's",
  async ({ broker }) => {
    let isShaken = false;
    const faulty = faultyBroker(broker, ({ method, consumer }) => {
      if (consumer === "shaky" && method === "join" && !isShaken) {
        isShaken = true;
        throw new TypeError("not this one");
      }
      if (consumer === "bad" && method === "commit") throw new RangeError("this one");
    });
    const { orchestrator, log, clock } = service(faulty, {
      supervision: { ...QUICK, onFailure: "end" },
      consumers: [
        plan("calm", {
          consumer: "shaky",
          handler: async (event, context) => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            context.publish("results-calm", { type: "result", data: event.data });
          },
        }),
        plan("bad", { consumer: "bad" }),
      ],
    });
    await orchestrator.start();
    await publish(broker);
    const error = await assertRejects(() => orchestrator.finished, RangeError, "this one");
    assert(error instanceof RangeError);
    assertEquals([orchestrator.state, clock.timerCount], ["failed", 0]);
    assertEquals(log.having("consumer stopped").map(({ fields }) => fields.group), ["calm"]);
    assertEquals(log.having("the consumer is given up, the others end too").length, 1);
    const [calm] = (await broker.listGroups("jobs")).filter(({ group }) => group === "calm");
    const results = await resultsOf(broker, "results-calm");
    assertEquals(results, [...new Set(results)]);
    // What was handed back is pending for nobody who lives: another process gets it at once.
    const { orchestrator: heir } = service(broker, {
      consumers: [plan("calm", { leaseMs: 60_000 })],
    });
    await heir.start();
    await assertHandled(broker, ["calm"]);
    assert(calm !== undefined);
    await heir.stop();
  },
);

testOnEachBroker(
  "when all are given up, the orchestrator ends with the first error",
  async ({ broker }) => {
    const faulty = faultyBroker(broker, ({ method, consumer }) => {
      if (method !== "join") return;
      throw consumer === "one"
        ? new WrongTypeError("jobs", "string", "stream")
        : new TypeError("two");
    });
    const { orchestrator, clock } = service(faulty, {
      consumers: [plan("b", { consumer: "two" }), plan("a", { consumer: "one" })],
    });
    await assertRejects(() => orchestrator.start(), WrongTypeError);
    await assertRejects(() => orchestrator.finished, WrongTypeError);
    await orchestrator.stop();
    assertEquals([orchestrator.state, clock.timerCount], ["failed", 0]);
  },
);

testOnEachBroker(
  "a consumer whose machine breaks is restarted like one that failed, and handles everything once",
  async ({ broker }) => {
    let breaks = 0;
    let isDue = false;
    const faulty = faultyBroker(broker, ({ method, consumer }) => {
      if (consumer !== "fragile" || method !== "readNew" || breaks >= 2) return;
      isDue = true;
      throw new BrokerUnavailableError("read", "ECONNRESET");
    });
    const random: Random = {
      ...systemRandom,
      next() {
        if (!isDue) return systemRandom.next();
        isDue = false;
        breaks++;
        throw new Error("no chance"); // in an action of the machine, which asks for a wait
      },
    };
    const { orchestrator, log, clock } = service(faulty, {
      random,
      consumers: [plan("calm"), plan("fragile", { consumer: "fragile" })],
    });
    await publish(broker);
    await orchestrator.start();
    await assertHandled(broker, ["calm", "fragile"]);
    const failed = log.having("consumer failed").map(({ fields }) => fields.error);
    assertEquals([breaks, failed], [2, ["no chance", "no chance"]]);
    assertEquals(log.having("the consumer is started again").length, 2);
    await orchestrator.stop();
    await orchestrator.finished;
    assertEquals([orchestrator.state, clock.timerCount], ["stopped", 0]);
  },
);
