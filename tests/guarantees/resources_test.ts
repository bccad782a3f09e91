/**
 * Promise: after any restart the sockets, timers and actors are as many as before, and after a stop none is left.
 * Method: a real server that counts its connections, a clock that counts its timers, and every actor that was ever made.
 */

import { assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { eventually } from "../support/eventually.ts";
import { failing, faultyBroker } from "../support/faulty_broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { assertHandled, plan, publish, QUICK, service } from "../support/supervised_service.ts";

Deno.test("sockets, timers and actors are as many after restarts as before, and after a stop none is left", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await using open = new AsyncDisposableStack();
  const client = open.adopt(new Redis(server.url), async (client) => void await client.quit());
  await publish(broker);
  const connections = async () =>
    Number(/connected_clients:(\d+)/.exec(await client.info("clients"))?.[1]);
  const before = await connections();
  const restartsMax = 20;
  const faulty = faultyBroker(broker, failing("bad", "commit", () => new Error("no commit")));
  const actors: { getSnapshot(): { readonly status: string } }[] = [];
  const { orchestrator, clock, log } = service(faulty, {
    supervision: { ...QUICK, restartsMax },
    inspect: (event) => {
      if (isActorEvent(event)) actors.push(event.actorRef);
    },
    consumers: [plan("calm"), plan("bad", { consumer: "bad" }), plan("good")],
  });
  const living = () => actors.filter((actor) => actor.getSnapshot().status === "active").length;
  await orchestrator.start();
  await eventually(
    "the bad one is given up",
    () => log.having("the consumer is given up, the others go on").length === 1,
  );
  assertEquals(log.having("the consumer is started again").length, restartsMax);
  assertEquals(await connections(), before + 2); // one each for the two that read
  // The orchestrator, three supervisors, and two consumers with one worker each.
  assertEquals(living(), 1 + 3 + 2 * 2);
  await assertHandled(broker, ["calm", "good"]);
  await orchestrator.stop();
  await eventually("the server has seen them go", async () => await connections() === before);
  assertEquals([clock.timerCount, living()], [0, 0]);
});

interface ActorEvent {
  readonly type: "@xstate.actor";
  readonly actorRef: { getSnapshot(): { readonly status: string } };
}

function isActorEvent(event: unknown): event is ActorEvent {
  return Reflect.get(Object(event), "type") === "@xstate.actor";
}
