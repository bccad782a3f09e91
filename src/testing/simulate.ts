/**
 * `simulate`: finds out whether a handler keeps the promise of exactly once while processes die, networks break and
 * events come again.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import { encodeEvent, type NewEvent } from "../domain/event.ts";
import type { Order } from "../ports/consumer_store.ts";
import { defineHandler, type Handler } from "../workers/handler.ts";
import { type Break, BrokenPromiseError } from "./broken_promise.ts";
import { calmPlan, disturbedPlan, HANDLER_FAULTS, type HandlerFault } from "./handler_plan.ts";
import type { OutsideWorld } from "./handler_run.ts";
import type { Plan } from "./plan.ts";
import type { SimulatedOutput } from "./simulated_output.ts";
import { type SimulationReport, Tally } from "./simulation_report.ts";
import { smallestPlan } from "./smallest_plan.ts";
import { Trial } from "./trial.ts";

/** Makes a handler anew for each process that starts, as the start of a program does. */
export interface HandlerMaker<Data = unknown> {
  /** Makes it, with nothing in its memory. */
  readonly makeHandler: () => Handler<Data>;
}

/** How to simulate. */
export interface SimulateOptions<Data = unknown> {
  /** The events that the handler gets, in the order in which they are published; 1 to 1,000. Few show as much as many. */
  readonly events: readonly NewEvent<Data>[];
  /** What may go wrong. Default: everything. An empty list: nothing but the order in which events come. */
  readonly faults?: readonly HandlerFault[];
  /** Where to begin: the first run has this seed, the next one the next. A whole number, default 1. */
  readonly seed?: number;
  /** How many runs with faults; 1 to 1,000,000. Default 100. */
  readonly runs?: number;
  /** Runs this plan alone, as `BrokenPromiseError` tells it, in place of those of `seed` and `runs`. */
  readonly plan?: Plan;
  /** Whether events of one key keep their order. Default "key". */
  readonly order?: Order;
  /** After so many failed attempts an event becomes a dead letter; at least 1. Default 5. */
  readonly attemptsMax?: number;
  /**
   * The part of an output that must be the same in every run. Leave out what may differ, such as the time of day. Default:
   * all of it.
   */
  readonly comparable?: (output: SimulatedOutput) => unknown;
  /** The outside world that the handler touches. Default: none. */
  readonly world?: OutsideWorld;
  /** How long a handler may take, in ms of real time; 1 to 60,000. Default 1,000. Virtual time stands still meanwhile. */
  readonly settleMsMax?: number;
}

/** So many smaller plans are tried, until the message is short: a second or two. */
const SHRINK_TRIES_MAX = 100;

/**
 * Runs a handler under many plans in which processes crash, stop, stand still and come back, calls fail or lose their
 * answers, and events are handed out again; on the real consumers and the embedded broker, in virtual time. What it
 * commits must be what it commits when nothing goes wrong.
 *
 * It finds: outputs that depend on time, chance or the attempt; state in memory that a crash loses or a second attempt
 * doubles (give the handler as `makeHandler` to have it made anew after each crash); effects outside of the broker that
 * happen twice (see `world`); handlers that never return, ignore their signal, or use their context after they returned.
 * It cannot stop code that a killed process has left waiting, nor a handler that goes round without ever waiting, and knows
 * of effects only what `world` tells.
 *
 * @example A handler that keeps its promise
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { simulate } from "@tidemark/tidemark/testing";
 *
 * const report = await simulate<{ total: number }>(
 *   (event, ctx) => ctx.publish("invoices", { type: "invoice.sent", data: event.data, key: event.key }),
 *   {
 *     events: [1, 2, 3].map((total) => ({ type: "order.placed", data: { total }, key: "ann" })),
 *     runs: 20,
 *   },
 * );
 * assertEquals(report.runs, 20);
 * ```
 *
 * @example One that counts in memory, and how it is found out
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { BrokenPromiseError, type Event, type HandlerContext, simulate } from "@tidemark/tidemark/testing";
 *
 * const makeHandler = () => {
 *   let count = 0;
 *   return (_: Event, ctx: HandlerContext) => ctx.publish("counts", { type: "counted", data: ++count });
 * };
 * const events = [1, 2, 3].map((data) => ({ type: "order.placed", data }));
 * const error = await assertRejects(() => simulate({ makeHandler }, { events }), BrokenPromiseError);
 * assertEquals(error.code, "BROKEN_PROMISE");
 * ```
 *
 * @param handler The handler, or what makes it.
 * @param options Events, and what may go wrong.
 * @returns What was simulated.
 * @throws {BrokenPromiseError} At the first run that shows something, after it was made as small as it can be.
 * @throws {InvalidOptionError} or {InvalidEventError} When an option or an event cannot be.
 */
export async function simulate<Data = unknown>(
  handler: Handler<Data> | HandlerMaker<Data>,
  options: SimulateOptions<Data>,
): Promise<SimulationReport> {
  const { events, runs = 100, seed = 1, faults = HANDLER_FAULTS, order = "key" } = options;
  const { attemptsMax = 5, comparable = (output) => output, settleMsMax = 1_000 } = options;
  checkRange("events", events.length, [1, 1_000]);
  checkRange("runs", runs, [1, 1_000_000]);
  checkRange("seed", seed, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  checkRange("attemptsMax", attemptsMax, [1, 1_000_000]);
  checkRange("settleMsMax", settleMsMax, [1, 60_000]);
  for (const event of events) encodeEvent(event);
  for (const { number } of options.plan?.entries ?? []) {
    if (number in events) continue;
    throw new InvalidOptionError("plan", `of event ${number}`, "a plan of these events");
  }
  const world = options.world ?? NO_WORLD;
  const makeHandler = makerOf(handler);
  const setting = { events, makeHandler, comparable, world, settleMsMax };
  const keys = events.map(({ key = null }) => key);
  const drawing = { keys, faults, order, attemptsMax };
  const trial = new Trial(setting, calmPlan(drawing));
  await trial.begin(seed);
  const tally = new Tally();
  const plans = options.plan === undefined
    ? plansFrom(seed, { runs, draw: (each) => disturbedPlan(each, drawing) })
    : [options.plan];
  for (const plan of plans) {
    const { found, run } = await trial.run(plan);
    if (found !== null) throw await brokenPromise(found, { plan, trial });
    tally.add(run);
  }
  return { ...tally.report(), seed, runs: options.plan === undefined ? runs : 1 };
}

/** Made as small as it can be. */
async function brokenPromise(
  found: Break,
  { plan, trial }: { readonly plan: Plan; readonly trial: Trial },
): Promise<BrokenPromiseError> {
  let last = found;
  // Each try takes as long as the handler is waited for.
  const isSlow = found.kind === "neverSettles" || found.kind === "ignoresAbort";
  const smallest = await smallestPlan(plan, {
    triesMax: isSlow ? 0 : SHRINK_TRIES_MAX,
    shows: async (smaller) => {
      const again = (await trial.run(smaller)).found;
      if (again?.kind !== found.kind) return false;
      last = again;
      return true;
    },
  });
  return new BrokenPromiseError(last, { seed: plan.seed, plan: smallest });
}

function makerOf<Data>(handler: Handler<Data> | HandlerMaker<Data>): () => Handler {
  // What a handler says of its data is its own claim, as everywhere: the data comes as JSON.
  if ("makeHandler" in handler) return () => handler.makeHandler() as Handler;
  const definition = defineHandler(handler) as Handler;
  return () => definition;
}

function* plansFrom(
  seed: number,
  { runs, draw }: { readonly runs: number; readonly draw: (seed: number) => Plan },
): Generator<Plan> {
  for (let run = 0; run < runs; run++) yield draw(seed + run);
}

const NO_WORLD: OutsideWorld = { reset() {}, observe: () => null };

function checkRange(name: string, value: number, [min, max]: readonly [number, number]): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  const wanted = `a whole number from ${min} to ${max}`;
  throw new InvalidOptionError(name, value, name === "events" ? "1 to 1,000 events" : wanted);
}
