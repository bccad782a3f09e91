/**
 * `LayoutThread`: layouts beside the work of the program, the same as without a thread.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { chartOf } from "../../src/inspector/chart/chart_of.ts";
import { ChartTooLargeError } from "../../src/inspector/chart/chart_errors.ts";
import { layoutOf } from "../../src/inspector/chart/layout.ts";
import { LayoutThread } from "../../src/inspector/chart/layout_thread.ts";
import { knownCharts } from "../../src/service/charts.ts";
import { lampMachine } from "./recorded_machines.ts";

const chart = chartOf(lampMachine);

Deno.test("LayoutThread lays out what layoutOf does, and the program goes on meanwhile", async () => {
  await using thread = new LayoutThread();
  const charts = await knownCharts();
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const [lamp, ...made] = await Promise.all(
    [chart, ...charts].map((each) => thread.layout(each, { badges: true })),
  );
  clearInterval(timer);
  assert(turns > 10, `it had ${turns} turns`);
  assertEquals(lamp, await layoutOf(chart, { badges: true }));
  assertEquals(made.map(({ machine }) => machine), charts.map(({ machine }) => machine));
});

Deno.test({
  name: "LayoutThread works where the program may read no module in a thread",
  permissions: { read: false },
  async fn() {
    await using thread = new LayoutThread();
    const layout = await thread.layout(chart, { badges: false });
    assertEquals(layout, await layoutOf(chart, { badges: false }));
  },
});

Deno.test("LayoutThread refuses what is too large, and goes on", async () => {
  await using thread = new LayoutThread();
  const states = Array.from({ length: 12 }, (_, n) => `s${n}`);
  const { createMachine } = await import("xstate");
  const crossed = createMachine({
    id: "crossed",
    initial: "s0",
    states: Object.fromEntries(states.map((from) => [from, {
      on: Object.fromEntries(states.map((to) => [`to.${to}`, to])),
    }])),
  });
  const large = thread.layout(chartOf(crossed), { badges: true });
  const small = thread.layout(chart, { badges: true });
  await assertRejects(() => large, ChartTooLargeError);
  assertEquals((await small).machine, "lamp");
});

Deno.test("LayoutThread gives up what is not done when it is closed", async () => {
  const thread = new LayoutThread();
  const layouts = [chart, chart].map((each) => thread.layout(each, { badges: true }));
  const settled = Promise.allSettled(layouts);
  await Promise.resolve();
  await thread[Symbol.asyncDispose]();
  assertEquals((await settled).map(({ status }) => status), ["rejected", "rejected"]);
});
