/** A worker in this isolate: free, not free, told to stop. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { HandlerAbortedError } from "../../src/domain/event_errors.ts";
import type { AttemptOptions } from "../../src/workers/attempt.ts";
import type { HandlerFunction } from "../../src/workers/handler.ts";
import { InlineWorker } from "../../src/workers/inline_worker.ts";
import { attemptOptions, handled } from "../support/attempt_rig.ts";
import { delivery } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

function worker(handle: HandlerFunction, differs: Partial<AttemptOptions> = {}): InlineWorker {
  return new InlineWorker(attemptOptions({ handler: { handle }, ...differs }));
}

Deno.test("InlineWorker gives a plain result where the handler was synchronous, and is free again", () => {
  const seen: unknown[] = [];
  const it: InlineWorker = worker((event, context) => {
    seen.push([event.data, context.attempt, it.isFree]);
  });
  assertEquals(it.isFree, true);
  assertEquals(it.run(delivery("1-0"), 2), handled);
  assertEquals([seen, it.isFree], [[["1-0", 3, false]], true]);
});

Deno.test("InlineWorker is free again when its handler has settled, well or not", async () => {
  const error = new Error("no");
  for (
    const [end, wanted] of [[() => {}, handled], [() => {
      throw error;
    }, { kind: "failed", error }]] as const
  ) {
    const open = Promise.withResolvers<void>();
    const it = worker(() => open.promise.then(end));
    const result = it.run(delivery("1-0"), 0);
    await settle();
    assertEquals(it.isFree, false);
    open.resolve();
    assertEquals([await result, it.isFree], [wanted, true]);
  }
});

Deno.test("InlineWorker stops waiting for a handler that is told to stop, and takes the next entry", async () => {
  const it = worker((event) => event.data === "1-0" ? new Promise(() => {}) : undefined);
  const stuck = it.run(delivery("1-0"), 0);
  const fenced = new HandlerAbortedError("fenced");
  it.abort(fenced);
  assertEquals([await stuck, it.isFree], [{ kind: "failed", error: fenced }, true]);
  it.abort(fenced);
  assertEquals(it.run(delivery("2-0"), 0), handled);
});

Deno.test("InlineWorker tells the handler under way when it is ended, as often as one likes", async () => {
  const it = worker(() => new Promise(() => {}));
  await it[Symbol.asyncDispose]();
  const stuck = it.run(delivery("1-0"), 0);
  await it[Symbol.asyncDispose]();
  await it[Symbol.asyncDispose]();
  const result = await stuck;
  assert(result.kind === "failed");
  assertInstanceOf(result.error, HandlerAbortedError);
  assertEquals(result.error.reason, "stopped");
});
