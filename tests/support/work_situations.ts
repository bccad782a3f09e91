/**
 * Situations of a consumer that works: busy handlers, entries that wait, entries that another one holds.
 *
 * @module
 */

import { committed, foundGroup, nothingToDo, running, type Situation } from "./situations.ts";
import { startHolder } from "./holder_process.ts";

/** Longer than a handler may run without being named, in ms. */
const LONG_MS = 12_000;

/** All of them. */
export const WORK_SITUATIONS: readonly Situation[] = [
  {
    name: "there is nothing to do",
    async begin(world) {
      await world.start();
      await world.publish("a", "b", "c");
      await committed(world, 3);
    },
    told: nothingToDo("3 entries"),
    end: (world) => world.publish("hold"),
    then:
      "makingProgress (working): Making progress: 1 handler at work, 3 entries committed since its start, 0 entries to be read and 1 pending in the group",
  },
  {
    name: "an operator has paused it",
    async begin(world) {
      const service = await world.start();
      await world.until("it reads", () => service.facts()[0]?.state === "reading");
      service.pause();
      await world.publish("a", "b");
    },
    told: "paused (waiting): Paused by an operator for {time}, 2 entries wait: resume it to go on",
    end: (world) => world.service.resume(),
    then: nothingToDo("2 entries"),
  },
  {
    name: "all workers are busy",
    async begin(world) {
      await world.start({ workersMax: 2 });
      await world.publish("hold", "hold", "a");
      await running(world, 2);
      await world.pass(LONG_MS);
    },
    told:
      "workersBusy (waiting): All 2 workers are busy, 1 entry waits for one: the handler of entry {id} has been running for 12 s; for more at once raise workers_max",
    end: (world) => world.letGo(),
    then: nothingToDo("3 entries"),
  },
  {
    name: "the only worker is busy, and the pool is full",
    async begin(world) {
      await world.start({ count: 1 });
      await world.publish("hold", "a", "b", "c");
      await running(world, 1);
      await world.until("it takes no more", () => world.ann()?.load.demand === 0);
      await world.pass(LONG_MS);
    },
    told:
      "workersBusy (waiting): The only worker is busy, 1 entry waits for it: the handler of entry {id} has been running for 12 s; it reads on when that ends, for more at once raise workers_max",
    end: (world) => world.letGo(),
    then: nothingToDo("4 entries"),
  },
  {
    name: "a handler runs for long",
    async begin(world) {
      await world.start({ workersMax: 3 });
      await world.publish("bob:hold", "hold");
      await running(world, 2);
      await world.pass(LONG_MS);
    },
    told:
      'handlerRuns (waiting): A handler runs for long beside 1 more: the handler of entry {id} (key "bob") has been running for 12 s; see what it waits for, or set handler_timeout_ms',
    end: (world) => world.letGo(),
    then: nothingToDo("2 entries"),
  },
  {
    name: "its pool is full of entries of one key",
    async begin(world) {
      await world.start({ count: 1, workersMax: 2 });
      await world.publish("bob:hold", "bob:a", "bob:b", "bob:c", "bob:d");
      await running(world, 1);
      await world.until("it takes no more", () => world.ann()?.load.demand === 0);
    },
    told:
      "saturated (waiting): Full: of the 4 entries that it holds 1 runs, 3 wait behind others of their keys; it reads on when some are finished",
    end: (world) => world.letGo(),
    then: nothingToDo("5 entries"),
  },
  {
    name: "a poison entry blocks its key",
    async begin(world) {
      await world.start({ retry: { initialMs: 20_000, maxMs: 20_000 } });
      await world.publish("bob:fail", "bob:a", "eve:b");
      await committed(world, 1);
    },
    told:
      'keyBlocked (waiting): Entry {id} (key "bob") failed 1 of 5 times and is tried again {when}, until then its key waits; the log says why it failed',
    async end(world) {
      world.isMended = true;
      await world.pass(20_000);
    },
    then: nothingToDo("3 entries"),
  },
  {
    name: "its handler has put an entry off",
    async begin(world) {
      await world.start();
      await world.publish("later");
    },
    told: "keyBlocked (waiting): Entry {id} was put off by its handler and runs in {time}",
    async end(world) {
      world.isMended = true;
      await world.pass(60_000);
    },
    then: nothingToDo("1 entry"),
  },
  {
    name: "entries were given up",
    async begin(world) {
      await world.start();
      await world.publish("drop", "a");
      await committed(world, 2);
    },
    told: nothingToDo(
      "2 entries",
      ", 1 of them given up: see tidemark dead-letters list orders",
    ),
    async end(world) {
      await world.forget(world.service);
      await world.start();
    },
    then: nothingToDo("0 entries"),
  },
  {
    name: "another process holds what is left, and is alive",
    async begin(world) {
      await world.start({ consumer: "bob" });
      await world.publish("hold");
      await world.until("bob works", () => world.service.facts()[0]?.load.running === 1);
      await world.start();
    },
    told:
      'leaseHeld (waiting): Nothing is left to read, 1 entry pending with others: consumer "bob" holds entry {id} and is alive, heard {time} ago',
    end: (world) => world.letGo(),
    then:
      "nothingToDo (working): Nothing to do: everything is handled, 0 entries by it since its start",
  },
  {
    name: "another process was killed and holds what is left",
    async begin(world) {
      await using holder = await startHolder(world);
      await world.publish("a");
      await holder.says("HOLDING");
      holder.signal("SIGKILL");
      await holder.end();
      await world.start({ leaseMs: 1_000 });
    },
    told:
      'leaseHeld (waiting): Nothing is left to read, 1 entry pending with others: consumer "holder" holds entry {id} and has been silent for {time}, it is taken over {when}',
    async end(world) {
      await world.until("it is taken over", () => world.ann()?.committedCount === 1, 50);
    },
    then:
      "nothingToDo (working): Nothing to do: everything is handled, 1 entry by it since its start",
  },
  {
    name: "its entries wait behind one of their key that another process holds",
    async begin(world) {
      const other = await world.start({ consumer: "bob" });
      await world.publish("eve:hold");
      await world.until("bob works", () => other.facts()[0]?.load.running === 1);
      other.pause(); // reads no more, and finishes what runs
      await world.start();
      await world.publish("eve:a", "eve:b");
    },
    told:
      'waitsForOther (waiting): 2 entries wait behind earlier ones of the same keys: consumer "bob" holds entry {id} and is alive, heard {time} ago',
    end: (world) => world.letGo(),
    then:
      "nothingToDo (working): Nothing to do: everything is handled, 2 entries by it since its start",
  },
  {
    name: "its group is too far behind",
    async begin(world) {
      await world.start({ count: 1 }, { backpressure: { lagMax: 10, intervalMs: 100 } });
      await world.publish("hold", ...Array.from({ length: 20 }, () => "a"));
      await running(world, 1);
      await world.until("it is told", () => world.service.backpressure === "saturated", 20);
    },
    told:
      "saturated (waiting): Cannot keep up with 19 entries to be read and 2 pending in the group: add workers or processes, or let producers wait",
    async end(world) {
      world.letGo();
      await world.until("it has caught up", () => world.service.backpressure === "ok", 20);
    },
    then: nothingToDo("21 entries"),
  },
  {
    name: "no process runs it",
    async begin(world) {
      await foundGroup(world);
      await world.publish("a");
    },
    told:
      "unattended (stuck): No process has announced that it runs this group: 1 entry waits since {moment}, for {time}; start one with tidemark run",
    end: (world) => world.start(),
    then: nothingToDo("1 entry"),
  },
];
