/**
 * Two streams in a row: the handler of the first one publishes into the second. One order is published twice, and one
 * handler fails after it has published; still every order has one invoice. For what a handler publishes is appended in
 * the same atomic commit that finishes its event, and an event with an idempotency key is appended once.
 *
 *   deno run examples/exactly_once_pipeline.ts
 *
 * @module
 */

import { connect, defineHandler, runConsumer, StreamProducer } from "@tidemark/tidemark";

interface Order {
  readonly id: number;
}

let attempts = 0;
const bill = defineHandler<Order>(({ data }, ctx) => {
  attempts++;
  ctx.publish("invoices", { type: "invoice.sent", data, key: `order-${data.id}` });
  if (data.id === 2 && ctx.attempt === 1) throw new Error("after it has published");
});

const end = new AbortController();
const mail = defineHandler<Order>(({ data, type }) => {
  console.log(type, "for order", data.id);
  if (data.id === 3) end.abort();
});

await using broker = await connect("sqlite::memory:");
const orders = new StreamProducer<Order>({ broker, stream: "orders" });
for (const id of [1, 1, 2, 3]) {
  const { duplicate } = await orders.publish({
    type: "order.placed",
    data: { id },
    idempotencyKey: `order-${id}`,
  });
  console.log("order", id, duplicate ? "is there already" : "published");
}

const options = { broker, signal: end.signal };
await Promise.all([
  runConsumer({ ...options, stream: "orders", group: "billing", handler: bill }),
  runConsumer({ ...options, stream: "invoices", group: "mailing", handler: mail }),
]);
console.log("invoices:", (await broker.streamInfo("invoices"))?.length, "attempts:", attempts);

// Prints:
// order 1 published
// order 1 is there already
// order 2 published
// order 3 published
// invoice.sent for order 1
// invoice.sent for order 2
// invoice.sent for order 3
// invoices: 3 attempts: 4
