/** An attempt in a thread does what it does in the main isolate, and its errors come out as data. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { HandlerAbortedError } from "../../src/domain/event_errors.ts";
import type { AttemptResult } from "../../src/workers/attempt.ts";
import { order, ThreadRig } from "../support/thread_rig.ts";

/** A result without stacks, which differ. */
function plain(result: AttemptResult): unknown {
  if (!("error" in result) || !(result.error instanceof Error)) return result;
  const { name, message } = result.error;
  const code = Reflect.get(result.error, "code");
  return { ...result, error: [name, message, ...code === undefined ? [] : [code]] };
}

Deno.test("ThreadWorker runs attempts with the whole context, one after the other", async () => {
  await using rig = new ThreadRig();
  assertEquals(rig.worker.isFree, false, "its thread is not up yet");
  assertEquals(await rig.run(order("nothing")), { kind: "handled", outputs: [], work: [] });
  const told = {
    key: "a",
    headers: {},
    attempt: 4,
    deliveries: 2,
    idempotencyKey: "first:orders:7-0",
    aborted: false,
  };
  assertEquals(await rig.run(order("tell", { id: "7-0" }), 3), {
    kind: "handled",
    outputs: [{
      stream: "told",
      fields: [
        ...["event_type", "told", "payload", JSON.stringify(told)],
        ...["key", "k", "source_id", "7-0"],
      ],
    }],
    work: [],
  });
  assertEquals(await rig.run(order("defer")), { kind: "deferred", delayMs: 250 });
  assertEquals(await rig.run(order("deadLetter")), {
    kind: "givenUp",
    reason: "no use",
    error: null,
    tried: true,
  });
  assertEquals(rig.story, ["free"]);
});

Deno.test("ThreadWorker forwards the log, whatever is in its fields", async () => {
  await using rig = new ThreadRig();
  await rig.run(order("log"));
  const where = { stream: "orders", group: "billing", consumer: "main", id: "5-0" };
  const odd = { n: 1, odd: "Symbol(odd)", none: "undefined" };
  assertEquals(rig.story, ["free", ["warn", "a line", { ...where, ...odd }]]);
});

Deno.test("ThreadWorker tells name, message and code of whatever was thrown", async () => {
  await using rig = new ThreadRig();
  const thrown = async (act: string, what?: unknown) =>
    plain(await rig.run(order(act, { with: what })));
  const hidden = "something was thrown that cannot be shown";
  const failed = (error: unknown) => ({ kind: "failed", error });
  assertEquals(await thrown("throwRange"), failed(["RangeError", "too far"]));
  assertEquals(await thrown("throw", "a text"), failed(["NotAnError", "a text"]));
  assertEquals(await thrown("throw", null), failed(null));
  assertEquals(await thrown("throwOdd"), failed(["NotAnError", hidden]));
  assertEquals(await thrown("throwTrap"), failed(["NotAnError", hidden]));
  assertEquals(
    await thrown("database"),
    failed([
      "BrokerUnsupportedError",
      "Cannot use context.database in a thread: the database is open in the main isolate, use mode inline",
      "BROKER_UNSUPPORTED",
    ]),
  );
  assertEquals(rig.story, ["free"]);
});

Deno.test("ThreadWorker gives up what its codec refuses", async () => {
  await using rig = new ThreadRig();
  const entry = { ...order("nothing"), fields: ["event_type", "x"] };
  const reason = 'Cannot read entry as an event: field "payload" is missing';
  assertEquals(plain(await rig.run(entry)), {
    kind: "givenUp",
    reason,
    error: ["UndecodableEntryError", reason, "UNDECODABLE_ENTRY"],
    tried: false,
  });
});

Deno.test("ThreadWorker reads entries with the user's own codec, and checks data by the schema", async () => {
  const codec = "data:text/javascript,export default ({ fields }) => " +
    "({ type: 'raw', data: [...fields[1]] })";
  const handler = "data:text/javascript," + encodeURIComponent(`export default {
    schema: { "~standard": { version: 1, vendor: "test", validate: async (value) =>
      value.length === 2 ? { value: value.reverse() } : { issues: [{ message: "too long" }] } } },
    handle(event, context) { context.publish("told", { type: "told", data: [this.tag, event.data] }); },
    tag: "itself",
  }`);
  await using rig = new ThreadRig({ modules: { handler, codec: { module: codec } } });
  const buffer = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
  const result = await rig.run({ ...order("nothing"), fields: ["bytes", buffer] });
  assert(result.kind === "handled");
  assertEquals(result.outputs[0]?.fields[3], '["itself",[2,1]]');
  assertEquals(await rig.run({ ...order("nothing"), fields: ["bytes", new Uint8Array(3)] }), {
    kind: "givenUp",
    reason: "its data is not valid: too long",
    error: null,
    tried: false,
  });
});

Deno.test("ThreadWorker.abort gives the result at once, and the thread is free when the handler obeyed", async () => {
  await using rig = new ThreadRig();
  await rig.free();
  for (const act of ["waitUntilTold", "spinUntilTold"]) {
    const running = rig.worker.run(order(act), 0);
    const error = new HandlerAbortedError("fenced");
    rig.worker.abort(error);
    rig.worker.abort(new HandlerAbortedError("stopped"));
    assertEquals(rig.worker.isFree, false);
    assertEquals(await running, { kind: "failed", error });
    assertEquals(rig.worker.isFree, false, "its code may still run");
    await rig.free();
  }
  rig.worker.abort(new HandlerAbortedError("fenced")); // nothing runs
  assertEquals((await rig.run(order("nothing"))).kind, "handled");
  assertEquals(rig.story, ["free", "free", "free"]);
});

Deno.test("ThreadWorker ends an attempt at the handler's own timeout, else at the consumer's", async () => {
  for (const [own, timeoutMs] of [[", timeoutMs: 20", 0], ["", 20]] as const) {
    const handler = `data:text/javascript,export default { handle: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject()))${own} }`;
    await using rig = new ThreadRig({ modules: { handler, codec: "event" }, timeoutMs });
    const result = await rig.run(order("nothing"));
    assert(result.kind === "failed");
    assertInstanceOf(result.error, HandlerAbortedError);
    assertEquals(result.error.reason, "timeout");
    await rig.free();
    assertEquals(rig.story, ["free", "free"]);
  }
});

Deno.test("ThreadWorker keeps its port out of the handler's reach", async () => {
  await using rig = new ThreadRig();
  const published = async (act: string) => {
    const result = await rig.run(order(act));
    assert(result.kind === "handled");
    return result.outputs[0]?.fields[3];
  };
  assertEquals(await published("lookForPort"), "[]");
  assertEquals(await published("disturb"), '"undisturbed"');
  assertEquals((await rig.run(order("nothing"))).kind, "handled");
  assertEquals(rig.story, ["free"]);
});
