/**
 * The arguments of the benchmark: what they choose and what is refused.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "./arguments.ts";
import type { Scenario } from "./scenario.ts";

const quick: Scenario = { title: "", measures: "", run: () => Promise.resolve([]) };
const known: ReadonlyMap<string, Scenario> = new Map([
  ["one", quick],
  ["two-a", { ...quick, isByName: true }],
  ["two-b", { ...quick, isByName: true }],
  ["twofold", { ...quick, isByName: true }],
]);

function chosen(...args: string[]): string[] {
  return [...readArguments(args, known).chosen.keys()];
}

Deno.test("readArguments chooses all without names, but for those that are measured by name only", () => {
  const { chosen, ...rest } = readArguments([], known);
  assertEquals([...chosen.keys()], ["one"]);
  assertEquals(rest, {
    seconds: 5,
    full: false,
    events: null,
    json: false,
    plots: false,
    readme: false,
  });
});

Deno.test("readArguments chooses by whole names and by what stands before a dash", () => {
  assertEquals(chosen("two-b"), ["two-b"]);
  assertEquals(chosen("two"), ["two-a", "two-b"]);
  assertEquals(chosen("two-b", "one", "two"), ["two-b", "one", "two-a"]);
});

Deno.test("readArguments reads sizes and where the figures go", () => {
  const args = ["one", "--seconds", "60", "--events", "10000000", "--full", "--json", "--plots"];
  const { chosen: _, ...rest } = readArguments(args, known);
  assertEquals(rest, {
    seconds: 60,
    full: true,
    events: 10_000_000,
    json: true,
    plots: true,
    readme: false,
  });
});

Deno.test("readArguments refuses what it does not know, and sizes that are none", () => {
  const refused = (args: string[], reason: string) =>
    assertThrows(() => readArguments(args, known), Error, reason);
  refused(["three"], 'Cannot measure "three": there is no such scenario');
  refused(["tw"], 'Cannot measure "tw": there is no such scenario');
  for (const text of ["0", "61", "1.5", "", "x"]) {
    refused(["--seconds", text], "wanted a whole number from 1 to 60");
  }
  for (const text of ["0", "1e10", "NaN"]) {
    refused(["--events", text], "wanted a whole number from 1 to 1000000000");
  }
  refused(["--loud"], "--loud");
});
