/**
 * The `@std/yaml` that this repository develops against: the standard library's own code, as the
 * npm registry carries it, with the types that the registry's copy lacks. Users from JSR get the
 * real package; `deno.json` says how (`imports` and `links`).
 *
 * @module
 */

// @ts-types="./mod.d.ts"
export { parse, parseAll, stringify } from "deno-std/yaml";
export type { ParseOptions, SchemaType, StringifyOptions } from "./mod.d.ts";
