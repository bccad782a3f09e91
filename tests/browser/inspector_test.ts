/**
 * The inspector's page over a real service: it shows what a consumer does, goes back in time, filters, and commands where
 * it may.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { connect, StreamProducer } from "../../mod.ts";
import {
  inspected,
  type InspectedOptions,
  type InspectedService,
} from "../inspector/routes_rig.ts";
import { eventually } from "../support/eventually.ts";
import { plan } from "../support/supervised_service.ts";
import { Chromium } from "./chromium.ts";
import { InspectorPage } from "./inspector_page.ts";

/** A consumer that does nothing by itself, so that a few steps back are a few events. */
const QUIET = plan("calm", { leaseMs: 30_000, blockMs: 5_000 });

/** What a test is given. */
interface Visit {
  readonly service: InspectedService;
  readonly shown: InspectorPage;
  /** Publishes a job. */
  readonly publish: (data: unknown) => Promise<unknown>;
}

async function visit(
  options: InspectedOptions,
  work: (visit: Visit) => Promise<void>,
): Promise<void> {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker, options);
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("main");
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await work({ service, shown, publish: (data) => producer.publish({ type: "job", data }) });
}

/** An expression for the states that are lit, without those of the machine itself. */
const LIT = `[...document.querySelectorAll(".tidemark-chart .active")].map((g) => g.dataset.state)`;

Deno.test("the page lights the state of a machine within 200 ms", () =>
  visit({}, async ({ service, shown }) => {
    await shown.until(`${LIT}.join() === "consumer.reading"`);
    // Two clocks of one machine: when it was told, and when the page had drawn it.
    await shown.give(`new Promise((resolve) => {
      new MutationObserver(() => { globalThis.pausedMs ??= Date.now(); })
        .observe(document.querySelector('.tidemark-chart [data-state="consumer.paused"]'), { attributes: true });
      resolve(null);
    })`);
    const delays: number[] = [];
    for (let round = 0; round < 3; round++) {
      await shown.give("globalThis.pausedMs = undefined");
      const toldMs = Date.now();
      service.orchestrator.pause();
      await shown.until(`${LIT}.join() === "consumer.paused"`);
      delays.push(Number(await shown.give("globalThis.pausedMs")) - toldMs);
      await shown.give("globalThis.pausedMs = 0");
      service.orchestrator.resume();
      await shown.until(`${LIT}.join() === "consumer.reading"`);
    }
    const median = delays.toSorted((one, other) => one - other)[1] ?? Infinity;
    assert(median < 200, `${delays} ms`);
    assertEquals(shown.faults, []);
  }));

Deno.test("stepping back shows the context and the state of that moment, and Escape the present", () =>
  visit({ consumers: [QUIET] }, async ({ shown, publish }) => {
    for (let n = 1; n <= 3; n++) {
      await publish(n);
      await shown.until(
        `document.querySelector('[data-name=committedCount] .value')?.textContent === "${n}"`,
      );
    }
    await shown.until(`${LIT}.join() === "consumer.reading"`);
    const seen: [count: string, was: string[], lit: string][] = [];
    const look = async (): Promise<[string, string[], string]> => [
      await shown.value("committedCount"),
      await shown.texts("[data-name=committedCount] .was:not(:empty)"),
      String(await shown.give(`${LIT}.join()`)),
    ];
    while (await shown.value("committedCount") !== "0" && seen.length < 80) {
      await shown.key("ArrowLeft");
      seen.push(await look());
    }
    assertEquals(seen.filter(([, was]) => was.length > 0), [
      ["3", ["was 2"], "consumer.checkpointing"],
      ["2", ["was 1"], "consumer.checkpointing"],
      ["1", ["was 0"], "consumer.checkpointing"],
    ]);
    assertEquals(seen.at(-1), ["0", [], "consumer.acking"]);
    assertEquals(await shown.text(".live"), "Back to live");

    // What happens now does not move what is looked at.
    await publish(4);
    await shown.key("ArrowRight");
    assertEquals(await look(), ["1", ["was 0"], "consumer.checkpointing"]);
    await shown.key("Escape");
    await shown.until(
      `document.querySelector('[data-name=committedCount] .value').textContent === "4"`,
    );
    assertEquals(await shown.text(".live"), "Live");
    assertEquals(shown.faults, []);
  }));

Deno.test("the log is filtered by text, event, state and errors, and a line leads to its moment", () =>
  visit({}, async ({ shown, publish }) => {
    await publish(1);
    await shown.until(
      `document.querySelector('[data-name=committedCount] .value')?.textContent === "1"`,
    );
    await shown.key("/");
    assertEquals(await shown.give("document.activeElement.id"), "log-text");
    await shown.page.keyboard.type("committed main");
    await shown.until(`[...document.querySelectorAll(".entry .what")].filter((each) =>
      each.offsetParent !== null).every((each) => each.textContent === "broker.committed")`);
    assertEquals(await shown.texts(".entry .change"), ["acking → checkpointing"]);

    await shown.give(`document.querySelector(".entry:not([hidden])").click()`);
    await shown.until(`${LIT}.join() === "consumer.checkpointing"`);
    assertEquals(await shown.value("committedCount"), "1");

    await shown.give(`(() => {
      const text = document.querySelector("#log-text");
      text.value = "";
      const errors = document.querySelector("#log-errors");
      errors.checked = true;
      text.dispatchEvent(new Event("input"));
    })()`);
    await shown.until(`document.querySelector(".log .empty").hidden === false`);
    assertEquals(await shown.text(".log .empty"), "No transition fits these filters.");
    assertEquals(shown.faults, []);
  }));

Deno.test("the buttons tell the chosen consumer, and only it", () =>
  visit({
    consumers: [plan("calm"), { ...plan("calm"), consumer: "other" }],
    inspector: { commands: true },
  }, async ({ service, shown }) => {
    await shown.page.waitForSelector('[data-command="pause"]');
    const states = () => service.orchestrator.facts().map((each) => [each.consumer, each.state]);
    await shown.press("Pause");
    await eventually("the one is paused", () => states().some(([, state]) => state === "paused"));
    assertEquals(states(), [["main", "paused"], ["other", "reading"]]);
    await shown.press("Resume");
    await eventually("it reads", () => states().every(([, state]) => state === "reading"));

    // What ends work wants a second click.
    await shown.press("Drain");
    assertEquals(await shown.texts(".commands .armed"), ["Drain: sure?"]);
    assertEquals(service.orchestrator.facts().map(({ supervision }) => supervision), [
      "running",
      "running",
    ]);
    await shown.press("Drain: sure?");
    const supervised = () => service.orchestrator.facts().map(({ supervision }) => supervision);
    await eventually("it has stopped", () => supervised()[0] === "stopped");
    assertEquals(supervised(), ["stopped", "running"]);
    assertEquals(shown.faults, []);
  }));

Deno.test("where commands are off there are no buttons for them", () =>
  visit({}, async ({ shown }) => {
    await shown.until(`document.querySelector(".chart .why").textContent !== ""`);
    assertEquals(await shown.texts("[data-command]"), []);
    assertEquals(await shown.texts("[data-replay]"), []);
  }));

Deno.test("a consumer whose name is markup is shown as text, also what its failure says", async () => {
  const consumer = `<img src=x onerror="globalThis.harmed=1">`;
  const handler = () => {
    throw new Error(`<script>globalThis.harmed=1</script>`);
  };
  await using broker = await connect("sqlite::memory:");
  const odd = { ...plan("calm"), consumer, handler, attemptsMax: 1 };
  await using service = await inspected(broker, { consumers: [odd] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.choose(consumer);
  await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job", data: 1 });
  await shown.until(
    `document.querySelector('[data-name=deadLetteredCount] .value')?.textContent === "1"`,
  );
  await shown.press("Dead letters");
  await shown.until(`document.querySelectorAll(".letters .reason").length === 2`);
  assertEquals(await shown.texts(".letters .reason"), [
    "its handler failed once",
    "<script>globalThis.harmed=1</script>",
  ]);
  assertEquals(await shown.give("document.querySelectorAll('img, body script').length"), 0);
  assertEquals(await shown.give("globalThis.harmed"), undefined);
  assertEquals(shown.faults, []);
});
