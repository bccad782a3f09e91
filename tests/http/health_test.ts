/**
 * What those who watch over the process are told.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { healthRoutes, type Readiness } from "../../src/http/routes/health.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { eventually } from "../support/eventually.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { startHttp } from "./http_rig.ts";

const read = "read-token-0123456789";

/** Status and body of `/ready`. */
async function ready(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/ready`, { headers });
  return [answer.status, await answer.json()];
}

function rigOf(readiness: Readiness, clock = systemClock) {
  return { routes: [healthRoutes(readiness, { clock })] };
}

Deno.test("GET /ready is 200 when all is well, and 503 with the reasons otherwise", async () => {
  let state = { ready: true, reasons: [] as string[] };
  await using rig = startHttp(rigOf({ ready: () => Promise.resolve(state) }));
  assertEquals(await ready(rig.url), [200, { ready: true, reasons: [] }]);
  state = { ready: false, reasons: ['Consumer "a" was given up'] };
  assertEquals(await ready(rig.url), [503, state]);
});

Deno.test("GET /ready tells the reasons only to those who may read", async () => {
  const readiness = { ready: () => Promise.resolve({ ready: false, reasons: ["secret plans"] }) };
  await using rig = startHttp({ ...rigOf(readiness), tokens: { read } });
  assertEquals(await ready(rig.url), [503, { ready: false, reasons: [] }]);
  const told = await ready(rig.url, { authorization: `Bearer ${read}` });
  assertEquals(told, [503, { ready: false, reasons: ["secret plans"] }]);
});

Deno.test("GET /ready is not ready when the check fails, and does not tell its words", async () => {
  const fail = () => Promise.reject(new Error("redis://user:canary@10.1.2.3"));
  await using rig = startHttp(rigOf({ ready: fail }));
  assertEquals(await ready(rig.url), [503, { ready: false, reasons: ["The check failed"] }]);
});

Deno.test("GET /ready does not wait for a broker that says nothing, and asks it once for all", async () => {
  const clock = new VirtualClock();
  let askedCount = 0;
  const silent = () => {
    askedCount++;
    return new Promise<never>(() => {});
  };
  await using rig = startHttp(rigOf({ ready: silent }, clock));
  const answers = Promise.all([ready(rig.url), ready(rig.url)]);
  await eventually("both have asked", () => rig.server.activeCount === 2);
  await clock.advance(2_000);
  const late = { ready: false, reasons: ["The check took longer than 2000 ms"] };
  assertEquals([await answers, askedCount], [[[503, late], [503, late]], 1]);
});
