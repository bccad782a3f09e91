/** Who sees which actor, whoever was there first; and that no observer can do harm. */

import { assertEquals } from "@std/assert";
import type { ActorObserver } from "../../src/ports/actor_observer.ts";
import { parentlessHost } from "../../src/workers/actor_host.ts";
import { Onlookers } from "../../src/workers/onlookers.ts";
import { workerMachine } from "../../src/workers/worker_machine.ts";

const PLACE = { stream: "orders", group: "billing", consumer: "main" };

/** An observer that notes what it is brought together with. */
function noting(story: string[], name: string): ActorObserver {
  return {
    attach(root, place) {
      story.push(`${name} sees ${root} at ${place?.stream ?? "no place"}`);
      return () => story.push(`${name} leaves ${root}`);
    },
  };
}

Deno.test("Onlookers brings every observer together with every root, whoever was there first", () => {
  const onlookers = new Onlookers();
  const story: string[] = [];
  onlookers.begin("one", PLACE);
  const leave = onlookers.add(noting(story, "ada"));
  onlookers.begin("two", null);
  onlookers.add(noting(story, "bob"));
  onlookers.end("one");
  onlookers.end("one");
  leave();
  leave();
  onlookers.begin("three", null);
  assertEquals(story, [
    "ada sees one at orders",
    "ada sees two at no place",
    "bob sees one at orders",
    "bob sees two at no place",
    "ada leaves one",
    "bob leaves one",
    "ada leaves two",
    "bob sees three at no place",
  ]);
});

Deno.test("Onlookers lets no observer harm the others, by what it throws when it comes or goes", () => {
  const onlookers = new Onlookers();
  const story: string[] = [];
  const fail = () => {
    throw new Error("observer");
  };
  onlookers.begin("one", null);
  onlookers.add({ attach: fail });
  const leave = onlookers.add({ attach: () => fail });
  onlookers.add(noting(story, "ada"));
  onlookers.begin("two", null);
  leave();
  onlookers.end("two");
  assertEquals(story, [
    "ada sees one at no place",
    "ada sees two at no place",
    "ada leaves two",
  ]);
});

Deno.test("parentlessHost shows its actors before they start, and leaves none behind when they have ended", () => {
  const onlookers = new Onlookers();
  const host = parentlessHost(null, { onlookers, place: () => PLACE });
  const story: unknown[] = [];
  onlookers.add({
    attach(root, place) {
      const { id, _processingStatus } = Object(root);
      story.push([id, _processingStatus, place]);
      return () => story.push([id, "left"]);
    },
  });
  const input = { name: "worker-1", atMs: 1 };
  const worker = host.start(workerMachine, { id: "worker-1", input });
  worker.send({ type: "pool.dismissed", atMs: 2, attemptCount: 0 });
  host.start(workerMachine, { id: "worker-1", input });
  host.end("worker-1");
  host.end("worker-1");
  assertEquals(story, [
    ["worker-1", 0, PLACE],
    ["worker-1", "left"],
    ["worker-1", 0, PLACE],
    ["worker-1", "left"],
  ]);
});
