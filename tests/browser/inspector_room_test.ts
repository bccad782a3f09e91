/**
 * What has room on the inspector's page: more consumers than tiles, large numbers, and a chart whose names can be read.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import type { RouteGroup } from "../../src/http/app.ts";
import { HttpServer } from "../../src/http/server.ts";
import { sseFrame } from "../../src/http/sse_frame.ts";
import { waited } from "../../src/inspector/remote/retrying.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { consumerActor, headerOf, snapshotOf, stepOf } from "../inspector/page_frames.ts";
import { inspected } from "../inspector/routes_rig.ts";
import { eventually } from "../support/eventually.ts";
import { plan } from "../support/supervised_service.ts";
import { Chromium } from "./chromium.ts";
import { InspectorPage, LIT } from "./inspector_page.ts";
import { toldProcess } from "./told_process.ts";

/** A process of 450 busy consumers, two of which are in trouble, and a third one as soon as `failing` is aborted. */
const manyUntil = (failing: AbortSignal): RouteGroup => {
  const names = Array.from({ length: 450 }, (_, index) => `worker-eu-west-${index + 1}`);
  const states = new Map([[names[432], "failed"], [names[448], "backingOff"]]);
  const nowMs = Date.now();
  const root = consumerActor("o", { machine: "orchestrator", place: null, state: "running" });
  const consumers = names.map((name) =>
    consumerActor(name, {
      parent: root.id,
      state: states.get(name) ?? "reading",
      sinceMs: nowMs,
      context: { "load.inFlight": 9_999 },
    })
  );
  const progressAt = (atMs: number) => ({
    committedCount: Math.round((atMs - nowMs) * 9.9),
    broker: { lag: 9_999 },
    ...{ resting: [], backOffUntilMs: null, restartAtMs: null },
  });
  const status = (atMs: number) => ({
    ...{ instance: "p1", version: "1", atMs, takesCommands: false },
    consumers: names.map((consumer) => ({
      facts: { stream: "s", group: "g", consumer, ...progressAt(atMs) },
      why: "Making progress",
    })),
  });
  return toldProcess(async (stream) => {
    const beginning = [headerOf(nowMs), snapshotOf(0, [root, ...consumers], nowMs)];
    stream.send(sseFrame({ id: `${nowMs}.0`, data: JSON.stringify(beginning) }));
    let hasFailed = false;
    while (!stream.signal.aborted) {
      if (failing.aborted && !hasFailed) {
        const actor = `p1/${names[0]}`;
        const step = stepOf(1, { actor, atMs: Date.now(), sinceMs: nowMs, to: "failed" });
        stream.send(sseFrame({ id: `${nowMs}.1`, data: JSON.stringify([step]) }));
        hasFailed = true;
      }
      stream.send(sseFrame({ event: "status", data: JSON.stringify(status(Date.now())) }));
      await waited(300, { clock: systemClock, signal: stream.signal });
    }
  });
};

/** Texts of such parts that are seen and have no room. */
const cutOf = (selector: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .filter((each) => each.offsetParent !== null && each.scrollWidth > each.clientWidth)
    .slice(0, 2).map((each) => [each.textContent, each.scrollWidth, each.clientWidth])`;

Deno.test("the grid shows those in trouble first, moves nothing under the pointer, and says how many it has no tiles for", async () => {
  const failing = new AbortController();
  await using server = new HttpServer({ routes: [manyUntil(failing.signal)] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, server.address.url);
  await shown.becomes("live");
  await shown.press("Grid");
  const tiles = async () => (await shown.texts(".tile .name")).slice(0, 3);
  await shown.until(`document.querySelectorAll(".tile:not([hidden])").length === 400`);
  const atFirst = ["worker-eu-west-433", "worker-eu-west-449", "worker-eu-west-1"];
  await eventually("trouble first", async () => (await tiles()).join() === atFirst.join());
  assertEquals(await shown.texts(".fleet .step"), [
    "400 of 450, those in trouble first: the tree has all.",
  ]);
  // Nothing moves away from under the pointer, and what waits for that comes.
  await shown.page.hover(".tile");
  failing.abort();
  await shown.until(`document.querySelectorAll(".tile.kind-failed").length === 2`);
  assertEquals(await tiles(), atFirst);
  await shown.give(`(() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 3_100;
  })()`);
  await shown.until(`document.querySelectorAll(".tile .name")[1].textContent !==
    "worker-eu-west-449"`);
  const atLast = ["worker-eu-west-1", "worker-eu-west-433", "worker-eu-west-449"];
  await eventually("trouble first again", async () => (await tiles()).join() === atLast.join());
  // Names of a usual length differ at their end, too.
  assertEquals((await shown.texts(".tile .end")).slice(0, 3), ["west-1", "st-433", "st-449"]);
  for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
    await shown.page.setViewport({ width, height });
    await shown.painted();
    await shown.until(`document.querySelector(".tile .numbers")?.textContent ===
      "lag 9999 · 9999 in flight"`);
    await shown.until(`${cutOf(".tile .numbers, .tile .end")}.length === 0`);
    await shown.press("Tree");
    await shown.until(`/^lag 9,999 · 9,\\d{3}\\/s · in flight 9,999$/.test(
      document.querySelector(".row.consumer .numbers")?.textContent)`);
    await shown.until(`${cutOf(".row.consumer .numbers, .row.consumer .end")}.length === 0`);
    await shown.press("Grid");
    await shown.painted();
  }
  assertEquals(shown.faults.filter((each) => !each.includes("404")), []);
});

/** Names and numbers of a chart that are seen, and are smaller than this on the screen, in px. */
const smallerThan = (px: number) =>
  `(() => {
    const svg = document.querySelector(".tidemark-chart");
    const scale = svg.clientWidth / svg.viewBox.baseVal.width;
    return [...svg.querySelectorAll("text")].filter((text) =>
      getComputedStyle(text).display !== "none" && text.textContent !== "" &&
      text.matches(".far-name, .name, .label, .prose") &&
      parseFloat(getComputedStyle(text).fontSize) * scale < ${px}
    ).map((text) => text.textContent);
  })()`;

/** Whether the whole of the lit state is seen. */
const IS_SEEN = `(() => {
  const place = document.querySelector(".chart-place").getBoundingClientRect();
  const state = ${LIT}.at(-1);
  const lit = document.querySelector('.tidemark-chart [data-state="' + state + '"] > .box')
    .getBoundingClientRect();
  return lit.left >= place.left - 1 && lit.right <= place.right + 1 &&
    lit.top >= place.top - 1 && lit.bottom <= place.bottom + 1;
})()`;

/** How many states are seen as a whole. */
const SEEN_COUNT = `(() => {
  const place = document.querySelector(".chart-place").getBoundingClientRect();
  return [...document.querySelectorAll(".tidemark-chart .state > .box")].filter((box) => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return left >= place.left - 1 && right <= place.right + 1 && top >= place.top - 1 &&
      bottom <= place.bottom + 1;
  }).length;
})()`;

/** Names of states with states inside that lie on one of those. */
const COVERED = `[...document.querySelectorAll(".tidemark-chart .holds")].filter((state) => {
  const name = state.querySelector(".far-name").getBoundingClientRect();
  return [...document.querySelectorAll(".tidemark-chart .state:not(.holds) > .box")].some((box) => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return left < name.right && right > name.left && top < name.bottom - 2 && bottom > name.top;
  });
}).map((state) => state.dataset.state)`;

Deno.test("a chart is readable around its active state, follows that, and is shown whole by a button", async () => {
  await using broker = await connect("sqlite::memory:");
  const quiet = plan("calm", { leaseMs: 30_000, blockMs: 5_000 });
  await using service = await inspected(broker, { consumers: [quiet] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.page.setViewport({ width: 1024, height: 768 });
  await shown.becomes("live");
  await shown.choose("main");
  await shown.lights("consumer.reading");
  await shown.until(IS_SEEN);
  await shown.until(`${smallerThan(11)}.length === 0`);
  const some = Number(await shown.give(SEEN_COUNT));

  service.orchestrator.pause();
  await shown.lights("consumer.paused");
  await shown.until(IS_SEEN);
  await shown.until(`${smallerThan(11)}.length === 0`);

  await shown.press("Whole chart");
  await shown.painted();
  const all = await shown.give(`document.querySelectorAll(".tidemark-chart .state > .box").length`);
  await shown.until(`${SEEN_COUNT} === ${all}`);
  assertEquals(await shown.give(COVERED), []);
  assert(some < Number(all));
  service.orchestrator.resume();
  await shown.lights("consumer.reading");
  assertEquals(await shown.give(SEEN_COUNT), all, "it stays whole");
  await shown.press("Active state");
  await shown.painted();
  await shown.until(`${IS_SEEN} && ${smallerThan(11)}.length === 0`);

  // What its user has moved stays where it is.
  await shown.give(`document.querySelector(".chart-tools button").click()`);
  await shown.painted();
  // Its height is that of the place, which the words above it may change.
  const viewBox = `document.querySelector(".tidemark-chart").getAttribute("viewBox")
    .split(" ").slice(0, 3)`;
  const moved = await shown.give(viewBox);
  service.orchestrator.pause();
  await shown.lights("consumer.paused");
  await shown.key("ArrowLeft");
  assertEquals(await shown.give(viewBox), moved);
  assertEquals(shown.faults, []);
});
