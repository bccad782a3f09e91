/**
 * Checking data by the user's schema. Any validator fits that follows Standard Schema (Zod, Valibot, ArkType and
 * others): https://standardschema.dev.
 *
 * @module
 */

import { printable } from "./printable.ts";

/**
 * A schema that takes `Input` and makes `Output` of it: the part of Standard Schema 1 that is needed, word for word, so
 * that the schemas of every library that follows it fit.
 *
 * @example A schema by hand
 * ```ts
 * import type { Schema } from "@tidemark/tidemark";
 *
 * const text: Schema<string> = {
 *   "~standard": {
 *     version: 1,
 *     vendor: "by hand",
 *     validate: (value) =>
 *       typeof value === "string" ? { value } : { issues: [{ message: "wanted a text" }] },
 *   },
 * };
 * ```
 */
export interface Schema<Input = unknown, Output = Input> {
  /** What the standard wants of a schema. */
  readonly "~standard": SchemaProperties<Input, Output>;
}

/** What Standard Schema 1 wants of a schema. */
export interface SchemaProperties<Input = unknown, Output = Input> {
  /** The version of the standard. */
  readonly version: 1;
  /** The name of the library. */
  readonly vendor: string;
  /** Checks a value, at once or with a promise. */
  readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  /** Never read; it carries the types. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** What a schema answers: its value, or what is wrong. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong. */
export interface SchemaIssue {
  /** What is wrong, for people. */
  readonly message: string;
  /** Where, from the outside in; default the value itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

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
  schema: Schema<unknown, Output>,
  data: unknown,
): Validation<Output> | Promise<Validation<Output>> {
  const result = schema["~standard"].validate(data);
  return result instanceof Promise ? result.then(validationOf) : validationOf(result);
}

function validationOf<Output>(result: SchemaResult<Output>): Validation<Output> {
  if (result.issues === undefined) return { valid: true, value: result.value };
  const shown = result.issues.slice(0, ISSUES_MAX).map(issueText);
  const more = result.issues.length - shown.length;
  if (more > 0) shown.push(`${more} more`);
  return { valid: false, issues: shown.join("; ") };
}

function issueText(issue: SchemaIssue): string {
  const path = (issue.path ?? [])
    .map((part) => String(typeof part === "object" ? part.key : part))
    .join(".");
  return printable(path === "" ? issue.message : `${path}: ${issue.message}`, ISSUE_LENGTH_MAX);
}
