/**
 * Promise: a stop finishes what is in flight by the deadline, commits it, hands the rest back, and ends within the grace
 * and a second in every state, also when the broker does not answer; nothing is left open, and nothing is doubled.
 * Method: every state of a consumer, of its supervisor and of the orchestrator, on real brokers, with and without a
 * broker that answers, on a clock that measures exactly; and a heir that gets at once what was handed back.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Broker,
  BrokerUnavailableError,
  ClosedError,
  type ConsumerState,
  type Handler,
  StreamConsumer,
  WrongTypeError,
} from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { type Fault, silence } from "../support/faulty_broker.ts";
import {
  GRACE_MS,
  inherit,
  JOBS,
  STEP_MS,
  StoppableService,
} from "../support/stoppable_service.ts";
import { settle, VirtualClock } from "../support/virtual_clock.ts";

const endless: Handler = () => new Promise(() => {});

/** A consumer in one of its states. */
interface Situation {
  readonly state: ConsumerState;
  readonly fault?: Fault;
  readonly handler?: Handler;
  readonly pauses?: boolean;
  readonly isIdle?: boolean;
}

const hangs = (method: string): Fault => async (call) => {
  if (call.method === method) await silence();
};

const SITUATIONS: readonly Situation[] = [
  { state: "loadingCheckpoint", fault: hangs("join") },
  { state: "validating", fault: hangs("establish") },
  { state: "reading", isIdle: true },
  { state: "processing", handler: endless },
  { state: "acking", fault: hangs("commit") },
  { state: "reclaiming", fault: hangs("claim") },
  {
    state: "backingOff",
    fault({ method }) {
      if (method === "readNew") throw new BrokerUnavailableError("read", "ECONNREFUSED");
    },
  },
  { state: "paused", pauses: true },
];

/** How to stop: as an operator does, at once, and at once while it stops. */
const WAYS = ["drain", "now", "drain, then now"] as const;

async function stopIn(
  broker: Broker,
  situation: Situation,
  { way, isSilent }: { readonly way: typeof WAYS[number]; readonly isSilent: boolean },
): Promise<void> {
  const { state, fault, handler, pauses = false, isIdle = false } = situation;
  const what = `${state} ${way} ${isSilent ? "silent" : "answering"}`;
  const service = new StoppableService(broker, what, {
    ...(fault === undefined ? {} : { fault }),
    plans: [handler === undefined ? {} : { handler }],
  });
  const { orchestrator, clock } = service;
  await broker.createGroup(what, "workers", "beginning", { createStream: true });
  if (!isIdle && !pauses) await service.publish(broker);
  const started = orchestrator.start().catch((error: unknown) => error);
  if (pauses) {
    await service.until("it reads", () => service.states[0] === "reading");
    orchestrator.pause();
    await service.publish(broker);
  }
  await service.until(`it is ${state}`, () => service.states[0] === state);
  service.isSilent = isSilent;

  if (way === "drain, then now") {
    orchestrator.stop();
    await clock.advance(STEP_MS);
  }
  const tookMs = await service.stop({ now: way !== "drain" });
  const boundMs = (way === "drain" ? GRACE_MS : 0) + 1_000;
  assert(tookMs <= boundMs, `${what} took ${tookMs} ms`);
  await orchestrator.finished;
  await started;
  assertEquals(
    [orchestrator.state, service.states, clock.timerCount],
    ["stopped", ["stopped"], 0],
    what,
  );
  assertEquals(await service.stop(), 0, `${what}: stopped again`);
  if (isSilent || isIdle) return;
  assertEquals(await inherit(broker, service), JOBS, what);
}

for (const isSilent of [false, true]) {
  testOnEachBroker(
    `a stop ends within the grace and a second in every state of a consumer${
      isSilent
        ? ", with a broker that answers nothing"
        : ", and a heir gets at once what was not done"
    }`,
    async ({ broker }) => {
      const all = WAYS.flatMap((way) =>
        SITUATIONS.map((situation) => stopIn(broker, situation, { way, isSilent }))
      );
      for (const end of await Promise.allSettled(all)) {
        if (end.status === "rejected") throw end.reason;
      }
    },
  );
}

testOnEachBroker(
  "a stop lets running handlers finish, commits them once, and hands back the rest",
  async ({ broker }) => {
    const begun: unknown[] = [];
    const mayEnd = Promise.withResolvers<void>();
    const service = new StoppableService(broker, "jobs", {
      plans: [{
        handler: async (event, context) => {
          begun.push(event.data);
          await mayEnd.promise;
          context.publish("results", { type: "result", data: event.data });
        },
      }],
    });
    await service.publish(broker);
    const started = service.orchestrator.start();
    await service.until("one runs", () => begun.length === 1);
    await started;
    const stopped = service.orchestrator.stop();
    await service.clock.advance(GRACE_MS / 2);
    assertEquals([service.orchestrator.state, service.states], ["draining", ["draining"]]);
    mayEnd.resolve();
    const tookMs = await service.stop();
    await stopped;
    assert(
      tookMs < GRACE_MS / 2,
      `it did not wait for the rest of the grace, but took ${tookMs} ms`,
    );
    assertEquals([begun, service.clock.timerCount], [[1], 0]);
    assertEquals((await broker.range("results", { count: 10 })).length, 1);
    assertEquals(await inherit(broker, service), [2, 3]);
  },
);

testOnEachBroker(
  "a stop ends at once while one waits to be restarted, and while one is given up",
  async ({ broker }) => {
    const restarting = new StoppableService(broker, "restarting", {
      supervision: { initialMs: 50_000, maxMs: 60_000 },
      random: { next: () => 0.9, uniqueText: () => "chance" },
      plans: [{}, { consumer: "bad" }],
      fault({ method, consumer }) {
        if (method === "join" && consumer === "bad") throw new TypeError("x is not a function");
      },
    });
    const givenUp = new StoppableService(broker, "givenUp", {
      plans: [{}, { consumer: "bad" }],
      fault({ method, consumer }) {
        if (method === "join" && consumer === "bad") {
          throw new WrongTypeError("jobs", "string", "stream");
        }
      },
    });
    const supervisions = (service: StoppableService) =>
      service.orchestrator.facts().map(({ supervision }) => supervision);
    const services = [restarting, givenUp];
    const starts = services.map(({ orchestrator }) =>
      orchestrator.start().catch((error: unknown) => error)
    );
    await restarting.until(
      "it waits",
      () => supervisions(restarting).join() === "running,restarting",
    );
    await givenUp.until("it is given up", () => supervisions(givenUp).join() === "running,failed");
    for (const service of services) {
      const tookMs = await service.stop();
      assert(tookMs < GRACE_MS, `it waited for nothing, but took ${tookMs} ms`);
      assertEquals(service.clock.timerCount, 0);
    }
    await restarting.orchestrator.finished; // it did what it was told, and nobody was given up
    await assertRejects(() => givenUp.orchestrator.finished, WrongTypeError);
    const ends = await Promise.all(starts);
    assertEquals(ends.map((end) => end instanceof ClosedError), [true, false]);
  },
);

testOnEachBroker(
  "a stop in the turn of the start, and before it, leaves nothing behind",
  async ({ broker }) => {
    for (const now of [false, true]) {
      const service = new StoppableService(broker, `early ${now}`, {
        plans: [{}, { consumer: "second" }],
      });
      const started = assertRejects(() => service.orchestrator.start(), ClosedError);
      await service.stop({ now });
      await started;
      await service.orchestrator.finished;
      assertEquals([service.orchestrator.state, service.clock.timerCount], ["stopped", 0]);
      assertEquals(await broker.listGroups(service.stream), [], "nobody began");
    }
    const unused = new StoppableService(broker, "unused", {});
    assertEquals(await unused.stop(), 0);
    assertEquals(unused.clock.timerCount, 0);
  },
);

testOnEachBroker(
  "a stop in any turn after the start ends in order, and nothing starts after it",
  async ({ broker }) => {
    for (let turns = 0; turns < 60; turns++) {
      const service = new StoppableService(broker, `turn ${turns}`, {
        plans: [{}, { consumer: "second" }],
      });
      const started = service.orchestrator.start().catch((error: unknown) => error);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await service.stop({ now: turns % 2 === 0 });
      await started;
      await service.orchestrator.finished;
      await settle();
      const end = [service.orchestrator.state, service.clock.timerCount, ...service.states];
      assertEquals(end, ["stopped", 0, "stopped", "stopped"], service.stream);
    }
  },
);

testOnEachBroker(
  "a consumer that is stopped in any turn of its start does not start after it",
  async ({ broker }) => {
    for (let turns = 0; turns < 30; turns++) {
      const clock = new VirtualClock();
      const consumer = new StreamConsumer({
        broker,
        clock,
        stream: "jobs",
        group: "workers",
        blockMs: 20,
      });
      const started = consumer.subscribe(() => {}).catch((error: unknown) => error);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      let isOver = false;
      const stopped = consumer.stop({ now: true }).then(() => isOver = true);
      await eventually("it has stopped", async () => {
        await clock.advance(STEP_MS);
        return isOver;
      });
      await stopped;
      await started;
      await settle();
      assertEquals([consumer.state, clock.timerCount], ["stopped", 0], `${turns} turns`);
    }
  },
);

/** Stops while a call is held back, then lets it go on. */
async function answerLate(broker: Broker, method: string): Promise<void> {
  const answer = Promise.withResolvers<void>();
  let isHeld = false;
  const service = new StoppableService(broker, `late ${method}`, {
    plans: [{ leaseMs: 300 }],
    fault: async (call) => {
      if (call.method !== method) return;
      isHeld = true;
      await answer.promise;
    },
  });
  await service.publish(broker);
  const started = service.orchestrator.start().catch((error: unknown) => error);
  if (method === "release") {
    await service.until("it reads", () => service.states[0] === "reading");
  } else await service.until(`${method} is under way`, () => isHeld);
  await service.stop();
  await started;
  answer.resolve();
  await settle();
  await broker.streamInfo(service.stream); // answered after the call that was held back
  await settle();
  await service.clock.advance(1_000);
  const end = [isHeld, service.orchestrator.state, service.clock.timerCount];
  assertEquals(end, [true, "stopped", 0], method);
}

testOnEachBroker("an answer that comes after the stop opens nothing again", async ({ broker }) => {
  const methods = ["join", "establish", "readNew", "claim", "commit", "release", "renew"];
  await Promise.all(methods.map((method) => answerLate(broker, method)));
});
