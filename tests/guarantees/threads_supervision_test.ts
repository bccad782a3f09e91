/**
 * Promise: a consumer with threads is restarted like any other; afterwards threads, sockets and timers are as many as
 * before, and after a stop none is left. Method: a real server that counts its connections, a clock that counts its
 * timers, threads that hold a connection for as long as they live; commits that fail, and a thread that ends itself.
 */

import { assert, assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { eventually } from "../support/eventually.ts";
import { type Fault, faultyBroker } from "../support/faulty_broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { assertHandled, plan, publish, QUICK, service } from "../support/supervised_service.ts";
import { ThreadCounter } from "../support/thread_counter.ts";

const RESTARTS = 3;

const THREADS = { mode: "threads", workersMin: 2, workersMax: 2 } as const;

/** The first commits of one consumer fail, each one ending it. */
function firstCommitsFail(consumer: string, count: number): Fault {
  let left = count;
  return (call) => {
    if (call.consumer === consumer && call.method === "commit" && left-- > 0) {
      throw new Error("no commit");
    }
  };
}

Deno.test("a consumer with threads has as many threads and sockets after restarts as before, and none after a stop", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await using threads = new ThreadCounter();
  await using open = new AsyncDisposableStack();
  const client = open.adopt(new Redis(server.url), async (client) => void await client.quit());
  const connections = async () =>
    Number(/connected_clients:(\d+)/.exec(await client.info("clients"))?.[1]);
  const before = await connections();
  const { orchestrator, clock, log } = service(
    faultyBroker(broker, firstCommitsFail("threaded", RESTARTS)),
    {
      supervision: { ...QUICK, restartsMax: RESTARTS },
      consumers: [
        plan("calm"),
        plan("jobs", {
          consumer: "threaded",
          handler: threads.handler("results-jobs"),
          ...THREADS,
        }),
      ],
    },
  );
  open.use(orchestrator);
  await orchestrator.start();
  await eventually("both workers have their threads", () => threads.living === 2);
  const twoMore = async () => await connections() === before + 2;
  await eventually("both consumers have their sockets", twoMore);

  await publish(broker);
  await assertHandled(broker, ["calm", "jobs"]);
  const restarted = log.having("the consumer is started again");
  assertEquals(restarted.map(({ fields }) => fields.consumer), Array(RESTARTS).fill("threaded"));
  assert(threads.suicides >= 1, "no thread ended itself");
  // A consumer reads once its first thread is ready; it may fail before its second one is.
  assert(threads.started > 1 + RESTARTS, `only ${threads.started} threads were started`);
  await eventually("there are two threads again", () => threads.living === 2);
  await eventually("there are two sockets again", twoMore);

  await orchestrator.stop();
  await eventually("no thread is left", () => threads.living === 0);
  await eventually("no socket is left", async () => await connections() === before);
  assertEquals(clock.timerCount, 0);
});
