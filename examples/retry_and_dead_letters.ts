/**
 * What becomes of events whose handler fails: they are tried again, later each time, and after `attemptsMax` attempts
 * they are given up. Only events of the same key wait for them. What was given up is kept with its reason, and can be
 * appended again as it was.
 *
 *   deno run examples/retry_and_dead_letters.ts
 *
 * @module
 */

import {
  connect,
  deadLetterStream,
  readDeadLetter,
  runConsumer,
  StreamProducer,
} from "@tidemark/tidemark";

await using broker = await connect("sqlite::memory:");
await new StreamProducer<string>({ broker, stream: "orders" }).publishMany([
  { type: "order.placed", key: "anna", data: "unicorn" }, // always fails
  { type: "order.placed", key: "anna", data: "lamp" }, // waits for the unicorn
  { type: "order.placed", key: "ben", data: "table" }, // waits for nobody
  { type: "order.placed", key: "carl", data: "" }, // is given up at once
]);

const end = new AbortController();
await runConsumer<string>({
  broker,
  stream: "orders",
  group: "billing",
  signal: end.signal,
  attemptsMax: 3, // default 5
  retry: { initialMs: 20, maxMs: 100, multiplier: 2 }, // waits up to 20 ms, then up to 40 ms
  handler: ({ key, data }, ctx) => {
    console.log(`${key}, attempt ${ctx.attempt}: ${data || "nothing"}`);
    if (data === "") return ctx.deadLetter("nothing was ordered");
    if (data === "unicorn") throw new Error("there are no unicorns");
    if (data === "lamp") end.abort();
  },
});

for (const entry of await broker.range(deadLetterStream("orders"), { count: 10 })) {
  const letter = readDeadLetter(entry);
  if (letter === undefined) continue; // not written by Tidemark
  const { reason, error, attempts } = letter.meta;
  console.log(`given up: ${reason}; error: ${error?.message ?? "none"}; attempts: ${attempts}`);
  await broker.append("orders", [{ fields: letter.fields }]); // once more, as it was
}
console.log("orders:", (await broker.streamInfo("orders"))?.length);

// Prints:
// anna, attempt 1: unicorn
// ben, attempt 1: table
// carl, attempt 1: nothing
// anna, attempt 2: unicorn
// anna, attempt 3: unicorn
// anna, attempt 1: lamp
// given up: nothing was ordered; error: none; attempts: 1
// given up: its handler failed 3 times; error: there are no unicorns; attempts: 3
// orders: 6
