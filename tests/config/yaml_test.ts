/**
 * Tests of reading YAML that means harm (S20 to S25).
 *
 * @module
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { parseYaml } from "../../src/config/yaml.ts";

function faultsOf(text: string): readonly string[] {
  const parsed = parseYaml(text);
  assert("faults" in parsed);
  return parsed.faults;
}

Deno.test("parseYaml reads records, lists and texts, and guesses nothing", () => {
  assertEquals(parseYaml("a: 0777\nb: [yes, 2024-01-01, .nan]\nc:\nd: {e: '5'}"), {
    node: { a: "0777", b: ["yes", "2024-01-01", ".nan"], c: null, d: { e: "5" } },
  });
});

Deno.test("parseYaml refuses an alias bomb at once", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 9; level++) {
    lines.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`).join(", ")}]`);
  }
  const startedAtMs = performance.now();
  assertEquals(faultsOf(lines.join("\n"))[0]?.includes("uses an anchor"), true);
  assertLess(performance.now() - startedAtMs, 1_000);
});

Deno.test("parseYaml refuses cycles, prototype keys, depth, tabs and other documents", () => {
  const story: [string, string][] = [
    ["a: &a {self: *a}", "a.self: uses an anchor (&, *), write the value out"],
    ["__proto__: {x: 1}", "__proto__: this key is not allowed"],
    ["a: [{constructor: 1}]", "a[0].constructor: this key is not allowed"],
    ["a: {prototype: 1}", "a.prototype: this key is not allowed"],
    ["[".repeat(20_000), "it is nested too deeply"],
    ["a:\n\tb: 1", "line 2 is indented by a tab, wanted spaces"],
    [
      "a: 1\n---\nb: 2",
      "it is not YAML: Found more than 1 document in the stream: expected a single document at line 2, column 1",
    ],
    ["a: 1\na: 2", "it is not YAML: Cannot store mapping pair: duplicated key at line 2, column 1"],
    ["a: !!js/function x", "it is not YAML: Cannot resolve unknown tag !… at line 1, column 19"],
  ];
  assertEquals(story.map(([text]) => faultsOf(text)[0]), story.map(([, fault]) => fault));
  const deep = "{a: ".repeat(17) + "1" + "}".repeat(17);
  assertEquals(faultsOf(deep)[0]?.endsWith("is nested too deeply"), true);
});

Deno.test("parseYaml leaves the prototype of records alone", () => {
  parseYaml("__proto__: {polluted: yes}");
  assertEquals(Object.hasOwn(Object.prototype, "polluted"), false);
});
