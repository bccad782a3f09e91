/**
 * Several processes on one file: what one appends, a waiting reader of another one sees at once.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import { append, commit, handled, idOf, join, readNew } from "../../contracts/contract.ts";
import { inFolder } from "./in_folder.ts";

/** What the broker promises between processes; the test adds what a loaded machine may need. */
const SEEN_MS_MAX = 50 + 100;

const never = new AbortController().signal;

/** Lets the event loop turn, so that a read that has begun waits. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("a waiting reader sees what another connection appends, and then rests", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using reader = await openSqliteBroker({ path });
    await using writer = await openSqliteBroker({ path });
    const ann = await join(reader, "ann");
    const delaysMs: number[] = [];
    for (let count = 1; count <= 10; count++) {
      const reading = reader.readNew(ann, { count: 10, blockMs: 10_000, signal: never });
      await turns(5);
      const sentMs = performance.now();
      await append(writer, `${count}-0`);
      const [entry] = await reading;
      delaysMs.push(performance.now() - sentMs);
      assertEquals(entry?.id, idOf(`${count}-0`));
    }
    const worstMs = Math.max(...delaysMs);
    assert(worstMs < SEEN_MS_MAX, `the slowest took ${worstMs} ms`);
  }));

Deno.test("a waiting reader sees what another process appends", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using reader = await openSqliteBroker({ path });
    const ann = await join(reader, "ann");
    const script = new URL("./appending_process.ts", import.meta.url).pathname;
    await using child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-lock", "--allow-read", "--allow-write", script, path, "20"],
      stdout: "null",
    }).spawn();
    const delaysMs: number[] = [];
    while (delaysMs.length < 20) {
      const read = await reader.readNew(ann, { count: 100, blockMs: 30_000, signal: never });
      for (const { fields } of read) delaysMs.push(Date.now() - Number(fields[1]));
      assert(read.length > 0, "the process appends nothing");
    }
    assertEquals((await child.status).code, 0);
    const sorted = delaysMs.toSorted((a, b) => a - b);
    assert((sorted[10] ?? Infinity) < SEEN_MS_MAX, `delays: ${sorted.join(" ")} ms`);
  }));

Deno.test("two processes of a group share its entries, without doubles", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using one = await openSqliteBroker({ path });
    await using two = await openSqliteBroker({ path });
    const ids = Array.from({ length: 300 }, (_, index) => `${index + 1}-0`);
    await append(one, ...ids);
    const ann = await join(one, "ann");
    const bob = await join(two, "bob");
    const read: string[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const [broker, member] = turn % 2 === 0 ? [one, ann] as const : [two, bob] as const;
      const page = await readNew(broker, member, 7);
      if (page.length === 0) break;
      await commit(broker, member, page.map(({ id }) => handled(id)));
      read.push(...page.map(({ id }) => id));
    }
    assertEquals(read, ids);
    const found = await one.loadCheckpoint("orders", "billing");
    assertEquals(Reflect.get(Object(found), "position"), "300-0");
  }));
