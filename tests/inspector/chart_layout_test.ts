/**
 * Tests that a drawing can be read: everything has a place, nothing lies on anything else, lines go around boxes, and the
 * same definition is drawn the same way every time.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { createMachine } from "xstate";
import { changesSomething, type Chart, pathOf } from "../../src/inspector/chart/chart.ts";
import type {
  ChartLayout,
  LayoutBox,
  LayoutNode,
  LayoutPoint,
} from "../../src/inspector/chart/chart_layout.ts";
import { ChartTooLargeError } from "../../src/inspector/chart/chart_errors.ts";
import { layoutOf } from "../../src/inspector/chart/layout.ts";
import { LayoutCache } from "../../src/inspector/chart/layout_cache.ts";
import { chartOf } from "../../src/inspector/chart/chart_of.ts";
import { all, kettle, lonely } from "./chart_machines.ts";

/** A drawing of every machine, with and without room for counts; laid out once for all tests. */
const drawings: readonly { name: string; chart: Chart; badges: boolean; layout: ChartLayout }[] =
  await Promise.all(
    Object.entries(all).flatMap(([name, machine]) =>
      [true, false].map(async (badges) => {
        const chart = chartOf(machine);
        return { name, chart, badges, layout: await layoutOf(chart, { badges }) };
      })
    ),
  );

/** The faults of all drawings, each with the name of its machine. */
function faultsOf(find: (chart: Chart, layout: ChartLayout) => readonly string[]): string[] {
  return drawings.flatMap(({ name, chart, badges, layout }) =>
    find(chart, layout).map((fault) => `${name}${badges ? " with badges" : ""}: ${fault}`)
  );
}

/** Every two of a list. */
function pairs<Item>(items: readonly Item[]): [Item, Item][] {
  return items.flatMap((a, index) => items.slice(index + 1).map((b): [Item, Item] => [a, b]));
}

function overlap(a: LayoutBox, b: LayoutBox): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function isInside(inner: LayoutBox, outer: LayoutBox): boolean {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w &&
    inner.y + inner.h <= outer.y + outer.h;
}

function segments(line: readonly LayoutPoint[]): [LayoutPoint, LayoutPoint][] {
  return line.slice(1).map((to, index): [LayoutPoint, LayoutPoint] => [line[index] ?? to, to]);
}

/** Whether a level or upright line runs through the inside of a box. */
function crosses([a, b]: [LayoutPoint, LayoutPoint], box: LayoutBox): boolean {
  return overlap(box, {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    w: Math.abs(a.x - b.x) || 0.01,
    h: Math.abs(a.y - b.y) || 0.01,
  });
}

/** The boxes without boxes inside. */
function leavesOf({ nodes }: ChartLayout): LayoutNode[] {
  return nodes.filter(({ id }) => nodes.every(({ parent }) => parent !== id));
}

function touches(point: LayoutPoint | undefined, box: LayoutBox): boolean {
  if (point === undefined) return false;
  const isBeside = point.x === box.x || Math.abs(point.x - box.x - box.w) < 0.11;
  return isBeside && point.y >= box.y && point.y <= box.y + box.h;
}

Deno.test("layoutOf gives every state a box and every transition that does something a label", () => {
  assertEquals(
    faultsOf((chart, { nodes, edges }) => {
      const boxes = nodes.filter(({ kind }) => kind !== "any" && kind !== "initial");
      const states = chart.states.filter(({ parent }) =>
        parent !== null || chart.states.length === 1
      );
      const labels = edges.flatMap((edge) => edge.labels.map(({ transition }) => transition));
      const wanted = chart.transitions.filter(changesSomething).map(({ id }) => id);
      const same = (a: string[], b: string[]) =>
        a.toSorted().join("\n") === b.toSorted().join("\n");
      return [
        ...same(boxes.map(({ id }) => id), states.map(({ id }) => id)) ? [] : ["other states"],
        ...same(labels, wanted) ? [] : ["other transitions"],
        ...new Set(nodes.map(({ id }) => id)).size === nodes.length ? [] : ["an id twice"],
      ];
    }),
    [],
  );
});

Deno.test("layoutOf lets no two boxes, labels or badges lie on each other, nor outside of what holds them", () => {
  assertEquals(
    faultsOf((chart, layout) => {
      const { nodes, edges, width, height } = layout;
      const byId = new Map(nodes.map((node) => [node.id, node]));
      const drawing = { x: 0, y: 0, w: width, h: height };
      const holders = (id: string) => pathOf(chart, id);
      const texts = [
        ...nodes.flatMap(({ id, title, description, badge }) =>
          [title, ...description, badge].flatMap((text) => text === null ? [] : [{ id, text }])
        ),
        ...edges.flatMap((edge) =>
          edge.labels.flatMap(({ badge, ...label }) => {
            const id = byId.has(`${edge.source}:any`) ? `${edge.source}:any` : edge.source;
            return [{ id, text: label }, ...badge === null ? [] : [{ id, text: badge }]];
          })
        ),
      ];
      return [
        ...pairs(nodes).filter(([a, b]) =>
          overlap(a, b) && !holders(a.state).includes(b.state) &&
          !holders(b.state).includes(a.state)
        ).map(([a, b]) => `${a.id} lies on ${b.id}`),
        ...pairs(leavesOf(layout)).filter(([a, b]) => overlap(a, b)).map(([a, b]) =>
          `${a.id} lies on ${b.id}`
        ),
        ...nodes.filter((node) => !isInside(node, byId.get(node.parent ?? "") ?? drawing)).map((
          { id },
        ) => `${id} is outside`),
        ...texts.filter(({ id, text }) => !isInside(text, byId.get(id) ?? drawing)).map((
          { text },
        ) => `${JSON.stringify(text)} is outside`),
        ...pairs(texts).filter(([a, b]) => overlap(a.text, b.text)).map(([a, b]) =>
          `${JSON.stringify(a.text)} lies on ${JSON.stringify(b.text)}`
        ),
      ];
    }),
    [],
  );
});

Deno.test("layoutOf leads every line level and upright from its row to its target, around all boxes", () => {
  assertEquals(
    faultsOf((chart, layout) => {
      const { nodes, edges } = layout;
      const byId = new Map(nodes.map((node) => [node.id, node]));
      return edges.flatMap((edge) => {
        const wanted = edge.kind === "leads" || edge.kind === "initial" ? edge.targets.length : 0;
        if (edge.lines.length !== wanted) return [`${edge.id} has ${edge.lines.length} lines`];
        const start = edge.row ?? byId.get(edge.id);
        return edge.lines.flatMap((line, index) => {
          const target = byId.get(edge.targets[index] ?? "");
          const holders = edge.targets.flatMap((id) => pathOf(chart, id));
          const crossed = leavesOf(layout).filter((box) =>
            segments(line).some((segment) => crosses(segment, shrunk(box)))
          );
          return [
            ...segments(line).some(([a, b]) => a.x !== b.x && a.y !== b.y) ? ["is askew"] : [],
            ...start !== undefined && touches(line[0], start) ? [] : ["starts elsewhere"],
            ...target !== undefined && touches(line.at(-1), target) ? [] : ["ends elsewhere"],
            ...crossed.map(({ id }) => `crosses ${id}`),
            ...holders.length > 0 ? [] : ["leads nowhere"],
          ].map((fault) => `${edge.id} ${fault}: ${JSON.stringify(line)}`);
        });
      });
    }),
    [],
  );
});

/** Without its border, where lines start and end. */
function shrunk({ x, y, w, h }: LayoutBox): LayoutBox {
  return { x: x + 0.5, y: y + 0.5, w: w - 1, h: h - 1 };
}

Deno.test("layoutOf joins what leads to the same place in one row, and draws no line for what stays", () => {
  const [found] = drawings.filter(({ name, badges }) => name === "supervisor" && !badges);
  assert(found !== undefined);
  const rows = found.layout.edges.filter(({ source }) => source === "supervisor.restarting");
  assertEquals(
    rows.map(({ kind, targets, labels, lines }) => [
      kind,
      targets,
      labels.map(({ text }) => text),
      lines.length,
    ]).toSorted(),
    [
      ["leads", ["supervisor.halted"], ["operator.halt"], 1],
      ["leads", ["supervisor.starting"], ["clock.elapsed", "operator.restart"], 1],
      ["leads", ["supervisor.stopped"], ["operator.drain", "operator.stop"], 1],
      ["stays", [], ["clock.waiting / rememberWait"], 0],
    ],
  );
});

Deno.test("layoutOf draws the same definition the same way, and survives JSON", async () => {
  for (const { chart, badges, layout } of drawings.filter(({ name }) => name !== "consumer")) {
    const again = await layoutOf(JSON.parse(JSON.stringify(chart)), { badges });
    assertEquals(again, layout);
    assertEquals(JSON.parse(JSON.stringify(layout)), layout);
  }
});

Deno.test("layoutOf draws a machine without states as one box", async () => {
  const { nodes, edges } = await layoutOf(chartOf(lonely), { badges: false });
  assertEquals(nodes.map(({ id, kind, title }) => [id, kind, title?.text]), [
    ["lonely", "atomic", "lonely"],
  ]);
  assertEquals(edges, []);
});

Deno.test("LayoutCache lays a definition out once, and again after a failure or 64 others", async () => {
  const chart = chartOf(kettle);
  const [given] = drawings;
  assert(given !== undefined);
  let calls = 0;
  let isBroken = true;
  const cache = new LayoutCache(() => {
    calls++;
    return isBroken ? Promise.reject(new Error("out of order")) : Promise.resolve(given.layout);
  });
  const options = { badges: true };
  const failure = await cache.layout(chart, options).catch((error: Error) => error.message);
  assertEquals([failure, calls], ["out of order", 1]);
  isBroken = false;
  const [first, second] = await Promise.all([
    cache.layout(chart, options),
    cache.layout(chart, options),
  ]);
  assertEquals([first === second, calls], [true, 2]);
  await cache.layout(chart, { badges: false });
  assertEquals(calls, 3);
  for (let number = 0; number < 63; number++) {
    await cache.layout({ ...chart, machine: `m${number}` }, options);
  }
  assertEquals(calls, 66);
  await cache.layout(chart, { badges: false });
  assertEquals(calls, 66);
  await cache.layout(chart, options);
  assertEquals(calls, 67);
});

Deno.test("layoutOf keeps room for counts only where it is asked to", () => {
  const badgesOf = ({ nodes, edges }: ChartLayout) => [
    ...nodes.filter(({ kind }) => kind !== "initial").map(({ badge }) => badge),
    ...edges.flatMap(({ labels }) => labels.map(({ badge }) => badge)),
  ];
  for (const { badges, layout } of drawings) {
    const found = badgesOf(layout);
    assertNotEquals(found.length, 0);
    assertEquals(found.filter((badge) => (badge !== null) !== badges), []);
  }
});

Deno.test("layoutOf refuses a chart that would hold up the process, in plain words", async () => {
  const keys = Array.from({ length: 81 }, (_, index) => `s${index}`);
  const states = Object.fromEntries(keys.map((key) => [key, { on: { go: "s0", back: "s1" } }]));
  const chart = chartOf(createMachine({ id: "maze", initial: "s0", states }));
  const error = await assertRejects(() => layoutOf(chart, { badges: false }), ChartTooLargeError);
  assertEquals(
    [error.code, error.machine, error.arrowCount, error.arrowsMax, error.message],
    [
      "CHART_TOO_LARGE",
      "maze",
      161,
      80,
      'Cannot lay out the chart of "maze": it has 161 arrows, wanted at most 80, draw its overview or text for Mermaid',
    ],
  );
});
