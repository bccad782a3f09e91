/**
 * Tests that a chart says what the machine's definition says, and that its hash names the definition.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { createMachine } from "xstate";
import { chartHash } from "../../src/inspector/chart/chart_hash.ts";
import { chartOf } from "../../src/inspector/chart/chart_of.ts";
import { all, everything, kettle } from "./chart_machines.ts";

/** One line for each transition. */
function told(machine: Parameters<typeof chartOf>[0]): string[] {
  return chartOf(machine).transitions.map((each) => {
    const guard = each.guard ?? (each.otherwise ? "otherwise" : "");
    const parts = [each.id, each.trigger, each.label, guard, each.targets.join(" "), each.actions];
    return parts.join("|") + (each.reenter ? "|reenter" : "");
  });
}

Deno.test("chartOf lists states in the order of the definition, each before those inside it", () => {
  const { machine, states } = chartOf(kettle);
  assertEquals(machine, "kettle");
  assertEquals(states.map(({ id, type }) => `${id} ${type}`), [
    "kettle compound",
    "kettle.cold atomic",
    "kettle.heating compound",
    "kettle.heating.slowly atomic",
    "kettle.heating.boiling atomic",
    "kettle.heating.done final",
    "kettle.hot atomic",
    "kettle.broken final",
  ]);
  assertEquals(states.slice(0, 3), [
    {
      id: "kettle",
      key: "kettle",
      parent: null,
      type: "compound",
      description: "Boils water.",
      initial: ["kettle.cold"],
      entry: [],
      exit: [],
      invokes: [],
    },
    {
      id: "kettle.cold",
      key: "cold",
      parent: "kettle",
      type: "atomic",
      description: "Waits for somebody who is thirsty.",
      initial: [],
      entry: ["beep"],
      exit: [],
      invokes: [],
    },
    {
      id: "kettle.heating",
      key: "heating",
      parent: "kettle",
      type: "compound",
      description: null,
      initial: ["kettle.heating.slowly"],
      entry: [],
      exit: [],
      invokes: [],
    },
  ]);
});

Deno.test("chartOf tells of every transition when it is taken, where it leads and what it does", () => {
  assertEquals(told(kettle), [
    "kettle/probe.failed/0|event|probe.failed||kettle.broken|",
    "kettle/button.off/0|event|button.off|||beep",
    "kettle.cold//0|always||isWarmerThan(90)|kettle.hot|",
    "kettle.cold/button.on/0|event|button.on|isEmpty|kettle.broken|",
    "kettle.cold/button.on/1|event|button.on|otherwise|kettle.heating|",
    "kettle.cold/button.off/0|event|button.off||kettle.cold||reenter",
    "kettle.cold/probe.hot/0|event|probe.hot|||",
    "kettle.heating/button.off/0|event|button.off||kettle.cold|",
    "kettle.heating/probe.hot/0|event|probe.hot||kettle.heating.boiling|",
    "kettle.heating/xstate.done.state.kettle.heating/0|done|done||kettle.hot|",
    "kettle.heating.slowly/probe.hot/0|event|probe.hot||kettle.heating.boiling|",
    "kettle.heating.slowly/button.on/0|event|button.on||kettle.hot|",
    "kettle.heating.boiling//0|always||isEmpty|kettle.broken|",
    "kettle.heating.boiling//1|always||otherwise|kettle.heating.done|",
    "kettle.hot//0|always|||kettle.cold|",
  ]);
});

Deno.test("chartOf knows clocks, actors, history, sides, joined and nameless guards", () => {
  assertEquals(told(everything), [
    "everything.rest/go/0|event|go|isA and (not isB)|everything.sides|",
    "everything.rest/go/1|event|go|isA or isB|everything.sides.left.b everything.sides.right.y|",
    "everything.rest/go/2|event|go|(in place)|everything.sides.past|",
    "everything.rest/*/0|event|any event|||(in place)",
    "everything.rest/xstate.after.200.everything.rest/0|after|after 200 ms||everything.sides|",
    "everything.rest/xstate.after.patience.everything.rest/0|after|after patience||everything.asking|",
    "everything.sides/again/0|event|again||everything.sides||reenter",
    "everything.sides/back/0|event|back||everything.rest|",
    "everything.sides.left.a/go/0|event|go||everything.sides.left.b|",
    "everything.sides.left.b/go/0|event|go||everything.sides.left|",
    "everything.sides.right.x/go/0|event|go||everything.sides.right.y|",
    "everything.sides.right.y/back/0|event|back||everything.sides.right.x|",
    "everything.asking/xstate.done.actor.question/0|done|question done||everything.rest|",
    "everything.asking/xstate.error.actor.question/0|error|question failed||everything.given up|",
  ]);
  const { states } = chartOf(everything);
  assertEquals(states.find(({ key }) => key === "sides")?.initial, [
    "everything.sides.left",
    "right",
  ]);
  assertEquals(states.find(({ key }) => key === "asking")?.invokes, ["question"]);
  // XState starts and ends the clocks of `after` by actions of its own, which nobody wrote.
  assertEquals(states.flatMap(({ entry, exit }) => [...entry, ...exit]), []);
});

Deno.test("chartHash is the same for the same definition, also in another process", async () => {
  const here = Object.values(all).map((machine) => chartHash(chartOf(machine)));
  assertEquals(new Set(here).size, here.length);
  assertEquals(here.filter((hash) => !/^[0-9a-f]{32}$/.test(hash)), []);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const base = new URL("../../", import.meta.url).href;
  const program = `
    import { chartHash } from "${base}src/inspector/chart/chart_hash.ts";
    import { chartOf } from "${base}src/inspector/chart/chart_of.ts";
    import { all } from "${base}tests/inspector/chart_machines.ts";
    console.log(Object.values(all).map((machine) => chartHash(chartOf(machine))).join());
  `;
  const file = await Deno.makeTempFile({ dir: "/tmp", suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, program);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        "--ignore-env",
        "--allow-read",
        `--config=${config}`,
        file,
      ],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    assertEquals([text(stdout), text(stderr)], [here.join(), ""]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("chartHash differs as soon as anything in the definition does", () => {
  const state = { description: "Waits.", on: { go: [{ guard: "isA", target: "b" }, "b"] } };
  const variants = [
    { initial: "a", states: { a: state, b: {} } },
    { initial: "b", states: { a: state, b: {} } },
    { initial: "a", states: { b: {}, a: state } },
    { initial: "a", states: { a: { ...state, description: "Waits" }, b: {} } },
    { initial: "a", states: { a: { ...state, entry: "beep" }, b: {} } },
    {
      initial: "a",
      states: { a: { ...state, on: { go: ["b", { guard: "isA", target: "b" }] } }, b: {} },
    },
    {
      initial: "a",
      states: { a: { ...state, on: { go: [{ guard: "isB", target: "b" }, "b"] } }, b: {} },
    },
    {
      initial: "a",
      states: { a: { ...state, on: { go: [{ guard: "isA", target: "b" }] } }, b: {} },
    },
    { initial: "a", states: { a: state, b: { type: "final" as const } } },
  ];
  const hashes = variants.map((variant) =>
    chartHash(chartOf(createMachine({ id: "m", ...variant })))
  );
  assertEquals(new Set(hashes).size, variants.length);
  const [first] = variants;
  assertNotEquals(chartHash(chartOf(createMachine({ id: "n", ...first }))), hashes[0]);
  // The order in which a program wrote the members down says nothing.
  const chart = chartOf(kettle);
  const turned = { transitions: chart.transitions, states: chart.states, machine: chart.machine };
  assertEquals(chartHash(turned), chartHash(chart));
});
