/**
 * The options of the section `log`: what is written, and for whom.
 *
 * @module
 */

import { choiceOption, type Option } from "../option.ts";

/** The section `log`, by the names of the program. */
export const log = {
  level: choiceOption({
    path: "log.level",
    text: "The least level that is written.",
    default: "info",
    choices: ["debug", "info", "warn", "error"],
  }),
  format: choiceOption({
    path: "log.format",
    text:
      "Lines for people or JSON for programs; auto writes for people on a terminal and JSON elsewhere.",
    default: "auto",
    choices: ["auto", "human", "json"],
  }),
} as const satisfies Record<string, Option>;
