/** Nothing that a thread sends is taken for more than it is. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { dataOfError, errorOfData } from "../../src/workers/threads/error_data.ts";
import { type FromThread, readFromThread } from "../../src/workers/threads/protocol.ts";
import { takeSetting, workerDataFor } from "../../src/workers/threads/thread_setting.ts";

const error = { name: "TypeError", message: "no", code: "NO" };
const output = { stream: "told", fields: ["payload", new Uint8Array([255])] };
const where = { kind: "over", request: 1, forced: false } as const;

const valid: readonly FromThread[] = [
  { kind: "ready", timeoutMs: null },
  { kind: "ready", timeoutMs: 20 },
  { kind: "refused", role: "codec", reason: "no" },
  { kind: "heard", request: 3 },
  { ...where, result: { kind: "handled", outputs: [output] } },
  { ...where, result: { kind: "deferred", delayMs: 0.5 } },
  { ...where, result: { kind: "givenUp", reason: "no", error, tried: true } },
  { ...where, forced: true, result: { kind: "failed", error: null } },
  { kind: "log", level: "warn", message: "text", fields: { a: 1, b: "2", c: true, d: null } },
  { kind: "broken", reason: "no" },
];

Deno.test("readFromThread reads every message of ours, without what does not belong to it", () => {
  for (const message of valid) {
    assertEquals(readFromThread(message), message);
    assertEquals(readFromThread({ ...message, foreign: 1 }), message);
  }
});

Deno.test("readFromThread refuses every message of which a part is missing or of another type", () => {
  for (const message of valid) {
    for (const name of Object.keys(message)) {
      const { [name]: _, ...rest } = { ...message } as Record<string, unknown>;
      assertEquals(readFromThread(rest), null, `${message.kind} without ${name}`);
      for (const wrong of [undefined, [[]], { kind: [] }, NaN]) {
        if (name === "request" && Number.isNaN(wrong)) continue; // the number of no attempt
        const spoilt = { ...message, [name]: wrong };
        assertEquals(readFromThread(spoilt), null, `${message.kind}.${name} is ${wrong}`);
      }
    }
  }
  const results = [
    { kind: "handled", outputs: [{ stream: "told", fields: ["payload"] }] },
    { kind: "handled", outputs: [{ stream: 1, fields: [] }] },
    { kind: "handled", outputs: [{ stream: "told", fields: ["payload", 1] }] },
    { kind: "handled", outputs: {} },
    { kind: "deferred", delayMs: -1 },
    { kind: "givenUp", reason: "no", error: { name: 1, message: "", code: null }, tried: true },
    { kind: "givenUp", reason: "no", error: { name: "", message: "", code: 1 }, tried: true },
    { kind: "givenUp", reason: "no", error: undefined, tried: true },
    { kind: "givenUp", reason: 1, error: null, tried: true },
    { kind: "failed" },
    { kind: "failed", error: "no" },
  ];
  for (const result of results) assertEquals(readFromThread({ ...where, result }), null);
  const log = { kind: "log", level: "warn", message: "text" };
  for (const fields of [{ a: {} }, { a: 1n }, "a"]) {
    assertEquals(readFromThread({ ...log, fields }), null);
  }
  assertEquals(readFromThread({ ...log, level: "fatal", fields: {} }), null);
});

Deno.test("readFromThread and dataOfError never throw", () => {
  fc.assert(fc.property(fc.anything({ withNullPrototype: true }), (anything) => {
    readFromThread(anything);
    readFromThread({ ...where, result: anything });
    readFromThread({ ...where, result: { kind: "failed", error: dataOfError(anything) } });
  }));
});

Deno.test("dataOfError keeps what an error says, and bounds it", () => {
  const told = (thrown: unknown) => dataOfError(thrown);
  assertEquals(told(undefined), null);
  assertEquals(told(null), null);
  assertEquals(told(0), { name: "NotAnError", message: "0", code: null });
  assertEquals(told(new DOMException("gone", "AbortError")), {
    name: "AbortError",
    message: "gone",
    code: null, // a number
  });
  assertEquals(told(new Error("x".repeat(20_000)))?.message.length, 10_000);
  const returned = errorOfData(error);
  assertEquals([returned instanceof Error, String(returned)], [true, "TypeError: no"]);
  assertEquals(dataOfError(returned), error);
  assertEquals(errorOfData(null), null);
});

Deno.test("takeSetting takes what is meant for a thread of ours, once", () => {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.close();
  const modules = { handler: "file:///handler.ts", codec: "event" } as const;
  const setting = { modules, port: Object(port1), stopMemory: new SharedArrayBuffer(4) };
  const workerData = workerDataFor(setting);
  assertEquals(takeSetting(workerData), setting);
  assertEquals(takeSetting(workerData), null);
  assertEquals(workerData, {});
  for (const foreign of [undefined, null, 5, {}, { tidemarkThread: { port: 1 } }]) {
    assertEquals(takeSetting(foreign), null);
  }
});
