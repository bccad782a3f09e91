/**
 * A whole program: publishes three events, and handles each of them exactly once. It keeps everything in memory; give
 * `connect` a file (`sqlite:orders.db`) or a server (`redis://127.0.0.1:6379`) to keep it.
 *
 *   deno run examples/first_consumer.ts
 *
 * @module
 */

import { connect, runConsumer, StreamProducer } from "@tidemark/tidemark";

await using broker = await connect("sqlite::memory:");
const orders = new StreamProducer({ broker, stream: "orders" });
await orders.publishMany([7, 8, 9].map((id) => ({ type: "order.placed", data: { id } })));

const end = new AbortController(); // a service aborts it when it is told to end
await runConsumer<{ id: number }>({
  broker,
  stream: "orders",
  group: "billing",
  signal: end.signal,
  handler: ({ type, data }, ctx) => {
    console.log(type, data);
    ctx.publish("invoices", { type: "invoice.sent", data }); // in the commit of this event
    if (data.id === 9) end.abort(); // this event is still committed
  },
});
console.log("invoices:", (await broker.streamInfo("invoices"))?.length);

// Prints:
// order.placed { id: 7 }
// order.placed { id: 8 }
// order.placed { id: 9 }
// invoices: 3
