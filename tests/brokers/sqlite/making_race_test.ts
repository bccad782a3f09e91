/**
 * Two processes may open a new file at the same moment, such as a service and the first `tidemark publish`.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Connection } from "../../../src/brokers/sqlite/connection.ts";
import { isOutdated, recogniseSchema } from "../../../src/brokers/sqlite/schema.ts";

/** A database in which something happens before a look at it. */
class InterruptedDatabase extends DatabaseSync {
  looks = 0;
  readonly #beforeLook: (look: number) => void;

  constructor(path: string, beforeLook: (look: number) => void) {
    super(path);
    this.#beforeLook = beforeLook;
  }

  override prepare(sql: string): StatementSync {
    this.#beforeLook(++this.looks);
    return super.prepare(sql);
  }
}

Deno.test("recogniseSchema takes a file that another process makes between two looks for new or ours", async () => {
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  try {
    const story: string[] = [];
    for (const interrupted of [1, 2, 3, 4]) {
      const path = `${folder}/${interrupted}.db`;
      using database = new InterruptedDatabase(path, (look) => {
        if (look === interrupted) Connection.open(path).close();
      });
      const version = recogniseSchema(database, path);
      story.push(`${database.looks} looks, ${isOutdated(version) ? "to be made" : "made"}`);
      Connection.open(path).close();
    }
    assertEquals(story, [
      "3 looks, made",
      "3 looks, made",
      "3 looks, to be made", // which looks once more, in the transaction that makes them
      "3 looks, to be made",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
