/**
 * An effect outside of the broker: a handler charges orders at a payment service. A call can fail, take too long, or
 * break off when the charge is already made, and then the handler runs again. It always sends the same
 * `ctx.idempotencyKey`, by which the service knows a charge again, so every order is charged once.
 *
 *   deno run --allow-net=127.0.0.1 examples/idempotent_http_effect.ts
 *
 * @module
 */

import { connect, defineHandler, runConsumer, StreamProducer } from "@tidemark/tidemark";

interface Order {
  readonly id: number;
  readonly cents: number;
}

// The payment service. A real one keeps its charges in a database, under the same kind of key.
const charges = new Map<string, Order>();
const askedAgain = Promise.withResolvers<void>();
let requests = 0;

async function pay(request: Request): Promise<Response> {
  const key = request.headers.get("Idempotency-Key") ?? "";
  const order: Order = await request.json();
  requests++;
  if (charges.has(key)) {
    console.log(`  service: order ${order.id} is charged already`);
    askedAgain.resolve();
    return Response.json(charges.get(key));
  }
  if (requests === 2) {
    console.log("  service: no charge, try again");
    return new Response(null, { status: 503 });
  }
  charges.set(key, order);
  console.log(`  service: order ${order.id} charged`);
  if (order.id === 3) await askedAgain.promise; // so late that nobody waits for the answer any more
  return order.id === 4 ? brokenAnswer() : Response.json(order);
}

/** The connection breaks, because fewer bytes come than were announced. */
function brokenAnswer(): Response {
  return new Response(new Blob(["{"]).stream(), { headers: { "Content-Length": "100" } });
}

await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, pay);

const end = new AbortController();
let attempts = 0;
const bill = defineHandler<Order>(async ({ data }, ctx) => {
  attempts++;
  console.log(`order ${data.id}, attempt ${ctx.attempt}`);
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/charges`, {
    method: "POST",
    headers: { "Idempotency-Key": ctx.idempotencyKey }, // the same for every attempt on this event
    body: JSON.stringify(data),
    signal: ctx.signal, // aborted by handlerTimeoutMs, and when the consumer must stop
  });
  if (!response.ok) throw new Error(`the payment service answered ${response.status}`);
  ctx.publish("receipts", { type: "order.charged", data: await response.json() });
  if (data.id === 4) end.abort();
});

await using broker = await connect("sqlite::memory:");
await new StreamProducer<Order>({ broker, stream: "orders" }).publishMany(
  [1, 2, 3, 4].map((id) => ({ type: "order.placed", data: { id, cents: 500 * id }, key: "till" })),
);

await runConsumer({
  broker,
  stream: "orders",
  group: "billing",
  signal: end.signal,
  handlerTimeoutMs: 1_000, // default 0, for ever
  retry: { initialMs: 10 },
  handler: bill,
});

const cents = [...charges.values()].reduce((sum, order) => sum + order.cents, 0);
console.log(`attempts: ${attempts}, charges: ${charges.size}, charged: ${cents} cents`);
console.log("receipts:", (await broker.streamInfo("receipts"))?.length);

// Prints:
// order 1, attempt 1
//   service: order 1 charged
// order 2, attempt 1
//   service: no charge, try again
// order 2, attempt 2
//   service: order 2 charged
// order 3, attempt 1
//   service: order 3 charged
// order 3, attempt 2
//   service: order 3 is charged already
// order 4, attempt 1
//   service: order 4 charged
// order 4, attempt 2
//   service: order 4 is charged already
// attempts: 7, charges: 4, charged: 5000 cents
// receipts: 4
