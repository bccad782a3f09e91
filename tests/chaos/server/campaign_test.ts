/**
 * Promise: what a server in trouble does to a service is what the table of expectations says, and nothing is lost but
 * what was taken away. Method: some rows of each kind; `deno task chaos server` has all.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { plannedRows, runRows } from "./campaign.ts";

/** Rows that no other test has in this form, and that take little time. */
const ROWS = [
  "OOM",
  "failover, the old one READONLY",
  "maxclients",
  "NOPERM: the keys",
  "WRONGTYPE on the outputs",
  "DEL of the stream, policy stop",
  "trim under a lagging group that is started again",
  "XDEL of pending entries",
];

Deno.test("a service makes of a server in trouble what is expected", async () => {
  const rows = plannedRows(null).filter(({ name }) => ROWS.includes(name));
  const judged = await runRows(rows, {
    seed: 1,
    repeats: 1,
    lanes: 4,
    onRow: () => {},
    signal: new AbortController().signal,
  });
  const red = judged.filter(({ defects }) => defects.length > 0)
    .map(({ row, defects }) => [row.name, defects]);
  assertEquals(red, []);
  assertEquals(judged.length, ROWS.length);
});
