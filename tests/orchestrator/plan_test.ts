/** What an orchestrator may be asked to run. */

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidNameError, InvalidOptionError } from "../../src/domain/errors.ts";
import { checkPlans, type ConsumerPlan, planId } from "../../src/orchestrator/plan.ts";

function plan(stream: string, group: string, consumer?: string): ConsumerPlan {
  const name = consumer === undefined ? {} : { consumer };
  return { stream, group, ...name, handler: () => {} };
}

Deno.test("planId tells apart what a separator in a name could confuse", () => {
  const ids = [plan("a/b", "c"), plan("a", "b/c"), plan("a", "b", "c/main"), plan("a%2Fb", "c")];
  assertEquals(new Set(ids.map(planId)).size, ids.length);
  assertEquals(planId(plan("orders", "billing")), planId(plan("orders", "billing", "main")));
});

Deno.test("checkPlans takes consumers of other streams, other groups or other names", () => {
  checkPlans([plan("a", "g"), plan("b", "g"), plan("a", "h"), plan("a", "g", "second")]);
});

Deno.test("checkPlans refuses none at all, and two that would take each other's place", () => {
  assertThrows(() => checkPlans([]), InvalidOptionError, 'option "consumers": it is "empty"');
  assertThrows(
    () => checkPlans([plan("a", "g"), plan("a", "g", "main")]),
    InvalidOptionError,
    "main",
  );
});

Deno.test("checkPlans refuses names that cannot be, in plain words", () => {
  for (const bad of ["", "\ud800", "a\nb", "x".repeat(257)]) {
    assertThrows(() => checkPlans([plan(bad, "g")]), InvalidNameError, "as a stream name");
    assertThrows(() => checkPlans([plan("a", bad)]), InvalidNameError, "as a group name");
    assertThrows(() => checkPlans([plan("a", "g", bad)]), InvalidNameError, "as a consumer name");
  }
});
