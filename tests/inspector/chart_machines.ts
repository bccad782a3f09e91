/**
 * Machines that the tests of charts draw: those that run here, one with everything that XState knows, and one whose
 * names try to break out of a drawing.
 *
 * @module
 */

import { and, type AnyStateMachine, createMachine, fromPromise, not, or, setup } from "xstate";
import { consumerMachine } from "../../src/consumer/machine.ts";
import { orchestratorMachine } from "../../src/orchestrator/machine.ts";
import { supervisorMachine } from "../../src/orchestrator/supervisor_machine.ts";
import { workerMachine } from "../../src/workers/worker_machine.ts";

/** Small, with transitions out of, into and within a state with states inside. */
export const kettle = setup({
  types: {} as {
    events:
      | { type: "button.on" }
      | { type: "button.off" }
      | { type: "probe.hot" }
      | { type: "probe.failed" };
  },
  guards: { isEmpty: () => false, isWarmerThan: (_, _params: { degrees: number }) => false },
  actions: { beep: () => {} },
}).createMachine({
  id: "kettle",
  description: "Boils water.",
  initial: "cold",
  on: { "probe.failed": { target: ".broken" }, "button.off": { actions: "beep" } },
  states: {
    cold: {
      description: "Waits for somebody who is thirsty.",
      entry: "beep",
      always: { guard: { type: "isWarmerThan", params: { degrees: 90 } }, target: "hot" },
      on: {
        "button.on": [{ guard: "isEmpty", target: "broken" }, { target: "heating" }],
        "button.off": { target: "cold", reenter: true },
        "probe.hot": {},
      },
    },
    heating: {
      initial: "slowly",
      on: { "button.off": "cold", "probe.hot": ".boiling" },
      onDone: "hot",
      states: {
        slowly: { on: { "probe.hot": "boiling", "button.on": "#kettle.hot" } },
        boiling: { always: [{ guard: "isEmpty", target: "#kettle.broken" }, { target: "done" }] },
        done: { type: "final" },
      },
    },
    hot: { always: { target: "cold" } },
    broken: { type: "final" },
  },
});

/** States side by side, history, clocks, actors, joined guards, nameless functions, ways from inside out. */
export const everything = setup({
  types: {} as { events: { type: "go" } | { type: "back" } | { type: "again" } },
  guards: { isA: () => true, isB: () => true },
  delays: { patience: 100 },
  actors: { fetching: fromPromise(() => Promise.resolve(1)) },
}).createMachine({
  id: "everything",
  initial: "rest",
  states: {
    rest: {
      on: {
        go: [
          { guard: and(["isA", not("isB")]), target: "sides" },
          { guard: or(["isA", "isB"]), target: ["#everything.sides.left.b", "#right.y"] },
          { guard: () => true, target: "sides.past" },
        ],
        "*": { actions: () => {} },
      },
      after: { 200: "sides", patience: { target: "asking" } },
    },
    sides: {
      type: "parallel",
      on: { again: { target: "sides", reenter: true }, back: "rest" },
      states: {
        left: {
          initial: "a",
          states: { a: { on: { go: "b" } }, b: { on: { go: "#everything.sides.left" } } },
        },
        right: {
          id: "right",
          initial: "x",
          states: { x: { on: { go: "y" } }, y: { on: { back: "x" } } },
        },
        past: { type: "history", history: "deep" },
      },
    },
    asking: {
      invoke: { id: "question", src: "fetching", onDone: "rest", onError: "given up" },
    },
    "given up": { type: "final" },
  },
});

/** Names that would end a text, a tag, an attribute or a line. */
export const hostile: AnyStateMachine = createMachine({
  id: `"><script>alert(1)</script>`,
  description: "</title></svg><script>alert(2)</script> \u202e \u0000 ]]> \ud800",
  initial: "end",
  states: {
    end: {
      description: "-->\n  [*] --> evil: %%{init: {}}%%\n```",
      on: {
        'x" onload="alert(3)': { guard: "<b>&amp;", target: "constructor" },
        "a\n  evil --> [*]": { guard: "#59; note", target: "state" },
      },
    },
    constructor: { on: { "寿司寿司寿司寿司寿司寿司寿司寿司寿司寿司寿司": "state" } },
    state: { initial: "end", states: { end: {}, "[*]": { type: "final" } } },
    __proto: { on: { ["long".repeat(500)]: "s1" } },
    s1: { description: "word".repeat(300) },
  },
});

/** A machine without states. */
export const lonely: AnyStateMachine = setup({}).createMachine({ id: "lonely" });

/** Every machine that a service here is made of. */
export const running: Readonly<Record<string, AnyStateMachine>> = {
  consumer: consumerMachine,
  supervisor: supervisorMachine,
  orchestrator: orchestratorMachine,
  worker: workerMachine,
};

/** All of them. */
export const all: Readonly<Record<string, AnyStateMachine>> = {
  ...running,
  kettle,
  everything,
  hostile,
  lonely,
};
