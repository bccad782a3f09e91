/**
 * Types of the part of `@std/yaml` 1 that `mod.ts` re-exports. Written by hand, because the npm copy
 * has none; narrower than the real ones where the real ones offer more, never wider.
 *
 * @module
 */

/** The set of YAML types that a document may use; `default` is what the library takes. */
export type SchemaType = "failsafe" | "json" | "core" | "default" | "extended";

/** How to read a document. */
export interface ParseOptions {
  /** The types that a document may use. Default: `default`. */
  schema?: SchemaType;
  /** Let a later key replace an earlier one of the same name. Default: `false`, an error. */
  allowDuplicateKeys?: boolean;
  /** Called with every warning of the parser. */
  onWarning?(error: Error): void;
}

/** How to write a document. */
export interface StringifyOptions {
  /** Spaces of one level. Default: 2. */
  indent?: number;
  /** Leave an array under a key without its own level. Default: `true`. */
  arrayIndent?: boolean;
  /** Leave out what YAML cannot say (functions, symbols) instead of throwing. Default: `false`. */
  skipInvalid?: boolean;
  /** The nesting level from which `{}` and `[]` are written. Default: -1, never. */
  flowLevel?: number;
  /** Keys in order: by name, or by the function. Default: `false`, as they stand. */
  sortKeys?: boolean | ((a: string, b: string) => number);
  /** The width at which text is folded, in characters. Default: 80. */
  lineWidth?: number;
  /** Write an object that appears twice out twice, instead of as an alias. Default: `true`. */
  useAnchors?: boolean;
  /** Prefer what YAML 1.1 readers understand. Default: `true`. */
  compatMode?: boolean;
  /** The types that a document may use. Default: `default`. */
  schema?: SchemaType;
}

/**
 * Reads one YAML document.
 *
 * @param content The text.
 * @param options How to read it.
 * @returns The value; `null` for an empty text.
 * @throws {SyntaxError} When the text is not YAML, or holds more than one document.
 */
export function parse(content: string, options?: ParseOptions): unknown;

/**
 * Reads every document of a YAML text.
 *
 * @param content The text.
 * @param options How to read it.
 * @returns The values, in order.
 * @throws {SyntaxError} When the text is not YAML.
 */
export function parseAll(content: string, options?: ParseOptions): unknown;

/**
 * Writes a value as YAML.
 *
 * @param data The value.
 * @param options How to write it.
 * @returns The text, which ends with a line feed.
 * @throws {TypeError} When the value holds something that YAML cannot say.
 */
export function stringify(data: unknown, options?: StringifyOptions): string;
