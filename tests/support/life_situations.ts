/**
 * Situations in the life of a consumer: what it needs is gone or was moved, its name was taken, it ends.
 *
 * @module
 */

import { ConsumerGroupManager } from "../../mod.ts";
import { committed, foundGroup, nothingToDo, running, type Situation } from "./situations.ts";
import { tell } from "./server_faults.ts";

/** All of them. */
export const LIFE_SITUATIONS: readonly Situation[] = [
  {
    name: "its group was deleted",
    async begin(world) {
      await world.start();
      await world.publish("a");
      await committed(world, 1);
      await world.given.observer.deleteGroup("orders", "billing", { force: true });
    },
    told:
      'groupMissing (waiting): Group "billing" is gone: it is made again {when}, at its checkpoint if that was kept; find out who deleted it',
    end: (world) => world.pass(1_000),
    then: nothingToDo("2 entries"), // nobody knows of the first time any more
  },
  {
    name: "its group was destroyed, its checkpoint was kept",
    broker: "redis",
    async begin(world) {
      await world.start();
      await world.publish("a");
      await committed(world, 1);
      await tell(world.server, "XGROUP DESTROY orders billing", ":1");
    },
    told:
      'groupMissing (waiting): Group "billing" is gone: it is made again {when}, at its checkpoint if that was kept; find out who deleted it',
    end: (world) => world.pass(1_000),
    then: nothingToDo("1 entry"),
  },
  {
    name: "its group was reset",
    async begin(world) {
      await world.start();
      await world.publish("a", "b");
      await committed(world, 2);
      await new ConsumerGroupManager(world.given.observer).reset("orders", "billing", "beginning");
    },
    told:
      'groupReset (waiting): Group "billing" was moved to another position by an operator: it joins again {when} and goes on there',
    end: (world) => world.pass(1_000),
    then: nothingToDo("4 entries"),
  },
  {
    name: "its stream is missing",
    begin: (world) => world.start({ createStream: false }),
    told:
      'streamMissing (stuck): Stream "orders" does not exist: create it, or set create_stream; it looks again {when}',
    async end(world) {
      await world.publish("a");
      await world.pass(10_000);
    },
    then: nothingToDo("1 entry"),
  },
  {
    name: "its stream was missing for too long",
    async begin(world) {
      const service = await world.start({ createStream: false });
      await world.until("it is given up", () => service.facts()[0]?.supervision === "failed", 500);
    },
    told:
      'streamMissing (stuck): Stream "orders" does not exist: create it, or set create_stream, then start it again',
    async end(world) {
      await world.publish("a");
      world.service.restart();
    },
    then: nothingToDo("1 entry"),
  },
  {
    name: "its stream was deleted under it",
    broker: "redis",
    async begin(world) {
      const service = await world.start();
      await world.publish("a");
      await committed(world, 1);
      await tell(world.server, "DEL orders", ":1");
      await world.until("it has failed", () => service.facts()[0]?.supervision === "failed", 50);
    },
    told:
      'checkpointLost (stuck): Stopped to lose nothing unseen: Cannot resume stream "orders": it was deleted or replaced since the checkpoint, set onCheckpointLost (in config.yaml on_checkpoint_lost) to "resetToStart" or "resetToEnd"',
    async end(world) {
      await world.forget(world.service);
      await world.start({ onCheckpointLost: "resetToStart" });
    },
    then:
      "nothingToDo (working): Nothing to do: everything up to 0-0 is handled, 0 entries since its start",
  },
  {
    name: "entries were trimmed before they were read",
    async begin(world) {
      await foundGroup(world);
      await world.publish("a", "b", "c");
      await world.given.observer.trim("orders", { lengthMax: 1 });
      const service = await world.start({ onDataLoss: "stop" });
      await world.until("it has failed", () => service.facts()[0]?.supervision === "failed", 50);
    },
    told:
      'checkpointLost (stuck): Stopped to lose nothing unseen: Cannot resume stream "orders": 2 entries were trimmed before they were read, set onDataLoss (in config.yaml on_data_loss) to "continue"',
    async end(world) {
      await world.forget(world.service);
      await world.start({ onDataLoss: "continue" });
    },
    then: nothingToDo("1 entry"),
  },
  {
    name: "a newer process has its name",
    async begin(world) {
      const service = await world.start();
      await world.start();
      await world.until("it has failed", () => service.facts()[0]?.supervision === "failed", 50);
    },
    told:
      'fenced (stuck): Stopped because a newer process runs under the name "ann": give each process a name of its own, then start it again',
    async end(world) {
      await world.forget(world.newest);
      world.service.restart();
    },
    then: nothingToDo("0 entries"),
  },
  {
    name: "it starts, and the broker does not answer yet",
    broker: "redis",
    from: "inside",
    async begin(world) {
      await world.server.kill("SIGSTOP");
      await world.start();
    },
    told:
      "starting (waiting): Starting for {time}: loads its checkpoint and looks at stream and group",
    end: (world) => world.server.kill("SIGCONT"),
    then:
      "nothingToDo (working): Nothing in hand: it waits for entries, 0 entries committed since its start",
  },
  {
    name: "it failed and is started again",
    broker: "redis",
    from: "inside",
    async begin(world) {
      await world.start();
      await world.publish("a");
      await committed(world, 1);
      await tell(world.server, "ACL SETUSER default -xpending");
    },
    told:
      'restarting (waiting): Starts again {when} after failure 1 of 2: Cannot read stream "orders": the broker refuses access (NOPERM), check user, password and permissions',
    async end(world) {
      await tell(world.server, "ACL SETUSER default +xpending");
      await world.pass(1_000);
    },
    then:
      "nothingToDo (working): Nothing in hand: it waits for entries, 0 entries committed since its start",
  },
  {
    name: "it was given up after restarts",
    broker: "redis",
    from: "inside",
    async begin(world) {
      const service = await world.start();
      await world.until("it reads", () => service.facts()[0]?.state === "reading");
      await tell(world.server, "ACL SETUSER default -xpending");
      await world.until("it is given up", () => service.facts()[0]?.supervision === "failed", 50);
    },
    told:
      'givenUp (stuck): Given up after 3 failures: Cannot join group "billing": the broker refuses access (NOPERM), check user, password and permissions; mend it, then start it again',
    async end(world) {
      await tell(world.server, "ACL SETUSER default +xpending");
      await world.forget(world.service);
      await world.start();
    },
    then:
      "nothingToDo (working): Nothing in hand: it waits for entries, 0 entries committed since its start",
  },
  {
    name: "it drains",
    async begin(world) {
      const service = await world.start({ graceMs: 60_000 });
      await world.publish("hold", "a");
      await running(world, 1);
      service.drain();
    },
    told:
      "draining (waiting): Stopping: waits for 1 handler, the longest has been running for {time}",
    end: (world) => world.letGo(),
    then: "stopped (waiting): Stopped as it was asked to: restart it, or its process, to go on",
  },
  {
    name: "it was stopped",
    async begin(world) {
      const service = await world.start();
      service.drain();
    },
    told: "stopped (waiting): Stopped as it was asked to: restart it, or its process, to go on",
    async end(world) {
      world.service.restart();
      await world.publish("a");
    },
    then: nothingToDo("1 entry"),
  },
];
