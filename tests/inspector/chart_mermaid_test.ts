/**
 * Tests that a Mermaid drawing has the machine's arrows and no others, and that names in it are only names.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { mermaidOf } from "../../src/inspector/chart/mermaid.ts";
import { overviewOf, withoutEvents } from "../../src/inspector/chart/overview.ts";
import { chartOf } from "../../src/inspector/chart/chart_of.ts";
import { all, everything, hostile, kettle, lonely } from "./chart_machines.ts";

Deno.test("mermaidOf draws states inside states, and as notes what leads into them from around", () => {
  assertEquals(
    mermaidOf(chartOf(kettle)),
    `stateDiagram-v2
  [*] --> cold
  cold --> hot: [isWarmerThan(90)]
  cold --> broken: button.on [isEmpty]
  cold --> heating: button.on [otherwise]
  cold --> cold: button.off
  state heating {
    [*] --> slowly
    slowly --> boiling: probe.hot
    boiling --> done: [otherwise]
    done --> [*]
  }
  heating --> cold: button.off
  heating --> hot: done
  slowly --> hot: button.on
  boiling --> broken: [isEmpty]
  hot --> cold: at once
  broken --> [*]
  note right of broken: from any state by probe.failed
  note right of boiling: from any state of heating by probe.hot`,
  );
});

Deno.test("mermaidOf draws states side by side, history, and ways to several states", () => {
  assertEquals(
    mermaidOf(chartOf(everything)),
    `stateDiagram-v2
  [*] --> rest
  rest --> sides: go [isA and (not isB)], after 200 ms
  rest --> b: go [isA or isB]
  rest --> y: go [isA or isB]
  rest --> past: go [(in place)]
  rest --> asking: after patience
  state sides {
    state "left" as s2 {
      [*] --> a
      a --> b: go
    }
    --
    state "right" as s3 {
      [*] --> x
      x --> y: go
      y --> x: back
    }
    past
  }
  sides --> rest: back
  asking --> rest: question done
  asking --> s4: question failed
  state "given up" as s4
  s4 --> [*]
  note right of sides: from any state of sides by again
  note right of b: to left by go`,
  );
});

Deno.test("overviewOf keeps what leads from one first-level state to another", () => {
  assertEquals(
    mermaidOf(overviewOf(chartOf(kettle))),
    `stateDiagram-v2
  [*] --> cold
  cold --> hot: [isWarmerThan(90)]
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

Deno.test("withoutEvents leaves out the events that it is told to, and nothing else", () => {
  const chart = chartOf(kettle);
  const events = ["button.on", "button.off", "probe.hot", "probe.failed"];
  assertEquals(
    mermaidOf(overviewOf(withoutEvents(chart, events))),
    `stateDiagram-v2
  [*] --> cold
  cold --> hot: [isWarmerThan(90)]
  heating --> hot: done
  heating --> broken: [isEmpty]
  hot --> cold: at once
  broken --> [*]`,
  );
  assertEquals(withoutEvents(chart, []), chart);
});

Deno.test("mermaidOf lets no name of a machine be more than a name", () => {
  const long = `${"long".repeat(29)}lon…`;
  assertEquals(
    mermaidOf(chartOf(hostile)),
    `stateDiagram-v2
  [*] --> s3
  state "end" as s3
  s3 --> s4: x#34; onload=#34;alert(3) [#60;b#62;#38;amp#59;]
  s3 --> s5: a#92;n  evil #45;#45;#62; #91;#42;#93; [#35;59#59; note]
  state "constructor" as s4
  s4 --> s5: ${"寿司".repeat(11)}
  state "state" as s5 {
    [*] --> s6
    state "end" as s6
    state "#91;#42;#93;" as s7
    s7 --> [*]
  }
  state "__proto" as s8
  s8 --> s1: ${long}`,
  );
});

Deno.test("mermaidOf writes only lines that Mermaid knows", () => {
  const name = "[A-Za-z][A-Za-z0-9]*";
  const line = RegExp(
    `^ +(${name}|state (${name}|".+" as ${name})( \\{)?|\\}|--|(\\[\\*\\]|${name}) --> (\\[\\*\\]|${name}: [^:;]*(;[^:;]*)*)|` +
      `\\[\\*\\] --> ${name}|note right of ${name}: [^:]+)$`,
  );
  for (const machine of Object.values(all)) {
    const [first, ...rest] = mermaidOf(chartOf(machine)).split("\n");
    assertEquals(first, "stateDiagram-v2");
    for (const each of rest) assertMatch(each, line);
  }
  assertEquals(mermaidOf(chartOf(lonely)), "stateDiagram-v2");
});
