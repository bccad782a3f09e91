/**
 * The rows of a long measurement: that each part's rate is its own.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { partEvents, steadinessRows } from "./steadiness.ts";

Deno.test("steadinessRows tells each part's own rate, beside the median of all", () => {
  const memory = { rssBytes: 100_000_000, heapBytes: 10_040_000 };
  const samples = [
    { events: 100, atMs: 1_000, ...memory },
    { events: 300, atMs: 2_000, ...memory },
    { events: 400, atMs: 6_000, ...memory },
  ];
  const held = { "rss MB": 100, "heap MB": 10 };
  assertEquals(steadinessRows("redis", { samples }), [
    { broker: "redis", events: 100, "after s": 1, "events/s": 100, "x median": 1, ...held },
    { broker: "redis", events: 300, "after s": 2, "events/s": 200, "x median": 2, ...held },
    { broker: "redis", events: 400, "after s": 6, "events/s": 25, "x median": 0.25, ...held },
  ]);
  assertEquals(steadinessRows("redis", { samples: [] }), []);
});

Deno.test("partEvents gives ten parts, and at least one event", () => {
  assertEquals([1, 9, 10, 105, 200_000].map(partEvents), [1, 1, 1, 10, 20_000]);
});
