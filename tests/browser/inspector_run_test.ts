/**
 * The inspector's page over a service as a user runs it, on each broker, while things happen to it: what the page shows is
 * what the machine has recorded, and each button does what it says.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openInspector, serveHttp } from "../../mod.ts";
import { delaysOf, isTheSameFromAFile, stepsBack } from "./inspector_comparing.ts";
import { eventually } from "../support/eventually.ts";
import type { ServiceProcess } from "../support/service_process.ts";
import { Chromium } from "./chromium.ts";
import { InspectorPage } from "./inspector_page.ts";
import {
  JOBS,
  publishJob,
  recordedBy,
  resultsOf,
  type Scene,
  SCENES,
  startShown,
} from "./inspector_run.ts";

/**
 * A state that lasted for so long must have been seen, in ms: a loaded machine draws few pictures a second. With SQLite,
 * each call waits a second for a file that another process holds, and nothing else is done in the process meanwhile.
 */
const LASTING_MS: Readonly<Record<string, number>> = { Redis: 400, SQLite: 5_000 };

/** What the product wants, in ms; printed, because a test on a loaded machine cannot hold it. */
const WANTED_MS = 200;

/** A page that is later than this is broken, however loaded the machine is, in ms. */
const LATE_MS_MAX = 10_000;

for (const [kind, open] of Object.entries(SCENES)) {
  const name =
    `the page shows what happens to a consumer, and its buttons do what they say (${kind})`;
  // This process follows another one through Redis, and after a large answer its client's parser keeps a timer of its own,
  // which may go on into the next test.
  Deno.test(name, { sanitizeOps: false, sanitizeResources: false }, async () => {
    await using scene = await open();
    const { url } = await startShown(scene);
    await using chromium = await Chromium.start();
    const shown = await InspectorPage.open(chromium, url);
    await shown.becomes("live");
    await shown.choose("main");
    await shown.lights("consumer.reading");
    await shown.watchLights();

    await failsAndIsReplayed(shown, scene);
    await pauses(shown, scene);
    await backsOff(shown, scene);
    await shown.press("Reclaim now");
    await shown.press("Log");
    // Only the lines that are seen are there: others would push this one away.
    await shown.searchLog("operator.reclaim");
    await shown.until(`[...document.querySelectorAll(".entry .what")].some((each) =>
      each.textContent === "operator.reclaim")`);
    await shown.searchLog("");
    await using other = await isFenced(shown, {
      scene,
      // Waiting for the end of a lease costs ten seconds: once is enough.
      chromium: kind === "Redis" ? chromium : null,
    });
    await drains(shown, scene);

    const recorded = await recordedBy(url);
    const lights = (await shown.lightsSeen()).filter(({ state }) => state.startsWith("consumer."));
    const delays = delaysOf(lights, { ...recorded, lastingMs: LASTING_MS[kind] ?? 0 });
    const median = delays[delays.length >> 1] ?? Infinity;
    console.log(
      `${kind}: lit after ${median} ms (median of ${delays.length}), at the latest ${
        delays.at(-1)
      } ms; wanted ${WANTED_MS} ms`,
    );
    assert((delays.at(-1) ?? Infinity) < LATE_MS_MAX, `${delays}`);
    await stepsBack(shown, recorded);
    await isTheSameFromAFile(shown, { chromium, url });
    await other?.isSeenToHaveEnded();
    assertEquals(shown.faults, []);
  });
}

/** Its handler fails; what was given up is seen, and replayed once it can be handled. */
async function failsAndIsReplayed(shown: InspectorPage, scene: Scene): Promise<void> {
  await publishJob(scene, { name: "good" });
  await publishJob(scene, { name: "bad", file: scene.file });
  await shown.press("Dead letters");
  await shown.until(`document.querySelectorAll(".letters .reason").length === 2`);
  assertEquals(await shown.texts(".letters .reason"), [
    "its handler failed 2 times",
    "no customer of this name",
  ]);
  assertEquals(await resultsOf(scene), ["good"]);
  await Deno.writeTextFile(scene.file, "");
  await shown.press("Replay");
  await eventually("it is handled now", async () => (await resultsOf(scene)).length === 2);
  assertEquals(await resultsOf(scene), ["good", "bad"]);
  await shown.until(
    `document.querySelector(".letters .empty")?.textContent === "No dead letters."`,
  );
  await shown.press("Context");
  await shown.until(
    `document.querySelector('[data-name=deadLetteredCount] .value')?.textContent === "1"`,
  );
}

/** It is silent while it is paused, which raises an alarm that was asked for. */
async function pauses(shown: InspectorPage, scene: Scene): Promise<void> {
  await shown.give(`(() => {
    const label = [...document.querySelectorAll(".wishes label")]
      .find((each) => each.textContent === "paused");
    label.querySelector("input").value = "0.5";
    label.querySelector("input").dispatchEvent(new Event("input"));
  })()`);
  await shown.press("Pause");
  await shown.lights("consumer.paused");
  await publishJob(scene, { name: "waits" });
  await shown.until(`document.querySelector(".alarm-button")?.textContent === "⚠ 1 alarm"`);
  await shown.until(`document.querySelector(".chart .why")?.textContent?.startsWith("Paused")`);
  await shown.press("Grid");
  await shown.until(`[...document.querySelectorAll(".tile")].map((each) => each.className)
    .join() === "tile kind-paused,tile kind-waiting"`);
  await shown.press("Tree");
  assertEquals(await resultsOf(scene), ["good", "bad"]);
  await shown.press("Resume");
  await shown.lights("consumer.reading");
  await eventually("it goes on", async () => (await resultsOf(scene)).length === 3);
  await shown.until(`document.querySelector(".alarm-button")?.textContent === "No alarms"`);
}

/** The broker fails while it works: it waits, says why, and goes on when that is over. */
async function backsOff(shown: InspectorPage, scene: Scene): Promise<void> {
  const lastsUntil = `${scene.file} struck`;
  await publishJob(scene, { name: "during the fault", lastsUntil });
  await shown.lights("consumer.processing");
  const recover = scene.strike();
  try {
    await Deno.writeTextFile(lastsUntil, "");
    await shown.lights("consumer.backingOff");
    await shown.until(
      `document.querySelector(".row.kind-backingOff .name")?.textContent === "main"`,
    );
    await shown.until(
      `document.querySelector(".chart .why")?.textContent?.includes("tries again")`,
    );
  } finally {
    recover();
  }
  await eventually("it is handled", async () => (await resultsOf(scene)).length === 4);
  await shown.lights("consumer.reading");
}

/** A page that follows a process that was killed. */
interface Elsewhere extends AsyncDisposable {
  /** It says so as soon as the process's lease is over, and another process can be chosen. */
  readonly isSeenToHaveEnded: () => Promise<void>;
}

/** Another process takes its name and is killed, and it is started again. */
async function isFenced(
  shown: InspectorPage,
  { scene, chromium }: { readonly scene: Scene; readonly chromium: Chromium | null },
): Promise<Elsewhere | null> {
  const other = await scene.start({ more: "inspector: { followed: true }" });
  await shown.until(
    `document.querySelector('.row[aria-selected="true"] .state')?.textContent === "givenUp"`,
  );
  await shown.until(`document.querySelector(".chart .why")?.textContent.startsWith(
    "Stopped because a newer process runs under the name")`);
  await shown.until(`document.querySelector(".alarm-button")?.textContent === "⚠ 1 alarm"`);
  await other.says("consumer reads");
  const elsewhere = chromium === null ? null : await followed(other, { scene, chromium });
  other.signal("SIGKILL");
  await shown.press("Restart");
  await shown.press("Restart: sure?");
  await shown.lights("consumer.reading");
  await publishJob(scene, { name: "after the restart" });
  await eventually("it works again", async () => (await resultsOf(scene)).length === 5);
  return elsewhere;
}

/** Another page, which shows the processes on the broker, and has chosen one. */
async function followed(
  { pid }: ServiceProcess,
  { scene, chromium }: { readonly scene: Scene; readonly chromium: Chromium },
): Promise<Elsewhere> {
  await using open = new AsyncDisposableStack();
  const inspector = open.use(await openInspector({ broker: scene.broker }));
  const http = open.use(await serveHttp({ inspector }));
  const elsewhere = await InspectorPage.open(chromium, http.address.url);
  await elsewhere.becomes("live");
  await elsewhere.until(`document.querySelectorAll(".top select option").length === 2`);
  const choose = (is: boolean) =>
    elsewhere.give(`(() => {
      const select = document.querySelector(".top select");
      const found = [...select.options].find((each) => !each.disabled &&
        each.value.includes("-${pid}-") === ${is});
      select.value = found.value;
      select.dispatchEvent(new Event("change"));
    })()`);
  await choose(true);
  await elsewhere.until(`document.querySelector(".top .about")?.textContent?.includes("-${pid}-")`);
  await elsewhere.lights("consumer.reading");

  const parts = open.move();
  return {
    async isSeenToHaveEnded() {
      await elsewhere.becomes("ended");
      assertStringIncludes(await elsewhere.text(".banner"), "The process has ended.");
      await choose(false);
      await elsewhere.becomes("live");
      await elsewhere.until(`[...document.querySelectorAll(".row.consumer .name")].some((each) =>
        each.textContent === "second")`);
      assertEquals(elsewhere.faults.filter((fault) => !fault.includes("404")), []);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** It finishes what runs, and nothing is pending. */
async function drains(shown: InspectorPage, scene: Scene): Promise<void> {
  const lastsUntil = `${scene.file} drained`;
  await publishJob(scene, { name: "the last one", lastsUntil });
  await shown.lights("consumer.processing");
  await shown.press("Drain");
  await shown.press("Drain: sure?");
  await shown.lights("consumer.draining.finishing");
  await Deno.writeTextFile(lastsUntil, "");
  await shown.until(
    `document.querySelector('.row[aria-selected="true"] .state')?.textContent === "halted"`,
  );
  assertEquals((await resultsOf(scene)).at(-1), "the last one");
  assertEquals(await scene.broker.listPending(JOBS, "calm", { count: 10 }), []);
  await publishJob(scene, { name: "too late" });
  assertEquals((await resultsOf(scene)).at(-1), "the last one");
}
