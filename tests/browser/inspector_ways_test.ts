/**
 * Ways to and from the inspector's page: a reload, a link, the way back, a process that is silent or gone, and a narrow
 * window.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect, Orchestrator } from "../../mod.ts";
import { HttpServer } from "../../src/http/server.ts";
import { sseFrame } from "../../src/http/sse_frame.ts";
import { inspected } from "../inspector/routes_rig.ts";
import { consumerActor, headerOf, snapshotOf } from "../inspector/page_frames.ts";
import { eventually } from "../support/eventually.ts";
import { plan } from "../support/supervised_service.ts";
import { Chromium } from "./chromium.ts";
import { InspectorPage } from "./inspector_page.ts";
import { toldProcess } from "./told_process.ts";

Deno.test("a reload leads to the consumer that was chosen, and the way back to the process before", async () => {
  await using broker = await connect("sqlite::memory:");
  const named = (consumer: string) => plan("calm", { consumer, leaseMs: 30_000 });
  await using service = await inspected(broker, { consumers: [named("one"), named("two")] });
  await using elsewhere = await inspected(broker, { consumers: [named("far")] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("two");
  await shown.until(`location.search === "?stream=jobs&group=calm&consumer=two"`);
  await shown.page.reload();
  await shown.until(`document.querySelector(".chart h2")?.textContent === "two"`);

  const { instance } = elsewhere.orchestrator;
  const option = `document.querySelector('.top option[value=${JSON.stringify(instance)}]')`;
  await shown.until(`${option} !== null`);
  await shown.page.select(".top select", instance);
  await shown.until(`document.querySelector(".chart h2").textContent === "far"`);
  assertEquals(await shown.give(`new URLSearchParams(location.search).get("instance")`), instance);
  await shown.page.reload();
  await shown.until(`document.querySelector(".chart h2")?.textContent === "far"`);

  // Closing a file leads to the process that was followed, not to the one that serves the page.
  const session = await (await fetch(`${service.url}/inspector/session`)).text();
  await shown.drop("session.jsonl", session);
  await shown.becomes("file");
  await shown.press("Close file");
  await shown.until(`document.querySelector(".chart h2").textContent === "far"`);

  await shown.page.goBack();
  await shown.until(`document.querySelector(".chart h2")?.textContent === "two"`);
});

/** A process that has ended, of which a service still takes questions, as after a kill until its record has expired. */
const gone = toldProcess(async (stream, after) => {
  if (after === undefined) {
    const beginning = [headerOf(), snapshotOf(0, [consumerActor("main")])];
    stream.send(sseFrame({ id: "1000.0", data: JSON.stringify(beginning) }));
    stream.send(sseFrame({ event: "end", data: "{}" }));
  } else {
    await new Promise((resolve) =>
      stream.signal.addEventListener("abort", resolve, { once: true })
    );
  }
});

Deno.test("a process that has ended is not taken for a living one because its service answers", async () => {
  await using server = new HttpServer({ routes: [gone] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, server.address.url);
  const again = shown.page.waitForResponse((each) => each.url().includes("last_event_id"));
  await shown.becomes("ended");
  assertEquals((await again).status(), 200);
  await shown.painted();
  assertEquals(await shown.text("#connection"), "The process has ended");
  assertEquals(await shown.text(".live"), "Latest");
  assertStringIncludes(await shown.text(".banner"), "What you see is from 1 Jan 1970");
});

Deno.test("a process that is stopped is seen to end, and is not taken for one that cannot be reached", async () => {
  await using broker = await connect("sqlite::memory:");
  await using orchestrator = new Orchestrator({
    broker,
    consumers: [{ stream: "jobs", group: "calm", handler: () => {} }],
    inspect: true,
  });
  await orchestrator.start();
  const { origin, pathname, hash } = new URL(orchestrator.inspectorUrl ?? "");
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, origin, { path: `${pathname}${hash}` });
  await shown.becomes("live");
  await shown.choose("main");
  let refusedCount = 0;
  shown.page.on("requestfailed", (each) => {
    if (each.url().includes("/frames")) refusedCount++;
  });
  await orchestrator.stop();
  await shown.becomes("ended");
  await eventually("the page has asked again, in vain", () => refusedCount > 1);
  await shown.painted();
  assertEquals(await shown.text("#connection"), "The process has ended");
  // How it ended is there to be looked at.
  await shown.press("Log");
  await shown.searchLog("stopped");
  await shown.until(`document.querySelector(".entry .change")?.textContent.includes("stopped")`);
});

Deno.test("a process that tells nothing for long is said to be silent", async () => {
  await using broker = await connect("sqlite::memory:");
  const quiet = plan("calm", { leaseMs: 30_000, blockMs: 5_000 });
  await using service = await inspected(broker, { consumers: [quiet] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("main");
  assertEquals(await shown.texts(".silence"), []);
  // Each millisecond is a minute from now on.
  await shown.give(`(() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() * 60_000;
  })()`);
  await shown.until(`document.querySelector(".silence").textContent
    .startsWith("nothing heard for ")`);
  assertEquals((await shown.texts(".silence")).length, 1);
});

Deno.test("every button can be hit in windows of all sizes, also while the past is shown", async () => {
  await using broker = await connect("sqlite::memory:");
  const consumer = "a-consumer-whose-name-was-made-by-a-deployment-tool-0123456789";
  const consumers = ["1", "2"].map((each) => plan("calm", { consumer: `${consumer}-${each}` }));
  await using service = await inspected(broker, { consumers, inspector: { commands: true } });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose(`${consumer}-2`);
  await shown.page.waitForSelector('[data-command="pause"]');
  await shown.key("ArrowLeft");
  await shown.press("Grid");
  for (const [width, height] of [[1440, 900], [1024, 768], [390, 844], [195, 422]] as const) {
    await shown.page.setViewport({ width, height });
    await shown.painted();
    const covered = await shown.give(`[...document.querySelectorAll(
      "header button, .commands button, .tile, [role=tab], .chart-tools button")]
      .filter((each) => each.offsetParent !== null)
      .filter((each) => {
        each.scrollIntoView({ block: "center" });
        const { left, top, width, height } = each.getBoundingClientRect();
        const hits = [[left + 3, top + height / 2], [left + width - 3, top + height / 2],
          [left + width / 2, top + 3], [left + width / 2, top + height - 3]];
        return !hits.every(([x, y]) => document.elementFromPoint(x, y)?.closest("button") === each);
      }).map((each) => each.textContent)`);
    assertEquals(covered, [], `${width} × ${height}`);
    assertEquals(
      await shown.give(`document.documentElement.scrollWidth <= innerWidth`),
      true,
      `nothing is beside a window of ${width} px`,
    );
  }
  // Names that differ at their end only are told apart where there is no room for all of them.
  const ends = await shown.give(`[...document.querySelectorAll(".tile .name")].map((name) => {
    const end = name.querySelector(".end");
    return [name.scrollWidth <= name.clientWidth, end.scrollWidth <= end.clientWidth, end.textContent];
  })`);
  assertEquals(ends, [[true, true, "6789-1"], [true, true, "6789-2"]]);
});
