/**
 * Watches a user's handler through one simulated run: what each attempt asked for, whether it settled, and whether it
 * ended when it was told to. While a handler waits for real things, virtual time stands still.
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
import type { Break, BreakKind } from "./broken_promise.ts";
import { passedContext } from "./passed_context.ts";
import { shown } from "./shown.ts";
import type { SimulatedOutput } from "./simulated_output.ts";

/** What a witness needs. */
export interface WitnessSetting {
  /** Makes the handler for a process that starts. */
  readonly makeHandler: () => Handler;
  /** The place of an event in the list of events; -1 for one that is not in it. */
  readonly numberOf: (event: Event) => number;
  /** How long a handler may take, in ms of real time. */
  readonly settleMsMax: number;
  /** The part of an output that counts. */
  readonly comparable: (output: SimulatedOutput) => unknown;
}

/** Watches. */
export class Witness {
  readonly #setting: WitnessSetting;
  readonly #running = new Set<Promise<unknown>>();
  /** What the first complete attempt on each event published. */
  readonly #published = new Map<number, string>();
  #attempts = 0;
  #broken: Break | null = null;

  /** @param setting Whom to watch. */
  constructor(setting: WitnessSetting) {
    this.#setting = setting;
  }

  /** How many attempts there were. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The first thing that was found, `null` for nothing. */
  get broken(): Break | null {
    return this.#broken;
  }

  /** Makes the handler of a process. */
  makeHandler(): HandlerDefinition {
    const definition = defineHandler(this.#setting.makeHandler());
    return {
      ...definition,
      handle: (event, context) => this.#attempt(definition, { event, context }),
    };
  }

  /** Resolves when the handlers that run have settled or had their time; `null` when none runs. */
  untilQuiet(): Promise<void> | null {
    return this.#running.size === 0 ? null : Promise.race(this.#running).then(() => {});
  }

  #attempt(
    definition: HandlerDefinition,
    { event, context }: { readonly event: Event; readonly context: HandlerContext },
  ): void | Promise<void> {
    const number = this.#setting.numberOf(event);
    const request = new Request();
    this.#attempts++;
    const watched = this.#context(context, { number, request });
    const settled = () => this.#settled(number, { request, context });
    const running = definition.handle(event, watched);
    if (running === undefined || typeof running?.then !== "function") return settled();
    const ended = Promise.resolve(running).then(settled, (error: unknown) => {
      request.isOver = true;
      throw error;
    });
    this.#await(ended, { number, context });
    return ended;
  }

  /** Lets virtual time wait for it, within its bound. */
  #await(
    ended: Promise<void>,
    { number, context }: { readonly number: number; readonly context: HandlerContext },
  ): void {
    const { settleMsMax } = this.#setting;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      late.resolve();
      const [kind, what]: [BreakKind, string] = context.signal.aborted
        ? ["ignoresAbort", "its signal was aborted, and it had not ended"]
        : ["neverSettles", "it had not returned"];
      const text = `at event ${number} ${what} within ${settleMsMax} ms`;
      this.#found({ kind, event: number, text });
    }, settleMsMax);
    const waited = Promise.race([ended.catch(() => {}), late.promise]).then(() => {
      clearTimeout(timer);
      this.#running.delete(waited);
    });
    this.#running.add(waited);
  }

  #settled(
    number: number,
    { request, context }: { readonly request: Request; readonly context: HandlerContext },
  ): void {
    request.isOver = true;
    // What an attempt that was told to stop has published counts for nothing.
    if (number < 0 || request.isDropped || context.signal.aborted) return;
    const published = JSON.stringify(request.outputs);
    const before = this.#published.get(number) ?? published;
    this.#published.set(number, before);
    if (before === published) return;
    this.#found({
      kind: "notRepeatable",
      event: number,
      text: `at event ${number} one attempt published ${shown(before)}, another one ` +
        shown(published),
    });
  }

  #found(found: Break): void {
    this.#broken ??= found;
  }

  /** The same context, and what is asked of it is noted. */
  #context(
    context: HandlerContext,
    { number, request }: { readonly number: number; readonly request: Request },
  ): HandlerContext {
    const { comparable } = this.#setting;
    /** Whether it comes in time. Nobody could catch what a handler throws that has returned. */
    const inTime = (name: string) => {
      if (!request.isOver) return true;
      const text = `after it had returned for event ${number} it called context.${name}`;
      this.#found({ kind: "usesContextLate", event: number, text });
      return false;
    };
    return passedContext(context, {
      publish: (stream, event) => {
        if (!inTime("publish")) return;
        context.publish(stream, event);
        request.outputs.push([stream, comparable({ stream, ...event })]);
      },
      defer: (delayMs) => {
        if (!inTime("defer")) return;
        context.defer(delayMs);
        request.isDropped = true;
      },
      deadLetter: (reason) => {
        if (!inTime("deadLetter")) return;
        context.deadLetter(reason);
        request.isDropped = true;
      },
      database: (work) => {
        if (inTime("database")) context.database(work);
      },
    });
  }
}

/** What one attempt asked for. */
class Request {
  isOver = false;
  /** Whether it was put off or given up, so that its outputs are dropped. */
  isDropped = false;
  readonly outputs: unknown[] = [];
}
