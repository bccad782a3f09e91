/**
 * The order of many consumers that are looked at at once.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fleetOf } from "../../src/inspector/fleet.ts";
import { troubleFirst } from "../../src/inspector/page/fleet_order.ts";
import { fleetRows } from "../../src/inspector/page/fleet_rows.ts";
import { consumerActor } from "./page_frames.ts";

Deno.test("troubleFirst puts failed, backing off and stuck consumers first, and leaves all others in order", () => {
  const fleet = fleetOf([
    consumerActor("a", { state: "acking", sinceMs: 80_000 }),
    consumerActor("b", { state: "acking", sinceMs: 20_000 }),
    consumerActor("c", { state: "backingOff", sinceMs: 89_000 }),
    consumerActor("d", { state: { draining: "finishing" } }),
    consumerActor("e", { machine: "supervisor", state: "givenUp" }),
    consumerActor("f", { state: "paused" }),
    consumerActor("g", { machine: "supervisor", state: "restarting", sinceMs: 89_000 }),
  ]);
  const rows = fleetRows(fleet, new Set());
  const names = (wishes: Readonly<Record<string, number>>) =>
    troubleFirst(rows, { wishes, momentMs: 90_000 }).map(({ name }) => name).join("");
  assertEquals(names({ acking: 30 }), "ecgbadf");
  assertEquals(names({}), "ecgabdf");
});
