/**
 * The user's own tables inside the commit.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import type { Settlement } from "../../../src/domain/settlement.ts";
import type { Transaction, TransactionWork } from "../../../src/domain/transaction.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import type { Membership, Order } from "../../../src/ports/consumer_store.ts";
import {
  append,
  commit,
  idOf,
  join,
  output,
  pending,
  readNew,
  said,
} from "../../contracts/contract.ts";

const TABLE = "CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, total INTEGER)";

function add(name: string, amount: number): TransactionWork {
  return (transaction) => {
    transaction.run(TABLE);
    transaction.run(
      `INSERT INTO totals VALUES (?, ?) ON CONFLICT DO UPDATE SET total = total + excluded.total`,
      name,
      amount,
    );
  };
}

function working(id: string, ...work: TransactionWork[]): Settlement {
  return { kind: "handled", id: idOf(id), outputs: [output("out", id)], work };
}

/** Gives a consumer three entries of one key, and looks at the totals by one more commit. */
async function withEntries(
  story: (broker: Broker, ann: Membership) => Promise<void>,
  order: Order = "none",
): Promise<void> {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await append(broker, "1-0 k", "2-0 k", "3-0 k", "9-0");
  const ann = await join(broker, "ann", { order });
  await readNew(broker, ann);
  await story(broker, ann);
}

async function totals(broker: Broker, ann: Membership): Promise<unknown> {
  let rows: unknown;
  await commit(broker, ann, [{
    ...working("9-0", (transaction) => {
      transaction.run(TABLE);
      rows = transaction.all("SELECT name, total FROM totals ORDER BY name")
        .map(({ name, total }) => `${name}=${total}`);
    }, () => {
      throw new Error("only a look");
    }),
  }]);
  return rows;
}

/** What work threw, as text. */
async function errorOf(work: TransactionWork): Promise<string> {
  let text = "nothing";
  await withEntries(async (broker, ann) => {
    const result = await commit(broker, ann, [working("1-0", add("a", 1), work)]);
    assertEquals(result.verdicts, ["failed"]);
    assertEquals(
      await pending(broker),
      Array.from(["1-0", "2-0", "3-0", "9-0"], (id) => `${id} ann x1`),
    );
    assertEquals(await said(broker, "out"), []);
    assertEquals(await totals(broker, ann), []);
    text = String(result.workErrors.get("1-0"));
  });
  return text;
}

Deno.test("commit does the work of handled entries, which see one another", () =>
  withEntries(async (broker, ann) => {
    const seen: unknown[] = [];
    const look: TransactionWork = (transaction) => {
      seen.push(transaction.all("SELECT total FROM totals WHERE name = ?", "a")[0]?.total);
    };
    const result = await commit(broker, ann, [
      working("1-0", add("a", 1), look),
      working("2-0", add("a", 2), look),
      working("3-0", add("b", 3)),
    ]);
    assertEquals(result.verdicts, ["committed", "committed", "committed"]);
    assertEquals([seen, await totals(broker, ann)], [[1, 3], ["a=3", "b=3"]]);
    assertEquals(await said(broker, "out"), ["1-0", "2-0", "3-0"]);
  }));

Deno.test("commit undoes the work that threw, and only that", () =>
  withEntries(async (broker, ann) => {
    const boom = new Error("boom");
    const result = await commit(broker, ann, [
      working("1-0", add("a", 1)),
      working("2-0", add("a", 10), () => {
        throw boom;
      }),
      working("3-0", add("a", 100)),
    ]);
    assertEquals(result.verdicts, ["committed", "failed", "committed"]);
    assertEquals([...result.workErrors], [["2-0", boom]]);
    assertEquals(await totals(broker, ann), ["a=101"]);
    assertEquals(await said(broker, "out"), ["1-0", "3-0"]);
    assertEquals(await pending(broker), ["2-0 ann x1", "9-0 ann x1"]);
  }));

Deno.test("commit holds the later entries of a key whose work failed", () =>
  withEntries(async (broker, ann) => {
    const result = await commit(broker, ann, [
      working("1-0", () => {
        throw new Error("boom");
      }),
      working("2-0", add("a", 1)),
      working("3-0", add("a", 1)),
      working("9-0", add("b", 1)),
    ]);
    assertEquals(result.verdicts, ["failed", "held", "held", "committed"]);
    assertEquals(await said(broker, "out"), ["9-0"]);
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 ann x1", "3-0 ann x1"]);
  }, "key"));

Deno.test("commit does no work of fenced and of done entries", () =>
  withEntries(async (broker, ann) => {
    const bob = await join(broker, "bob");
    await commit(broker, ann, [working("1-0", add("a", 1))]);
    await broker.claim(bob, { idleMsMin: 0, afterId: "1-0", count: 1 });
    const result = await commit(broker, ann, [
      working("1-0", add("a", 10)),
      working("2-0", add("a", 10)),
    ]);
    assertEquals(result.verdicts, ["done", "fenced"]);
    assertEquals(await totals(broker, ann), ["a=1"]);
  }));

Deno.test("work that returns a promise fails with a clear error", async () => {
  let after = "nothing";
  const lazy = async (transaction: Transaction) => {
    await Promise.resolve();
    try {
      transaction.run("DELETE FROM totals");
    } catch (error) {
      after = String(error);
    }
  };
  assertStringIncludes(await errorOf((transaction) => lazy(transaction)), "it returned a promise");
  assertStringIncludes(after, "has returned");
});

Deno.test("work cannot end or change the transaction", async () => {
  const statements = [
    "COMMIT",
    "ROLLBACK",
    "BEGIN",
    "SAVEPOINT mine",
    "RELEASE tidemark_work",
    "ROLLBACK TO tidemark_work",
    "END",
  ];
  for (const sql of statements) {
    const error = await errorOf((transaction) => transaction.run(sql));
    assertStringIncludes(error, "the transaction is Tidemark's own", sql);
  }
});

Deno.test("work cannot touch Tidemark's tables, other files or the connection", async () => {
  const refused: [sql: string, reason: string][] = [
    ["DELETE FROM tidemark_pending", "Tidemark's own"],
    ["UPDATE Tidemark_Groups SET lost_count = 0", "Tidemark's own"],
    ["INSERT INTO tidemark_done VALUES (1, 'a')", "Tidemark's own"],
    ["DROP TABLE tidemark_done", "Tidemark's own"],
    ["ALTER TABLE tidemark_done RENAME TO mine", "Tidemark's own"],
    ["CREATE INDEX mine ON tidemark_done (id)", "Tidemark's own"],
    ["CREATE TRIGGER mine AFTER DELETE ON tidemark_pending BEGIN SELECT 1; END", "Tidemark's own"],
    ["CREATE TABLE tidemark_mine (a)", "Tidemark's own"],
    ["ATTACH ':memory:' AS other", "other files"],
    ["PRAGMA synchronous = OFF", "PRAGMA"],
    ["PRAGMA user_version = 9", "PRAGMA"],
    ["INSERT INTO totals VALUES ('x', 1); DELETE FROM totals", "wanted one statement"],
  ];
  for (const [sql, reason] of refused) {
    assertStringIncludes(await errorOf((transaction) => transaction.run(sql)), reason, sql);
  }
});

Deno.test("work may read Tidemark's tables and describe its own", () =>
  withEntries(async (broker, ann) => {
    let seen: unknown;
    const result = await commit(broker, ann, [working("1-0", add("a", 1), (transaction) => {
      seen = [
        transaction.all("SELECT count(*) AS n FROM tidemark_pending")[0]?.n,
        transaction.all("PRAGMA table_info(totals)").map(({ name }) => name),
        transaction.all("SELECT 1 AS one; -- the end")[0]?.one,
      ];
    })]);
    assertEquals([result.verdicts, seen], [["committed"], [4, ["name", "total"], 1]]);
  }));

Deno.test("work that ends the transaction by a conflict fails alone", () =>
  withEntries(async (broker, ann) => {
    const runs: string[] = [];
    const note = (name: string): TransactionWork => () => void runs.push(name);
    const result = await commit(broker, ann, [
      working("1-0", add("a", 1), note("first")),
      working("2-0", add("a", 10), note("second"), (transaction) => {
        transaction.run("INSERT OR ROLLBACK INTO totals VALUES ('a', 1)");
      }),
      working("3-0", add("a", 100), note("third")),
    ]);
    assertEquals(result.verdicts, ["committed", "failed", "committed"]);
    assertStringIncludes(String(result.workErrors.get("2-0")), "UNIQUE");
    assertEquals(await totals(broker, ann), ["a=101"], "what ran twice has effect once");
    assertEquals(runs, ["first", "second", "first", "third"]);
  }));

Deno.test("work that catches the end of the transaction still fails", () =>
  withEntries(async (broker, ann) => {
    const result = await commit(broker, ann, [
      working("1-0", add("a", 1), (transaction) => {
        try {
          transaction.run("INSERT OR ROLLBACK INTO totals VALUES ('a', 1)");
        } catch { /* as a user might */ }
      }),
      working("2-0", add("a", 10)),
    ]);
    assertEquals(result.verdicts, ["failed", "committed"]);
    assertEquals(await totals(broker, ann), ["a=10"]);
  }));

Deno.test("work that breaks a deferred foreign key fails alone", () =>
  withEntries(async (broker, ann) => {
    const tables: TransactionWork = (transaction) => {
      transaction.run("CREATE TABLE IF NOT EXISTS parents (id INTEGER PRIMARY KEY)");
      transaction.run(`CREATE TABLE IF NOT EXISTS children
        (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)`);
    };
    const child = (parent: number): TransactionWork => (transaction) => {
      transaction.run("INSERT INTO children VALUES (?)", parent);
    };
    const result = await commit(broker, ann, [
      working("1-0", tables, child(1), (transaction) => {
        transaction.run("INSERT INTO parents VALUES (1)");
      }),
      working("2-0", child(7)),
      working("3-0", child(1)),
    ]);
    assertEquals(result.verdicts, ["committed", "failed", "committed"]);
    assertStringIncludes(String(result.workErrors.get("2-0")), "FOREIGN KEY");
  }));

Deno.test("work keeps the values that SQLite stores", () =>
  withEntries(async (broker, ann) => {
    let rows: unknown;
    await commit(broker, ann, [working("1-0", (transaction) => {
      const bytes = new Uint8Array([0, 255]);
      rows = transaction.all("SELECT ? AS a, ? AS b, ? AS c, ? AS d", null, 1.5, "x", bytes)
        .map((row) => Object.values(row));
      transaction.run(TABLE);
      rows = [rows, transaction.run("INSERT INTO totals VALUES ('a', 1), ('b', 2)")];
    })]);
    assertEquals(rows, [[[null, 1.5, "x", new Uint8Array([0, 255])]], 2]);
  }));
