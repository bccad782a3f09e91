/** One supervised consumer on a clock that stands still: its waits, its timers, its names, and what breaks it. */

import { assert, assertEquals } from "@std/assert";
import { type AnyActorRef, createActor } from "xstate";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { ConsumerFencedError } from "../../src/domain/errors.ts";
import { Nursery } from "../../src/orchestrator/hosting.ts";
import { orchestratorMachine } from "../../src/orchestrator/machine.ts";
import type { Member } from "../../src/orchestrator/orchestrator_events.ts";
import type { ConsumerPlan } from "../../src/orchestrator/plan.ts";
import { SUPERVISION, type SupervisionOptions } from "../../src/orchestrator/restart_policy.ts";
import { Supervision } from "../../src/orchestrator/supervision.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Random } from "../../src/ports/random.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { eventually } from "../support/eventually.ts";
import { type Fault, faultyBroker, silence } from "../support/faulty_broker.ts";
import { StoryLog } from "../support/story_log.ts";
import { settle, VirtualClock } from "../support/virtual_clock.ts";

interface RigOptions {
  readonly fault?: Fault;
  readonly plan?: Partial<ConsumerPlan>;
  readonly supervision?: Partial<SupervisionOptions>;
  readonly random?: Partial<Random>;
  /** Told of every change, in the turn in which it happens. */
  readonly onChange?: (rig: Rig, member: Member) => void;
}

/** A supervision with everything around it. */
class Rig implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly log = new StoryLog();
  readonly told: Member[] = [];
  readonly under: Supervision;
  readonly #parent = createActor(orchestratorMachine, {
    input: { consumerCount: 1, endsOnFailure: false },
  });
  readonly #open: Broker;

  private constructor(open: Broker, options: RigOptions) {
    this.#open = open;
    this.#parent.start();
    let texts = 0;
    this.under = new Supervision({
      plan: { stream: "orders", group: "billing", blockMs: 10, handler: () => {}, ...options.plan },
      broker: faultyBroker(open, options.fault ?? (() => {})),
      supervision: { ...SUPERVISION, ...options.supervision },
      nursery: new Nursery(this.#parent),
      log: this.log,
      clock: this.clock,
      // The longest waits, and names that can be told apart.
      random: { next: () => 0.999_999, uniqueText: () => `text-${++texts}-`, ...options.random },
      onChange: (_, member) => {
        this.told.push(member);
        options.onChange?.(this, member);
      },
    });
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    return new Rig(await openSqliteBroker({ path: ":memory:" }), options);
  }

  /** The names of the actors under the supervisor. */
  get children(): string[] {
    const [supervisor]: AnyActorRef[] = Object.values(this.#parent.getSnapshot().children);
    return Object.keys(supervisor?.getSnapshot().children).sort();
  }

  async reaches(state: Member["state"]): Promise<void> {
    await eventually(`it is ${state}, not ${this.under.state}`, () => this.under.state === state);
  }

  async publish(data: unknown): Promise<void> {
    await new StreamProducer({ broker: this.#open, stream: "orders" }).publish({ type: "t", data });
  }

  /** Moves the clock until its end: the bounds of an end are waits as well. */
  async endsAs(state: Member["state"]): Promise<void> {
    await eventually(`it is ${state}, not ${this.under.state}`, async () => {
      await this.clock.advance(100);
      return this.under.state === state;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const disposed = this.under[Symbol.asyncDispose]();
    let isOver = false;
    disposed.then(() => isOver = true, () => isOver = true);
    await eventually("it is disposed", async () => {
      await this.clock.advance(100);
      return isOver;
    });
    await disposed;
    await this.#open[Symbol.asyncDispose]();
  }
}

const denied: Fault = ({ method }) => {
  if (method === "join") throw new TypeError("join is broken");
};

Deno.test("Supervision waits longer before every restart, and gives up after restartsMax", async () => {
  await using rig = await Rig.start({ fault: denied, supervision: { restartsMax: 4, maxMs: 700 } });
  const waitsMs: number[] = [];
  for (let round = 0; round < 4; round++) {
    await rig.reaches("restarting");
    await eventually("it says until when", () => rig.under.context.restartAtMs !== null);
    const waitMs = (rig.under.context.restartAtMs ?? 0) - rig.clock.nowMs();
    waitsMs.push(waitMs);
    await rig.clock.advance(waitMs - 1);
    assertEquals([rig.under.state, rig.clock.timerCount, rig.children], ["restarting", 1, []]);
    await rig.clock.advance(1);
  }
  assertEquals(waitsMs, [199, 399, 699, 699]);
  await rig.reaches("givenUp");
  assertEquals(rig.clock.timerCount, 0);
  assertEquals(rig.under.context.starts, 5);
  assertEquals(rig.told.map(({ state }) => state), [
    "starting",
    ...Array.from({ length: 4 }, () => ["restarting", "starting"]).flat(),
    "givenUp",
  ]);
  assertEquals(rig.log.having("the consumer is started again").length, 4);
});

Deno.test("Supervision counts only the failures of the window", async () => {
  let isBroken = false;
  await using rig = await Rig.start({
    fault: ({ method }) => {
      if (isBroken && method === "readNew") throw new TypeError("broken for now");
    },
    supervision: { restartsMax: 1 },
  });
  for (let round = 0; round < 4; round++) {
    await rig.reaches("running");
    isBroken = true;
    await rig.endsAs("restarting");
    isBroken = false;
    await rig.clock.advance(60_000);
  }
  await rig.reaches("running");
  assertEquals(rig.under.context.starts, 5);
});

Deno.test("Supervision leaves no timer behind when it is told to end the moment its consumer failed", async () => {
  for (const type of ["operator.drain", "operator.stop", "operator.restart"] as const) {
    let isTold = false;
    await using rig = await Rig.start({
      fault: denied,
      onChange({ under }, { state }) {
        if (state !== "restarting" || isTold) return;
        isTold = true;
        under.tell({ type }); // the wait has not begun yet
      },
    });
    await eventually("it was told", () => isTold);
    await settle();
    if (type === "operator.restart") {
      await eventually("it waits again", () => rig.under.context.restartAtMs !== null);
      assertEquals([rig.under.context.starts, rig.clock.timerCount], [2, 1]);
    } else {
      assertEquals([rig.under.state, rig.clock.timerCount], ["stopped", 0]);
    }
  }
});

Deno.test("Supervision leaves no timer behind when it is told to end while it waits", async () => {
  for (const type of ["operator.drain", "operator.stop"] as const) {
    await using rig = await Rig.start({ fault: denied });
    await eventually("it waits", () => rig.clock.timerCount === 1);
    rig.under.tell({ type });
    assertEquals([rig.under.state, rig.clock.timerCount], ["stopped", 0]);
  }
});

Deno.test("Supervision that is disposed of starts nothing more", async () => {
  let joins = 0;
  await using rig = await Rig.start({
    fault(call) {
      if (call.method === "join") joins++;
      return denied(call);
    },
  });
  await eventually("it waits", () => rig.clock.timerCount === 1);
  rig.under.tell({ type: "operator.restart" });
  await rig.under[Symbol.asyncDispose]();
  await settle();
  assertEquals([joins, rig.clock.timerCount], [1, 0]);
});

Deno.test("Supervision keeps a pause over a restart, until it is resumed", async () => {
  const handled: unknown[] = [];
  let isBroken = false;
  await using rig = await Rig.start({
    plan: { handler: (event) => void handled.push(event.data) },
    fault({ method }) {
      if (isBroken && (method === "readNew" || method === "release")) throw new TypeError("broken");
    },
  });
  const isPaused = () => rig.under.consumer?.state === "paused";
  await rig.reaches("running");
  isBroken = true;
  await rig.endsAs("restarting");
  isBroken = false;
  rig.under.pause();
  await rig.clock.advance(1_000);
  await eventually("it is paused", isPaused);
  await rig.publish("event");
  await rig.clock.advance(1_000);
  assertEquals([isPaused(), handled], [true, []]);
  rig.under.resume();
  await eventually("it goes on", () => handled.length === 1);
});

Deno.test("Supervision that breaks ends its consumer, says so once, and hears nothing more", async () => {
  await using rig = await Rig.start({
    fault: denied,
    random: {
      next() {
        throw new Error("no chance");
      },
    },
  });
  await eventually("it broke", () => rig.told.at(-1)?.state === "failed");
  for (const type of ["operator.restart", "operator.drain", "operator.stop"] as const) {
    rig.under.tell({ type });
    await settle();
  }
  assertEquals(rig.told.slice(-1), [
    { state: "failed", failure: { code: "Error", message: "no chance", restart: "later" } },
  ]);
  assertEquals(rig.told.filter(({ state }) => state === "failed").length, 1);
  assertEquals(rig.log.having("the supervision of a consumer broke, the others go on").length, 1);
  assertEquals([rig.under.state, rig.under.consumer, rig.clock.timerCount], ["failed", null, 0]);
  assertEquals(rig.under.context.starts, 1);
});

Deno.test("Supervision takes a name of its own when its name was taken, also while it still starts", async () => {
  const joined: (string | null)[] = [];
  await using rig = await Rig.start({
    plan: { onFenced: "rename" },
    fault: ({ method, consumer }) => {
      if (method === "join") joined.push(consumer);
      if (method === "establish" && consumer === "main") {
        throw new ConsumerFencedError("main", 1, 2);
      }
    },
  });
  await rig.reaches("running");
  assertEquals(joined, ["main", "main~text-1-"]);
  assertEquals(rig.told.map(({ state }) => state), ["starting", "starting", "running"]);
  assertEquals(
    rig.log.having("another process has taken this consumer's name, going on under a new one")
      .map(({ fields }) => [fields.before, fields.consumer]),
    [["main", "main~text-1-"]],
  );
});

Deno.test("Supervision that is told to forget its name at a broker that does not answer ends in time", async () => {
  const asked: string[] = [];
  await using rig = await Rig.start({
    plan: { onFenced: "rename", graceMs: 0 },
    fault: async ({ method, consumer }) => {
      asked.push(method);
      if (method === "establish" && consumer === "main") {
        throw new ConsumerFencedError("main", 1, 2);
      }
      if (method === "deleteConsumer") await silence();
    },
  });
  await rig.reaches("running");
  const askedAtMs = rig.clock.nowMs();
  rig.under.tell({ type: "operator.drain" });
  await rig.endsAs("stopped");
  const disposed = rig.under[Symbol.asyncDispose]();
  let isOver = false;
  disposed.then(() => isOver = true);
  await eventually("it is over", async () => {
    await rig.clock.advance(50);
    return isOver;
  });
  assert(
    rig.clock.nowMs() - askedAtMs <= 1_000 + 100,
    "within a second, as far as this clock can tell",
  );
  assert(asked.includes("deleteConsumer"));
  assertEquals(rig.clock.timerCount, 0);
});
