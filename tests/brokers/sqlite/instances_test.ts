/**
 * Announced processes in SQLite: between processes, and of the largest size.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import { listLargeAnnouncements } from "../../contracts/instance_contract.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import { inFolder } from "./in_folder.ts";

Deno.test("announcements of the largest size come back whole", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await listLargeAnnouncements(broker);
});

Deno.test("an announcement is seen by whoever opens the file, and outlives its process", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using observer = await openSqliteBroker({ path });
    const process = await openSqliteBroker({ path });
    await process.announce("web", "1", 60_000);
    await process[Symbol.asyncDispose]();
    assertEquals((await observer.listInstances()).map(({ instance }) => instance), ["web"]);
  }));

Deno.test("an announcement counts for its lease to the millisecond, and its age is exact", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  await broker.announce("web", "1", 1_000);
  clock.jump(999);
  assertEquals(await broker.listInstances(), [{ instance: "web", text: "1", ageMs: 999 }]);
  clock.jump(1);
  assertEquals(await broker.listInstances(), []);
});

Deno.test("a clock that was set back makes no age negative", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  await broker.announce("web", "1", 1_000);
  clock.jump(-500);
  assertEquals((await broker.listInstances()).map(({ ageMs }) => ageMs), [0]);
});
