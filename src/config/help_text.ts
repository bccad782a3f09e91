/**
 * The options of the configuration as `tidemark run --help` lists them, written from the option table: default, range and
 * unit, without the sentences that `config.yaml` has.
 *
 * @module
 */

import { defaultOf, keyOf, type Option, rangeOf, sectionOf } from "./option.ts";
import { OPTIONS } from "./options.ts";

/** The list, without a line end; no line is wider than 100 columns. */
export function configurationHelp(): string {
  const keyWidth = widest(OPTIONS.map(keyOf));
  const defaultWidth = widest(OPTIONS.map(defaultOf));
  const lineOf = (option: Option) =>
    `    ${keyOf(option).padEnd(keyWidth)}  ${defaultOf(option).padEnd(defaultWidth)}  ${
      rangeOf(option)
    }`;
  const sections = Map.groupBy(OPTIONS, sectionOf);
  return [
    "The configuration, with the default and the range of each option; config.yaml says what",
    "they do:",
    ...[...sections].flatMap(([section, options]) => [`  ${section}`, ...options.map(lineOf)]),
  ].join("\n");
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
