/**
 * Tests of a handler: runs it a hundred times while processes die, networks break and events come again, and tells
 * whether it keeps the promise of exactly once. It takes seconds, because time is virtual; in a test of your own, the
 * line with `simulate` is the test.
 *
 *   deno run examples/testing_a_handler/main.ts
 *
 * @module
 */

import type { HandlerFunction } from "@tidemark/tidemark";
import { BrokenPromiseError, simulate } from "@tidemark/tidemark/testing";
import { makeForgetful, makeHasty, makePatient, makeSteady, type Order } from "./points.ts";

const events = ["ann", "bob", "ann", "ann", "bob"].map((key, at) => ({
  ...{ type: "order.placed", key },
  data: { total: 10 * (at + 1) },
}));

/** A stand-in for a mail service, which sends a mail once for each key. */
const mails = new Map<string, string>();
const world = { reset: () => mails.clear(), observe: () => mails.size };
const sendMail = (key: string, text: string) => void mails.set(key, text);

const handlers: Readonly<Record<string, () => HandlerFunction<Order>>> = {
  forgetful: makeForgetful,
  steady: makeSteady,
  hasty: () => makeHasty(sendMail),
  patient: () => makePatient(sendMail),
};

for (const [name, makeHandler] of Object.entries(handlers)) {
  try {
    const { runs } = await simulate({ makeHandler }, { events, world });
    console.log(`${name}: nothing found in ${runs} runs`);
  } catch (error) {
    if (!(error instanceof BrokenPromiseError)) throw error;
    console.log(`${name}: ${error.kind}`);
    console.error(error.message);
  }
}

// Prints:
// forgetful: resultsDiffer
// steady: nothing found in 100 runs
// hasty: effectsDiffer
// patient: nothing found in 100 runs
