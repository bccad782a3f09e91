/**
 * The inspector's page when something is the matter: a connection that breaks, a process that does more than can be shown,
 * a token that is wanted.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect, StreamProducer } from "../../mod.ts";
import { TcpProxy } from "../brokers/redis/tcp_proxy.ts";
import { inspected } from "../inspector/routes_rig.ts";
import { plan } from "../support/supervised_service.ts";
import { Chromium } from "./chromium.ts";
import { Flood } from "./inspector_flood.ts";
import { InspectorPage } from "./inspector_page.ts";

const COUNT = `document.querySelector('[data-name=committedCount] .value')?.textContent`;

Deno.test("a connection that breaks is said, and afterwards the page goes on with no frame lost or doubled", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker, { consumers: [plan("calm", { leaseMs: 30_000 })] });
  const port = Number(new URL(service.url).port);
  await using proxy = new TcpProxy(port);
  const ports = { [port]: Number(new URL(proxy.url).port) };
  await using chromium = await Chromium.start({ ports });
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("live");
  await shown.choose("main");
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publish({ type: "job", data: 1 });
  await shown.until(`${COUNT} === "1"`);

  proxy.refuse();
  await shown.becomes("reconnecting");
  assertStringIncludes(await shown.text(".banner"), "Disconnected, trying again");
  assertEquals(await shown.value("committedCount"), "1");
  await producer.publish({ type: "job", data: 2 });
  proxy.recover();
  await shown.becomes("live");
  await shown.until(`${COUNT} === "2"`);
  assertEquals(await shown.give(`document.querySelector(".banner").hidden`), true);

  // The log has every frame of the process once.
  await shown.press("Log");
  await shown.give(`document.querySelector("#log-text").value = "broker.committed"`);
  await shown.give(`document.querySelector("#log-text").dispatchEvent(new Event("input"))`);
  await shown.until(`document.querySelector(".log .count").textContent.startsWith("2 of ")`);
});

Deno.test("thousands of steps a second leave the page quick to answer", async () => {
  await using flood = new Flood({ consumers: 40, framesEach: 200, intervalMs: 50 });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, flood.url);
  await shown.becomes("live");
  await shown.choose("consumer-7");
  await shown.press("Log");
  await shown.until(`document.querySelectorAll(".entry").length > 5`);
  // From a click until the picture that shows what it did: the tabs take turns, the log being the heaviest.
  const delays = await shown.give(`(async () => {
    const tabs = [...document.querySelectorAll("[role=tab]")].slice(0, 3);
    const delays = [];
    for (let turn = 0; turn < 21; turn++) {
      await new Promise((done) => setTimeout(done, 60));
      const beginMs = performance.now();
      tabs[turn % 3].click();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      delays.push(performance.now() - beginMs);
    }
    return delays.sort((one, other) => one - other);
  })()`);
  assert(Array.isArray(delays));
  const median = Number(delays[10]);
  assert(median < 100, `${delays.map(Math.round)} ms`);
  assert(flood.told > 3_000, String(flood.told));
  assertEquals(shown.faults.filter((fault) => !fault.includes("404")), []);
});

Deno.test("where a token is wanted the page asks for it, and takes it out of its address", async () => {
  const tokens = { read: "read-token-of-the-test", control: "control-token-of-the-test" };
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker, { http: { tokens } });
  await using chromium = await Chromium.start();
  const shown = await InspectorPage.open(chromium, service.url);
  await shown.becomes("locked");
  assertEquals(await shown.text(".banner span"), "A token is needed.");
  await shown.page.type("#token", tokens.read);
  await shown.page.keyboard.press("Enter");
  await shown.becomes("live");
  await shown.choose("main");

  const path = `/inspector#token=${tokens.read}`;
  const other = await InspectorPage.open(chromium, service.url, { path });
  await other.becomes("live");
  assertEquals(await other.give("location.href"), `${service.url}/inspector`);
});
