/**
 * Promise: on SQLite, work on the user's own tables happens exactly once, in the transaction that acknowledges the
 * event. Method: a real file, work that throws, handlers that fail after leaving work; then the rows.
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { type Broker, StreamConsumer, StreamProducer, type TransactionWork } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";

const retry = { initialMs: 1, maxMs: 5, multiplier: 2 } as const;

async function publish(broker: Broker, ...names: string[]): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "orders" });
  await producer.publishMany(names.map((data) => ({ type: "order", data, key: "k" })));
}

const createTable: TransactionWork = (transaction) => {
  transaction.run("CREATE TABLE IF NOT EXISTS totals (name TEXT, before INTEGER)");
};

const insert = (name: string): TransactionWork => (transaction) => {
  const [row] = transaction.all("SELECT count(*) AS n FROM totals");
  transaction.run("INSERT INTO totals VALUES (?, ?)", name, row?.n ?? -1);
};

/** Runs a consumer over all events and reads the rows back through a last event. */
async function rowsAfter(
  broker: Broker,
  handle: (name: string, attempt: number, leave: (work: TransactionWork) => void) => void,
): Promise<unknown[]> {
  const rows: unknown[] = [];
  let finished = false;
  await using consumer = new StreamConsumer({ broker, stream: "orders", group: "sums", retry });
  await consumer.subscribe((event, context) => {
    context.database(createTable);
    if (event.data === "end") {
      return context.database((transaction) => {
        rows.push(...transaction.all("SELECT name, before FROM totals ORDER BY before"));
        finished = true;
      });
    }
    handle(String(event.data), context.attempt, (work) => context.database(work));
  });
  await eventually("the last event was committed", () => finished);
  return rows.map((row) => Object.values(row ?? {}));
}

Deno.test("work in the transaction sees what the events before it wrote, and happens once", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await publish(broker, "A", "B", "C", "end");
  const rows = await rowsAfter(broker, (name, attempt, leave) => {
    leave(insert(name));
    if (name === "B" && attempt < 3) throw new Error("after leaving work");
  });
  assertEquals(rows, [["A", 0], ["B", 1], ["C", 2]]);
});

Deno.test("work that throws is undone, tried again, and what follows on its key waits", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await publish(broker, "A", "B", "C", "end");
  const rows = await rowsAfter(broker, (name, attempt, leave) => {
    leave(insert(name));
    if (name === "B" && attempt < 3) {
      leave(() => {
        throw new Error("inside the transaction");
      });
    }
  });
  assertEquals(rows, [["A", 0], ["B", 1], ["C", 2]]);
});

Deno.test("work cannot end the transaction that it runs in", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await publish(broker, "A", "B", "end");
  const rows = await rowsAfter(broker, (name, attempt, leave) => {
    leave(insert(name));
    if (name === "A" && attempt === 1) leave((transaction) => void transaction.run("COMMIT"));
  });
  assertEquals(rows, [["A", 0], ["B", 1]]);
});
