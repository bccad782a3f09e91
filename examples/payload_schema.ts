/**
 * Checked payloads: a schema refuses bad data where it is published, and where it is handled it makes a dead letter of
 * what another program has published. Any validator that follows Standard Schema fits (Zod, Valibot, ArkType); this one
 * is written by hand.
 *
 *   deno run examples/payload_schema.ts
 *
 * @module
 */

import {
  connect,
  defineHandler,
  InvalidEventError,
  runConsumer,
  type Schema,
  StreamProducer,
} from "@tidemark/tidemark";

interface Order {
  readonly id: number;
}

const order: Schema<Order> = {
  "~standard": {
    version: 1,
    vendor: "by hand",
    validate(value) {
      const isRecord = typeof value === "object" && value !== null;
      if (!isRecord) return { issues: [{ message: "wanted a record" }] };
      if (!("id" in value) || typeof value.id !== "number") {
        return { issues: [{ message: "wanted a number", path: ["id"] }] };
      }
      return { value: { id: value.id } };
    },
  },
};

await using broker = await connect("sqlite::memory:");

const careful = new StreamProducer({ broker, stream: "orders", schema: order });
await careful.publish({ type: "order.placed", data: { id: 8 } });
await careful.publish({ type: "order.placed", data: JSON.parse('{"id": null}') }).catch((error) => {
  if (!(error instanceof InvalidEventError)) throw error;
  console.log("refused:", error.reason);
});

const careless = new StreamProducer({ broker, stream: "orders" });
await careless.publish({ type: "order.placed", data: { id: "nine" } });

const end = new AbortController();
await runConsumer({
  broker,
  stream: "orders",
  group: "billing",
  signal: end.signal,
  handler: defineHandler({
    schema: order,
    handle({ data }) {
      console.log("handled: order", data.id.toFixed(0)); // known to be a number
    },
  }),
  onReport(report) {
    if (report.kind !== "deadLettered") return;
    console.log("given up:", report.reason);
    end.abort();
  },
});

// Prints:
// refused: its data does not fit the schema: id: wanted a number
// handled: order 8
// given up: its data is not valid: id: wanted a number
