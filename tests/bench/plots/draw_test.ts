/**
 * The plots: that they show what was measured, with axes and units, on light and dark pages.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { drawPlot } from "./draw.ts";
import { readFigures } from "./main.ts";
import { type Plot, PLOTS } from "./plot.ts";
import { writePlots } from "./write_plots.ts";

const plot: Plot = {
  name: "speed",
  scenario: "growth",
  title: "Speed <by> things",
  x: { column: "things", title: "things & more", isLog: true },
  y: { column: "events/s", title: "events per second" },
  series: [{ column: "broker" }, { column: "order", before: "order " }],
};

const rows = [
  { broker: "redis", order: "key", things: 1, "events/s": 10 },
  { broker: "redis", order: "key", things: 10, "events/s": 20 },
  { broker: "sqlite", order: '<"none">', things: 1, "events/s": 30 },
  { broker: "sqlite", order: '<"none">', things: 10, "events/s": 35 },
];

/** Points are drawn with their values as a description, for those who do not see them. */
function pointsOf(svg: string): string[] {
  const points = svg.matchAll(/aria-label="([^"]*)" role="graphics-symbol"[^>]*"point"/g);
  return [...points].map(([, label = ""]) => label).sort();
}

Deno.test("drawPlot shows every row, title, facts, axes and the names of all lines", async () => {
  const svg = await drawPlot(plot, { rows, facts: "2 cores" }) ?? "";
  assertEquals(pointsOf(svg), [
    "things &amp; more: 10; events per second: 20; series: redis, order key",
    "things &amp; more: 10; events per second: 35; series: sqlite, order &lt;&quot;none&quot;&gt;",
    "things &amp; more: 1; events per second: 10; series: redis, order key",
    "things &amp; more: 1; events per second: 30; series: sqlite, order &lt;&quot;none&quot;&gt;",
  ]);
  for (
    const text of [
      "Speed &lt;by&gt; things",
      "2 cores",
      "things &amp; more",
      "events per second",
      "redis, order key",
      'sqlite, order &lt;"none"&gt;',
    ]
  ) assertStringIncludes(svg, `>${text}</text>`);
  assertNotMatch(svg, /NaN|undefined|<script|https?:(?!\/\/www\.w3\.org)/);
});

Deno.test("drawPlot gives another ink to everything that is not a line on dark pages", async () => {
  const svg = await drawPlot(plot, { rows, facts: "" }) ?? "";
  const rules = /prefers-color-scheme: dark\)\{(.*?)\}<\/style>/.exec(svg)?.[1] ?? "";
  const inks = [...svg.matchAll(/(?:fill|stroke)="(#[0-9a-f]+)"/g)].map(([, ink = ""]) => ink);
  const unchanged = new Set(inks.filter((ink) => !rules.includes(`"${ink}"`)));
  assertEquals([...unchanged].sort(), ["#0f7bdc", "#d4690c"]);
  assert(rules.includes("[fill="), rules);
});

Deno.test("drawPlot leaves out rows that have no such figures, and draws nothing for none", async () => {
  const odd = [
    ...rows.slice(0, 1),
    { broker: "redis", order: "key", things: 0, "events/s": 5 },
    { broker: "redis", order: "key", things: 5 },
    { broker: "redis", order: "key", things: 5, "events/s": NaN },
  ];
  const svg = await drawPlot(plot, { rows: odd, facts: "" }) ?? "";
  assertEquals(pointsOf(svg).length, 1);
  assertEquals(await drawPlot(plot, { rows: odd.slice(1), facts: "" }), null);
});

Deno.test("writePlots writes the plots of what was measured, and no others", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-plots-" });
  try {
    const found = new Map([["growth-payload", [
      { broker: "redis", "payload B": 100, "events/s": 10 },
      { broker: "redis", "payload B": 1_000, "events/s": 5 },
    ]]]);
    const measured = { cores: 2, deno: "2.9.6", redis: null, date: "2026-11-21" };
    const paths = await writePlots(found, { ...measured, folder: new URL(`file://${folder}/`) });
    assertEquals(paths, [`${folder}/payload_speed.svg`]);
    const [path = ""] = paths;
    assertStringIncludes(await Deno.readTextFile(path), ">2026-11-21, 2 cores, Deno 2.9.6</text>");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("PLOTS have names of their own", () => {
  assertEquals(new Set(PLOTS.map(({ name }) => name)).size, PLOTS.length);
});

Deno.test("readFigures takes what the benchmark tells as JSON, and nothing else", () => {
  const machine = { cores: 2, deno: "2.9.6", redis: "7.0.15" };
  const lines = [1, null].map((n) => JSON.stringify({ scenario: "a", machine, row: { n } }));
  assertEquals(readFigures(`${lines.join("\n")}\n`), {
    found: new Map([["a", [{ n: 1 }, { n: NaN }]]]),
    machine,
  });
  for (const text of ["", "\n"]) {
    assertThrows(() => readFigures(text), Error, "Cannot draw: there are no figures");
  }
  for (const text of ["x", '{"scenario": "a"}', `[${lines[0]}]`]) {
    assertThrows(
      () => readFigures(`\n${text}`),
      Error,
      "Cannot draw: line 2 is no figure of bench --json",
    );
  }
});
