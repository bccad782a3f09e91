/**
 * Tests that a drawn machine has the machine's arrows and no others.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { setup } from "xstate";
import { mermaidOf } from "../../src/inspector/mermaid.ts";

const kettle = setup({
  types: {} as {
    events:
      | { type: "button.on" }
      | { type: "button.off" }
      | { type: "probe.hot" }
      | { type: "probe.failed" };
  },
  guards: { isEmpty: () => false, isWarmerThan: (_, _params: { degrees: number }) => false },
}).createMachine({
  id: "kettle",
  initial: "cold",
  on: { "probe.failed": { target: ".broken" }, "button.off": { actions: [] } },
  states: {
    cold: {
      always: { guard: { type: "isWarmerThan", params: { degrees: 90 } }, target: "hot" },
      on: {
        "button.on": [{ guard: "isEmpty", target: "broken" }, { target: "heating" }],
        "button.off": { target: "cold", reenter: true },
      },
    },
    heating: {
      initial: "slowly",
      on: { "button.off": "cold" },
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

Deno.test("mermaidOf draws what leads from one first-level state to another", () => {
  assertEquals(
    mermaidOf(kettle.root),
    `stateDiagram-v2
  [*] --> cold
  cold --> hot: [isWarmerThan]
  cold --> broken: button.on
  cold --> heating: button.on
  heating --> cold: button.off
  heating --> hot: done, button.on
  heating --> broken: [isEmpty]
  hot --> cold: at once
  broken --> [*]
  note right of broken: from any state by probe.failed`,
  );
});

Deno.test("mermaidOf leaves out the events that it is told to", () => {
  const without = (event: string) => event.startsWith("button.") || event.startsWith("probe.");
  assertEquals(
    mermaidOf(kettle.root, { without }),
    `stateDiagram-v2
  [*] --> cold
  cold --> hot: [isWarmerThan]
  heating --> hot: done
  heating --> broken: [isEmpty]
  hot --> cold: at once
  broken --> [*]`,
  );
});
