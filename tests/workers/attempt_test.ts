/** One attempt: whatever a handler does costs its own entry only. */

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { TIMER_MS_MAX } from "../../src/domain/backoff.ts";
import {
  BrokerUnsupportedError,
  ClosedError,
  InvalidNameError,
  InvalidOptionError,
} from "../../src/domain/errors.ts";
import {
  HandlerAbortedError,
  InvalidEventError,
  UndecodableEntryError,
} from "../../src/domain/event_errors.ts";
import { messageOf } from "../../src/workers/attempt.ts";
import type { HandlerContext, HandlerFunction } from "../../src/workers/handler.ts";
import { attempt, handled, result } from "../support/attempt_rig.ts";
import { delivery } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

Deno.test("Attempt gives a plain result where the handler was synchronous", () => {
  assertEquals(attempt(() => {}).it.run(), handled);
  const error = new Error("no");
  const throwing = attempt(() => {
    throw error;
  });
  assertEquals(throwing.it.run(), { kind: "failed", error });
});

Deno.test("Attempt gives the handler the event and what is known of the entry", async () => {
  let seen: unknown;
  const handle: HandlerFunction = async (
    event,
    { attempt, deliveries, idempotencyKey, signal },
  ) => {
    seen = {
      data: event.data,
      key: event.key,
      attempt,
      deliveries,
      idempotencyKey,
      aborted: signal.aborted,
    };
  };
  const entry = delivery("5-0", { key: "a", deliveries: 3 });
  assertEquals(await result(handle, { entry, failures: 1 }), handled);
  assertEquals(seen, {
    data: "5-0",
    key: "a",
    attempt: 2,
    deliveries: 3,
    idempotencyKey: "first:orders:5-0",
    aborted: false,
  });
});

Deno.test("Attempt gives up what its codec refuses, without running the handler", () => {
  const entry = { ...delivery("5-0"), fields: ["payload", "{}"] };
  let ran = false;
  const given = attempt(() => void (ran = true), { entry }).it.run();
  assert(!(given instanceof Promise) && given.kind === "givenUp");
  assertInstanceOf(given.error, UndecodableEntryError);
  assertEquals([given.reason, given.tried, ran], [
    'Cannot read entry as an event: field "event_type" is missing',
    false,
    false,
  ]);
});

for (
  const [what, thrown] of [
    ["undefined", undefined],
    ["null", null],
    ["a text", "no"],
    ["a symbol", Symbol("no")],
    ["an object without prototype", Object.create(null)],
    ["an object with throwing getters", {
      get message() {
        throw new Error("inner");
      },
      get name() {
        throw new Error("inner");
      },
      toString() {
        throw new Error("inner");
      },
    }],
    [
      "a proxy that refuses everything",
      new Proxy({}, {
        getPrototypeOf() {
          throw new Error("inner");
        },
        get() {
          throw new Error("inner");
        },
      }),
    ],
  ] as const
) {
  Deno.test(`Attempt fails when its handler throws or rejects with ${what}`, async () => {
    const now = await result(() => {
      throw thrown;
    });
    const later = await result(() => Promise.reject(thrown));
    for (const given of [now, later]) {
      assert(given.kind === "failed");
      assert(given.error === thrown);
      assertEquals(typeof messageOf(given.error), "string");
    }
  });
}

Deno.test("Attempt takes anything that a handler returns", async () => {
  for (const returned of [null, 0, "text", {}, [], { then: 5 }, function then() {}]) {
    assertEquals(await result(returning(returned)), handled);
  }
});

Deno.test("Attempt fails when what the handler returned cannot be waited for", async () => {
  const error = new Error("inner");
  const thenables = [
    {
      then() {
        throw error;
      },
    },
    {
      get then() {
        throw error;
      },
    },
    { then: (_: unknown, reject: (error: unknown) => void) => reject(error) },
  ];
  for (const thenable of thenables) {
    assertEquals(await result(returning(thenable)), { kind: "failed", error });
  }
});

/** A handler that returns something else than the types allow, as plain JavaScript can. */
function returning(value: unknown): HandlerFunction {
  const handle: () => void = () => value;
  return handle;
}

Deno.test("Attempt collects outputs and work in their order", async () => {
  const work = () => {};
  const given = await result(async (_, context) => {
    context.publish("invoices", { type: "sent", data: 1 });
    await Promise.resolve();
    context.publish("audit", { type: "seen", key: "k" });
    context.database(work);
  });
  assertEquals(given, {
    kind: "handled",
    outputs: [
      {
        stream: "invoices",
        fields: ["event_type", "sent", "payload", "1", "source_id", "5-0"],
      },
      {
        stream: "audit",
        fields: ["event_type", "seen", "payload", "null", "key", "k", "source_id", "5-0"],
      },
    ],
    work: [work],
  });
});

Deno.test("Attempt drops outputs and work of a handler that fails, defers or gives up", async () => {
  const publish = (context: HandlerContext) => {
    context.publish("invoices", { type: "sent" });
    context.database(() => {});
  };
  const error = new Error("no");
  assertEquals(
    await result((_, context) => {
      publish(context);
      throw error;
    }),
    { kind: "failed", error },
  );
  assertEquals(
    await result((_, context) => {
      publish(context);
      context.defer(1_500);
    }),
    { kind: "deferred", delayMs: 1_500 },
  );
  assertEquals(
    await result(async (_, context) => {
      publish(context);
      context.deadLetter("nobody wants it");
    }),
    { kind: "givenUp", reason: "nobody wants it", error: null, tried: true },
  );
});

Deno.test("Attempt goes by the failure where a handler defers and then throws", async () => {
  const error = new Error("no");
  const given = await result((_, context) => {
    context.defer(5);
    throw error;
  });
  assertEquals(given, { kind: "failed", error });
});

Deno.test("Attempt refuses more outputs than one commit can carry, and keeps those before", async () => {
  const data = "x".repeat(1_000_000);
  const given = await result((_, context) => {
    for (let count = 0; count < 67; count++) context.publish("invoices", { type: "sent", data });
    assertThrows(() => context.publish("invoices", { type: "sent", data }), InvalidEventError);
    context.publish("invoices", { type: "sent" });
  });
  assertEquals(given.kind === "handled" && given.outputs.length, 68);
});

Deno.test("Attempt refuses what cannot be published or waited for", async () => {
  await result((_, context) => {
    assertThrows(() => context.publish("invoices", { type: "" }), InvalidEventError);
    assertThrows(() => context.publish("", { type: "sent" }), InvalidNameError);
    for (const delayMs of [-1, NaN, Infinity, 31_536_000_001]) {
      assertThrows(() => context.defer(delayMs), InvalidOptionError);
    }
  });
  const given = await result((_, context) => context.publish("invoices", { type: "" }));
  assert(given.kind === "failed");
  assertInstanceOf(given.error, InvalidEventError);
});

Deno.test("Attempt refuses a database where the broker shares none", async () => {
  const given = await result((_, context) => context.database(() => {}), { hasDatabase: false });
  assert(given.kind === "failed");
  assertInstanceOf(given.error, BrokerUnsupportedError);
});

Deno.test("HandlerContext throws ClosedError when the attempt is over, and still logs", async () => {
  for (const ends of [() => {}, async () => {}, () => Promise.reject(new Error("no"))]) {
    let kept: HandlerContext | undefined;
    const { it, lines } = attempt((_, context) => {
      kept = context;
      return ends();
    });
    await it.run();
    const context = kept;
    assert(context !== undefined);
    assertThrows(() => context.publish("invoices", { type: "sent" }), ClosedError);
    assertThrows(() => context.defer(1), ClosedError);
    assertThrows(() => context.deadLetter("late"), ClosedError);
    assertThrows(() => context.database(() => {}), ClosedError);
    context.log("info", "late", { extra: 1 });
    assertEquals(lines, [[
      "info",
      "late",
      { stream: "orders", group: "billing", consumer: "main", id: "5-0", extra: 1 },
    ]]);
  }
});

Deno.test("Attempt ends at its timeout though its handler never settles", async () => {
  let context: HandlerContext | undefined;
  const { it, clock } = attempt((_, given) => {
    context = given;
    return new Promise(() => {});
  }, { timeoutMs: 1_000 });
  const running = it.run();
  await clock.advance(999);
  assertEquals(context?.signal.aborted, false);
  await clock.advance(1);
  const given = await running;
  assert(given.kind === "failed");
  assertInstanceOf(given.error, HandlerAbortedError);
  assertEquals([given.error.reason, context?.signal.aborted], ["timeout", true]);
  assert(context?.signal.reason === given.error);
  assertThrows(() => context?.publish("invoices", { type: "sent" }), ClosedError);
  assertEquals(clock.timerCount, 0);
});

Deno.test("Attempt gives a handler whose own timeout is longer than any timer as long as a timer can", async () => {
  for (const timeoutMs of [3_000_000_000, Infinity]) {
    const gate = Promise.withResolvers<void>();
    const { it, clock } = attempt(() => {}, { handler: { handle: () => gate.promise, timeoutMs } });
    const running = it.run();
    assertEquals(clock.nextMs, clock.nowMs() + TIMER_MS_MAX);
    gate.resolve();
    assertEquals(await running, handled);
  }
});

Deno.test("Attempt goes by the handler's own timeout, and leaves no timer behind", async () => {
  const { it, clock } = attempt(() => {}, {
    handler: { handle: () => new Promise(() => {}), timeoutMs: 10 },
    timeoutMs: 1_000,
  });
  const running = it.run();
  await clock.advance(10);
  assertEquals((await running).kind, "failed");
  const quick = attempt(async () => {}, { timeoutMs: 1_000 });
  await quick.it.run();
  assertEquals([clock.timerCount, quick.clock.timerCount], [0, 0]);
});

Deno.test("Attempt takes no notice when its handler settles after it was aborted", async () => {
  for (const end of ["resolve", "reject"] as const) {
    const late = Promise.withResolvers<void>();
    const { it } = attempt(() => late.promise);
    const running = it.run();
    const stopped = new HandlerAbortedError("stopped");
    it.abort(stopped);
    it.abort(new HandlerAbortedError("fenced"));
    assertEquals(await running, { kind: "failed", error: stopped });
    if (end === "resolve") late.resolve();
    else late.reject(new Error("late"));
    await settle();
  }
});

Deno.test("Attempt fails when its handler stops at the signal of its own accord", async () => {
  const { it } = attempt((_, { signal }) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve()))
  );
  const running = it.run();
  const stopped = new HandlerAbortedError("stopped");
  it.abort(stopped);
  assertEquals(await running, { kind: "failed", error: stopped });
});

Deno.test("Attempt that its own synchronous handler aborts has failed, and its outputs are dropped", () => {
  const stopped = new HandlerAbortedError("stopped");
  const { it } = attempt((_, context) => {
    context.publish("out", { type: "placed" });
    it.abort(stopped);
  });
  assertEquals(it.run(), { kind: "failed", error: stopped });
});

Deno.test("Attempt can be aborted by its own handler before that returns", async () => {
  const stopped = new HandlerAbortedError("stopped");
  let aborted: boolean | undefined;
  const { it } = attempt((_, context) => {
    it.abort(stopped);
    aborted = context.signal.aborted;
    return new Promise(() => {});
  });
  assertEquals(await it.run(), { kind: "failed", error: stopped });
  assertEquals(aborted, true);
});
