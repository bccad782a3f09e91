/**
 * The inspector's lists while they change: they follow the present, are gone through by keys alone, and leave the focus
 * where it is.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connect, deadLetterStream, type Handler, StreamProducer } from "../../mod.ts";
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

Deno.test("dead letters are listed from the newest, part by part, leave the focus where it is, and are all replayed by two clicks", async () => {
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
  const die = (count: number) =>
    producer.publishMany(Array.from({ length: count }, (_, data) => ({ type: "job", data })));
  const letters = `document.querySelectorAll(".letters tbody tr").length`;
  const ids = async () => {
    const found = await shown.give(`[...document.querySelectorAll(".letters tbody [data-replay]")]
      .map((each) => each.dataset.replay)`);
    return Array.isArray(found) ? found.map(String) : [];
  };
  await die(120);
  await shown.until(`${letters} === 120`);
  const newest = (await ids())[0];
  const first = `document.querySelector('.letters [data-replay="${newest}"]')`;
  await shown.give(`${first}.focus()`);
  const place = await shown.give(`${first}.getBoundingClientRect().top`);
  await die(60);
  await shown.until(`${letters} === 180`);
  assertEquals(await shown.give(`document.activeElement === ${first}`), true);
  assertEquals(
    await shown.give(`Math.round(${first}.getBoundingClientRect().top - ${place})`),
    0,
    "what has the focus stays where it is",
  );
  assertEquals(await shown.texts(".parts"), []);

  await die(62);
  const parts = `document.querySelector(".letters .parts span").textContent`;
  await shown.until(`${parts} === "The newest 200: there are older dead letters."`);
  const all = (await broker.range(deadLetterStream("jobs"), { count: 1_000 })).map(({ id }) => id);
  assertEquals([all.length, await ids()], [242, all.slice(42).toReversed()]);
  await shown.press("Older");
  await shown.until(`${parts} === "Part 2: no older ones."`);
  assertEquals(await ids(), all.slice(0, 42).toReversed());
  await shown.press("Newer");
  await shown.until(`${parts} === "The newest 200: there are older dead letters."`);
  assertEquals(await ids(), all.slice(42).toReversed());

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
