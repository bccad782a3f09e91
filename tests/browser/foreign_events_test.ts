/**
 * The page of the example `live_runs` with a run of another kind: events that were trimmed, and events that somebody
 * hostile has told.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connect, type HttpService, RunManager, serveHttp } from "../../mod.ts";
import { pageRoutes } from "../../examples/live_runs/page_routes.ts";
import { Chromium } from "./chromium.ts";
import { LiveRunsPage } from "./live_runs_page.ts";

/** A service whose runs keep 10 events, and one run that others tell the events of. */
async function withRun(work: (http: HttpService, runs: RunManager) => Promise<void>) {
  await using broker = await connect("sqlite::memory:");
  const kinds = [{ kind: "foreign", external: true } as const];
  await using runs = new RunManager({ broker, kinds, lengthMax: 10 });
  await runs.start("foreign", null, { run: "told" });
  await using http = await serveHttp({ broker, runs, routes: [await pageRoutes()] });
  await work(http, runs);
}

Deno.test("a run whose beginning was trimmed shows how much is missing, then the rest", () =>
  withRun(async (http, runs) => {
    const events = Array.from({ length: 25 }, (_, index) => ({ type: "step", data: index + 1 }));
    await runs.store.add("told", events);
    await using chromium = await Chromium.start();
    const shown = await LiveRunsPage.open(chromium, `${http.address.url}/#run=told`);
    await shown.shows(11);
    assertEquals(await shown.rows(), [
      {
        kind: "gap",
        number: 15,
        text: "15 events are missing here the run no longer keeps them",
      },
      ...[16, 17, 18, 19, 20, 21, 22, 23, 24, 25].map((number) => ({
        kind: "event",
        number,
        text: `step ${number}`,
      })),
    ]);
    assertEquals(
      await shown.text("#notice"),
      "15 events are missing: the run no longer keeps them.",
    );
    assertEquals(shown.faults, []);
  }));

Deno.test("whatever an event says is shown as text", () =>
  withRun(async (http, runs) => {
    const hostile = [
      "<img src=x onerror=document.title='taken'>",
      "</li><script>document.title='taken'</script>",
      "javascript:document.title='taken'",
      "\u0000\r\n\ud800 &lt;b&gt;",
    ];
    await runs.store.add("told", [
      ...hostile.map((data) => ({ type: "<b>bold</b>", data })),
      { type: "row.drawn", data: { row: 0, rows: 1e9, steps: "AAAA" } },
      { type: "row.drawn", data: { row: 0, rows: 10, steps: "no base64 <" } },
      { type: "row.drawn", data: { row: -1, rows: "<b>", steps: ["AAAA"] } },
      { type: "row.drawn", data: null },
    ]);
    await using chromium = await Chromium.start();
    const shown = await LiveRunsPage.open(chromium, `${http.address.url}/#run=told`);
    await shown.shows(8);
    const rows = await shown.rows();
    assertEquals(
      rows.slice(0, 4).map(({ text }) => text),
      hostile.map((data) => `<b>bold</b> ${JSON.stringify(data)}`),
    );
    assertEquals(rows.map(({ number }) => number), [1, 2, 3, 4, 5, 6, 7, 8]);
    assertEquals(await shown.page.title(), "Live runs");
    assertEquals(
      await shown.page.evaluate(`document.querySelectorAll("#events b, img").length`),
      0,
    );
    assertEquals(shown.faults, []);
  }));
