/** One attempt on an entry whose data is checked by a schema first. */

import { assertEquals } from "@std/assert";
import { HandlerAbortedError } from "../../src/domain/event_errors.ts";
import type { Schema } from "../../src/domain/schema.ts";
import type { HandlerFunction } from "../../src/workers/handler.ts";
import { attempt, handled, result } from "../support/attempt_rig.ts";
import { delivery } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

/** A schema that answers when told, and doubles numbers. */
function schemaThatWaits(until: Promise<void>): Schema {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) =>
        until.then(() =>
          typeof value === "number"
            ? { value: value * 2 }
            : { issues: [{ message: "wanted a number", path: ["total"] }] }
        ),
    },
  };
}

Deno.test("Attempt gives its handler the schema's own output", async () => {
  let data: unknown;
  const handle: HandlerFunction = (event) => void (data = event.data);
  const entry = { ...delivery("5-0"), fields: ["event_type", "placed", "payload", "21"] };
  const schema = schemaThatWaits(Promise.resolve());
  assertEquals(await result(handle, { entry, handler: { handle, schema } }), handled);
  assertEquals(data, 42);
});

Deno.test("Attempt gives up what its schema refuses, without running the handler", async () => {
  const schema = schemaThatWaits(Promise.resolve());
  let ran = false;
  const handle = () => void (ran = true);
  assertEquals(await result(handle, { handler: { handle, schema } }), {
    kind: "givenUp",
    reason: "its data is not valid: total: wanted a number",
    error: null,
    tried: false,
  });
  assertEquals(ran, false);
});

Deno.test("Attempt does not begin its handler when it was aborted during validation", async () => {
  const checked = Promise.withResolvers<void>();
  const entry = { ...delivery("5-0"), fields: ["event_type", "placed", "payload", "21"] };
  let ran = false;
  const handle = () => void (ran = true);
  const { it } = attempt(handle, {
    entry,
    handler: { handle, schema: schemaThatWaits(checked.promise) },
  });
  const running = it.run();
  const fenced = new HandlerAbortedError("fenced");
  it.abort(fenced);
  assertEquals(await running, { kind: "failed", error: fenced });
  checked.resolve();
  await settle();
  assertEquals(ran, false);
});

Deno.test("Attempt fails when its schema throws", async () => {
  const error = new Error("no");
  const schema: Schema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate() {
        throw error;
      },
    },
  };
  assertEquals(await result(() => {}, { handler: { handle: () => {}, schema } }), {
    kind: "failed",
    error,
  });
});
