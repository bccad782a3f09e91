/**
 * The inspector's page with a session file: everything works on it, and nothing is asked from the service but the page.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect, StreamProducer } from "../../mod.ts";
import type { RouteGroup } from "../../src/http/app.ts";
import { HttpServer } from "../../src/http/server.ts";
import { PAGE_HTML, PAGE_POLICY } from "../../src/inspector/page.gen.ts";
import { inspected } from "../inspector/routes_rig.ts";
import { eventually } from "../support/eventually.ts";
import { plan } from "../support/supervised_service.ts";
import { Chromium } from "./chromium.ts";
import { InspectorPage } from "./inspector_page.ts";

/** The page, and nothing else. */
const pageAlone: RouteGroup = (app) => {
  app.get("/inspector", (context) => {
    context.header("Content-Security-Policy", PAGE_POLICY);
    return context.html(PAGE_HTML);
  });
};

/** What a real service has recorded of three jobs. */
async function recordedSession(): Promise<string> {
  await using broker = await connect("sqlite::memory:");
  const quiet = plan("calm", { leaseMs: 30_000, blockMs: 5_000 });
  await using service = await inspected(broker, { consumers: [quiet] });
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany([1, 2, 3].map((data) => ({ type: "job", data })));
  const done = () => service.orchestrator.facts()[0]?.committedCount === 3;
  await eventually("three jobs are done", done);
  return await (await fetch(`${service.url}/inspector/session`)).text();
}

Deno.test("a session file is shown without any data of a service, with its chart and its past", async () => {
  const session = await recordedSession();
  await using server = new HttpServer({ routes: [pageAlone] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, server.address.url);
  await shown.becomes("refused");
  const asked: string[] = [];
  await shown.drop("of a test.jsonl", session);
  await shown.becomes("file");
  shown.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  assertEquals(await shown.text("#connection"), "File of a test.jsonl");
  await shown.choose("main");
  assertEquals(await shown.value("committedCount"), "3");
  // No service has laid it out: the page does.
  await shown.page.waitForSelector('.tidemark-chart [data-state="consumer.reading"].active');

  while (await shown.value("committedCount") !== "0") await shown.key("ArrowLeft");
  assertEquals(await shown.text(".live"), "Back to end");
  await shown.press("Log");
  await shown.until(`document.querySelectorAll(".entry.future").length > 0`);
  await shown.press("Sequence");
  await shown.until(`document.querySelectorAll(".message.future").length > 0`);
  await shown.press("Pending");
  await shown.painted();
  assertStringIncludes(await shown.text("#panel-pending .empty"), "A session file does not hold");
  assertEquals(await shown.texts("[data-command]"), []);
  assertEquals(asked, []);
});

Deno.test("a file that is no session says so, and what was shown stays", async () => {
  const session = await recordedSession();
  await using server = new HttpServer({ routes: [pageAlone] });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, server.address.url);
  await shown.becomes("refused");
  await shown.drop("good.jsonl", session);
  await shown.becomes("file");
  await shown.choose("main");
  await shown.drop("<b>notes.txt", "hello");
  await shown.until(`document.querySelector(".banner").textContent.includes("notes.txt")`);
  assertStringIncludes(
    await shown.text(".banner"),
    'Cannot open session file "<b>notes.txt": line 1 is not JSON, wanted a message as JSON',
  );
  assertEquals(await shown.value("committedCount"), "3");
  await shown.press("Dismiss");
  await shown.painted();
  assertEquals(await shown.give(`document.querySelector(".banner").hidden`), true);
});
