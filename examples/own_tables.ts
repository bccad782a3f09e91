/**
 * Your own tables in the commit: what a handler leaves with `ctx.database` is done in the same SQLite transaction that
 * finishes its event. So a sum is right although the handler is tried again. Only on SQLite; on Redis, publish.
 *
 *   deno run examples/own_tables.ts
 *
 * @module
 */

import { connect, runConsumer, StreamProducer } from "@tidemark/tidemark";

interface Payment {
  readonly account: string;
  readonly cents: number;
}

await using broker = await connect("sqlite::memory:"); // with a file, your tables lie in that file
await new StreamProducer<Payment>({ broker, stream: "payments" }).publishMany([
  { type: "payment.received", data: { account: "anna", cents: 500 } },
  { type: "payment.received", data: { account: "ben", cents: 300 } },
  { type: "payment.received", data: { account: "anna", cents: -120 } },
]);

let left = 4;
const end = new AbortController();
await runConsumer<Payment>({
  broker,
  stream: "payments",
  group: "ledger",
  signal: end.signal,
  retry: { initialMs: 1 },
  handler: ({ data }, ctx) => {
    ctx.database((transaction) => {
      transaction.run("CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, cents INTEGER)");
      transaction.run(
        "INSERT INTO accounts VALUES (?, ?) ON CONFLICT DO UPDATE SET cents = cents + excluded.cents",
        data.account,
        data.cents,
      );
      if (--left === 0) {
        console.log(transaction.all("SELECT name, cents FROM accounts ORDER BY name"));
        end.abort();
      }
      if (data.account === "ben" && ctx.attempt === 1) throw new Error("undoes this event's work");
    });
  },
});

// Prints:
