/**
 * The example `live_runs` while its network or its process fails: the page says so, and afterwards shows what it would
 * have shown without.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { TcpProxy } from "../brokers/redis/tcp_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { Chromium } from "./chromium.ts";
import { LiveRunsPage, numbersUpTo } from "./live_runs_page.ts";
import { LiveRunsProcess } from "./live_runs_process.ts";

/** A proxy between browser and service that the page cannot tell from the service itself. */
async function behindProxy(service: LiveRunsProcess, proxy: TcpProxy): Promise<Chromium> {
  return await Chromium.start({ ports: { [service.port]: Number(new URL(proxy.url).port) } });
}

Deno.test("a network that is cut for a while loses and doubles nothing", async () => {
  await using service = await LiveRunsProcess.start();
  await using proxy = new TcpProxy(service.port);
  await using chromium = await behindProxy(service, proxy);
  const shown = await LiveRunsPage.open(chromium, service.url);
  await shown.start({ speed: "40" });
  await shown.shows(40);
  proxy.refuse();
  await shown.becomes("reconnecting");
  const before = (await shown.rows()).length;
  assert(before < 203, String(before));
  assertEquals(await shown.text("#connection"), "Reconnecting");

  proxy.recover();
  await shown.becomes("ended");
  assertEquals(await shown.numbers(), numbersUpTo(203));
});

Deno.test("a connection that is dead without being closed is noticed and replaced", async () => {
  await using service = await LiveRunsProcess.start();
  await using proxy = new TcpProxy(service.port);
  await using chromium = await behindProxy(service, proxy);
  const shown = await LiveRunsPage.open(chromium, service.url);
  // The page notices after 20 s of silence; its long waits are 20 times shorter here.
  await shown.page.evaluateOnNewDocument(`{
    const { setTimeout } = window;
    window.setTimeout = (work, ms) => setTimeout(work, ms >= 10_000 ? ms / 20 : ms);
  }`);
  await shown.page.reload();
  await shown.start({ speed: "40" });
  await shown.shows(40);
  proxy.goSilent();
  await eventually("something was kept back", () => proxy.silencedCount > 0);
  proxy.recover();
  await shown.becomes("ended");
  assertEquals(await shown.numbers(), numbersUpTo(203));
  assertEquals(shown.faults, []);
});

Deno.test("a device that goes offline says so, and goes on where it was when it is back", async () => {
  await using service = await LiveRunsProcess.start();
  await using chromium = await Chromium.start();
  const shown = await LiveRunsPage.open(chromium, service.url);
  await shown.start({ speed: "40" });
  await shown.shows(40);
  await shown.page.setOfflineMode(true);
  await shown.becomes("reconnecting");
  assertEquals(await shown.text("#connection"), "Offline, reconnecting");
  await shown.page.setOfflineMode(false);
  await shown.becomes("ended");
  assertEquals(await shown.numbers(), numbersUpTo(203));
});

Deno.test("a service that is killed and started again shows its run as interrupted, every event once", async () => {
  await using service = await LiveRunsProcess.start();
  await using chromium = await Chromium.start();
  const shown = await LiveRunsPage.open(chromium, service.url);
  const run = await shown.start({ speed: "40" });
  await shown.shows(40);
  await service.kill();
  await shown.becomes("reconnecting");
  const seen = (await shown.rows()).length;

  await service.startAgain();
  await shown.becomes("ended");
  // What had been shown stays; what was stored but not sent any more may follow, then comes the end.
  const rows = await shown.rows();
  const told = rows.slice(0, -1);
  assertEquals(
    told.map(({ kind, number }) => [kind, number]),
    numbersUpTo(Math.max(seen, told.length)).map((number) => ["event", number]),
  );
  assertMatch(rows.at(-1)?.text ?? "", /^run\.interrupted /);
  await shown.page.waitForSelector('#status[data-status="interrupted"]');

  // A reload shows what was stored, to its end.
  await shown.page.reload();
  await shown.becomes("ended");
  const record = await (await fetch(`${service.url}/runs/${run}`)).json();
  assertEquals(await shown.numbers(), numbersUpTo(record.event_count));
  assert(record.event_count > 20, String(record.event_count));
});
