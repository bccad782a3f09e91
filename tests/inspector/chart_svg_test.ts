/**
 * Tests that a picture is well-formed, says everything in words too, can be lit, and cannot be broken out of.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { layoutOf } from "../../src/inspector/chart/layout.ts";
import { chartOf } from "../../src/inspector/chart/chart_of.ts";
import { svgOf } from "../../src/inspector/chart/svg.ts";
import { straightened } from "../../src/inspector/chart/corners.ts";
import { roundedPath, tipPath } from "../../src/inspector/chart/svg_paths.ts";
import { CODE, fitted, PROSE, widthOf, wrapped } from "../../src/inspector/chart/text_size.ts";
import { escapeXml } from "../../src/inspector/chart/xml.ts";
import { all, hostile, kettle } from "./chart_machines.ts";

const pictures = await Promise.all(
  Object.entries(all).map(async ([name, machine]) => {
    const chart = chartOf(machine);
    const layout = await layoutOf(chart, { badges: false });
    return { name, chart, layout, svg: svgOf(chart, layout) };
  }),
);

/** What is wrong with the tags of a picture; the names of its elements. */
function readXml(text: string): { faults: string[]; names: Set<string> } {
  const open: string[] = [];
  const faults: string[] = [];
  const names = new Set<string>();
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>|[<>]|&(?!(amp|lt|gt|quot|#39);)/g;
  const withoutStyle = text.replace(/(?<=<style>)[^<]*/, "");
  for (const [all, closes, name, , isEmpty] of withoutStyle.matchAll(tag)) {
    if (name === undefined) faults.push(`a stray ${all}`);
    else if (closes === "/") {
      if (open.pop() !== name) faults.push(`${all} closes nothing`);
    } else {
      names.add(name);
      if (isEmpty === "") open.push(name);
    }
  }
  return { faults: [...faults, ...open.map((name) => `${name} stays open`)], names };
}

Deno.test("svgOf writes well-formed XML of few elements, with nothing to load or run", () => {
  for (const { name, svg } of pictures) {
    const { faults, names } = readXml(svg);
    assertEquals([name, faults], [name, []]);
    const known = ["svg", "title", "style", "rect", "g", "text", "circle", "path"];
    assertEquals([...names].filter((each) => !known.includes(each)), []);
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x08\x0b-\x1f\ud800-\udfff\u202e\ufffe\uffff]/.test(svg), false, name);
    assertEquals(/url\(|@import|href=|<[a-z]+[^>]* on[a-z]+="/.test(svg), false, name);
  }
});

Deno.test("svgOf marks every state, row and label, so that a page can light them", () => {
  for (const { chart, layout, svg } of pictures) {
    const values = (attribute: string) =>
      [...svg.matchAll(RegExp(` ${attribute}="([^"]*)"`, "g"))].map(([, value]) => value)
        .toSorted();
    const boxes = layout.nodes.filter(({ kind }) => kind !== "initial" && kind !== "any");
    assertEquals(values("id"), boxes.map(({ id }) => `state-${escapeXml(id)}`).toSorted());
    assertEquals(values("data-edge"), layout.edges.map(({ id }) => escapeXml(id)).toSorted());
    assertEquals(
      values("data-transition"),
      layout.edges.flatMap(({ labels }) => labels.map(({ transition }) => escapeXml(transition)))
        .toSorted(),
    );
    assertStringIncludes(svg, `data-hash="${layout.hash}"`);
    assertStringIncludes(svg, escapeXml(chart.machine));
  }
});

Deno.test("svgOf says in words what it shows, for who hears it or points at it", () => {
  const svg = pictures.find(({ name }) => name === "kettle")?.svg ?? "";
  const titles = [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => title);
  assertEquals(titles.slice(0, 9), [
    "kettle: Boils water.",
    "cold\nWaits for somebody who is thirsty.\nOn entering: beep",
    "heating",
    "slowly",
    "boiling",
    "done, an end",
    "hot",
    "broken, an end",
    "kettle begins in cold",
  ]);
  for (
    const title of [
      "kettle to broken\nprobe.failed",
      "kettle stays\nbutton.off / beep",
      "cold to hot\n[isWarmerThan(90)]",
      "cold to heating\nbutton.on [otherwise]",
      "cold, entered again\nbutton.off",
      "heating to boiling\nprobe.hot",
    ]
  ) assert(titles.includes(title), title);
  assertStringIncludes(svg, "@media (prefers-color-scheme: dark)");
});

Deno.test("svgOf shows the names of a hostile machine as they are", () => {
  const picture = pictures.find(({ name }) => name === "hostile");
  assertStringIncludes(
    picture?.svg ?? "",
    `>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</text>`,
  );
  assertEquals(picture?.chart.machine, hostile.id);
  assertEquals(kettle.id in all, true);
});

Deno.test("escapeXml leaves nothing that a parser could take for markup", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const { faults } = readXml(`<text x="${escapeXml(text)}">${escapeXml(text)}</text>`);
    assertEquals(faults, []);
  }));
  assertEquals(
    escapeXml(`<a b='c'>"&\u0000\ufffe`),
    "&lt;a b=&#39;c&#39;&gt;&quot;&amp;\\u0000\ufffd",
  );
});

Deno.test("wrapped and fitted keep to the width, and wrapped loses no letter", () => {
  const widthMax = 100;
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    for (const style of [PROSE, CODE]) {
      const lines = wrapped(text, style, { widthMax });
      assertEquals(lines.join("").replace(/\s/g, ""), text.replace(/\s/g, ""));
      assertEquals(lines.filter((line) => widthOf(line, style) > widthMax), []);
      const cut = fitted(text, style, { widthMax });
      assert(widthOf(cut, style) <= widthMax + 1, cut);
      assert(cut === text || cut.endsWith("…"));
    }
  }));
  assertEquals(wrapped("Waits for the handlers", CODE, { widthMax: 100 }), [
    "Waits for the",
    "handlers",
  ]);
  assertEquals(fitted("broker.failed [groupIsGone]", CODE, { widthMax: 100 }), "broker.failed…");
});

Deno.test("straightened puts half a px right and leaves both ends where they are", () => {
  const line = (text: string) =>
    text.split(" ").map((pair) => pair.split(",").map(Number)).map(([x = 0, y = 0]) => ({ x, y }));
  const cases: [string, string][] = [
    ["0,0.5 10,1 20,1 20,50 30,50", "0,0.5 20,0.5 20,50 30,50"],
    ["0,0 10,0 10,20 40,20 50,20.5", "0,0 10,0 10,20.5 50,20.5"],
    ["0,0 10,0", "0,0 10,0"],
    ["0,0 10,0 10,8", "0,0 10,0 10,8"],
  ];
  for (const [given, wanted] of cases) assertEquals(straightened(line(given)), line(wanted));
  assertEquals(straightened([]), []);
});

Deno.test("roundedPath turns corners as far as their sides allow, and tipPath points along the line", () => {
  const corners = [{ x: 0, y: 0 }, { x: 20, y: 0 }, { x: 20, y: 4 }, { x: 40, y: 4 }];
  assertEquals(roundedPath(corners), "M0 0L18 0Q20 0 20 2L20 2Q20 4 22 4L40 4");
  assertEquals(tipPath(corners), "M40 4L32 7.6L32 0.4z");
  assertEquals([roundedPath([]), tipPath([{ x: 1, y: 1 }])], ["", ""]);
});
