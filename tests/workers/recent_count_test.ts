/** What a pool finished in the last moment, which says how far it may read ahead. */

import { assertEquals } from "@std/assert";
import { RecentCount } from "../../src/workers/recent_count.ts";

Deno.test("RecentCount tells what was finished in the last whole moment", () => {
  const recent = new RecentCount();
  recent.add(3, 1_000);
  recent.add(4, 1_004);
  assertEquals(recent.at(1_004), 0);
  assertEquals(recent.at(1_005), 7);
  recent.add(1, 1_009);
  assertEquals([recent.at(1_009), recent.at(1_010)], [7, 1]);
});

Deno.test("RecentCount forgets at the first look after a pause", () => {
  const recent = new RecentCount();
  recent.add(9, 1_000);
  assertEquals(recent.at(1_012), 0);
});

Deno.test("RecentCount begins anew when the clock jumps back", () => {
  const recent = new RecentCount();
  recent.add(9, 5_000);
  assertEquals([recent.at(1_000), recent.at(1_004), recent.at(1_005)], [0, 0, 0]);
});
