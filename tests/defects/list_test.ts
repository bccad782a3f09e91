/**
 * The deliberate defects fit the sources as they are, and putting one in and having it caught works from end to end.
 * Whether all of them are caught is asked by `deno task defects`, which takes minutes.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { type Defect, DefectMisplacedError, spoil } from "./defect.ts";
import { DEFECTS } from "./list.ts";
import { GUARANTEES } from "./guarantees.ts";
import { readFinding } from "./test_output.ts";
import { Workshop } from "./workshop.ts";

const ROOT = new URL("../../", import.meta.url);

const DEFECT: Defect = {
  name: "sample",
  wording: "a sample",
  guarantee: "I1",
  file: "src/sample.ts",
  find: "if (a)",
  replace: "if ($&)",
  tests: ["tests/sample_test.ts"],
};

/** What cannot be applied, or names a test that is not there. */
function faultsOf(defect: Defect): string[] {
  const faults = defect.tests.filter((path) => !isFile(path)).map((path) => `no file ${path}`);
  try {
    spoil(Deno.readTextFileSync(new URL(defect.file, ROOT)), defect);
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  return faults;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, ROOT)).isFile;
  } catch {
    return false;
  }
}

Deno.test("every defect's text occurs exactly once in its file, and its tests are there", () => {
  assertEquals(DEFECTS.flatMap(faultsOf), []);
});

Deno.test("every defect has a name of its own, and every promise has a defect", () => {
  const names = DEFECTS.map(({ name }) => name);
  assertEquals(names.length, new Set(names).size);
  const broken = new Set<string>(DEFECTS.map(({ guarantee }) => guarantee));
  assertEquals(Object.keys(GUARANTEES).filter((name) => !broken.has(name)), []);
});

Deno.test("the page of the defects lists every one of them, and no other", () => {
  const page = Deno.readTextFileSync(new URL("README.md", import.meta.url));
  const listed = [...page.matchAll(/^\| `([a-z0-9-]+)` in /gm)].map(([, name]) => name);
  assertEquals(listed, DEFECTS.map(({ name }) => name));
});

Deno.test("spoil replaces one text by another as it is, and refuses one that is not there once", () => {
  assertEquals(spoil("x; if (a) y;", DEFECT), "x; if ($&) y;");
  assertThrows(
    () => spoil("x;", DEFECT),
    DefectMisplacedError,
    'Cannot apply defect "sample": its text in "src/sample.ts" occurs 0 times, wanted once',
  );
  assertThrows(() => spoil("if (a) if (a)", DEFECT), DefectMisplacedError, "occurs 2 times");
  assertThrows(
    () => spoil("if (a)", { ...DEFECT, replace: DEFECT.find }),
    DefectMisplacedError,
    "is the same as what it is replaced by",
  );
});

const FAILED = [
  "a thing works ... FAILED (3ms)",
  "",
  " ERRORS ",
  "",
  "a thing works => ./tests/a_test.ts:3:6",
  "error: AssertionError: Values are not equal.",
  "",
  " FAILURES ",
  "",
  "a thing works => ./tests/a_test.ts:3:6",
  "",
  "FAILED | 0 passed | 1 failed (4ms)",
].join("\n");

Deno.test("readFinding names the test that failed, and takes no program that does not load for a catch", () => {
  assertEquals(readFinding(FAILED, 1), {
    kind: "caught",
    test: "a thing works",
    file: "tests/a_test.ts",
    error: "AssertionError: Values are not equal.",
  });
  assertEquals(readFinding("ok | 3 passed | 0 failed (4ms)\n", 0), { kind: "survived" });
  assertEquals(readFinding("ok | 0 passed | 0 failed | 9 filtered out (4ms)\n", 0), {
    kind: "broken",
    reason: "no test ran",
  });
  for (
    const line of [
      "./tests/a_test.ts (uncaught error)",
      "error: SyntaxError: Unexpected token",
      "ReferenceError: b is not defined",
      "error: TypeError: b is not a function",
      "ReplyError: ERR Error compiling script (new function): user_script:3",
      'Error: near "FORM": syntax error',
    ]
  ) {
    assertEquals(readFinding(`${line}\n${FAILED}`, 1), { kind: "broken", reason: line });
  }
  assertEquals(readFinding("Killed\n", 137), { kind: "broken", reason: "Killed" });
});

Deno.test("Workshop.try tells a defect that is caught from one that is not, and leaves the copy as it was", async () => {
  await using workshop = await Workshop.open();
  const { signal } = new AbortController();
  const given = DEFECTS.find(({ name }) => name === "backoff-without-bound") ?? DEFECT;
  const caught = await workshop.try(given, signal);
  const harmless = {
    ...given,
    find: "export function backoffMs(",
    replace: "export  function backoffMs(",
  };
  const survived = await workshop.try(harmless, signal);
  const misplaced = await workshop.try({ ...given, find: "not there" }, signal);
  assertEquals([caught, survived, misplaced].map(({ finding }) => finding.kind), [
    "caught",
    "survived",
    "misplaced",
  ]);
});
