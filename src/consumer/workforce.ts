/**
 * From what `subscribe` was given to workers: a function runs in this isolate, a module is imported here or in threads.
 *
 * @module
 */

import type { Codec } from "../domain/codec.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import {
  type AttemptPlace,
  defineHandler,
  type Handler,
  type HandlerDefinition,
} from "../workers/handler.ts";
import {
  type HandlerModule,
  type HandlerSource,
  isHandlerModule,
  loadCodec,
  loadHandler,
  moduleSpecifier,
} from "../workers/handler_module.ts";
import { inlineWorkers } from "../workers/inline_worker.ts";
import type { WorkerFactory } from "../workers/worker.ts";
import type { ResolvedConsumerOptions } from "./options.ts";

/** What runs the handler of one consumer. */
export interface Workforce {
  /** Where its entries are from; the incarnation is filled in when the consumer has joined. */
  readonly place: AttemptPlace;
  /** How entries are read. */
  readonly codec: Codec;
  /** Makes its workers. */
  readonly workers: WorkerFactory;
  /** Ends what no worker has taken. */
  readonly dispose: () => Promise<void>;
}

/**
 * Finds out what runs a handler, and gets it ready.
 *
 * @param handler What the user gave.
 * @param options The consumer's options.
 * @param signal Ends the start of threads, and the waiting for imports.
 * @throws {InvalidOptionError} When it is no handler, or none that can run where the options say.
 * @throws {HandlerModuleError} When a module cannot be used.
 * @throws {ThreadStartError} When no thread can be started.
 * @throws The signal's reason.
 */
export async function readyWorkforce(
  handler: HandlerSource,
  options: ResolvedConsumerOptions,
  signal: AbortSignal,
): Promise<Workforce> {
  signal.throwIfAborted();
  const workforce = await workforceOf(handler, options, signal);
  if (signal.aborted) await workforce.dispose();
  signal.throwIfAborted();
  return workforce;
}

function workforceOf(
  handler: HandlerSource,
  options: ResolvedConsumerOptions,
  signal: AbortSignal,
): Workforce | Promise<Workforce> {
  if (isHandlerModule(handler)) {
    const source = handler instanceof URL ? { module: handler } : handler;
    return options.mode === "inline"
      ? importedHere(source, { options, signal })
      : inThreads(source, { options, signal });
  }
  if (options.mode === "inline") return ofThisIsolate(defineHandler(handler), options);
  throw new InvalidOptionError(
    "handler",
    "a function or an object",
    'its module in mode "threads", such as new URL("./handler.ts", import.meta.url)',
  );
}

function ofThisIsolate(
  handler: HandlerDefinition,
  options: ResolvedConsumerOptions,
): Workforce {
  const place = placeOf(options);
  const workers = inlineWorkers({
    ...options,
    handler,
    place,
    timeoutMs: options.handlerTimeoutMs,
    hasDatabase: options.broker.kind === "sqlite",
  });
  return { place, codec: options.codec, workers, dispose: async () => {} };
}

async function importedHere(
  source: HandlerModule,
  { options, signal }: { readonly options: ResolvedConsumerOptions; readonly signal: AbortSignal },
): Promise<Workforce> {
  const importing = loadHandler(moduleSpecifier("handler", source.module));
  const handler: Handler = await unlessAborted(signal, importing);
  const codec = await codecOf(source, { options, signal });
  return ofThisIsolate(defineHandler(handler), { ...options, codec });
}

/** A codec of the user's own is needed twice: in the threads, and here, because it may know the key of an entry. */
async function inThreads(
  source: HandlerModule,
  { options, signal }: { readonly options: ResolvedConsumerOptions; readonly signal: AbortSignal },
): Promise<Workforce> {
  const handler = moduleSpecifier("handler", source.module);
  const codec = await codecOf(source, { options, signal });
  if (typeof codec === "function" && source.codec === undefined) {
    throw new InvalidOptionError(
      "codec",
      "a function",
      'its module in mode "threads": subscribe({ module, codec: new URL("./codec.ts", import.meta.url) })',
    );
  }
  const place = placeOf(options);
  // Loaded only here, so that a program without threads loads nothing of them.
  const { threadWorkers } = await import("../workers/threads/thread_workers.ts");
  const threads = await threadWorkers({
    modules: {
      handler,
      codec: typeof codec === "string" ? codec : { module: moduleSpecifier("codec", source.codec) },
    },
    place,
    timeoutMs: options.handlerTimeoutMs,
    clock: options.clock,
    random: options.random,
    log: options.log,
    signal,
  });
  return {
    place,
    codec,
    workers: threads.make,
    dispose: async () => await threads[Symbol.asyncDispose](),
  };
}

async function codecOf(
  source: HandlerModule,
  { options, signal }: { readonly options: ResolvedConsumerOptions; readonly signal: AbortSignal },
): Promise<Codec> {
  if (source.codec === undefined) return options.codec;
  return await unlessAborted(signal, loadCodec(moduleSpecifier("codec", source.codec)));
}

/** An import cannot be called off, and its module may wait for something that never comes. @throws The signal's reason. */
async function unlessAborted<Result>(
  signal: AbortSignal,
  importing: Promise<Result>,
): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([importing, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function placeOf({ stream, group, consumer }: ResolvedConsumerOptions): AttemptPlace {
  return { stream, group, consumer, incarnation: "" };
}
