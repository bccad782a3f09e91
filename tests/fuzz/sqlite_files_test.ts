/**
 * A file of the embedded broker that somebody or something has damaged: any column of any row, and any bytes of the file.
 * Every call answers or is refused by name, none hangs, and no error quotes what is stored.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { openSqliteCheckpointStore } from "../../src/brokers/sqlite/sqlite_checkpoint_store.ts";
import { STREAM } from "../contracts/contract.ts";
import { callsOf, fillBroker } from "../support/broker_calls.ts";
import { fewerCases } from "../support/cases.ts";
import { assertNamed, hostileJson, hostileText } from "../support/hostile.ts";

// What a disk keeps through a power cut is not looked at here, and waiting for it would take most of the time.
const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  exec.call(this, sql.replace("synchronous = FULL", "synchronous = OFF"));
};

/** A folder for one test, with a file that has something in every table. */
async function place(): Promise<
  AsyncDisposable & { readonly whole: string; readonly path: string }
> {
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-fuzz-" });
  const whole = `${folder}/whole.db`;
  {
    await using broker = await openSqliteBroker({ path: whole });
    await fillBroker(broker);
  }
  {
    await using store = openSqliteCheckpointStore({ path: whole });
    await store.save({
      ...{ schema: 1, stream: STREAM, group: "g", consumer: "ann", incarnation: "x" },
      ...{ position: "1-0", done: [], epoch: 1, savedAtMs: 1 },
    });
  }
  const remove = () => Deno.remove(folder, { recursive: true });
  return { whole, path: `${folder}/damaged.db`, [Symbol.asyncDispose]: remove };
}

/** Opens a file and makes every call; what is refused is refused by name. @returns How many calls were answered. */
async function assertAllNamed(path: string): Promise<number> {
  let answered = 0;
  const attempt = async (call: () => Promise<unknown>) => {
    try {
      await call();
      answered++;
    } catch (error) {
      assertNamed(error);
      assert(!error.message.includes("\n"), error.message);
    }
  };
  await attempt(async () => {
    await using broker = await openSqliteBroker({ path });
    for (const call of callsOf(broker)) await attempt(call);
  });
  await attempt(async () => {
    await using store = openSqliteCheckpointStore({ path });
    await store.load(STREAM, "g");
    await store.quarantine(STREAM, "g");
  });
  return answered;
}

/** A file without the remains of the one before it. */
async function copyTo(path: string, content: string | Uint8Array): Promise<void> {
  for (const rest of ["-wal", "-shm"]) {
    await Deno.remove(`${path}${rest}`).catch(() => {});
  }
  if (typeof content === "string") await Deno.copyFile(content, path);
  else await Deno.writeFile(path, content);
}

/** Columns of all tables: what stands there can be changed, with what SQLite itself lets in. */
function columnsOf(path: string): { readonly table: string; readonly column: string }[] {
  using database = new DatabaseSync(path, { readOnly: true });
  const tables = database.prepare(
    "SELECT m.name AS 'table', c.name AS 'column' FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'",
  ).all();
  return tables.map(({ table, column }) => ({ table: String(table), column: String(column) }));
}

type Stored = string | number | bigint | null | Uint8Array;

const anyStored: fc.Arbitrary<Stored> = fc.oneof<fc.Arbitrary<Stored>[]>(
  hostileText,
  hostileJson.map((value) => JSON.stringify(value)),
  fc.constantFrom<Stored>(0, -1, 1, 2, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n), null),
  fc.constantFrom("a1a0", "a9a0", "b99a0", "a1z0", "[]", '["1-0"]', '["a","b"]', '["a"]'),
  fc.uint8Array({ maxLength: 9 }),
);

Deno.test("a broker refuses a file with a damaged column by name, whichever it is", async () => {
  await using files = await place();
  const columns = columnsOf(files.whole);
  assert(columns.length > 80, `${columns.length} columns`);
  const hit = fc.record({ at: fc.constantFrom(...columns), value: anyStored, every: fc.boolean() });
  await copyTo(files.path, files.whole);
  const unharmed = await assertAllNamed(files.path);
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(hit, { minLength: 1, maxLength: 2 }), async (hits) => {
      await copyTo(files.path, files.whole);
      {
        using database = new DatabaseSync(files.path);
        database.exec("PRAGMA synchronous = OFF");
        for (const { at: { table, column }, value, every } of hits) {
          const which = every ? "" : `WHERE rowid = (SELECT min(rowid) FROM "${table}")`;
          try {
            database.prepare(`UPDATE "${table}" SET "${column}" = ? ${which}`).run(value);
          } catch {
            // A column of this type, or a table without such rows, cannot hold it.
          }
        }
      }
      answered = Math.max(answered, await assertAllNamed(files.path));
    }),
    fewerCases(10),
  );
  assertEquals(answered, unharmed, "some damage harms nothing");
});

Deno.test("a broker refuses a file with damaged bytes by name, wherever they are", async () => {
  await using files = await place();
  const whole = await Deno.readFile(files.whole);
  const hit = fc.tuple(
    fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: whole.length - 1 })),
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
  );
  const damage = fc.record({
    hits: fc.array(hit, { minLength: 1, maxLength: 4 }),
    cutAt: fc.option(fc.nat({ max: whole.length }), { nil: whole.length, freq: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ hits, cutAt }) => {
      const bytes = whole.slice(0, cutAt);
      for (const [at, put] of hits) {
        if (at < bytes.length) bytes.set(put.subarray(0, bytes.length - at), at);
      }
      await copyTo(files.path, bytes);
      await assertAllNamed(files.path);
    }),
    fewerCases(10),
  );
});
