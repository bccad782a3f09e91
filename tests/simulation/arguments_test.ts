/**
 * The arguments of the simulator: what they mean, and that two which contradict each other are refused.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { readArguments } from "./arguments.ts";

/** The first line of what is said of wrong arguments. */
function refusal(...args: string[]): string {
  const read = readArguments(args);
  return typeof read === "string" ? read.split("\n")[0] ?? "" : "";
}

Deno.test("readArguments takes many seeds from one on, or one seed alone", () => {
  assertEquals(readArguments(["--seeds", "100", "--from", "7", "--threads", "3"]), {
    ...{ seeds: 100, from: 7, threads: 3, json: false },
  });
  assertEquals(readArguments(["--seed", "7", "--threads", "1", "--json"]), {
    ...{ seeds: 1, from: 7, threads: 1, json: true },
  });
  const read = readArguments([]);
  assertEquals(typeof read === "string" ? read : read.seeds, 2_000);
});

Deno.test("readArguments refuses one seed together with many, and says how it is used", () => {
  const alone = "--seed tries that one seed alone";
  assertEquals(
    refusal("--seed", "7", "--seeds", "100"),
    `Cannot use --seed with --seeds: ${alone}`,
  );
  assertEquals(refusal("--seed", "7", "--from", "9"), `Cannot use --seed with --from: ${alone}`);
  assertEquals(readArguments(["--seed", "7", "--seeds", "100"]).toString().split("\n").slice(1), [
    "Usage: deno task simulate [--seeds 2000] [--from SEED] [--threads N] [--json]",
    "       deno task simulate --seed ONE [--threads N] [--json]",
  ]);
});

Deno.test("readArguments refuses what is no whole number", () => {
  assertEquals(
    [refusal("--seeds", "0"), refusal("--seed", "x"), refusal("--threads", "1.5")],
    [
      "Cannot use --seeds 0: wanted a whole number, at least 1",
      "Cannot use --seed x: wanted a whole number, at least 0",
      "Cannot use --threads 1.5: wanted a whole number, at least 1",
    ],
  );
});
