/**
 * `simulate`, as users call it: every way to break the promise is found out, and nothing else.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { InvalidEventError } from "../../src/domain/event_errors.ts";
import {
  type BreakKind,
  BrokenPromiseError,
  type Event,
  type Handler,
  type HandlerContext,
  type HandlerMaker,
  simulate,
  type SimulateOptions,
} from "../../src/testing/mod.ts";
import { smallPlan } from "./small_plan.ts";

interface Order {
  readonly total: number;
}

const EVENTS = [0, 1, 2, 3, 4, 5].map((total) => ({
  ...{ type: "order.placed", data: { total } },
  key: `key ${total % 2}`,
}));

function publish(event: Event<Order>, context: HandlerContext, data: unknown): void {
  context.publish("invoices", { type: "invoice.sent", data, key: event.key });
}

/** Runs a simulation that must find something. */
function broken(
  handler: Handler<Order> | HandlerMaker<Order>,
  options: Partial<SimulateOptions<Order>> = {},
): Promise<BrokenPromiseError> {
  return assertRejects(() => simulate(handler, { events: EVENTS, ...options }), BrokenPromiseError);
}

const GOOD: Readonly<Record<string, Handler<Order>>> = {
  "publishes what the event says": (event, context) => publish(event, context, event.data),
  "waits for promises": async (event, context) => {
    await Promise.resolve();
    publish(event, context, event.data);
  },
  "fails at first": (event, context) => {
    if (context.attempt < 2) throw new Error("not yet");
    publish(event, context, event.data);
  },
  "always fails on one": (event, context) => {
    if (event.data.total === 3) throw new Error("never");
    publish(event, context, event.data);
  },
  "refuses one": (event, context) => {
    if (event.data.total === 3) return context.deadLetter("it is odd");
    publish(event, context, event.data);
  },
  "publishes several": (event, context) => {
    for (const part of [1, 2, 3]) publish(event, context, part);
  },
  "publishes nothing": () => {},
};

for (const [name, handler] of Object.entries(GOOD)) {
  Deno.test(`simulate finds nothing about a handler that ${name}`, async () => {
    const report = await simulate(handler, { events: EVENTS, runs: 8 });
    assertEquals([report.seed, report.runs], [1, 8]);
    assertEquals(report.attempts - report.repeatedAttempts, 8 * EVENTS.length);
    assertEquals([report.crashes > 0, report.repeatedAttempts > 0], [true, true]);
  });
}

/** Each way to break the promise: what makes the handler, and what is found. */
const BAD: Readonly<Record<string, readonly [BreakKind, () => Handler<Order>]>> = {
  "publishes chance": [
    "notRepeatable",
    () => (event, context) => publish(event, context, Math.random()),
  ],
  "publishes how often an event was handed out": [
    "notRepeatable",
    () => (event, context) => publish(event, context, context.deliveries),
  ],
  "counts in memory": ["resultsDiffer", () => {
    let count = 0;
    return (event, context) => publish(event, context, ++count);
  }],
  "passes over what it remembers": ["notRepeatable", () => {
    const seen = new Set<string>();
    return (event, context) => {
      if (!seen.has(event.id)) publish(event, context, event.data);
      seen.add(event.id);
    };
  }],
  "publishes after it has returned": ["usesContextLate", () => (event, context) => {
    Promise.resolve().then(() => {}).then(() => publish(event, context, event.data));
  }],
  "puts events off for ever": ["neverFinishes", () => (_, context) => context.defer(60_000)],
  "puts events off for no time": ["neverFinishes", () => (_, context) => context.defer(0)],
};

for (const [name, [kind, makeHandler]] of Object.entries(BAD)) {
  Deno.test(`simulate finds out a handler that ${name}`, async () => {
    const error = await broken({ makeHandler });
    assertEquals([error.kind, error.code], [kind, "BROKEN_PROMISE"]);
    assertMatch(error.message, /^Cannot rely on the handler: .+[^.]$/);
  });
}

Deno.test("simulate finds out a handler that never returns", async () => {
  const error = await broken(() => new Promise<void>(() => {}), { settleMsMax: 20 });
  assertEquals([error.kind, error.event, error.plan], ["neverSettles", 0, null]);
  assertMatch(error.message, /at event 0 it had not returned within 20 ms/);
});

Deno.test("simulate finds out a handler that waits on after its signal was aborted", async () => {
  const stubborn: Handler<Order> = async (_, context) => {
    await Promise.resolve();
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    if (context.signal.aborted) await new Promise(() => {});
  };
  const error = await broken(stubborn, { settleMsMax: 20, faults: ["stop"] });
  assertEquals(error.kind, "ignoresAbort");
});

Deno.test("simulate finds out state that all processes share, without any fault", async () => {
  let count = 0;
  const error = await broken((event, context) => publish(event, context, ++count));
  assertEquals([error.kind, error.plan], ["notRepeatable", null]);
  assertMatch(error.message, /it shows without any fault/);
});

Deno.test("simulate finds out effects that happen twice, and not those with a key", async () => {
  let sent = 0;
  const world = { reset: () => void (sent = 0), observe: () => ({ sent }) };
  const error = await broken(() => void sent++, { world });
  assertEquals(error.kind, "effectsDiffer");
  assertMatch(error.message, /context\.idempotencyKey/);

  const keys = new Set<string>();
  const report = await simulate((_, context) => void keys.add(context.idempotencyKey), {
    ...{ events: EVENTS, runs: 15 },
    world: { reset: () => keys.clear(), observe: () => keys.size },
  });
  assertEquals(report.repeatedAttempts > 0, true);
});

Deno.test("simulate compares what is comparable only", async () => {
  const handler: Handler<Order> = (event, context) =>
    publish(event, context, { total: event.data.total, at: Math.random() });
  const comparable = ({ data }: { readonly data?: unknown }) =>
    typeof data === "object" && data !== null && "total" in data ? data.total : null;
  assertEquals((await simulate(handler, { events: EVENTS, comparable, runs: 5 })).runs, 5);
});

Deno.test("BrokenPromiseError has the smallest plan, which shows the same again, as does its seed", async () => {
  const makeHandler: () => Handler<Order> = () => (event, context) =>
    publish(event, context, context.deliveries);
  const error = await broken({ makeHandler });
  const { plan, seed } = error;
  assertEquals([plan?.entries.length, plan?.faults.length], [1, 1]);
  if (plan === null) throw new Error("it has no plan");
  const copied = JSON.parse(JSON.stringify(plan));
  assertEquals((await broken({ makeHandler }, { plan: copied })).kind, error.kind);
  assertEquals((await broken({ makeHandler }, { seed, runs: 1 })).message, error.message);
});

Deno.test("simulate makes a handler for each process that starts", async () => {
  let made = 0;
  const makeHandler = (): Handler<Order> => {
    made++;
    return (event, context) => publish(event, context, event.data);
  };
  const { crashes } = await simulate({ makeHandler }, { events: EVENTS, runs: 10 });
  assertEquals(made > 10 + crashes, true);
});

Deno.test("simulate takes a handler with a schema, and lets real time pass while it waits", async () => {
  const waits: Handler<Order> = {
    schema: {
      "~standard": {
        version: 1,
        vendor: "by hand",
        validate: (value) =>
          typeof value === "object" && value !== null && "total" in value &&
            typeof value.total === "number"
            ? { value: { total: value.total } }
            : { issues: [{ message: "wanted a number" }] },
      },
    },
    handle: async (event, context) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      publish(event, context, event.data.total);
    },
  };
  const report = await simulate(waits, { events: EVENTS, runs: 3 });
  assertEquals(report.runs, 3);
});

Deno.test("simulate without faults strikes nothing", async () => {
  const report = await simulate(() => {}, { events: EVENTS, faults: [], runs: 5 });
  assertEquals([report.faults, report.crashes], [{}, 0]);
});

Deno.test("simulate refuses options that cannot be", async () => {
  const cases: readonly (readonly [string, Partial<SimulateOptions>])[] = [
    ["events", { events: [] }],
    ["runs", { runs: 0 }],
    ["seed", { seed: 0.5 }],
    ["attemptsMax", { attemptsMax: 0 }],
    ["settleMsMax", { settleMsMax: 0 }],
  ];
  for (const [option, given] of cases) {
    const error = await assertRejects(
      () => simulate(() => {}, { events: EVENTS, ...given }),
      InvalidOptionError,
    );
    assertEquals(error.option, option);
  }
  await assertRejects(() => simulate(() => {}, { events: [{ type: "" }] }), InvalidEventError);
  const plan = smallPlan();
  await assertRejects(
    () => simulate(() => {}, { events: EVENTS.slice(0, 1), plan }),
    InvalidOptionError,
    "a plan of these events",
  );
});
