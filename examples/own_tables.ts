/**
 * Your own tables in the commit: what a handler leaves with `ctx.database` is done in the same SQLite transaction that
 * finishes its event. So the sums are right although one event is tried twice. Only on SQLite; on Redis, publish.
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
await new StreamProducer<Payment | null>({ broker, stream: "payments" }).publishMany([
  { type: "payment.received", key: "ledger", data: { account: "anna", cents: 500 } },
  { type: "payment.received", key: "ledger", data: { account: "ben", cents: 300 } },
  { type: "payment.received", key: "ledger", data: { account: "anna", cents: -120 } },
  { type: "day.closed", key: "ledger" }, // of one key, so in this order
]);

const CREATE = "CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, cents INTEGER)";
const ADD =
  "INSERT INTO accounts VALUES (?, ?) ON CONFLICT DO UPDATE SET cents = cents + excluded.cents";

const end = new AbortController();
await runConsumer<Payment | null>({
  broker,
  stream: "payments",
  group: "ledger",
  signal: end.signal,
  retry: { initialMs: 1 },
  handler: ({ data }, ctx) =>
    ctx.database((transaction) => {
      transaction.run(CREATE);
      if (data !== null) {
        transaction.run(ADD, data.account, data.cents);
        console.log(data.account, data.cents, `attempt ${ctx.attempt}`);
        if (data.cents === 300 && ctx.attempt === 1) throw new Error("undoes what it did");
      } else {
        console.log("sums:");
        for (const { name, cents } of transaction.all("SELECT * FROM accounts ORDER BY name")) {
          console.log(name, cents);
        }
        end.abort();
      }
    }),
});

// Prints:
// anna 500 attempt 1
// ben 300 attempt 1
// ben 300 attempt 2
// anna -120 attempt 1
// sums:
// anna 380
// ben 300
