/**
 * The story of an outage: a few lines for a whole service, however many consumers it has and however long it lasts.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { CALL_FAILED, CONSUMER_FAILED, GOING_ON } from "../../src/consumer/narration.ts";
import { OutageStory } from "../../src/orchestrator/outage.ts";
import type { LogFields } from "../../src/ports/log.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

class Rig {
  readonly clock = new VirtualClock();
  readonly lines: string[] = [];
  readonly story: OutageStory;

  constructor() {
    const log = {
      log: (level: string, message: string, fields: LogFields = {}) => {
        if (level !== "debug") this.lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
      },
    };
    this.story = new OutageStory(log, this.clock);
  }

  fail(...consumers: number[]): void {
    for (const consumer of consumers) {
      this.story.log("warn", CALL_FAILED, { ...place(consumer), code: "C", error: `E${consumer}` });
    }
  }

  goOn(...consumers: number[]): void {
    for (const each of consumers) {
      this.story.log("info", GOING_ON, { ...place(each), failedCalls: 2 });
    }
  }
}

const ALL = Array.from({ length: 40 }, (_, at) => at);
const FIRST = 'warn a call failed, trying again {"stream":"s","group":"g","consumer":"0",' +
  '"code":"C","error":"E0"}';

Deno.test("OutageStory tells of an outage of 40 consumers in three lines", async () => {
  const rig = new Rig();
  const { clock, lines, story } = rig;
  rig.fail(...ALL.slice(0, 10));
  await clock.advance(900);
  rig.fail(...ALL.slice(10));
  await clock.advance(19_000);
  rig.goOn(...ALL.slice(0, 39));
  await clock.advance(100);
  rig.goOn(39);
  await clock.advance(5_000);
  assertEquals(lines, [
    FIRST,
    'warn the broker cannot be used, consumers wait {"consumers":40,"code":"C","error":"E39"}',
    'info the broker can be used again, all consumers go on {"consumers":40,"afterMs":20000,"failedCalls":80}',
  ]);
  assertEquals(clock.timerCount, 0);
  story[Symbol.dispose]();
});

Deno.test("OutageStory takes consumers that fail once more for the same outage", async () => {
  const rig = new Rig();
  const { clock, lines } = rig;
  rig.fail(0, 1);
  rig.goOn(0, 1);
  await clock.advance(500);
  rig.fail(0);
  await clock.advance(200);
  rig.goOn(0);
  await clock.advance(60_000);
  assertEquals(lines, [
    FIRST,
    'info the broker can be used again, all consumers go on {"consumers":2,"afterMs":700,"failedCalls":6}',
  ]);
});

Deno.test("OutageStory lets a single consumer speak for itself", async () => {
  const rig = new Rig();
  const { clock, lines } = rig;
  rig.fail(0);
  await clock.advance(200_000);
  rig.goOn(0);
  await clock.advance(200_000);
  rig.fail(0);
  assertEquals(lines, [
    FIRST,
    'info going on {"stream":"s","group":"g","consumer":"0","failedCalls":2}',
    FIRST,
  ]);
});

Deno.test("OutageStory says once a minute that an outage lasts, and names the last who wait", async () => {
  const rig = new Rig();
  const { clock, lines } = rig;
  rig.fail(...ALL);
  await clock.advance(61_000);
  rig.goOn(...ALL.slice(2));
  await clock.advance(60_000);
  assertEquals(lines.slice(2), [
    'warn the broker still cannot be used, consumers wait {"consumers":40,"forMs":61000,"code":"C","error":"E39"}',
    'warn the broker still cannot be used, consumers wait {"consumers":2,"names":"s/g/0 s/g/1",' +
    '"forMs":121000,"code":"C","error":"E39"}',
  ]);
});

Deno.test("OutageStory waits for nobody who has failed, and leaves other lines alone", async () => {
  const rig = new Rig();
  const { clock, lines, story } = rig;
  rig.fail(0, 1);
  await clock.advance(2_000);
  story.log("error", CONSUMER_FAILED, place(0));
  rig.goOn(1);
  await clock.advance(1_000);
  story.log("warn", "something else");
  assertEquals(lines.slice(2), [
    'error consumer failed {"stream":"s","group":"g","consumer":"0"}',
    'info the broker can be used again, all consumers go on {"consumers":2,"afterMs":2000,"failedCalls":2}',
    "warn something else {}",
  ]);
});

Deno.test("OutageStory leaves no timer behind", () => {
  const rig = new Rig();
  const { clock, story } = rig;
  rig.fail(0, 1);
  story[Symbol.dispose]();
  assertEquals(clock.timerCount, 0);
});

function place(consumer: number): LogFields {
  return { stream: "s", group: "g", consumer: String(consumer) };
}
