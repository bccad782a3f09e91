/**
 * Reads plain data of unknown origin field by field: what does not fit is named, what is too long is cut, and what is
 * not asked for is left behind.
 *
 * @module
 */

import { cutText, escapeUnprintable, printable } from "../domain/printable.ts";

/** Something in a record is not what it should be. Never leaves this layer. */
export class MisfitError extends Error {
  override readonly name = "MisfitError";
}

/** One record, and where it is in the whole. */
export class RecordReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /**
   * @param value What should be a record.
   * @param path Where it is, for the misfit.
   * @throws {MisfitError} When it is none.
   */
  constructor(value: unknown, path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new MisfitError(`${path} is no record`);
    }
    this.#fields = { ...value };
    this.#path = path;
  }

  /** A name: cut and escaped, otherwise as it is. */
  name(field: string, lengthMax: number): string {
    return escapeUnprintable(cutText(this.#text(field), lengthMax));
  }

  /** The same, where `null` stands for none. */
  nameOrNull(field: string, lengthMax: number): string | null {
    return this.#isNone(field) ? null : this.name(field, lengthMax);
  }

  /** Text of unknown origin, such as an error's message: without secrets, cut and escaped. */
  words(field: string, lengthMax: number): string {
    return printable(this.#text(field), lengthMax);
  }

  /** A number; one that JSON cannot hold counts as 0. */
  number(field: string): number {
    const value = this.#fields[field];
    if (typeof value !== "number") throw this.#misfit(field, "a number");
    return Number.isFinite(value) ? value : 0;
  }

  /** The same, where `null` stands for none, also for one that JSON cannot hold. */
  numberOrNull(field: string): number | null {
    if (this.#isNone(field)) return null;
    const value = this.number(field);
    return Number.isFinite(this.#fields[field]) ? value : null;
  }

  /** Yes or no. */
  flag(field: string): boolean {
    const value = this.#fields[field];
    if (typeof value !== "boolean") throw this.#misfit(field, "true or false");
    return value;
  }

  /** One of some words. */
  choice<Word extends string>(field: string, words: readonly Word[]): Word {
    const value = words.find((word) => word === this.#fields[field]);
    if (value === undefined) throw this.#misfit(field, words.join(", "));
    return value;
  }

  /** A record in this one. */
  record(field: string): RecordReader {
    return new RecordReader(this.#fields[field], `${this.#path}.${field}`);
  }

  /** The same, where `null` stands for none. */
  recordOrNull(field: string): RecordReader | null {
    return this.#isNone(field) ? null : this.record(field);
  }

  /** A list of records. @param countMax No more are read. */
  records(field: string, countMax: number): RecordReader[] {
    return this.#list(field, countMax).map((value, index) =>
      new RecordReader(value, `${this.#path}.${field}[${index}]`)
    );
  }

  /** A list of names. @param countMax No more are read. */
  names(
    field: string,
    bounds: { readonly countMax: number; readonly lengthMax: number },
  ): string[] {
    return this.#list(field, bounds.countMax).map((value) => {
      if (typeof value !== "string") throw this.#misfit(field, "a list of texts");
      return escapeUnprintable(cutText(value, bounds.lengthMax));
    });
  }

  #list(field: string, countMax: number): unknown[] {
    const value = this.#fields[field];
    if (!Array.isArray(value)) throw this.#misfit(field, "a list");
    return value.slice(0, countMax);
  }

  #text(field: string): string {
    const value = this.#fields[field];
    if (typeof value !== "string") throw this.#misfit(field, "a text");
    return value;
  }

  #isNone(field: string): boolean {
    return this.#fields[field] === null || this.#fields[field] === undefined;
  }

  #misfit(field: string, wanted: string): MisfitError {
    return new MisfitError(`${this.#path}.${field} is not ${wanted}`);
  }
}
