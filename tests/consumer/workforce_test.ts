/** What runs a handler: a function or a module, here or in threads, and what is said where that does not fit. */

import { assertEquals, assertRejects } from "@std/assert";
import {
  ClosedError,
  type Handler,
  type HandlerSource,
  InvalidOptionError,
  Orchestrator,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { eventually } from "../support/eventually.ts";

const moduleOf = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

const HANDLER = moduleOf(
  `export default ({ data }, ctx) => ctx.publish("told", { type: "told", data })`,
);

const CODEC = moduleOf(
  `export default ({ fields }) => ({ type: "pair", data: fields, key: fields[1] })`,
);

/** Is not loaded before it is told to: Deno takes one that never is for an error of the whole run. */
const HELD_UP = moduleOf(
  `await new Promise((resolve) => addEventListener("loadAtLast", resolve, { once: true }));`,
);

/** What the handler told of one entry. */
async function told(
  handler: HandlerSource,
  options: Partial<StreamConsumerOptions>,
): Promise<unknown> {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await broker.append("jobs", [{ fields: ["event_type", "job", "payload", "1"] }]);
  await using consumer = new StreamConsumer({
    broker,
    stream: "jobs",
    group: "workers",
    ...options,
  });
  await consumer.subscribe(handler);
  await eventually("it is committed", () => consumer.context?.committedCount === 1);
  const [entry] = await broker.range("told", { count: 10 });
  return JSON.parse(String(entry?.fields[3]));
}

async function refusal(
  handler: HandlerSource,
  options: Partial<StreamConsumerOptions>,
): Promise<string> {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using consumer = new StreamConsumer({
    broker,
    stream: "jobs",
    group: "workers",
    ...options,
  });
  const error = await assertRejects(() => consumer.subscribe(handler), Error);
  assertEquals(await broker.listStreams(), [], "nothing was begun");
  await consumer.subscribe(HANDLER); // another one may do
  return `${error.name}: ${error.message}`;
}

for (const mode of ["inline", "threads"] as const) {
  Deno.test(`StreamConsumer runs a module in mode "${mode}", with its own codec if it has one`, async () => {
    assertEquals(await told(HANDLER, { mode }), 1);
    assertEquals(await told({ module: HANDLER.href }, { mode }), 1);
    const pair = ["event_type", "job", "payload", "1"];
    assertEquals(await told({ module: HANDLER, codec: CODEC }, { mode }), pair);
    assertEquals(await told({ module: HANDLER }, { mode, codec: "fields" }), [
      ["event_type", "job"],
      ["payload", "1"],
    ]);
  });

  Deno.test(`StreamConsumer begins nothing with a module that cannot be used in mode "${mode}"`, async () => {
    const none = moduleOf("export default 5");
    const reason = "it has no fitting default export, wanted a function or defineHandler({…})";
    const message = `Cannot use handler "${none.href}": ${reason}`;
    assertEquals(await refusal(none, { mode }), `HandlerModuleError: ${message}`);
    assertEquals(
      await refusal({ module: "./handler.ts" }, { mode }),
      'InvalidOptionError: Cannot use option "handler": it is "./handler.ts", ' +
        'wanted a URL, such as new URL("./handler.ts", import.meta.url)',
    );
  });
}

Deno.test("StreamConsumer refuses a function that would have to go to another thread", async () => {
  const handler: Handler = () => {};
  const wanted = 'wanted its module in mode "threads"';
  assertEquals(
    await refusal(handler, { mode: "threads" }),
    'InvalidOptionError: Cannot use option "handler": it is "a function or an object", ' +
      `${wanted}, such as new URL("./handler.ts", import.meta.url)`,
  );
  const codec = () => ({ type: "a", data: 1 });
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const place = { broker, stream: "jobs", group: "workers", mode: "threads" } as const;
  await using consumer = new StreamConsumer({ ...place, codec });
  await assertRejects(() => consumer.subscribe(HANDLER), InvalidOptionError, wanted);
});

Deno.test("StreamConsumer.stop ends a module that is never loaded", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  for (
    const [mode, handler] of [
      ["threads", moduleOf("await new Promise(() => {})")],
      ["inline", HELD_UP],
      ["inline", { module: HANDLER, codec: HELD_UP }],
      ["threads", { module: HANDLER, codec: HELD_UP }],
    ] as const
  ) {
    const consumer = new StreamConsumer({ broker, stream: "jobs", group: "workers", mode });
    const subscribing = assertRejects(() => consumer.subscribe(handler), ClosedError);
    await consumer.stop();
    await subscribing;
    assertEquals(consumer.state, "stopped");
  }
  dispatchEvent(new Event("loadAtLast"));
});

Deno.test("Orchestrator.stop does not wait for a module that is never loaded", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const handler = new URL(`${HELD_UP.href}// another`);
  const consumers = [{ stream: "jobs", group: "workers", handler }];
  const orchestrator = new Orchestrator({ broker, consumers });
  const starting = assertRejects(() => orchestrator.start(), ClosedError);
  await eventually("it starts", () => orchestrator.facts().length === 1);
  await orchestrator.stop();
  await starting;
  assertEquals(orchestrator.state, "stopped");
  dispatchEvent(new Event("loadAtLast"));
});

Deno.test("StreamConsumer hands the threads' log lines to its own log", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const lines: unknown[] = [];
  const log = { log: (...line: unknown[]) => void (line[1] === "seen" && lines.push(line)) };
  const place = { broker, stream: "jobs", group: "workers", mode: "threads" } as const;
  await using consumer = new StreamConsumer({ ...place, log });
  await consumer.subscribe(moduleOf(`export default (event, ctx) => ctx.log("info", "seen")`));
  const { id } = await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job" });
  await eventually("it is committed", () => consumer.context?.committedCount === 1);
  const fields = { stream: "jobs", group: "workers", consumer: "main", id };
  assertEquals(lines, [["info", "seen", fields]]);
});
