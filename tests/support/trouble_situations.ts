/**
 * Situations in which the broker cannot do what it is asked to. It cannot tell of them: the process itself is asked.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { demoted, full, lonely, type ServerFault, unreachable } from "./server_faults.ts";
import { committed, running, type Situation } from "./situations.ts";

const AFTER =
  "nothingToDo (working): Nothing in hand: it waits for entries, 1 entry committed since its start";

/** What happens to a server while a handler is at work. */
function struck(
  fault: ServerFault,
  told: { readonly name: string; readonly told: string; readonly code: string },
): Situation {
  const { name, code } = told;
  return {
    name,
    broker: "redis",
    from: "inside",
    async begin(world) {
      await world.start();
      await world.publish("invoice");
      await running(world, 1);
      await fault.begin(world.redis);
      world.letGo();
      const isIt = () => world.fromInside().startsWith(code) && (world.ann()?.failures ?? 0) > 1;
      await world.until(`it says ${code}`, isIt, 20);
    },
    told: told.told,
    async end(world) {
      await fault.end(world.redis);
      await world.until("it is committed", () => world.ann()?.committedCount === 1, 50);
    },
    then: AFTER,
  };
}

/** All of them. */
export const TROUBLE_SITUATIONS: readonly Situation[] = [
  struck(unreachable, {
    name: "the server cannot be reached",
    code: "unreachable",
    told:
      "unreachable (waiting): The broker cannot be reached ({reason}): tries again {when}, after {count} failed calls; check that it runs and that the network lets through",
  }),
  struck(full, {
    name: "the server is out of memory",
    code: "outOfMemory",
    told:
      "outOfMemory (stuck): The broker is out of memory: tries again {when}, after {count} failed calls; trim streams, or raise its maxmemory",
  }),
  struck(demoted, {
    name: "the server has become a replica",
    code: "readOnly",
    told:
      "readOnly (stuck): The broker is a read-only replica: tries again {when}, after {count} failed calls; point the URL at the primary",
  }),
  struck(lonely, {
    name: "the server lacks replicas",
    code: "serverBusy",
    told:
      "serverBusy (waiting): The broker has too few replicas to take writes: tries again {when}, after {count} failed calls; bring its replicas back",
  }),
  {
    name: "another program holds the SQLite file",
    broker: "sqlite",
    from: "inside",
    async begin(world) {
      await world.start();
      await world.publish("invoice");
      await running(world, 1);
      using database = new DatabaseSync(world.given.place.slice("sqlite:".length));
      database.exec("BEGIN IMMEDIATE");
      world.letGo();
      const isBackingOff = () => world.ann()?.state === "backingOff";
      await world.until("its commit has failed", isBackingOff);
    },
    told:
      "serverBusy (waiting): Another process holds the SQLite file: tries again {when}; it goes on by itself when that is over",
    async end(world) {
      await world.until("it is committed", () => world.ann()?.committedCount === 1, 50);
      await committed(world, 1);
    },
    then: AFTER,
  },
];
