/** Who takes which children: never too many, none left behind, and none that pays for another one. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AnyActorRef, assign, createActor, setup } from "xstate";
import { Nursery } from "../../src/orchestrator/hosting.ts";
import { orchestratorMachine } from "../../src/orchestrator/machine.ts";

const CHILDREN_MAX = 200;

/** A parent as it is in life. */
function startParent() {
  const actor = createActor(orchestratorMachine, {
    id: "parent",
    input: { consumerCount: 1, endsOnFailure: false },
  });
  actor.start();
  return actor;
}

/** A child that counts what it hears, and can be made to throw in each place where a machine may. */
const childMachine = setup({
  types: {
    context: {} as { readonly pings: number },
    events: {} as { type: "ping" } | { type: "end" } | { type: `throw.${string}` },
    input: {} as { readonly throwsAtStart?: "context" | "entry" },
  },
  actions: {
    explode,
    explodeAtStart: (_, params: { throwsAtStart: boolean }) => {
      if (params.throwsAtStart) explode();
    },
    assignBadly: assign(() => explode()),
    count: assign({ pings: ({ context }) => context.pings + 1 }),
  },
  guards: { guardBadly: () => explode() },
}).createMachine({
  context: ({ input }) => input.throwsAtStart === "context" ? explode() : { pings: 0 },
  initial: "living",
  states: {
    living: {
      entry: {
        type: "explodeAtStart",
        params: ({ event }) => ({
          throwsAtStart:
            Reflect.get(Object(Reflect.get(event, "input")), "throwsAtStart") === "entry",
        }),
      },
      on: {
        ping: { actions: "count" },
        end: { target: "ended" },
        "throw.action": { actions: "explode" },
        "throw.assign": { actions: "assignBadly" },
        "throw.guard": { guard: "guardBadly", target: "ended" },
      },
    },
    ended: { type: "final" },
  },
});

function explode(): never {
  throw new Error("thrown by a machine");
}

/** The children of an actor and of its branches; with how many each parent has. */
function family(parent: AnyActorRef): { readonly ids: string[]; readonly counts: number[] } {
  const children: [string, AnyActorRef][] = Object.entries(parent.getSnapshot().children);
  const inner = children.filter(([id]) => id.startsWith("branch-")).map(([, branch]) =>
    family(branch)
  );
  const ids = children.map(([id]) => id).filter((id) => !id.startsWith("branch-"));
  return {
    ids: [...ids, ...inner.flatMap((each) => each.ids)].sort(),
    counts: [children.length, ...inner.flatMap((each) => each.counts)],
  };
}

Deno.test("Nursery has 1,000 children come and go at random, and no parent has more than 200", () => {
  const parent = startParent();
  const nursery = new Nursery(parent);
  const living = new Map<string, AnyActorRef>();
  const all: AnyActorRef[] = [];
  const start = (number: number) => {
    const id = `child ${number}`;
    const child = nursery.start(childMachine, { id, input: {} });
    living.set(id, child);
    all.push(child);
  };
  for (let number = 0; number < 1_000; number++) start(number);
  for (let step = 0; step < 1_000; step++) {
    const number = (step * 7_919) % 1_000; // every number once, in no order that the parents know
    const id = `child ${number}`;
    nursery.end(id);
    living.delete(id);
    if (step % 3 !== 0) start(number);
    const worst = step % 50 === 0 ? Math.max(...family(parent).counts) : 0;
    assert(worst <= CHILDREN_MAX, `a parent has ${worst} children`);
  }
  assertEquals(family(parent).ids, [...living.keys()].sort());
  assertEquals(nursery.count, living.size);
  for (const [id, child] of living) {
    child.send({ type: "ping" });
    assertEquals(child.getSnapshot().context.pings, 1, id);
  }
  for (const id of living.keys()) nursery.end(id);
  assertEquals(family(parent).ids, []);
  assertEquals(all.filter((child) => child.getSnapshot().status !== "stopped"), []);
  parent.stop();
});

Deno.test("Nursery keeps exactly the children that were started and not ended, whatever the order", () => {
  const step = fc.record({ starts: fc.boolean(), number: fc.nat(4) });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const parent = startParent();
    const nursery = new Nursery(parent);
    const all: AnyActorRef[] = [];
    const living = new Map<string, AnyActorRef>();
    for (const { starts, number } of steps) {
      const id = String(number);
      if (starts) {
        const child = nursery.start(childMachine, { id, input: {} });
        all.push(child);
        living.set(id, child);
      } else {
        nursery.end(id);
        living.delete(id);
      }
    }
    assertEquals(family(parent).ids, [...living.keys()].sort());
    const active = all.filter((child) => child.getSnapshot().status === "active");
    assertEquals(new Set(active), new Set(living.values()));
    parent.stop();
  }));
});

for (const siblings of [10, 180]) {
  const place = siblings < 150 ? "with its parent" : "in a branch";

  for (const where of ["action", "guard", "assign"]) {
    Deno.test(`Nursery leaves the siblings of a child alone that throws in its ${where} (${place})`, () => {
      const parent = startParent();
      const nursery = new Nursery(parent);
      const input = {};
      const others = Array.from(
        { length: siblings },
        (_, number) => nursery.start(childMachine, { id: `sibling ${number}`, input }),
      );
      const bad = nursery.start(childMachine, { id: "bad", input });
      const later = nursery.start(childMachine, { id: "later", input });
      const told: unknown[] = [];
      bad.subscribe({ error: (error) => told.push(error) });
      bad.send({ type: `throw.${where}` });
      assertEquals(told.length, 1);
      assertEquals([bad.getSnapshot().status, parent.getSnapshot().status], ["error", "active"]);
      for (const other of [...others, later]) {
        other.send({ type: "ping" });
        assertEquals(other.getSnapshot().context.pings, 1);
      }
      const again = nursery.start(childMachine, { id: "bad", input });
      again.send({ type: "ping" });
      assertEquals([again.getSnapshot().status, again.getSnapshot().context.pings], ["active", 1]);
      assertEquals(family(parent).ids.length, siblings + 2);
      parent.stop();
    });
  }

  for (const throwsAtStart of ["context", "entry"] as const) {
    Deno.test(`Nursery leaves the siblings of a child alone that throws at its start, in its ${throwsAtStart} (${place})`, () => {
      const parent = startParent();
      const nursery = new Nursery(parent);
      const others = Array.from(
        { length: siblings },
        (_, number) => nursery.start(childMachine, { id: `sibling ${number}`, input: {} }),
      );
      const bad = nursery.start(childMachine, { id: "bad", input: { throwsAtStart } });
      const told: unknown[] = [];
      bad.subscribe({ error: (error) => told.push(error) });
      assertEquals(told.length, 1);
      assertEquals([bad.getSnapshot().status, parent.getSnapshot().status], ["error", "active"]);
      for (const other of others) other.send({ type: "ping" });
      assertEquals(others.filter((other) => other.getSnapshot().context.pings !== 1), []);
      nursery.end("bad");
      assertEquals(family(parent).ids.length, siblings);
      parent.stop();
    });
  }
}

Deno.test("Nursery whose parent has ended starts children that work without one", () => {
  const parent = startParent();
  const nursery = new Nursery(parent);
  const before = nursery.start(childMachine, { id: "child", input: {} });
  parent.stop();
  const after = nursery.start(childMachine, { id: "child", input: {} });
  after.send({ type: "ping" });
  assertEquals(before.getSnapshot().status, "stopped");
  assertEquals([after.getSnapshot().status, after.getSnapshot().context.pings], ["active", 1]);
  nursery.end("child");
  assertEquals(after.getSnapshot().status, "stopped");
  assertEquals(nursery.count, 0);
});

Deno.test("Nursery asked in the middle of its parent's event starts one child, not two", () => {
  const parent = startParent();
  const nursery = new Nursery(parent);
  const started: unknown[] = [];
  let child: AnyActorRef | null = null;
  // Inspected at its own start: a child beside it, which nobody could end, would be seen here.
  const watching = parent.system.inspect((event) => {
    if (event.type === "@xstate.actor") started.push(event.actorRef.sessionId);
  });
  const listening = parent.subscribe(() => {
    child ??= nursery.start(childMachine, { id: "child", input: {} });
  });
  parent.send({ type: "monitor.changed", level: "pressured" });
  listening.unsubscribe();
  watching.unsubscribe();
  assertEquals([started, family(parent).ids], [[], []]);
  const found: AnyActorRef = child ?? parent;
  found.send({ type: "ping" });
  assertEquals(found.getSnapshot().context.pings, 1);
  nursery.end("child");
  assertEquals(found.getSnapshot().status, "stopped");
  parent.stop();
});

Deno.test("Nursery asked in the middle of its parent's event for a name that is in use gives the new child", () => {
  const parent = startParent();
  const nursery = new Nursery(parent);
  const before = nursery.start(childMachine, { id: "child", input: {} });
  const after: AnyActorRef[] = [];
  const listening = parent.subscribe(() => {
    listening.unsubscribe();
    after.push(nursery.start(childMachine, { id: "child", input: {} }));
  });
  parent.send({ type: "monitor.changed", level: "pressured" });
  assertEquals(after.map((child) => [child === before, child.getSnapshot().status]), [
    [false, "active"],
  ]);
  assertEquals(before.getSnapshot().status, "stopped");
  assertEquals(family(parent).ids, []);
  parent.stop();
});

Deno.test("Nursery takes children again and again where there is room, and counts those that ended by themselves", () => {
  const parent = startParent();
  const nursery = new Nursery(parent);
  for (let number = 0; number < 160; number++) {
    nursery.start(childMachine, { id: `child ${number}`, input: {} });
  }
  for (let round = 0; round < 30; round++) {
    for (let number = 145; number < 160; number++) {
      const child = nursery.start(childMachine, { id: `child ${number}`, input: {} });
      if (number % 2 === 0) child.send({ type: "end" });
    }
  }
  assertEquals([family(parent).counts, nursery.count], [[151, 10], 160]);
  parent.stop();
});
