/**
 * The options of an item of `runs.kinds`: one kind of runs, by its code or by its name. Each item has exactly one of them.
 *
 * @module
 */

import { type Option, textOption } from "../option.ts";
import { MODULE, RUN_KIND } from "./accepted_texts.ts";

/** The section `runs.kinds[]`, by the names of the program. */
export const runKinds = {
  module: textOption({
    path: "runs.kinds[].module",
    text: "A module whose default export is made by defineRun, seen from this file.",
    example: "./report.ts",
    ...MODULE,
  }),
  external: textOption({
    path: "runs.kinds[].external",
    text: "Instead of a module: the name of a kind whose events come from outside, over HTTP.",
    example: "build",
    ...RUN_KIND,
  }),
} as const satisfies Record<string, Option>;
