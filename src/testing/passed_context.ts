/**
 * A handler's context as somebody in between passes it on.
 *
 * @module
 */

import type { HandlerContext } from "../workers/handler.ts";

/** What somebody in between may answer in the place of the context. */
export type ContextCalls = Partial<
  Pick<HandlerContext, "publish" | "defer" | "deadLetter" | "database">
>;

/**
 * The same context, but for some calls.
 *
 * @param calls Those that are not passed on as they are.
 */
export function passedContext(context: HandlerContext, calls: ContextCalls): HandlerContext {
  return {
    get signal() {
      return context.signal; // made when it is first asked for
    },
    attempt: context.attempt,
    deliveries: context.deliveries,
    idempotencyKey: context.idempotencyKey,
    log: (...line) => context.log(...line),
    publish: calls.publish ?? ((stream, event) => context.publish(stream, event)),
    defer: calls.defer ?? ((delayMs) => context.defer(delayMs)),
    deadLetter: calls.deadLetter ?? ((reason) => context.deadLetter(reason)),
    database: calls.database ?? ((work) => context.database(work)),
  };
}
