/**
 * Checking data by the user's schema. Any validator fits that follows Standard Schema (Zod, Valibot, ArkType and
 * others): https://standardschema.dev.
 *
 * @module
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import { printable } from "./dead_letter.ts";

/** A schema that takes `Input` and makes `Output` of it. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** What a schema says of data: the value that it makes of it, or what is wrong in one line. */
export type Validation<Output> =
  | { readonly valid: true; readonly value: Output }
  | { readonly valid: false; readonly issues: string };

/** So many issues tell enough; the list of a wrong array could be endless. */
const ISSUES_MAX = 10;

/** A line of the log. */
const ISSUE_LENGTH_MAX = 200;

/**
 * Checks data.
 *
 * @param schema Says what is wanted.
 * @param data Anything.
 * @returns The schema's own output (with its defaults and conversions) or the issues; a promise only where the schema
 * answers one.
 * @throws What the schema throws.
 */
export function validateData<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  data: unknown,
): Validation<Output> | Promise<Validation<Output>> {
  const result = schema["~standard"].validate(data);
  return result instanceof Promise ? result.then(validationOf) : validationOf(result);
}

function validationOf<Output>(result: StandardSchemaV1.Result<Output>): Validation<Output> {
  if (result.issues === undefined) return { valid: true, value: result.value };
  const shown = result.issues.slice(0, ISSUES_MAX).map(issueText);
  const more = result.issues.length - shown.length;
  if (more > 0) shown.push(`${more} more`);
  return { valid: false, issues: shown.join("; ") };
}

function issueText(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? [])
    .map((part) => String(typeof part === "object" ? part.key : part))
    .join(".");
  return printable(path === "" ? issue.message : `${path}: ${issue.message}`, ISSUE_LENGTH_MAX);
}
