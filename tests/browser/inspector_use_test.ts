/**
 * The inspector's page in use: by mouse, by keys alone, in a narrow window, before there is anything to show, and when more
 * happens than it is told.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createActor } from "xstate";
import { connect, openInspector, serveHttp } from "../../mod.ts";
import { HttpServer } from "../../src/http/server.ts";
import { LocalSource } from "../../src/inspector/local_source.ts";
import { inspectorRoutes } from "../../src/inspector/routes/inspector_routes.ts";
import { consumerMachine } from "../../src/consumer/machine.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { silentLog } from "../../src/ports/log.ts";
import { inspected } from "../inspector/routes_rig.ts";
import { plan } from "../support/supervised_service.ts";
import { Chromium } from "./chromium.ts";
import { InspectorPage } from "./inspector_page.ts";

/** The span of the timeline, as it is written. */
const SPAN = `document.querySelector(".timeline .span").textContent`;

Deno.test("the page of a service that runs no consumers waits, and shows the first process that comes", async () => {
  await using broker = await connect("sqlite::memory:");
  await using inspector = await openInspector({ broker });
  await using http = await serveHttp({ inspector });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, http.address.url);
  await shown.becomes("waiting");
  await shown.painted();
  assertEquals(await shown.texts(".banner, #save"), ["Save session"]);
  await shown.until(`document.querySelector(".fleet .empty").textContent
    .includes("appears here by itself")`);
  await using service = await inspected(broker);
  await shown.becomes("live");
  await shown.choose("main");
  await shown.until(`document.querySelector(".top .about").textContent
    .includes(${JSON.stringify(service.orchestrator.instance)})`);
});

Deno.test("wheel and drag zoom and move timeline and chart, and a click on the timeline goes to its moment", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker, { consumers: [plan("calm")] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("main");
  await shown.lights("consumer.reading");
  const { mouse } = shown.page;
  const centre = async (selector: string): Promise<[x: number, y: number]> => {
    const box = await (await shown.page.$(selector))?.boundingBox();
    assert(box);
    return [box.x + box.width / 2, box.y + box.height / 2];
  };

  const chart = () =>
    shown.give(`document.querySelector(".chart-place svg").getAttribute("viewBox")`);
  const [x, y] = await centre(".chart-place");
  const whole = await chart();
  await mouse.move(x, y);
  await mouse.wheel({ deltaY: -300 });
  await shown.painted();
  const near = await chart();
  await mouse.down();
  await mouse.move(x + 60, y + 20, { steps: 3 });
  await mouse.up();
  await shown.painted();
  const moved = await chart();
  assertEquals(new Set([whole, near, moved]).size, 3);
  const [, , width] = String(near).split(" ");
  assertEquals(String(moved).split(" ")[2], width, "a drag does not zoom");
  await shown.give(`document.querySelector(".chart-tools").lastElementChild.click()`);
  assertEquals(await chart(), whole);

  const [left, top] = await centre(".timeline canvas");
  assertEquals(await shown.give(SPAN), "30.0 s");
  await mouse.move(left, top);
  await mouse.wheel({ deltaY: -400 });
  await shown.until(`${SPAN} !== "30.0 s"`);
  assert(parseFloat(String(await shown.give(SPAN))) < 30);
  assertEquals(await shown.text(".live"), "Live");
  await shown.key("0");
  await shown.until(`${SPAN} !== "30.0 s"`);
  await mouse.click(left, top - 8);
  await shown.until(`document.querySelector(".live").textContent === "Back to live"`);
  const moment = await shown.text("#moment");
  await mouse.down();
  await mouse.move(left + 40, top - 8, { steps: 2 });
  await mouse.up();
  assertEquals(
    await shown.text("#moment"),
    moment,
    "a drag of the lanes moves time, not the moment",
  );
  await shown.press("Back to live");
  await shown.until(`document.querySelector(".live").textContent === "Live"`);
  assertEquals(shown.faults, []);
});

Deno.test("the page is used by keys alone, everything on it has a name, and nothing is cut in a narrow window", async () => {
  await using broker = await connect("sqlite::memory:");
  const names = ["one", "two", "three"];
  const consumers = names.map((consumer) => plan("calm", { consumer, leaseMs: 30_000 }));
  await using service = await inspected(broker, { consumers, inspector: { commands: true } });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.until(`document.querySelectorAll(".row.consumer").length === 3`);
  const { keyboard } = shown.page;
  const focusOn = async (selector: string) => {
    for (let count = 0; count < 60; count++) {
      await keyboard.press("Tab");
      if (await shown.give(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
    }
    throw new Error(`${selector} cannot be reached by Tab`);
  };
  await focusOn(".list[role=tree]");
  await keyboard.press("End");
  await shown.until(`document.querySelector(".chart h2").textContent === "two"`);
  await keyboard.press("ArrowUp");
  await shown.until(`document.querySelector(".chart h2").textContent === "three"`);
  await focusOn("[data-command=pause]");
  await keyboard.press("Enter");
  await shown.lights("consumer.paused");
  await focusOn("[role=tab]");
  await keyboard.press("ArrowRight");
  await shown.until(`document.querySelector("#panel-log").hidden === false`);
  await keyboard.press("?");
  await shown.until(`document.querySelector("dialog[open]") !== null`);
  await keyboard.press("Escape");
  await shown.until(`document.querySelector("dialog[open]") === null`);

  assertEquals(
    await shown.give(`[...document.querySelectorAll("button, input, select, canvas, [role]")]
      .filter((each) => each.offsetParent !== null && each.role !== "presentation")
      .filter((each) => (each.ariaLabel ?? "") + each.textContent.trim() +
        [...each.labels ?? []].map((label) => label.textContent).join("") +
        (each.placeholder ?? "") + (each.getAttribute("aria-labelledby") ?? "") === "")
      .map((each) => each.outerHTML)`),
    [],
  );

  await shown.page.setViewport({ width: 600, height: 860 });
  await shown.painted();
  assertEquals(
    await shown.give(`[document.documentElement.scrollWidth <= innerWidth,
      [...document.querySelectorAll("header button, .commands button, [role=tab]")]
        .filter((each) => each.offsetParent !== null)
        .filter((each) => each.getBoundingClientRect().right > innerWidth - 6)
        .map((each) => each.textContent)]`),
    [true, []],
  );
  assertEquals(shown.faults, []);
});

Deno.test("a page that misses most of what happens shows the present, and counts as exact as the process's own", async () => {
  const actor = createActor(consumerMachine.provide({}), {
    input: {
      ...{ stream: "jobs", group: "calm", consumer: "busy" },
      load: { demand: 1, inFlight: 0, running: 0, settled: 0 },
    },
  });
  await using broker = await connect("sqlite::memory:");
  const idle = () => {};
  using here = new LocalSource({
    inspected: {
      instance: "busy-1",
      inspect: (observer) => observer.attach(actor, null),
      facts: () => [],
      ...{ pause: idle, resume: idle, drain: idle, reclaim: idle, restart: idle },
    },
    broker,
    takesCommands: false,
    recordsAlways: true,
    framesMax: 500,
    clock: systemClock,
  });
  const routes = inspectorRoutes({ list: async () => [], open: async () => here }, {
    ...{ broker, here, commands: false, log: silentLog, clock: systemClock },
    loadCharts: async () => [],
  });
  await using server = new HttpServer({ routes: [routes] });
  await using chromium = await Chromium.start();
  actor.start();
  const shown = await InspectorPage.open(chromium, server.address.url);
  await shown.becomes("live");
  await shown.choose("busy");
  const edge = "consumer/operator.pause/0";
  for (let round = 0; round < 4; round++) {
    for (let step = 0; step < 2_000; step++) {
      actor.send({ type: step % 2 === 0 ? "operator.pause" : "operator.resume" });
    }
    await shown.painted();
  }
  actor.send({ type: "operator.pause" });
  const { actors: [truth] } = here.recorder.snapshot();
  assertEquals(truth?.taken?.[edge], 4_001);
  await shown.until(
    `document.querySelector('[data-name=pauseWanted] .value')?.textContent === "true"`,
  );
  await shown.until(`[...document.querySelectorAll(".tidemark-chart .badge")].some((each) =>
    each.textContent === "4001")`);
  assertStringIncludes(await shown.text(".banner"), "States and counts are right");
  actor.stop();
});
