/**
 * Rows that somebody or something has changed behind the broker's back: told as damage, by name.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import { BrokerUnsupportedError } from "../../../src/domain/errors.ts";
import { JournalDamagedError } from "../../../src/domain/journal_errors.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import { append, join, STREAM } from "../../contracts/contract.ts";
import { inFolder } from "./in_folder.ts";

const RUN = { space: "runs", name: "a" };

/** Makes a file with a stream, a group that was reset, and a journal, and changes it by hand. */
async function damaged(sql: string, look: (broker: Broker) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    {
      await using broker = await openSqliteBroker({ path });
      await append(broker, "1-0", "2-0");
      await join(broker, "ann", { group: "g" });
      await broker.establish(await join(broker, "ann", { group: "g" }), {
        ...{ createStream: false, group: "keep", quarantine: false },
        checkpoint: { position: "1-0", done: [] },
      });
      await broker.resetGroup(STREAM, "g", "beginning");
      const entries = [{ fields: ["a", "b"] }];
      await broker.createJournal(RUN, { state: "{}", entries, token: "t" });
      await broker.changeJournal(RUN, { entries, token: "t" });
    }
    {
      using database = new DatabaseSync(path);
      database.exec(sql);
    }
    await using broker = await openSqliteBroker({ path });
    await look(broker);
  });
}

Deno.test("a number beyond 2^53 and a table that is gone are damage, and the error quotes nothing of it", async () => {
  const changes = [
    "UPDATE tidemark_streams SET entries_added = 9223372036854775807",
    "DROP TABLE tidemark_entries",
    "UPDATE tidemark_entries SET fields = '[\"s3cr3t'",
  ];
  for (const sql of changes) {
    await damaged(sql, async (broker) => {
      const error = await assertRejects(async () => {
        await broker.streamInfo(STREAM);
        await broker.range(STREAM, { count: 9 });
      }, BrokerUnsupportedError);
      assertStringIncludes(error.message, "damaged");
      assertEquals(error.message.includes("s3cr3t"), false);
    });
  }
});

Deno.test("listQuarantined tells what is no JSON as it was found", () =>
  damaged("UPDATE tidemark_quarantine SET checkpoint = '{'", async (broker) => {
    const [found] = await broker.listQuarantined(STREAM, "g");
    assertEquals(found?.stored, "{");
  }));

Deno.test("a journal whose entries or remembered ids are damaged says so", async () => {
  await damaged("UPDATE tidemark_journal_tokens SET ids = '['", async (broker) => {
    const change = { entries: [{ fields: ["a", "b"] }], token: "t" };
    await assertRejects(() => broker.changeJournal(RUN, change), JournalDamagedError);
  });
  const second = "(SELECT max(id) FROM tidemark_journal_entries)";
  await damaged(
    `UPDATE tidemark_journal_entries SET id = 'z9' WHERE id = ${second}`,
    async (broker) => {
      await assertRejects(() => broker.readJournal(RUN, { count: 9 }), JournalDamagedError);
    },
  );
});
