/**
 * The example `live_runs` as its user sees it, in Chromium: a run from its start to its end, a reload in the middle, and
 * cancelling.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Chromium } from "./chromium.ts";
import { LiveRunsPage, numbersUpTo } from "./live_runs_page.ts";
import { LiveRunsProcess } from "./live_runs_process.ts";

/** What the service itself says of a run. */
async function recordOf(
  service: LiveRunsProcess,
  run: string,
): Promise<{ status: string; event_count: number }> {
  return await (await fetch(`${service.url}/runs/${run}`)).json();
}

Deno.test("a run is shown live: every event once, in order, and its end", async () => {
  await using service = await LiveRunsProcess.start();
  await using chromium = await Chromium.start();
  const shown = await LiveRunsPage.open(chromium, service.url);
  const run = await shown.start({ speed: "40" });
  await shown.becomes("ended");

  const record = await recordOf(service, run);
  assertEquals(record, { ...record, status: "completed", event_count: 203 });
  assertEquals(await shown.numbers(), numbersUpTo(203));
  const rows = await shown.rows();
  assertEquals(rows.filter(({ text }) => text.startsWith("row.drawn {")).length, 200);
  assertEquals(rows.at(0)?.text, 'picture.begun {"place":"whole"}');
  assertEquals(rows.at(-1), { kind: "end", number: 203, text: "run.completed " });
  await shown.page.waitForSelector('#status[data-status="completed"]');
  await shown.page.waitForSelector('#picture[aria-label="Picture: 200 of 200 rows are drawn"]');
  await shown.page.waitForSelector(
    `#recent [data-run="${run}"] [aria-current=true] [data-status=completed]`,
  );
  assertEquals(shown.faults, []);
});

Deno.test("a reload in the middle of a run shows all of it again, then live, every event once", async () => {
  await using service = await LiveRunsProcess.start();
  await using chromium = await Chromium.start();
  const shown = await LiveRunsPage.open(chromium, service.url);
  const run = await shown.start({ speed: "40" });
  await shown.shows(40);
  await shown.page.reload();
  await shown.becomes("live");
  assertEquals((await recordOf(service, run)).status, "running");
  await shown.becomes("ended");
  assertEquals(await shown.numbers(), numbersUpTo(203));

  // And once more when there is only history.
  await shown.page.reload();
  await shown.becomes("ended");
  assertEquals(await shown.numbers(), numbersUpTo(203));
  assertEquals(shown.faults, []);
});

Deno.test("Cancel ends a run, and the page says by whom", async () => {
  await using service = await LiveRunsProcess.start();
  await using chromium = await Chromium.start();
  const shown = await LiveRunsPage.open(chromium, service.url);
  const run = await shown.start({ speed: "10" });
  await shown.shows(2);
  await shown.page.waitForSelector("#cancel:enabled");
  // By keyboard: it has the focus and is pressed.
  await shown.page.focus("#cancel");
  await shown.page.keyboard.press("Enter");
  await shown.becomes("ended");

  const { status, event_count: count } = await recordOf(service, run);
  assertEquals(status, "cancelled");
  assert(count < 203, String(count));
  assertEquals(await shown.numbers(), numbersUpTo(count));
  assertEquals((await shown.rows()).at(-1)?.text, "run.cancelled cancelled on the page");
  assertEquals(await shown.text("#status"), "Cancelled: cancelled on the page");
  assertEquals(shown.faults, []);
});

Deno.test("a run that does not exist is said to be missing, and asked for no more", async () => {
  await using service = await LiveRunsProcess.start();
  await using chromium = await Chromium.start();
  const shown = await LiveRunsPage.open(chromium, `${service.url}/#run=nobody`);
  await shown.becomes("missing");
  assertEquals(
    await shown.text("#connection"),
    'Cannot read run "nobody": it does not exist, start it',
  );
  assertEquals(await shown.rows(), []);
});
