/**
 * Handler modules: what users give instead of a function where the handler must be imported somewhere else, such as in a
 * thread. A function cannot be handed to another thread, the name of a module can.
 *
 * @module
 */

import type { Codec } from "../domain/codec.ts";
import { InvalidOptionError, TidemarkError } from "../domain/errors.ts";
import { printable } from "../domain/printable.ts";
import { messageOf } from "./attempt.ts";
import type { Handler } from "./handler.ts";

/**
 * Where a handler, and the codec that goes with it, can be imported from.
 *
 * @example A handler and a codec beside this file
 * ```ts
 * import type { HandlerModule } from "@tidemark/tidemark";
 *
 * const orders: HandlerModule = {
 *   module: new URL("./orders.ts", import.meta.url),
 *   codec: new URL("./orders_codec.ts", import.meta.url),
 * };
 * ```
 */
export interface HandlerModule {
  /**
   * The module whose default export is the handler: `new URL("./handler.ts", import.meta.url)`, or a name that needs no
   * place to be seen from, such as `npm:orders` or one of the import map.
   */
  readonly module: string | URL;
  /** The module whose default export is the codec. Default: the consumer's option `codec`. */
  readonly codec?: string | URL | undefined;
}

/** What a consumer takes as its handler, or the place to import it from. */
export type HandlerSource<Data = unknown> = Handler<Data> | HandlerModule | URL;

/** A codec of the user's own. */
export type CodecFunction = Exclude<Codec, "event" | "fields">;

/** A module that handlers or codecs are imported from cannot be used. */
export class HandlerModuleError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "HANDLER_MODULE";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the module.
   *
   * @param role What should have come from it: "handler" or "codec".
   * @param module Its URL or name.
   * @param reason What is wrong with it.
   * @param options `cause`.
   */
  constructor(
    readonly role: "handler" | "codec",
    readonly module: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot use ${role} ${JSON.stringify(module)}: ${reason}`, options);
  }
}

/** What an import's own error may say: it can quote a whole source line. */
const REASON_LENGTH_MAX = 500;

/** What Deno puts into the message of a failed import even where no terminal is: ECMA-48, section 8.3.117. */
const COLOUR = /\p{Cc}\[[0-9;]*m/gu;

/** Tells whether a value is meant as a module instead of a handler. */
export function isHandlerModule(value: unknown): value is HandlerModule | URL {
  return value instanceof URL || typeof value === "object" && value !== null && "module" in value;
}

/**
 * A module as it is imported: a URL, or a name.
 *
 * @throws {InvalidOptionError} When it is neither, or is seen from a place that is not known here.
 */
export function moduleSpecifier(option: string, given: unknown): string {
  if (given instanceof URL) return given.href;
  const wanted = `a URL, such as new URL("./${option}.ts", import.meta.url)`;
  if (typeof given !== "string" || given === "" || /^\.{0,2}\//.test(given)) {
    throw new InvalidOptionError(option, given, wanted);
  }
  return given;
}

/**
 * Imports a handler.
 *
 * @param specifier A URL or a name.
 * @throws {HandlerModuleError} When it cannot be imported or its default export is none.
 */
export async function loadHandler(specifier: string): Promise<Handler> {
  const handler = await defaultExport("handler", specifier);
  if (isHandler(handler)) return handler;
  throw new HandlerModuleError(
    "handler",
    specifier,
    "it has no fitting default export, wanted a function or defineHandler({…})",
  );
}

/**
 * Imports a codec.
 *
 * @param specifier A URL or a name.
 * @throws {HandlerModuleError} When it cannot be imported or its default export is none.
 */
export async function loadCodec(specifier: string): Promise<CodecFunction> {
  const codec = await defaultExport("codec", specifier);
  if (isCodec(codec)) return codec;
  const reason = "it has no fitting default export, wanted a function";
  throw new HandlerModuleError("codec", specifier, reason);
}

async function defaultExport(role: "handler" | "codec", specifier: string): Promise<unknown> {
  try {
    const module: { readonly default?: unknown } = await import(specifier);
    return module.default;
  } catch (cause) {
    throw new HandlerModuleError(role, specifier, importFault(cause), { cause });
  }
}

/**
 * Why a module cannot be imported, in a sentence fit to be shown.
 *
 * @param error What its import threw.
 */
export function importFault(error: unknown): string {
  const reason = printable(messageOf(error).replace(COLOUR, ""), REASON_LENGTH_MAX);
  return `it cannot be imported: ${reason}`;
}

function isHandler(value: unknown): value is Handler {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && "handle" in value &&
    typeof value.handle === "function";
}

function isCodec(value: unknown): value is CodecFunction {
  return typeof value === "function";
}
