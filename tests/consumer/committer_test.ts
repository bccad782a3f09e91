/**
 * A commit whose answer was lost is sent again as it was, until the broker has answered.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { Committer } from "../../src/consumer/committer.ts";
import { BrokerUnavailableError, UnknownOutcomeError } from "../../src/domain/errors.ts";
import { join, pending, readNew, STREAM } from "../contracts/contract.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { PoolRig } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

Deno.test("Committer sends a commit of unknown outcome again under its token, until it is answered", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const member = await join(broker, "ann", { order: "key" });
  const fields = ["event_type", "placed", "payload", "1"];
  await broker.append(STREAM, [{ id: "1-0", fields }, { id: "2-0", fields }]);
  const { pool } = new PoolRig({ handler: { handle: () => {} } });
  await using _ = pool;
  pool.admit(await readNew(broker, member));
  await settle();
  const answers = [
    new BrokerUnavailableError("commit", "ECONNREFUSED"),
    new UnknownOutcomeError("commit", "ECONNRESET"),
    new UnknownOutcomeError("commit", "ECONNRESET"),
  ];
  const finished: string[] = [];
  const committer = new Committer({
    broker: faultyBroker(broker, {
      before({ method }) {
        if (method === "commit" && answers.length === 3) throw answers.shift();
      },
      after({ method }) {
        const error = method === "commit" ? answers.shift() : undefined;
        if (error !== undefined) throw error;
      },
    }),
    pool,
    withDone: false,
    report: () => {},
    onFinished: (id) => finished.push(id),
  });
  await assertRejects(() => committer.commit(member), BrokerUnavailableError);
  assertEquals(await pending(broker), ["1-0 ann x1", "2-0 ann x1"]);
  for (let times = 0; times < 2; times++) {
    await assertRejects(() => committer.commit(member), UnknownOutcomeError);
    assertEquals([await pending(broker), finished, pool.load.settled], [[], [], 2]);
  }
  const { count, fenced, checkpoint } = await committer.commit(member);
  assertEquals([count, fenced, checkpoint?.position], [2, 0, "2-0"]);
  assertEquals([finished, pool.load.inFlight], [["1-0", "2-0"], 0]);
});
