/**
 * Tests that any Standard Schema fits, and how its findings are told.
 *
 * @module
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import { assertEquals } from "@std/assert";
import { type Schema, type SchemaResult, validateData } from "../../src/domain/schema.ts";

function answering<Output>(
  result: SchemaResult<Output> | Promise<SchemaResult<Output>>,
): Schema<unknown, Output> {
  return { "~standard": { version: 1, vendor: "test", validate: () => result } };
}

Deno.test("validateData takes a schema of the standard's own type", () => {
  const standard: StandardSchemaV1<string, number> = {
    "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: Number(value) }) },
  };
  const ours: Schema<string, number> = standard;
  const theirs: StandardSchemaV1<string, number> = ours;
  assertEquals(validateData(theirs, "5"), { valid: true, value: 5 });
});

Deno.test("validateData gives the schema's own value, at once or later", async () => {
  assertEquals(validateData(answering({ value: 5 }), "5"), { valid: true, value: 5 });
  const later = validateData(answering(Promise.resolve({ value: undefined })), "5");
  assertEquals([later instanceof Promise, await later], [true, { valid: true, value: undefined }]);
});

Deno.test("validateData tells at most ten issues, each with its place, in one line", () => {
  const issues = [
    { message: "wanted a record" },
    { message: "wanted a\nnumber", path: ["lines", { key: 0 }, "count"] },
    ...Array.from({ length: 10 }, () => ({ message: "x", path: [] })),
  ];
  assertEquals(validateData(answering({ issues }), null), {
    valid: false,
    issues: `wanted a record; lines.0.count: wanted a\\nnumber; ${"x; ".repeat(8)}2 more`,
  });
  assertEquals(validateData(answering({ issues: [] }), null), { valid: false, issues: "" });
});
