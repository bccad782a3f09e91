/**
 * Scenarios bring every fault, each in its time, and the same ones for the same seed.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Fault } from "./fault.ts";
import { planSoak } from "./scenario.ts";

const nothing = () => Promise.resolve();
const faults: Fault[] = ["a", "b", "c", "d"].map((name) => ({
  name,
  strikes: name === "c" ? "service" : "broker",
  isEarly: name === "d",
  begin: nothing,
  end: nothing,
}));
const TEN_MINUTES = { durationMs: 600_000, everyMs: 20_000 };

function plan(seed: number) {
  const { appointments } = planSoak(faults, { scenario: "mixed", ...TEN_MINUTES, seed });
  return appointments.map(({ fault, atMs, lastsMs }) => ({ name: fault.name, atMs, lastsMs }));
}

Deno.test("planSoak mixes every fault, and what ends the process only in the first quarter", () => {
  for (let seed = 0; seed < 20; seed++) {
    const planned = plan(seed);
    assertEquals(planned, plan(seed));
    assertEquals(planned.length, 29);
    assertEquals(new Set(planned.map(({ name }) => name)), new Set(["a", "b", "c", "d"]));
    assertEquals(planned.filter(({ name, atMs }) => name === "d" && atMs > 150_000), []);
    assertEquals(planned.filter(({ lastsMs }) => lastsMs < 2_000 || lastsMs > 6_000), []);
  }
});

Deno.test("planSoak strikes the broker with every fault once, for 20 s", () => {
  const { appointments, durationMs } = planSoak(faults, {
    scenario: "server-faults",
    ...TEN_MINUTES,
    seed: 1,
  });
  assertEquals(
    appointments.map(({ fault, atMs, lastsMs }) => [fault.name, atMs, lastsMs]),
    [["a", 10_000, 20_000], ["b", 70_000, 20_000], ["d", 130_000, 20_000]],
  );
  assertEquals(durationMs, 190_000);
});
