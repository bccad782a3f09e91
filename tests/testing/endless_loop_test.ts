/**
 * A simulation in which something goes round without end while no time passes: it ends, and says what went round.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Broker } from "../../src/ports/broker.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { ClockView } from "../../src/testing/clock_view.ts";
import { EndlessLoopError } from "../../src/testing/instant.ts";
import { Link } from "../../src/testing/link.ts";
import { SeededRandom } from "../../src/testing/seeded_random.ts";
import { simulatePlan } from "../../src/testing/simulation.ts";
import type { SimulationHooks } from "../../src/testing/simulation_result.ts";
import { settle } from "../../src/testing/virtual_clock.ts";
import { World } from "../../src/testing/world.ts";
import { smallPlan } from "./small_plan.ts";

Deno.test("simulatePlan ends with an error when timers run without end while no time passes", async () => {
  // Entries that are never there: each read is answered at once with nothing.
  const wrapBroker = (broker: Broker): Broker =>
    new Proxy(broker, {
      get(target, name): unknown {
        if (name === "readNew") return () => Promise.resolve([]);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const error = await assertRejects(
    () => simulatePlan(smallPlan(), { hooks: { wrapBroker } }),
    EndlessLoopError,
  );
  assertMatch(
    error.message,
    /^Cannot go on: process "p1" goes round without end: after 0 ms no more time passes, .+ its last call was "readNew"$/,
  );
});

/** A process that turns without a call or a timer, unless it hears that it is to stop. */
function turningProcess(
  hearsStop: boolean,
): { readonly hooks: SimulationHooks; readonly ends: readonly string[] } {
  const ends: string[] = [];
  let isTold = false;
  const turn = async (clock: Clock) => {
    for (let turn = 0; turn < 1_000_000; turn++) {
      if (hearsStop && isTold) return "was told to stop";
      clock.nowMs();
      await null;
    }
    return "was let be";
  };
  const wrapClock = (clock: Clock): Clock => {
    const end = (how: string) => void ends.push(how);
    turn(clock).then(end, (error: unknown) => end(String(error)));
    return clock;
  };
  const inspect = (seen: unknown) => {
    const { event = null } = typeof seen === "object" && seen !== null && "event" in seen
      ? seen
      : {};
    if (typeof event !== "object" || event === null || !("type" in event)) return;
    isTold ||= event.type === "operator.stop";
  };
  return { hooks: { wrapClock, inspect }, ends };
}

Deno.test("simulatePlan ends a process that turns without a call or a timer, and says so", async () => {
  const polite = turningProcess(true);
  const told = await assertRejects(
    () => simulatePlan(smallPlan(), { hooks: polite.hooks }),
    EndlessLoopError,
  );
  assertMatch(
    told.message,
    /^Cannot go on: process "p1" goes round without end: after 0 ms no more time passes, it looked at its clock 1151 times, and .+$/,
  );
  assertEquals(polite.ends, ["was told to stop"]);
  const deaf = turningProcess(false);
  await assertRejects(() => simulatePlan(smallPlan(), { hooks: deaf.hooks }), EndlessLoopError);
  assertEquals(deaf.ends.map((each) => each.includes("goes round without end")), [true]);
});

Deno.test("Link answers no call of a process that makes one after the other at one instant", async () => {
  const world = new World(smallPlan({ entries: [] }), {});
  const random = new SeededRandom(1, "link");
  const onCall = () => ({ fault: null, killAfter: null });
  const clock = new ClockView(world.clock);
  const link = new Link({ world, process: "p1", clock, random, onCall });
  const answered: number[] = [];
  for (let call = 1; call <= 1_002; call++) {
    link.pass("streamInfo", () => Promise.resolve(call)).then((answer) => answered.push(answer));
  }
  await settle();
  await world.clock.advance(0);
  assertEquals([answered.length, answered.at(-1)], [1_000, 1_000]);
  assertEquals(world.defect instanceof EndlessLoopError, true);
});
