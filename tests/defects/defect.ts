/**
 * What a deliberate defect is: one text of one source file, put wrongly, that breaks one promise. It is data, so that it
 * can be listed, applied to a copy, and looked for when the sources move on.
 *
 * @module
 */

import type { Guarantee } from "./guarantees.ts";

/** A defect. */
export interface Defect {
  /** What it is called, such as `sqlite-epoch-unchecked`. */
  readonly name: string;
  /** What is done wrong, in a few words. */
  readonly wording: string;
  /** The promise that it breaks. */
  readonly guarantee: Guarantee;
  /** The source, from the top of the repository. */
  readonly file: string;
  /** A text that occurs exactly once in it. */
  readonly find: string;
  /** What stands there instead. */
  readonly replace: string;
  /** The test files of which at least one must fail, those that are quickest first. */
  readonly tests: readonly string[];
  /** Only tests with this in their names are run, where the files take long. */
  readonly filter?: string;
}

/** A defect cannot be applied: the source has moved on, or the list is wrong. */
export class DefectMisplacedError extends Error {
  override readonly name = "DefectMisplacedError";
}

/**
 * The source with the defect in it.
 *
 * @throws {DefectMisplacedError} When its text is not there exactly once, or changes nothing.
 */
export function spoil(source: string, { name, file, find, replace }: Defect): string {
  const count = find === "" ? 0 : source.split(find).length - 1;
  const reason = count !== 1
    ? `occurs ${count} times, wanted once`
    : find === replace
    ? "is the same as what it is replaced by"
    : null;
  if (reason !== null) {
    throw new DefectMisplacedError(
      `Cannot apply defect "${name}": its text in "${file}" ${reason}`,
    );
  }
  return source.replace(find, () => replace);
}
