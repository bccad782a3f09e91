/**
 * The process that the scenarios of growth measure: that it handles what is there, only when it is told to, and counts it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ConsumerProcess, startPublisher } from "./consumer_process.ts";
import { fill } from "./fill.ts";
import { openPlace } from "./place.ts";

const members = [
  { stream: "s", group: "g", consumer: "one" },
  { stream: "s", group: "g", consumer: "two" },
];

Deno.test("ConsumerProcess holds its consumers until it goes, and then counts what they commit", async () => {
  await using place = await openPlace("sqlite");
  const { signal } = new AbortController();
  const filling = { events: 1_005, payloadBytes: 100, signal };
  await fill({ broker: place.connection, stream: "s" }, filling);
  const wanted = { members, events: 1_005, sampleEvents: 500, signal };
  await using process = await ConsumerProcess.start(place, wanted);
  assertEquals(await committed(), 0);

  await process.go();
  const done = await process.done();
  assertEquals(done.events, 1_005);
  assertEquals(await committed(), 1_005);
  assertEquals(done.samples.length, 2);
  assert(done.firstAtMs <= done.lastAtMs && done.commitMedianMs <= done.commitP99Ms);
  assert(done.heapBytes > 1_000_000 && done.rssBytes > done.heapBytes);

  async function committed(): Promise<number> {
    const [group] = await place.connection.listGroups("s");
    return 1_005 - (group?.lag ?? NaN) - (group?.pendingCount ?? NaN);
  }
});

Deno.test("ConsumerProcess tells what it took to wait, and what a publisher brings meanwhile", async () => {
  await using place = await openPlace("redis");
  const { signal } = new AbortController();
  const wanted = { members, idleMs: 20, events: 2_000, signal };
  await using process = await ConsumerProcess.start(place, wanted);
  const { cores } = await process.idle();
  assert(cores >= 0 && cores < 4, `${cores}`);

  const settings = { stream: "s", events: 2_000, payloadBytes: 100, lagMax: 500, signal };
  await using publisher = startPublisher(place, settings);
  await process.go();
  const [done] = await Promise.all([process.done(), publisher.published]);
  assertEquals(done.events, 2_000);
  const length = (await place.connection.streamInfo("s"))?.length ?? NaN;
  assert(length < 2_000, `the stream was not trimmed: ${length}`);
  assert(await place.bytes() > 500_000);
});
