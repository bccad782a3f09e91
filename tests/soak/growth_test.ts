/**
 * Growth is told from noise: medians of the second and the last quarter, by measure.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { growthOf } from "./growth.ts";
import type { Sample } from "./sampler.ts";

const CALM: Sample = {
  atS: 0,
  fault: null,
  published: 0,
  behind: 0,
  heapMb: 20,
  rssMb: 170,
  timers: 120,
  sockets: 46,
  threads: 4,
  connections: 43,
  doneSet: 0,
  pending: 0,
  records: 10_000,
  brokerMb: 40,
};

function soakOf(change: (at: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 40 }, (_, at) => ({ ...CALM, atS: 5 * at, ...change(at) }));
}

function grown(samples: readonly Sample[]): string[] {
  return growthOf(samples).filter(({ grew }) => grew).map(({ name }) => name);
}

Deno.test("growthOf finds nothing in a calm soak, nor in one without answers", () => {
  assertEquals(grown(soakOf(() => ({}))), []);
  assertEquals(grown(soakOf(() => ({ heapMb: null, sockets: null, connections: null }))), []);
});

Deno.test("growthOf finds what rises slowly", () => {
  const leaks = (at: number) => ({ heapMb: 20 + at / 5, sockets: 46 + Math.floor(at / 6) });
  assertEquals(grown(soakOf(leaks)), ["heapMb", "sockets"]);
});

Deno.test("growthOf is not moved by single samples, nor by the warm-up", () => {
  assertEquals(grown(soakOf((at) => (at % 4 === 3 ? { sockets: 86, pending: 50_000 } : {}))), []);
  assertEquals(grown(soakOf((at) => (at < 10 ? { heapMb: 5, timers: 10 } : {}))), []);
});
