/** What an orchestrator may be asked to run. */

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidNameError, InvalidOptionError } from "../../src/domain/errors.ts";
import { checkName } from "../../src/domain/names.ts";
import { checkPlans, type ConsumerPlan, freeName, planId } from "../../src/orchestrator/plan.ts";

function plan(stream: string, group: string, consumer?: string): ConsumerPlan {
  const name = consumer === undefined ? {} : { consumer };
  return { stream, group, ...name, handler: () => {} };
}

Deno.test("planId tells apart what a separator in a name could confuse", () => {
  const ids = [plan("a/b", "c"), plan("a", "b/c"), plan("a", "b", "c/main"), plan("a%2Fb", "c")];
  assertEquals(new Set(ids.map(planId)).size, ids.length);
  assertEquals(planId(plan("orders", "billing")), planId(plan("orders", "billing", "main")));
});

Deno.test("freeName begins as the name that was taken, and is never too long for one", () => {
  const random = { next: () => 0, uniqueText: () => "0123456789" };
  assertEquals(freeName({}, random), "main~01234567");
  for (const [name, kept] of [["x".repeat(256), 247], ["🌊".repeat(64), 122]] as const) {
    const free = freeName({ consumer: name }, random);
    assertEquals(free, `${name.slice(0, kept)}~01234567`);
    assertEquals(checkName("consumer", free), free);
  }
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
