/**
 * The inspector's lists while they change: they follow the present, are gone through by keys alone, and leave the focus
 * where it is.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connect, type Handler, StreamProducer } from "../../mod.ts";
import { inspected } from "../inspector/routes_rig.ts";
import { plan } from "../support/supervised_service.ts";
import { Chromium } from "./chromium.ts";
import { Flood } from "./inspector_flood.ts";
import { InspectorPage } from "./inspector_page.ts";

/** How far the end of the log is from what is seen of it, in px. */
const BELOW = `(() => {
  const { scrollHeight, scrollTop, clientHeight } = document.querySelector(".log .list");
  return Math.round(scrollHeight - scrollTop - clientHeight);
})()`;

/** What has the focus. */
const FOCUSED = `document.activeElement.textContent`;

Deno.test("the log stays at its end while thousands of lines come, and returns there with the present", async () => {
  await using flood = new Flood({ consumers: 40, framesEach: 200, intervalMs: 50 });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, flood.url);
  await shown.becomes("live");
  await shown.choose("consumer-7");
  await shown.press("Log");
  await shown.until(`document.querySelectorAll(".entry").length > 5`);
  const distances = async () =>
    await shown.give(`(async () => {
      const distances = [];
      for (let turn = 0; turn < 8; turn++) {
        await new Promise((done) => setTimeout(done, 100));
        distances.push(${BELOW});
      }
      return distances.filter((px) => px > 30);
    })()`);
  assertEquals(await distances(), []);
  await shown.page.setViewport({ width: 1024, height: 700 });
  await shown.painted();
  assertEquals(await distances(), [], "less room");
  await shown.give(`document.querySelector(".log .list").scrollTop -= 400`);
  assertEquals(Object(await distances()).length, 8, "whoever scrolls away is left there");

  await shown.key("ArrowLeft");
  await shown.until(`${BELOW} > 1_000`);
  await shown.press("Back to live");
  await shown.until(`${BELOW} <= 30`);
});

Deno.test("up and down go through the lines that a filter has left, and on from the last one to the present", async () => {
  await using broker = await connect("sqlite::memory:");
  const quiet = plan("calm", { leaseMs: 30_000, blockMs: 5_000 });
  await using service = await inspected(broker, { consumers: [quiet] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("main");
  const producer = new StreamProducer({ broker, stream: "jobs" });
  for (let n = 1; n <= 3; n++) {
    await producer.publish({ type: "job", data: n });
    await shown.until(
      `document.querySelector('[data-name=committedCount] .value')?.textContent === "${n}"`,
    );
  }
  await shown.press("Log");
  await shown.searchLog("broker.committed");
  await shown.until(`document.querySelector(".log .count").textContent.startsWith("3 of ")`);
  await shown.give(`document.querySelector(".log .list").focus()`);
  const counts: string[] = [];
  for (const key of ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown"] as const) {
    await shown.page.keyboard.press(key);
    await shown.painted();
    const active = `document.querySelector(".log .list").getAttribute("aria-activedescendant")`;
    assertEquals(
      await shown.give(`document.getElementById(${active}).ariaSelected`),
      "true",
      "what is read out is the line of the moment",
    );
    await shown.press("Context");
    await shown.painted();
    counts.push(await shown.value("committedCount"));
    await shown.press("Log");
    await shown.give(`document.querySelector(".log .list").focus()`);
  }
  assertEquals(counts, ["3", "2", "1", "1", "2"]);
  await shown.page.keyboard.press("ArrowDown");
  await shown.page.keyboard.press("ArrowDown");
  await shown.until(`document.querySelector(".live").textContent === "Live"`);
  assertEquals(shown.faults, []);
});

Deno.test("dead letters that come leave the focus where it is, more than are listed are said, and all are replayed by two clicks", async () => {
  await using broker = await connect("sqlite::memory:");
  const handler: Handler = () => {
    throw new Error("no customer of this name");
  };
  const failing = plan("calm", { handler, attemptsMax: 1, leaseMs: 30_000, count: 100 });
  await using service = await inspected(broker, {
    consumers: [failing],
    inspector: { commands: true },
  });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("main");
  await shown.press("Dead letters");
  const producer = new StreamProducer({ broker, stream: "jobs" });
  const letters = `document.querySelectorAll(".letters tbody tr").length`;
  await producer.publish({ type: "job", data: 1 });
  await shown.until(`${letters} === 1`);
  const first = `document.querySelector(".letters tbody [data-replay]")`;
  await shown.give(`${first}.focus()`);
  await producer.publishMany(
    Array.from({ length: 200 }, (_, data) => ({ type: "job", data })),
  );
  await shown.until(`document.querySelector(".letters .step").textContent ===
    "The oldest 200: there are more dead letters behind them."`);
  assertEquals(await shown.give(`${letters}`), 200);
  assertEquals(await shown.give(`document.activeElement === ${first}`), true);

  await shown.press("Replay all");
  assertEquals(await shown.texts("[data-replay=all]"), ["Replay all: sure?"]);
  await shown.press("Replay all: sure?");
  await shown.until(`/^Replayed \\d+$/.test(
    document.querySelector("[data-replay=all]").textContent)`);
  assertEquals(shown.faults, []);
});

Deno.test("the list of alarms leaves the focus where it is while times go on", async () => {
  await using broker = await connect("sqlite::memory:");
  const consumers = ["one", "two"].map((consumer) => plan("calm", { consumer, leaseMs: 30_000 }));
  await using service = await inspected(broker, { consumers });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("two");
  service.orchestrator.pause();
  await shown.lights("consumer.paused");
  await shown.give(`document.querySelector(".alarm-button").click()`);
  await shown.give(`(() => {
    const label = [...document.querySelectorAll(".wishes label")]
      .find((each) => each.textContent === "paused");
    label.querySelector("input").value = "0";
    label.querySelector("input").dispatchEvent(new Event("input"));
  })()`);
  await shown.until(`document.querySelectorAll(".alarms li").length === 2`);
  await shown.give(`document.querySelector(".alarms li:last-child button").focus()`);
  const name = await shown.give(FOCUSED);
  const said = await shown.text(".alarms li:last-child");
  await shown.until(`document.querySelector(".alarms li:last-child").textContent !==
    ${JSON.stringify(said)}`);
  assertEquals(await shown.give(FOCUSED), name);
  await shown.page.keyboard.press("Enter");
  await shown.until(`document.querySelector("dialog[open]") === null`);
  assertEquals(await shown.text(".chart h2"), name);
});
