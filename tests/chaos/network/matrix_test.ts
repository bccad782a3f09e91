/**
 * Promise: whatever a network does at whatever point of the conversation with Redis, nothing is lost, doubled or out of
 * order, every promise settles in time, nobody loops without a wait, and everybody works again within 10 s. Method: every
 * fault once, the points in turn; `deno task chaos network` has all cells, with the deadlines of `connect`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { startRedisServer } from "../../support/redis_server.ts";
import { tellingBroker } from "../told_broker.ts";
import { runCell } from "./cell.ts";
import { FAULTS } from "./fault.ts";
import { cellName, type CellPlan, plannedCells, runMatrix } from "./matrix.ts";
import { POINTS } from "./point.ts";
import { defectsOf } from "./verdict.ts";

/** Short ones, so that a test need not wait for long ones. */
const DEADLINES = { connectMs: 500, callMs: 500 };

/** Chosen anew for every run, so that the runs together see more than one; told when it fails. */
const SEED_MAX = 1_000_000;

Deno.test("every network fault, each at another point of the conversation, keeps all promises", async () => {
  const seed = Math.floor(Math.random() * SEED_MAX);
  const planned = plannedCells(null);
  const cells = FAULTS.map((fault, at): CellPlan => {
    const own = planned.filter((cell) => cell.fault === fault);
    return own[(seed + at) % own.length] ?? { fault, point: POINTS[0] ?? raise() };
  });
  const judged = await runMatrix(cells, {
    seed,
    repeats: 1,
    lanes: 4,
    deadlines: DEADLINES,
    onCell: () => {},
    signal: new AbortController().signal,
  });
  const red = judged.filter(({ defects }) => defects.length > 0)
    .map(({ result, defects }) => [`${result.fault} at ${result.point}`, defects]);
  assertEquals(red, [], `seed ${seed}, cells ${cells.map(cellName).join(", ")}`);
  assertEquals(judged.length, FAULTS.length);
});

Deno.test("a cell finds out a protocol that publishes its outputs before it acknowledges", async () => {
  await using server = await startRedisServer();
  const [cell] = plannedCells("cut at commit request");
  assert(cell !== undefined);
  const result = await runCell({
    ...cell,
    server,
    prefix: "naive",
    seed: 1,
    deadlines: DEADLINES,
    times: Infinity,
    stopsOne: false,
    wrap: (broker) => tellingBroker(broker, { onCommit: () => {}, naive: "outputs-first" }),
  });
  const doubled = result.streams.map(({ findings }) => findings.duplicate.length > 0);
  assertEquals(doubled, [true, true], defectsOf(result).join("\n"));
});

function raise(): never {
  throw new Error("there is no point");
}
