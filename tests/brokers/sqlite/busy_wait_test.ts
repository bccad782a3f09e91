/** Opening waits for a file that somebody else holds, and not for ever. */

import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { whileBusy } from "../../../src/brokers/sqlite/busy_wait.ts";
import { Connection } from "../../../src/brokers/sqlite/connection.ts";
import { BrokerUnavailableError } from "../../../src/domain/errors.ts";

const busy = () => new BrokerUnavailableError("open the SQLite file", "SQLITE_BUSY");

Deno.test("Connection.open waits for a process that makes the same file", async () => {
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  try {
    const path = `${folder}/t.db`;
    // It is about to make the tables, and has not yet turned to a write-ahead log.
    using other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const story: string[] = [];
    const connection = Connection.open(path, {
      pause: (ms) => {
        story.push(`wait ${ms} ms`);
        if (story.length < 3) return;
        other.exec("COMMIT");
        story.push("the other one is done");
      },
    });
    story.push(String(connection.database.prepare("PRAGMA journal_mode").get()?.journal_mode));
    connection.close();
    assertEquals(story, ["wait 1 ms", "wait 2 ms", "wait 5 ms", "the other one is done", "wal"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("whileBusy gives up after its time with what the last try threw, and waits in between", () => {
  let timeMs = 0;
  let tries = 0;
  const pauses: number[] = [];
  const error = assertThrows(() =>
    whileBusy(() => {
      tries++;
      timeMs += 10; // a try may wait by itself
      throw busy();
    }, {
      waitMsMax: 150,
      pause: (ms) => {
        pauses.push(ms);
        timeMs += ms;
      },
      nowMs: () => timeMs,
    }), BrokerUnavailableError);
  assertEquals([error.reason, tries, pauses, timeMs], [
    "SQLITE_BUSY",
    8,
    [1, 2, 5, 10, 15, 20, 25],
    158,
  ]);
});

Deno.test("whileBusy does not try again what failed for another reason", () => {
  const reasons = [new BrokerUnavailableError("open", "SQLITE_FULL"), new Error("SQLITE_BUSY")];
  for (const reason of reasons) {
    let tries = 0;
    const error = assertThrows(() =>
      whileBusy(() => {
        tries++;
        throw reason;
      }, { waitMsMax: 1_000, pause: () => {}, nowMs: () => 0 })
    );
    assertEquals([error, tries], [reason, 1]);
  }
});

Deno.test("whileBusy really waits when nobody says otherwise", () => {
  const startMs = performance.now();
  let tries = 0;
  const result = whileBusy(() => {
    if (++tries < 4) throw busy();
    return "open";
  }, { waitMsMax: 1_000 });
  assertEquals([result, tries, performance.now() - startMs >= 8], ["open", 4, true]);
});
