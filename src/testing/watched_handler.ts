/**
 * A handler whose attempts are noted, and which does nothing in a process that is dead.
 *
 * @module
 */

import type { Event } from "../domain/event.ts";
import {
  defineHandler,
  type Handler,
  type HandlerContext,
  type HandlerDefinition,
} from "../workers/handler.ts";
import type { AttemptEnd } from "./happening.ts";
import { passedContext } from "./passed_context.ts";
import type { MemberPlan } from "./plan.ts";
import type { Trace } from "./trace.ts";

/** Of whom it is. */
export interface WatchedSetting {
  /** Where attempts are noted. */
  readonly trace: Trace;
  /** In which process it runs. */
  readonly process: string;
  /** For which consumer. */
  readonly member: MemberPlan;
  /** Whether its process is dead. */
  readonly isDead: () => boolean;
  /** The number of an entry in its plan. */
  readonly numberOf: (event: Event) => number;
  /** Told when an attempt has begun: it waits, or has returned. */
  readonly onAttempt: () => void;
}

/** Watches a handler. */
export function watchedHandler(handler: Handler, setting: WatchedSetting): HandlerDefinition {
  const definition = defineHandler(handler);
  return {
    ...definition,
    handle: (event, context) => attempt(definition, { event, context, setting }),
  };
}

function attempt(
  definition: HandlerDefinition,
  { event, context, setting }: {
    readonly event: Event;
    readonly context: HandlerContext;
    readonly setting: WatchedSetting;
  },
): void | Promise<void> {
  const { trace, process, isDead, member: { stream, group, consumer }, onAttempt } = setting;
  if (isDead()) return new Promise(() => {});
  const { attempt, deliveries } = context;
  const of = {
    stream,
    group,
    consumer,
    id: event.id,
    number: setting.numberOf(event),
    attempt,
    deliveries,
  };
  trace.note(process, { kind: "handlerBegan", ...of });
  let asked: AttemptEnd = "returned";
  const watched = watchedContext(context, (end) => asked = end);
  const ended = (end: AttemptEnd) => {
    if (!isDead()) trace.note(process, { kind: "handlerEnded", end, ...of });
  };
  try {
    const running = definition.handle(event, watched);
    queueMicrotask(onAttempt);
    if (running === undefined || typeof running?.then !== "function") return ended(asked);
    return Promise.resolve(running).then(
      () => ended(asked),
      (error: unknown) => {
        ended("threw");
        throw error;
      },
    );
  } catch (error) {
    ended("threw");
    throw error;
  }
}

/** The same context; what it is asked for is told. */
function watchedContext(
  context: HandlerContext,
  onAsked: (end: AttemptEnd) => void,
): HandlerContext {
  return passedContext(context, {
    defer: (delayMs) => {
      context.defer(delayMs);
      onAsked("deferred");
    },
    deadLetter: (reason) => {
      context.deadLetter(reason);
      onAsked("refused");
    },
  });
}
