/**
 * What the reader hands on while other things happen beside its reads.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { type ReadAnswer, Reader } from "../../src/consumer/reader.ts";
import { append, commit, handled, join, readNew } from "../contracts/contract.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { PoolRig } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

Deno.test("Reader passes over what was finished while the own pending list was read", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const member = await join(broker, "ann");
  await append(broker, "1-0", "2-0", "3-0");
  await readNew(broker, member);
  const { pool } = new PoolRig();
  await using _ = pool;
  const late = Promise.withResolvers<void>();
  const reader = new Reader({
    broker: faultyBroker(broker, {
      before() {},
      after: ({ method }) => method === "readOwnPending" ? late.promise : undefined,
    }),
    pool,
    count: 10,
    blockMs: 10,
    report: () => {},
  });
  const answers: ReadAnswer[] = [];
  reader.begin(member);
  reader.read({ ownFirst: true, isAhead: false, answer: (answer) => answers.push(answer) });
  await settle();
  await commit(broker, member, [handled("2-0")]);
  reader.finished("2-0");
  late.resolve();
  await settle();
  assertEquals(answers, [{
    kind: "read",
    count: 2,
    span: { firstId: "1-0", lastId: "3-0" },
    ownPendingDrained: true,
  }]);
  assertEquals(reader.take().map(({ id }) => id), ["1-0", "3-0"]);
  await reader.close();
});
