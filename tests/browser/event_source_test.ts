/**
 * An EventSource of a browser that follows a run, as README shows it: when it comes back, where it goes on, and which
 * answers end it for good.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { connect, RunManager, serveHttp } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { Chromium } from "./chromium.ts";

/** What it saw, in order, with the time of each in ms. */
interface Told {
  readonly what: string;
  readonly atMs: number;
}

/** Runs in the page: opens an EventSource and notes what it is told. */
function follow(path: string): void {
  const told: Told[] = [];
  const note = (what: string) => told.push({ what, atMs: performance.now() });
  const source = new EventSource(path);
  source.onopen = () => note("open");
  source.onmessage = ({ data }) => note(JSON.parse(data).type);
  source.onerror = () => note(source.readyState === EventSource.CLOSED ? "over" : "broken");
  source.addEventListener("end", () => {
    note("end");
    source.close();
  });
  Reflect.set(globalThis, "told", told);
}

Deno.test("an EventSource goes on where it was a second after its service has gone, and ends by 404", async () => {
  await using broker = await connect("sqlite::memory:");
  const kinds = [{ kind: "told", external: true } as const];
  await using runs = new RunManager({ broker, kinds });
  await runs.start("told", null, { run: "june" });
  await runs.store.add("june", { type: "first" });
  await using chromium = await Chromium.start();
  const page = await chromium.newPage();
  const told = async (): Promise<readonly Told[]> =>
    await page.evaluate(() => Reflect.get(globalThis, "told"));
  const words = async () => (await told()).map(({ what }) => what);
  const first = await serveHttp({ broker, runs });
  const { port, url } = first.address;
  await page.goto(`${url}/docs`);
  await page.evaluate(follow, "/runs/june/events/stream");
  await eventually("the first is told", async () => (await words()).length === 2);
  await first.close();
  await runs.store.add("june", { type: "second" });
  await using _second = await serveHttp({ broker, runs, port });
  await eventually("the second is told", async () => (await words()).includes("second"));
  await runs.store.end("june");
  await eventually("the end is told", async () => (await words()).at(-1) === "end");
  assertEquals(await words(), ["open", "first", "broken", "open", "second", "end"]);
  const [, , broken, open] = await told();
  const waitedMs = (open?.atMs ?? 0) - (broken?.atMs ?? 0);
  assert(waitedMs >= 900 && waitedMs < 3_000, `it came back after ${waitedMs} ms`);

  for (
    const [path, wanted] of [["/runs/none/events/stream", 404], [
      "/runs/june/events/stream?last_event_id=99999999999999-9",
      204,
    ]]
  ) {
    let asked = 0;
    const count = (response: { url(): string; status(): number }) => {
      if (response.url() === `${url}${path}` && response.status() === wanted) asked++;
    };
    page.on("response", count);
    await page.evaluate(follow, String(path));
    await eventually("it has ended", async () => (await words()).includes("over"));
    page.off("response", count);
    assertEquals([await words(), asked], [["over"], 1], String(path));
  }
});
